from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.anthropic import streams
from dialects.anthropic.streams import add_up
from dialects.anthropic.wire_cases import SIGNING
from isthmus.core.conversation import Opaque
from isthmus.core.events import Citation, Event, Stop
from isthmus.core.fold import Answer, SaidCall, SaidOpaque, SaidText, SaidThinking, fold, unfold
from isthmus.core.usage import Usage
from isthmus.dialects.anthropic.answer import encode_answer
from isthmus.dialects.anthropic.encode import MessagesEncoder, Style

SHOWN, HIDDEN = Style(), Style(hide_thinking=True)


def plain(answer: Answer, style: Style = SHOWN) -> dict[str, object]:
    whole: dict[str, object] = json.loads(encode_answer(answer, style, SIGNING))
    return whole


def test_a_whole_answer() -> None:
    answer = Answer(
        (
            SaidThinking("t", Opaque("anthropic", "signature", "s")),
            SaidText("hi"),
            SaidCall("i", "f", '{"a":1}'),
        ),
        Stop.TOOL_USE,
        Usage(3, output_tokens=4),
    )
    assert plain(answer) == {
        "id": "msg_0123456789abcdef01234567",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [
            {"type": "thinking", "thinking": "t", "signature": "s"},
            {"type": "text", "text": "hi"},
            {"type": "tool_use", "id": "i", "name": "f", "input": {"a": 1}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 3,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 4,
        },
    }


@pytest.mark.parametrize(
    ("arguments", "read"),
    [("", {}), ("{}", {}), ("[1]", {"value": [1]}), ('{"a":1}{"a":1}', {"a": 1}), ('{"a', {"__raw": '{"a'})],
)
def test_input_is_always_one_object(arguments: str, read: object) -> None:
    content = plain(Answer((SaidCall("i", "f", arguments),), Stop.TOOL_USE, None))["content"]
    assert content == [{"type": "tool_use", "id": "i", "name": "f", "input": read}]


def test_arguments_keep_their_spelling() -> None:
    said = SaidCall("i", "f", '{"b":1.50,"a":"\\u00e9"}')
    assert b'"input":{"b":1.50,"a":"\\u00e9"}' in encode_answer(
        Answer((said,), Stop.TOOL_USE, None), SHOWN, SIGNING
    )


def test_without_usage_the_input_is_the_estimate() -> None:
    assert plain(Answer((), Stop.END_TURN, None))["usage"]["input_tokens"] == 42  # type: ignore[index]


def test_an_empty_text_is_left_out() -> None:
    assert plain(Answer((SaidText(""), SaidText("a")), Stop.END_TURN, None))["content"] == [
        {"type": "text", "text": "a"}
    ]


@pytest.mark.parametrize(
    "events", [streams.THINKING_TEXT_TWO_TOOLS, streams.CLAUDES_OWN, streams.REFUSED, streams.NOTHING_SAID]
)
@pytest.mark.parametrize("style", [SHOWN, HIDDEN])
def test_told_answers_add_up_to_the_plain_one(events: tuple[Event, ...], style: Style) -> None:
    added = add_up(MessagesEncoder(style, SIGNING).encode(events))
    # The stream overrides its own estimate with 1 where the plain answer can say 0.
    added["usage"]["input_tokens"] -= events is streams.THINKING_TEXT_TWO_TOOLS
    assert added == plain(fold(events), style)


TEXTS = st.text(max_size=8)
JSON_OBJECTS = st.dictionaries(TEXTS, st.none() | st.integers() | TEXTS, max_size=3).map(json.dumps)
SIGNATURES = st.builds(Opaque, st.sampled_from(["anthropic", "other"]), st.just("signature"), TEXTS)
OPAQUES = st.builds(
    Opaque,
    st.sampled_from(["anthropic", "other"]),
    st.sampled_from(["redacted_thinking", "web_search_tool_result"]),
    st.sampled_from(streams.SEARCHED),
)
CITATIONS = st.builds(Citation, TEXTS, TEXTS, TEXTS)
SAID = st.one_of(
    st.builds(SaidText, TEXTS, st.lists(CITATIONS, max_size=2).map(tuple)),
    st.builds(SaidThinking, TEXTS, st.none() | SIGNATURES),
    st.builds(SaidCall, TEXTS, TEXTS, JSON_OBJECTS),
    st.builds(SaidOpaque, OPAQUES),
)
USAGES = st.builds(Usage, *(st.integers(1, 9) for _ in range(7)))
ANSWERS = st.builds(
    Answer,
    st.lists(SAID, max_size=5).map(tuple),
    st.sampled_from(Stop),
    USAGES,
    stop_sequence=st.none() | TEXTS,
    explanation=st.none() | TEXTS,
)


@given(ANSWERS, st.sampled_from([SHOWN, HIDDEN]))
def test_what_works_in_one_works_in_both(answer: Answer, style: Style) -> None:
    assert add_up(MessagesEncoder(style, SIGNING).encode(unfold(answer))) == plain(answer, style)
