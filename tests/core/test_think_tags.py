import itertools

from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.think_tags import Kind, TagSplitter


def split(*pieces: str, opened: bool = False) -> tuple[str, str]:
    splitter = TagSplitter(opened=opened)
    said = [each for piece in pieces for each in splitter.feed(piece)] + list(splitter.finish())
    return (
        "".join(text for kind, text in said if kind is Kind.THOUGHT),
        "".join(text for kind, text in said if kind is Kind.TEXT),
    )


@given(
    st.text(alphabet="ab</think>\n ", max_size=40), st.lists(st.integers(0, 40), max_size=5), st.booleans()
)
def test_cuts_do_not_matter_to_the_thought_and_nothing_is_lost(
    text: str, cuts: list[int], opened: bool
) -> None:
    edges = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    thought, shown = split(*pieces, opened=opened)
    whole_thought, whole_shown = split(text, opened=opened)
    assert thought.lstrip("\n") == whole_thought.lstrip("\n")
    assert shown.lstrip("\n") == whole_shown.lstrip("\n")


def test_once_behind_the_thought_everything_is_text() -> None:
    splitter = TagSplitter()
    list(splitter.feed("<think>a</think>b"))
    assert splitter.done
    assert not TagSplitter().done


def test_another_tag() -> None:
    splitter = TagSplitter(tag="thinking")
    said = [each for piece in ("<thin", "king>a</think", "></thinking>b") for each in splitter.feed(piece)]
    assert "".join(text for kind, text in said if kind is Kind.THOUGHT) == "a</think>"
    assert said[-1] == (Kind.TEXT, "b")
    assert list(TagSplitter(tag="thinking").feed("<think>x")) == [(Kind.TEXT, "<think>x")]
