"""A cursor says where a page ended, and nothing else is taken for one."""

import pytest

from isthmus.control.failures import Invalid
from isthmus.control.paging import read_cursor, write_cursor


def test_a_cursor_says_where_the_page_ended() -> None:
    assert read_cursor(write_cursor(12, "a/ü"), int, str) == [12, "a/ü"]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "????", "é", write_cursor("12"), write_cursor(1, 2), write_cursor(), write_cursor(2**63)],
)
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid, match="leave it out"):
        read_cursor(cursor, int)


def test_no_database_is_asked_for_what_it_cannot_hold() -> None:
    with pytest.raises(Invalid):
        read_cursor(write_cursor("a\0b"), str)
