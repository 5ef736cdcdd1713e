"""An answer is cut once, where it had to be, however it came in pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.cutting import Cut, Cutter
from isthmus.core.usage import CHARS_PER_TOKEN


def shown(cutter: Cutter, *pieces: str) -> str:
    return "".join([*map(cutter.text, pieces), cutter.release()])


def test_all_is_shown_where_nothing_cuts() -> None:
    cutter = Cutter()
    assert shown(cutter, "Hello", "", ", you") == "Hello, you"
    assert (cutter.cut, cutter.characters) == (None, 10)


def test_a_stop_string_over_two_pieces() -> None:
    cutter = Cutter(("STOP",))
    assert shown(cutter, "one ST", "OP two", "three") == "one "
    assert (cutter.cut, cutter.stop_string) == (Cut.STOP_STRING, "STOP")


def test_what_only_seemed_to_be_one_is_released() -> None:
    cutter = Cutter(("STOP",))
    assert cutter.text("one ST") == "one "
    assert cutter.release() == "ST"
    assert (cutter.text("OP"), cutter.cut) == ("OP", None)


def test_thoughts_and_arguments_count_and_no_stop_string_ends_them() -> None:
    cutter = Cutter(("STOP",), max_tokens=3)
    assert cutter.within("STOP") == "STOP"
    cutter.spend(4)
    assert cutter.cut is None
    assert cutter.text("12345") == "1234"
    assert (cutter.cut, cutter.stop_string, cutter.characters) == (Cut.LENGTH, None, 12)
    assert (cutter.text("more"), cutter.within("more"), cutter.release()) == ("", "", "")


def test_what_waited_counts_when_it_is_released() -> None:
    cutter = Cutter(("STOP",), max_tokens=1)
    assert cutter.text("abcST") == "abc"
    assert (cutter.release(), cutter.cut) == ("S", Cut.LENGTH)


def test_where_both_would_cut_the_length_counts() -> None:
    cutter = Cutter(("X",), max_tokens=1)
    assert cutter.text("12345X") == "1234"
    assert (cutter.cut, cutter.stop_string) == (Cut.LENGTH, None)


@given(st.lists(st.text("STOP ", max_size=9), max_size=9), st.integers(1, 9) | st.none())
def test_where_the_text_is_divided_does_not_matter(pieces: list[str], max_tokens: int | None) -> None:
    one, other = Cutter(("STOP",), max_tokens), Cutter(("STOP",), max_tokens)
    whole, parts = shown(one, "".join(pieces)), shown(other, *pieces)
    assert whole == parts == "".join(pieces).partition("STOP")[0][: _limit(max_tokens)]
    assert len(whole) == one.characters == other.characters


def _limit(max_tokens: int | None) -> int | None:
    return None if max_tokens is None else max_tokens * CHARS_PER_TOKEN
