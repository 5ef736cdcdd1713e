from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.compose import Composer
from isthmus.core.cutting import Cut
from isthmus.core.events import ArgumentsDelta, BlockStarted, TextDelta, ThinkingDelta, ToolHead
from isthmus.providers.claude_web.speech import Speech
from isthmus.providers.claude_web.tool_tags import TagReader

CALL = '<tool_call>{"name":"f","arguments":{"a":1}}</tool_call>'


def said(composer: Composer) -> list[str]:
    """The events as short words."""
    words: list[str] = []
    for event in composer.take():
        match event:
            case TextDelta(text):
                words.append(text)
            case ThinkingDelta(text):
                words.append(f"({text})")
            case ArgumentsDelta(json):
                words.append(json)
            case BlockStarted(ToolHead(id, name)):
                words.append(f"{name}#{id}")
            case _:
                pass
    return words


def speak(
    pieces: Iterable[str], *, stop: tuple[str, ...] = (), max_tokens: int | None = None, tools: bool = False
) -> tuple[Speech, list[str]]:
    composer = Composer()
    ids = iter("abcdef")
    tags = TagReader(("f",)) if tools else None
    speech = Speech(composer, stop=stop, max_tokens=max_tokens, tags=tags, new_id=lambda: next(ids))
    for piece in pieces:
        speech.text(piece)
    speech.finish()
    return speech, said(composer)


def test_text_goes_through() -> None:
    speech, words = speak(["Hello", ", you"])
    assert words == ["Hello", ", you"] and speech.cut is None and speech.said == words


def test_a_stop_string_over_two_pieces() -> None:
    speech, words = speak(["one ST", "OP two", " three"], stop=("STOP",))
    assert "".join(words) == "one " and (speech.cut, speech.stop_string) == (Cut.STOP_STRING, "STOP")


def test_what_only_seemed_to_be_one_is_said() -> None:
    speech, words = speak(["one ST", "art", " ST"], stop=("STOP",))
    assert "".join(words) == "one STart ST" and speech.cut is None


def test_length() -> None:
    speech, words = speak(["12345", "6789", "0"], max_tokens=2)
    assert "".join(words) == "12345678" and speech.cut is Cut.LENGTH


def test_calls() -> None:
    speech, words = speak([f"Look: {CALL}", CALL], tools=True)
    assert words == ["Look:", "f#a", '{"a":1}', "f#b", '{"a":1}']
    assert speech.said_anything


def test_without_tools_tags_are_text() -> None:
    assert "".join(speak([CALL])[1]) == CALL


def test_a_stop_string_before_a_call_is_no_longer_possible_behind_it() -> None:
    _, words = speak(["ST", CALL, "OP"], stop=("STOP",), tools=True)
    assert words == ["ST", "f#a", '{"a":1}', "OP"]


def test_nothing_is_called_behind_a_cut() -> None:
    speech, words = speak(["STOP", CALL], stop=("STOP",), tools=True)
    assert words == [] and speech.cut is Cut.STOP_STRING


@pytest.mark.parametrize(
    ("thoughts", "words"),
    [
        ("native", ["(one)", "(two)", "text", "(three)"]),
        ("think_tags", ["<think>one", "two", "</think>\n", "text", "<think>three", "</think>\n"]),
        ("drop", ["text"]),
    ],
)
def test_thoughts(thoughts: str, words: list[str]) -> None:
    composer = Composer()
    speech = Speech(composer, thoughts=thoughts)
    for piece in ("one", "two"):
        speech.thinking(piece)
    speech.text("text")
    speech.thinking("three")
    speech.finish()
    assert said(composer) == words


@given(st.text(alphabet="STOP <tool_call>{}", max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_where_the_text_is_cut_does_not_matter(text: str, cuts: list[int]) -> None:
    at = sorted({0, len(text), *(cut for cut in cuts if cut <= len(text))})
    pieces = [text[a:b] for a, b in pairwise(at)]
    one, whole = speak([text], stop=("STOP",), tools=True)
    other, parts = speak(pieces, stop=("STOP",), tools=True)
    assert "".join(whole) == "".join(parts)
    assert (one.cut, one.stop_string) == (other.cut, other.stop_string)
