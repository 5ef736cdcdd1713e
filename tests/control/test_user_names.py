"""Names that people sign in with."""

import pytest

from isthmus.control.failures import Invalid
from isthmus.control.user_names import canonical


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Admin", "admin"), ("  anna ", "anna"), ("Anna.B+x@Example.org", "anna.b+x@example.org"), ("7", "7")],
)
def test_names_are_kept_in_small_letters(given: str, kept: str) -> None:
    assert canonical(given) == kept


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "-a", "a\n", "a\0", "ädmin", "а", "a/b", "x" * 101, "\ud800"]
)
def test_what_could_be_mistaken_is_refused(name: str) -> None:
    if name == "a\n":  # Nothing but its end.
        assert canonical(name) == "a"
        return
    with pytest.raises(Invalid) as refused:
        canonical(name)
    assert [each.field for each in refused.value.fields] == ["name"]
