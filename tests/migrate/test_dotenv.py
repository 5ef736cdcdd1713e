"""`.env` files as the common libraries read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.migrate.dotenv import parse


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1\nB = two words \n", {"A": "1", "B": "two words"}),
        ("export A=1\n# B=2\n\n  C=3", {"A": "1", "C": "3"}),
        ("A=x#y # said\nB=#nothing", {"A": "x#y", "B": ""}),
        ("A=\"x # y\"\nB='x\\n'", {"A": "x # y", "B": "x\\n"}),
        ('A="one\\ntwo" # said', {"A": "one\ntwo"}),
        ('A="one\ntwo"\nB=3', {"A": "one\ntwo", "B": "3"}),
        ("A=\nB=''\n", {"A": "", "B": ""}),
        ("A=1\nA=2", {"A": "2"}),
        ("A=sk-ant-sid01-x:org,sk-ant-sid02-y", {"A": "sk-ant-sid01-x:org,sk-ant-sid02-y"}),
        ("A=a=b", {"A": "a=b"}),
        ("A=${HOME}/x", {"A": "${HOME}/x"}),
        ("no assignment\n=1\n1A=2", {}),
        ('A="open\nB=2', {"A": '"open', "B": "2"}),
    ],
)
def test_assignments_are_read(text: str, values: dict[str, str]) -> None:
    assert parse(text) == values


def test_a_backslash_is_kept_where_it_is_part_of_a_path() -> None:
    text = 'A="C:\\new\\table"\nB="C:\\new\\table"\nC=C:\\new'
    assert parse(text, raw={"B"}) == {"A": "C:\new\table", "B": "C:\\new\\table", "C": "C:\\new"}


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True)


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_characters="'\r"))))
def test_what_stands_in_single_quotes_is_taken_as_it_is(values: dict[str, str]) -> None:
    assert parse("\n".join(f"{name}='{value}'" for name, value in values.items())) == values
