"""Users, as administrators see and change them."""

import pytest

from isthmus.control.failures import Conflict, Invalid, NotFound, OperationFailed, Unauthenticated
from isthmus.control.people import OPERATOR, Role
from isthmus.control.sign_in import Visitor
from isthmus.control.users import NewUser, UserEdit
from isthmus.core.secret import Secret
from isthmus.storage.database import Database
from signing_in import PASSWORD, open_office


async def test_users_are_made_listed_and_changed(sqlite: Database) -> None:
    office = await open_office(sqlite)
    root, anna = await office.user("root"), await office.user("Anna", Role.HOLDER, None)
    assert (anna.name, anna.role, anna.has_password, root.has_password) == ("anna", Role.HOLDER, False, True)
    page = await office.users.list(None, 1)
    assert page.items == [anna] and page.next_cursor
    assert (await office.users.list(page.next_cursor, 1)).items == [root]
    changed = await office.users.edit(
        OPERATOR, anna.id, UserEdit("ann", Role.VIEWER, False, Secret("another password"))
    )
    assert changed == await office.users.get(anna.id)
    assert (changed.name, changed.role, changed.enabled, changed.has_password) == (
        "ann",
        Role.VIEWER,
        False,
        True,
    )
    line = (await office.audit_lines())[-1]
    assert (line.action, line.target, line.user_name) == ("user_changed", anna.id, "command line")
    assert line.detail == "name anna → ann, role holder → viewer, disabled, new password"
    assert await office.users.named(" ANN ") == changed
    with pytest.raises(NotFound, match="users are ann, root"):
        await office.users.named("anna")
    await office.users.remove(OPERATOR, anna.id)
    with pytest.raises(NotFound):
        await office.users.get(anna.id)


@pytest.mark.parametrize(
    ("new", "failure"),
    [
        (NewUser("ANNA", Role.VIEWER), Conflict),
        (NewUser("a b", Role.VIEWER), Invalid),
        (NewUser("bert", Role.VIEWER, Secret("short")), Invalid),
        (NewUser("administrator", Role.ADMIN, Secret("Administrator")), Invalid),
    ],
)
async def test_what_cannot_be_made(sqlite: Database, new: NewUser, failure: type[OperationFailed]) -> None:
    office = await open_office(sqlite)
    await office.user("anna")
    with pytest.raises(failure):
        await office.users.create(OPERATOR, new)
    assert len((await office.users.list(None, 10)).items) == 1
    assert await office.actions() == ["user_created"]


async def test_what_cannot_be_changed(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna, bert = await office.user("anna"), await office.user("bert", Role.VIEWER)
    refused: list[tuple[str, UserEdit, type[OperationFailed]]] = [
        (anna.id, UserEdit(role=Role.VIEWER), Conflict),
        (anna.id, UserEdit(enabled=False), Conflict),
        (anna.id, UserEdit(name="bert"), Conflict),
        (bert.id, UserEdit(password=Secret("bert")), Invalid),
        (bert.id, UserEdit(name="somebodyelse", password=Secret("SomebodyElse")), Invalid),
        ("usr_x", UserEdit(), NotFound),
    ]
    for id, edit, failure in refused:
        with pytest.raises(failure):
            await office.users.edit(OPERATOR, id, edit)
    with pytest.raises(Conflict, match="last administrator"):
        await office.users.remove(OPERATOR, anna.id)
    with pytest.raises(NotFound):
        await office.users.remove(OPERATOR, "usr_x")
    assert [await office.users.get(each.id) for each in (anna, bert)] == [anna, bert]


async def test_an_administrator_sets_a_password(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna")
    signed = await office.sign_in.sign_in("anna", Secret(PASSWORD), Visitor("192.0.2.7"))
    await office.users.edit(OPERATOR, anna.id, UserEdit(password=Secret("another password")))
    assert await office.identities.by_session(signed.cookie, "192.0.2.7") is None
    with pytest.raises(Unauthenticated):
        await office.sign_in.sign_in("anna", Secret(PASSWORD), Visitor("192.0.2.7"))
    await office.sign_in.sign_in("anna", Secret("another password"), Visitor("192.0.2.7"))
