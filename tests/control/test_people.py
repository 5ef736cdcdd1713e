"""Roles."""

from isthmus.control.people import OPERATOR, Person, Role


def test_only_administrators_are_administrators() -> None:
    assert OPERATOR.is_admin
    assert [role for role in Role if Person("usr_1", "anna", role).is_admin] == [Role.ADMIN]
