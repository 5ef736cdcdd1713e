import itertools

from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.stop_strings import StopStrings


def cut(strings: tuple[str, ...], *pieces: str) -> tuple[str, str | None]:
    scanner, shown = StopStrings(strings), ""
    for piece in pieces:
        text, found = scanner.feed(piece)
        shown += text
        if found is not None:
            return shown, found
    return shown + scanner.finish(), None


def test_the_first_string_to_come_ends_the_text() -> None:
    assert cut(("END", "STOP"), "a STOP b END") == ("a ", "STOP")
    assert cut(("END",), "a E", "N", "D b") == ("a ", "END")
    assert cut(("END",), "a EN", "x") == ("a ENx", None)
    assert cut(("",), "abc") == ("abc", None)


@given(st.text(alphabet="abc", max_size=30), st.lists(st.integers(0, 30), max_size=5))
def test_cuts_do_not_matter(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(at % (len(text) + 1) for at in cuts)})
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    before, found, _ = text.partition("abcab")
    assert cut(("abcab",), *pieces) == (before, found or None)
