from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams
from dialects.openai_chat import streams as transcripts
from dialects.openai_chat.chat_cases import SIGNING, raw
from dialects.openai_chat.streams import add_up, chunks, finish_reason
from isthmus.core.events import Stop
from isthmus.core.fold import Answer, SaidCall, SaidText, SaidThinking, fold, unfold
from isthmus.core.usage import Usage
from isthmus.dialects.openai_chat.answer import encode_answer
from isthmus.dialects.openai_chat.encode import ChatEncoder, Style
from isthmus.dialects.openai_chat.fields import Reading
from isthmus.dialects.openai_chat.messages import read_messages


def plain(answer: Answer, style: Style = Style()) -> dict[str, Any]:  # noqa: B008
    return dict(json.loads(encode_answer(answer, style, SIGNING)))


def message(answer: Answer, style: Style = Style()) -> dict[str, Any]:  # noqa: B008
    return dict(plain(answer, style)["choices"][0]["message"])


def test_a_whole_answer() -> None:
    answer = plain(fold(transcripts.THINKING_TEXT_TWO_TOOLS))
    assert answer == {
        "id": "chatcmpl-0123456789abcdef01234567",
        "object": "chat.completion",
        "created": 1_763_700_000,
        "model": "gpt-5.6",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": 'Running both: "é"\n',
                    "reasoning_content": "Two commands.",
                    "reasoning_details": [
                        {
                            "type": "reasoning.text",
                            "text": "Two commands.",
                            "signature": "c2ln",
                            "format": "anthropic-claude-v1",
                            "index": 0,
                        }
                    ],
                    "refusal": None,
                    "tool_calls": [
                        {
                            "id": "toolu_1",
                            "type": "function",
                            "function": {"name": "Bash", "arguments": '{"command":"true"}'},
                        },
                        {
                            "id": "toolu_2",
                            "type": "function",
                            "function": {"name": "ListAgents", "arguments": "{}"},
                        },
                    ],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 75, "cache_write_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 5},
        },
    }


def test_the_key_of_content_is_never_left_out() -> None:
    assert message(Answer((), Stop.END_TURN, None))["content"] == ""
    assert message(Answer((SaidCall("a", "f", "{}"),), Stop.TOOL_USE, None))["content"] is None


def test_citations_point_into_the_joined_text() -> None:
    cited = message(fold(transcripts.CITED))
    spans = [each["url_citation"] for each in cited["annotations"]]
    texts = [cited["content"][each["start_index"] : each["end_index"]] for each in spans]
    assert texts == ["it rains", "."]
    assert [each["url"] for each in spans] == ["https://example.org/rain", "https://example.org/dot"]


def test_a_refusal_is_told_beside_what_was_said() -> None:
    """RSP-04"""
    answer = plain(fold(transcripts.REFUSED))["choices"][0]
    assert answer["finish_reason"] == "content_filter"
    assert answer["message"]["refusal"] == "policy"
    assert answer["message"]["content"] == "I can't help with that."


def test_usage_is_never_left_out() -> None:
    assert plain(Answer((), Stop.END_TURN, None))["usage"]["prompt_tokens"] == SIGNING.input_estimate
    assert plain(Answer((), Stop.END_TURN, Usage(3)))["usage"]["prompt_tokens"] == 3


def test_thoughts_can_be_kept_from_clients() -> None:
    answer = fold(transcripts.THINKING_TEXT_TWO_TOOLS)
    assert not {"reasoning_content", "reasoning_details"} & set(message(answer, Style(show_reasoning=False)))


@pytest.mark.parametrize("events", [transcripts.THINKING_TEXT_TWO_TOOLS, transcripts.CITED])
def test_an_answer_that_comes_back_is_what_was_said(events: Any) -> None:
    """A client returns the whole message, as SDKs do; signed thoughts and calls come home unchanged."""
    answer = fold(events)
    blocks = read_messages(raw([message(answer)]), Reading()).turns[0].blocks
    thoughts = [(each.text, each.opaque) for each in answer.blocks if isinstance(each, SaidThinking)]
    calls = [(each.id, each.name, each.arguments) for each in answer.blocks if isinstance(each, SaidCall)]
    opaque = [each for each in blocks if type(each).__name__ == "Opaque"]
    assert [(each.text, each.opaque) for each in blocks if type(each).__name__ == "Thinking"] == thoughts
    assert [
        (each.id, each.name, each.arguments) for each in blocks if type(each).__name__ == "ToolCall"
    ] == calls
    assert len(opaque) == (1 if events is transcripts.CITED else 0)
    said = "".join(each.text for each in answer.blocks if isinstance(each, SaidText))
    assert "".join(each.text for each in blocks if type(each).__name__ == "Text") == said


STYLES = st.builds(
    Style,
    st.just(True),
    st.booleans(),
    st.sets(st.text(min_size=1, max_size=1), max_size=3).map(frozenset),
    st.booleans(),
)


@given(streams.answers, STYLES)
def test_the_stream_adds_up_to_the_plain_answer(answer: Answer, style: Style) -> None:
    stream = ChatEncoder(style, SIGNING).encode(unfold(answer))
    whole = plain(answer, style)
    told = {key: value for key, value in message(answer, style).items() if value is not None}
    if told.get("content") is None:
        told["content"] = ""
    assert add_up(stream) == told
    assert finish_reason(stream) == whole["choices"][0]["finish_reason"]
    assert chunks(stream)[-1]["usage"] == whole["usage"]
