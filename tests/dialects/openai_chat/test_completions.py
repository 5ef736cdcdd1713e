from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams as strategies
from dialects.openai_chat import streams
from dialects.openai_chat.chat_cases import SIGNING, spell
from dialects.openai_chat.streams import chunks
from isthmus.core.errors import BadRequest, Kind, UpstreamError
from isthmus.core.events import (
    BLOCK_STOPPED,
    KEEP_ALIVE,
    TEXT_STARTED,
    Event,
    Failed,
    Finished,
    Started,
    Stop,
    TextDelta,
    UsageReport,
)
from isthmus.core.fold import Answer, fold, unfold
from isthmus.core.interfaces import Dialect, Envelope
from isthmus.core.usage import Usage
from isthmus.dialects.openai_chat.completions import NAME, CompletionStyle, completions

PLAIN, WITH_USAGE = CompletionStyle(), CompletionStyle(include_usage=True)


def parse(**fields: Any) -> Any:
    return completions.parse(json.dumps({"model": "m", "prompt": "Once", **fields}).encode(), {})


def encode(*events: Event, style: CompletionStyle = PLAIN) -> bytes:
    return completions.stream_encoder(style, SIGNING).encode(events)


def test_it_is_a_dialect_of_its_own() -> None:
    dialect: Dialect = completions
    assert dialect.name == NAME == "openai_completions"
    assert dialect.keep_alive() == b": ping\n\n"
    assert dialect.envelope(b'{"model":"m","stream":true}') == Envelope("m", stream=True)
    assert dialect.render_error(BadRequest("no"), "req_1").status == 400
    assert dialect.error_frame(UpstreamError("broke"), "req_1").startswith(b'data: {"error":')


@pytest.mark.parametrize("prompt", ["Once", ["Once"]])
def test_the_prompt_is_one_user_message(prompt: Any) -> None:
    conversation = spell(parse(prompt=prompt).conversation)["Conversation"]
    assert conversation == {
        "model": "m",
        "turns": [{"Turn": {"role": "user", "blocks": [{"Text": {"text": "Once"}}]}}],
    }


def test_what_else_a_request_says() -> None:
    parsed = parse(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        stop=["\n"],
        stream=True,
        stream_options={"include_usage": True},
        user="ann",
        n=1,
        best_of=1,
        echo=False,
        suffix=None,
        logprobs=None,
        seed=7,
    )
    told = spell(parsed.conversation)["Conversation"]
    assert told["max_tokens"] == 5
    assert told["sampling"] == {"Sampling": {"temperature": 0.5, "top_p": 0.9, "stop": ["\n"]}}
    assert told["stream"] is True
    assert len(told["user"]) == 64
    assert told["knobs"] == {"seed": "7"}
    assert parsed.style == WITH_USAGE


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": [1, 2, 3]}, "prompt"),
        ({"prompt": [[1, 2], [3]]}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"n": 2}, "n"),
        ({"best_of": 3}, "best_of"),
        ({"echo": True}, "echo"),
        ({"suffix": "the end"}, "suffix"),
        ({"logprobs": 0}, "logprobs"),
        ({"logprobs": 3}, "logprobs"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"model": ""}, "model"),
    ],
)
def test_what_a_chat_model_cannot_do_is_refused_by_name(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(**fields)
    assert caught.value.field == field


def test_a_body_that_is_no_json() -> None:
    with pytest.raises(BadRequest, match="not valid JSON"):
        completions.parse(b"{", {})


def test_a_stream_of_text() -> None:
    stream = encode(
        *(KEEP_ALIVE, Started(), TEXT_STARTED, TextDelta("upon "), TextDelta(""), TextDelta("a time")),
        *(BLOCK_STOPPED, Finished(Stop.MAX_TOKENS, Usage(3, output_tokens=4))),
        style=WITH_USAGE,
    )
    told = chunks(stream)
    assert stream.startswith(b": ping\n\n")
    assert stream.endswith(b"data: [DONE]\n\n")
    assert {chunk["object"] for chunk in told} == {"text_completion"}
    assert {chunk["id"] for chunk in told} == {"cmpl-" + SIGNING.answer_id}
    assert [choice for chunk in told for choice in chunk["choices"]] == [
        {"index": 0, "text": "upon ", "logprobs": None, "finish_reason": None},
        {"index": 0, "text": "a time", "logprobs": None, "finish_reason": None},
        {"index": 0, "text": "", "logprobs": None, "finish_reason": "length"},
    ]
    assert [chunk["usage"] and chunk["usage"]["total_tokens"] for chunk in told] == [None, None, None, 7]


def test_thoughts_and_calls_have_no_place() -> None:
    stream = encode(*streams.THINKING_TEXT_TWO_TOOLS)
    texts = [chunk["choices"][0]["text"] for chunk in chunks(stream)]
    assert texts == ["Running ", 'both: "é"\n', ""]
    assert chunks(stream)[-1]["choices"][0]["finish_reason"] == "stop"


def test_a_failure_ends_the_stream() -> None:
    encoder = completions.stream_encoder(PLAIN, SIGNING)
    stream = encoder.encode([TextDelta("a"), Failed(UpstreamError("busy", kind=Kind.OVERLOADED))])
    assert chunks(stream)[-1]["error"]["code"] == "overloaded"
    assert encoder.encode([TextDelta("b"), Finished(Stop.END_TURN)]) == encoder.keep_alive() == b""


def test_usage_is_never_left_out_when_asked_for() -> None:
    reported = encode(UsageReport(Usage(5)), Finished(Stop.END_TURN), style=WITH_USAGE)
    assert chunks(reported)[-1]["usage"]["prompt_tokens"] == 5
    unknown = encode(Finished(Stop.END_TURN), style=WITH_USAGE)
    assert chunks(unknown)[-1]["usage"]["prompt_tokens"] == SIGNING.input_estimate


def test_a_plain_answer() -> None:
    answer = json.loads(completions.encode_answer(fold(streams.CITED), PLAIN, SIGNING))
    assert answer["object"] == "text_completion"
    assert answer["choices"] == [
        {"text": "Today it rains.", "index": 0, "logprobs": None, "finish_reason": "stop"}
    ]
    assert answer["usage"]["total_tokens"] == 7


@given(strategies.answers, st.integers(0, 30))
def test_the_stream_adds_up_to_the_plain_answer(answer: Answer, at: int) -> None:
    encoder = completions.stream_encoder(WITH_USAGE, SIGNING)
    events = unfold(answer)
    told = chunks(encoder.encode(events[:at]) + encoder.encode(events[at:]))
    plain = json.loads(completions.encode_answer(answer, WITH_USAGE, SIGNING))
    choices = [choice for chunk in told for choice in chunk["choices"]]
    assert "".join(choice["text"] for choice in choices) == plain["choices"][0]["text"]
    assert choices[-1]["finish_reason"] == plain["choices"][0]["finish_reason"]
    assert told[-1]["usage"] == plain["usage"]
