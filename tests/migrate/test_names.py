"""Names of providers are legal and free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.migrate.names import is_legal, legal_name


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("openrouter", [], "openrouter"),
        ("OpenRouter", ["openrouter"], "OpenRouter-2"),
        ("a", ["a", "a-2"], "a-3"),
        ("my server/1", [], "my-server-1"),
        ("..hidden", [], "hidden"),
        ("v1", [], "v1-upstream"),
        ("Admin", [], "Admin-upstream"),
        ("硅基流动", [], "provider"),
        ("", ["provider"], "provider-2"),
        ("x" * 70, ["x" * 64], "x" * 62 + "-2"),
    ],
)
def test_names_are_made_legal(wanted: str, taken: list[str], name: str) -> None:
    assert legal_name(wanted, taken) == name


@given(st.text(), st.lists(st.text(), max_size=5))
def test_any_name_becomes_a_legal_free_one(wanted: str, others: list[str]) -> None:
    taken: list[str] = []
    for each in [*others, wanted]:
        taken.append(legal_name(each, taken))
    assert all(is_legal(name) for name in taken)
    assert len({name.lower() for name in taken}) == len(taken)


@given(st.from_regex(r"[a-uw-z][A-Za-z0-9._-]{0,62}[a-z]", fullmatch=True).filter(is_legal))
def test_a_legal_name_stays(name: str) -> None:
    assert legal_name(name, []) == name
