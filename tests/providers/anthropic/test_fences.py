import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.providers.anthropic.fences import Unfenced

ROWS = [
    ('{"a":1}', '{"a":1}'),
    ('```json\n{"a":1}\n```', '{"a":1}'),
    ('\n```\n{"a":"`x`"}\n```\n', '{"a":"`x`"}'),
    ('```json\n{"a":1}', '{"a":1}'),
    ('```json\n{"a":1}\n``` and so on', '{"a":1}\n``` and so on'),
    ("``", "``"),
    ("plain `code` here", "plain `code` here"),
    ("", ""),
    ("```json", "```json"),
]


def unfenced(*pieces: str) -> str:
    fence = Unfenced()
    return "".join([*map(fence.feed, pieces), fence.close()])


@pytest.mark.parametrize(("text", "shown"), ROWS)
def test_the_fence_goes_and_nothing_else(text: str, shown: str) -> None:
    assert unfenced(text) == shown
    assert unfenced(*text) == shown


@given(st.lists(st.sampled_from(["`", "``", "\n", " ", "json", '{"a"', ":1}"]), max_size=12))
def test_where_the_text_is_cut_does_not_matter(pieces: list[str]) -> None:
    assert unfenced(*pieces) == unfenced("".join(pieces))


def test_text_without_a_fence_is_not_held_back() -> None:
    assert Unfenced().feed("Hello") == "Hello"
