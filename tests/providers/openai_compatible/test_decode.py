"""What vendors send, row by row, and what is made of it. Every stream is checked against the grammar on the way."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_frames import DONE, USAGE, answer, call, chunk, decode, sse, usage_only
from isthmus.core.errors import Kind, UpstreamError, UpstreamProtocolError
from isthmus.core.events import (
    BlockStarted,
    Citation,
    Failed,
    Finished,
    Started,
    Stop,
    TextDelta,
    ThinkingDelta,
)
from isthmus.core.fold import Answer, SaidCall, SaidText, SaidThinking, fold
from isthmus.core.grammar import check
from isthmus.core.usage import Usage
from isthmus.providers.openai_compatible.decode import FAILURES, STOPS, ChatDecoder, Expectations
from isthmus.providers.openai_compatible.vendor import Vendor

MEASURED = Usage(15, 75, 10, 20, 5)
STOPPED = sse(chunk("stop")) + DONE
F = call(0, "c1x", "f")


def failed(*chunks: bytes, **quirks: Any) -> UpstreamError:
    last = decode(*chunks, **quirks)[-1]
    assert isinstance(last, Failed)
    return last.error


def test_str_01_plain_text() -> None:
    stream = sse(
        chunk(role="assistant", content=""),
        chunk(content="Hel"),
        chunk(content="lo"),
        chunk("stop"),
        usage_only(),
    )
    assert answer(stream + DONE) == Answer((SaidText("Hello"),), Stop.END_TURN, MEASURED, model="m")


def test_str_02_reasoning_text_and_two_calls() -> None:
    stream = sse(
        chunk(reasoning_content="think"),
        chunk(content="text"),
        chunk(tool_calls=[call(0, "a", "f")]),
        chunk(tool_calls=[call(0, arguments='{"x":')]),
        chunk(tool_calls=[call(0, arguments="1}")]),
        chunk(tool_calls=[call(1, "b", "g", "{}")]),
        chunk("tool_calls"),
    )
    said = answer(stream + DONE)
    assert said.blocks == (
        SaidThinking("think"),
        SaidText("text"),
        SaidCall("a", "f", '{"x":1}'),
        SaidCall("b", "g", "{}"),
    )
    assert said.reason is Stop.TOOL_USE


def test_str_03_text_before_reasoning_and_reasoning_again_after_a_call() -> None:
    stream = sse(
        chunk(content="a"),
        chunk(reasoning_content="b"),
        chunk(tool_calls=[call(0, "id", "f", "{}")]),
        chunk(reasoning_content="c"),
    )
    blocks = answer(stream + STOPPED).blocks
    assert blocks == (SaidText("a"), SaidThinking("b"), SaidCall("id", "f", "{}"), SaidThinking("c"))


def test_str_04_everything_in_one_chunk() -> None:
    stream = sse(
        chunk(
            "tool_calls",
            USAGE,
            reasoning_content="r",
            content="t",
            tool_calls=[call(0, "id", "f", '{"a":1}')],
        )
    )
    said = answer(stream + DONE)
    assert said.blocks == (SaidThinking("r"), SaidText("t"), SaidCall("id", "f", '{"a":1}'))
    assert said.usage == MEASURED


@pytest.mark.parametrize(
    ("fragments", "calls"),
    [
        # STR-05: no index, separate chunks
        (
            [[call(None, "a", "f", "{}")], [call(None, "b", "g", '{"x":1}')]],
            [("a", "f", "{}"), ("b", "g", '{"x":1}')],
        ),
        # STR-05: neither index nor id, told apart by name and whole arguments
        ([[call(None, None, "f", "{}")], [call(None, None, "g", "{}")]], [("", "f", "{}"), ("", "g", "{}")]),
        # STR-05: no index, pieces follow their head
        (
            [[call(None, "a", "f")], [call(None, arguments='{"x"')], [call(None, arguments=":1}")]],
            [("a", "f", '{"x":1}')],
        ),
        # STR-06: both index 0, different ids
        ([[call(0, "a", "f", "{}")], [call(0, "b", "g", "{}")]], [("a", "f", "{}"), ("b", "g", "{}")]),
        # same index, no id, a name again when the arguments are whole
        (
            [[call(0, None, "f", '{"x":1}')], [call(0, None, "f", '{"x":2}')]],
            [("", "f", '{"x":1}'), ("", "f", '{"x":2}')],
        ),
        (
            [[call(0, None, "f", '{"x":1}')], [call(0, None, "g", "")], [call(0, arguments='{"y":2}')]],
            [("", "f", '{"x":1}'), ("", "g", '{"y":2}')],
        ),
        # STR-07: two in one chunk, arguments interleaved by index
        (
            [
                [call(0, "a", "f"), call(1, "b", "g")],
                [call(0, arguments='{"x":'), call(1, arguments='{"y":')],
                [call(1, arguments="2}"), call(0, arguments="1}")],
            ],
            [("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')],
        ),
        # two in one array without any index
        ([[call(None, "a", "f", "{}"), call(None, "b", "g", "{}")]], [("a", "f", "{}"), ("b", "g", "{}")]),
        # indices from 1
        ([[call(1, "a", "f", "{}")], [call(2, "b", "g", "{}")]], [("a", "f", "{}"), ("b", "g", "{}")]),
        # STR-08: cumulative snapshots
        (
            [[F], [call(0, arguments='{"a"')], [call(0, arguments='{"a":1')], [call(0, arguments='{"a":1}')]],
            [("c1x", "f", '{"a":1}')],
        ),
        # STR-08: the whole arguments once more at the end
        (
            [[F], [call(0, arguments='{"a":')], [call(0, arguments="1}")], [call(0, arguments='{"a":1}')]],
            [("c1x", "f", '{"a":1}')],
        ),
        # nested JSON that looks like a repetition
        (
            [[F], [call(0, arguments='{"a":')], [call(0, arguments='{"a":1}')], [call(0, arguments="}")]],
            [("c1x", "f", '{"a":{"a":1}}')],
        ),
        (
            [[F], [call(0, arguments='{"a":')], [call(0, arguments='{"a":1}}')]],
            [("c1x", "f", '{"a":{"a":1}}')],
        ),
        # STR-09: name and id in every delta
        (
            [
                [call(0, "a", "f", "")],
                [call(0, "a", "f", '{"x":')],
                [call(0, "a", "f", "1}")],
                [call(0, "a", "f", "")],
            ],
            [("a", "f", '{"x":1}')],
        ),
        (
            [[call(0, None, "f", '{"x":')], [call(0, None, "f", "1}")], [call(0, None, "f", "")]],
            [("", "f", '{"x":1}')],
        ),
        # STR-10: arguments as object, null, absent
        ([[call(0, "a", "f", {"x": 1})]], [("a", "f", '{"x":1}')]),
        ([[{"index": 0, "id": "a", "function": {"name": "f", "arguments": None}}]], [("a", "f", "{}")]),
        ([[{"index": 0, "id": "a", "function": {"name": "f"}}]], [("a", "f", "{}")]),
        # a name that grows
        ([[call(0, "a", "get", "")], [call(0, "a", "get_weather", "{}")]], [("a", "get_weather", "{}")]),
        # an id that comes late, empty ids that mean nothing
        (
            [[call(0, None, "f")], [call(0, "a", arguments="")], [call(0, "", arguments="{}")]],
            [("a", "f", "{}")],
        ),
    ],
)
def test_calls_are_told_apart(
    fragments: list[list[dict[str, Any]]], calls: list[tuple[str, str, str]]
) -> None:
    stream = sse(*(chunk(tool_calls=each) for each in fragments))
    said = answer(stream + sse(chunk("tool_calls")) + DONE)
    assert said.blocks == tuple(SaidCall(*each) for each in calls)
    assert said.reason is Stop.TOOL_USE


@pytest.mark.parametrize("id", ["0", "call_0", "call1", "", "tool-12"])
def test_an_id_that_only_counts_is_left_to_the_dialect(id: str) -> None:
    assert answer(sse(chunk(tool_calls=[call(0, id, "f", "{}")])) + STOPPED).blocks == (
        SaidCall("", "f", "{}"),
    )


def test_an_id_given_twice_is_given_once() -> None:
    stream = sse(chunk(tool_calls=[call(0, "abc1x", "f", "{}"), call(1, "abc1x", "g", "{}")])) + STOPPED
    assert answer(stream).blocks == (SaidCall("abc1x", "f", "{}"), SaidCall("", "g", "{}"))


def test_a_body_that_ends_after_an_empty_reason_has_ended() -> None:
    assert answer(sse(chunk("", content="x"))).reason is Stop.END_TURN


def test_the_legacy_call_is_a_call() -> None:
    stream = sse(
        chunk(function_call={"name": "f", "arguments": '{"a"'}),
        chunk(function_call={"arguments": ":1}"}),
        chunk("function_call"),
    )
    assert answer(stream + DONE).blocks == (SaidCall("", "f", '{"a":1}'),)


def test_glued_arguments_are_several_calls() -> None:
    stream = (
        sse(
            chunk(tool_calls=[call(0, "a", "f", '{"x":1}{"x"')]), chunk(tool_calls=[call(0, arguments=":2}")])
        )
        + STOPPED
    )
    assert answer(stream, buffer_tool_args=True).blocks == (
        SaidCall("a", "f", '{"x":1}'),
        SaidCall("", "f", '{"x":2}'),
    )


def test_cumulative_arguments_by_flag() -> None:
    stream = (
        sse(*(chunk(tool_calls=[call(0, "a", "f", piece)]) for piece in ("{", '{"a', '{"a":1}', '{"a":1}')))
        + STOPPED
    )
    assert answer(stream, cumulative_args=True).blocks == (SaidCall("a", "f", '{"a":1}'),)


def test_the_first_call_streams_before_it_is_complete() -> None:
    decoder = ChatDecoder(Expectations("v", Vendor("test")))
    decoder.feed(sse(chunk(tool_calls=[F])))
    events = decoder.feed(sse(chunk(tool_calls=[call(0, arguments='{"x"')])))
    assert any(isinstance(event, BlockStarted) for event in events)


def test_a_second_call_streams_once_the_first_is_whole() -> None:
    decoder = ChatDecoder(Expectations("v", Vendor("test")))
    decoder.feed(sse(chunk(tool_calls=[call(0, "a", "f", "{}")])))
    events = decoder.feed(sse(chunk(tool_calls=[call(1, "b", "g", '{"x"')])))
    assert sum(isinstance(event, BlockStarted) for event in events) == 1


@pytest.mark.parametrize(
    ("pieces", "blocks"),
    [
        (["<thi", "nk>hid", "den</th", "ink>\n\nshown"], (SaidThinking("hidden"), SaidText("shown"))),
        ([" \n<think>a</think>b"], (SaidThinking("a"), SaidText("b"))),
        (["<think>never closed </thi"], (SaidThinking("never closed </thi"),)),
        (["<think></think>b"], (SaidText("b"),)),
        (["plain <think>is a tag</think>"], (SaidText("plain <think>is a tag</think>"),)),
        (["<thin", "king>"], (SaidText("<thinking>"),)),
        (["<"], (SaidText("<"),)),
    ],
)
def test_str_11_think_tags(pieces: list[str], blocks: tuple[Any, ...]) -> None:
    stream = sse(*(chunk(content=piece) for piece in pieces)) + STOPPED
    assert answer(stream, think_tags=True).blocks == blocks


def test_an_answer_may_begin_inside_a_thought() -> None:
    stream = sse(chunk(content="a</think>b")) + STOPPED
    assert answer(stream, leading_think_close=True).blocks == (SaidThinking("a"), SaidText("b"))
    assert answer(stream).blocks == (SaidText("a</think>b"),)


@pytest.mark.parametrize(
    "stream",
    [
        sse(chunk(content="x"), chunk("stop"), usage_only()),
        sse(chunk(content="x", usage=USAGE | {"completion_tokens": 1}), chunk("stop", USAGE)),
        sse(chunk(content="x"), chunk("stop", USAGE)),
        sse(usage_only(None), chunk(content="x"), chunk("stop"), usage_only(), usage_only(None)),
        sse(
            chunk(content="x"),
            chunk("stop"),
            {
                "choices": [],
                "usage": {"prompt_tokens": 100, "completion_tokens": 20, "prompt_cache_hit_tokens": 75},
            },
        ),
    ],
)
def test_str_12_usage_wherever_it_stands(stream: bytes) -> None:
    usage = answer(stream + DONE).usage
    assert usage is not None
    assert usage.all_input_tokens == 100
    assert (usage.cache_read_tokens, usage.output_tokens) == (75, 20)


def test_str_12_no_usage_is_none_and_never_invented() -> None:
    assert answer(sse(chunk(content="x"), chunk("stop")) + DONE).usage is None
    assert answer(sse(chunk(content="x"), chunk("stop"), usage_only({})) + DONE).usage is None


@pytest.mark.parametrize(
    "stream",
    [
        sse(chunk(content="x"), chunk("stop"), chunk("stop"), chunk("length")),
        sse(chunk(content=None), chunk(content="x"), chunk("stop", content=None)),
        sse({"choices": [{"index": 0, "delta": None}]}, chunk(content="x"), chunk("stop")),
        sse({"choices": []}, chunk(content="x"), chunk("stop")),
        sse({"type": "ping"}, chunk(content="x"), {"heartbeat": 1}, chunk("stop")),
        sse(chunk(content="x"), chunk("stop"), chunk(content="after the end")),
        sse(chunk("", content=""), chunk("", content="x"), chunk("")),
        sse({"choices": [{"index": 1, "delta": {"content": "other"}}]}, chunk(content="x"), chunk("stop")),
        sse({"choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}]}),
        b"data:\n\ndata: \n\n" + sse(chunk(content="x"), chunk("stop")),
        sse(chunk(content="x")) + b"data:[DONE]\n\ndata: more\n\n",
        b"\xef\xbb\xbfevent: message\n" + sse(chunk(content="x"), chunk("stop")),
    ],
)
def test_str_13_oddities_leave_a_clean_stream(stream: bytes) -> None:
    said = answer(stream + DONE)
    assert said.blocks == (SaidText("x"),)
    assert said.reason is Stop.END_TURN


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
def test_str_14_line_ends_and_comments(end: bytes) -> None:
    stream = (b": note\n\n" + sse(chunk(content="Grüße, 你好"), chunk("stop")) + DONE).replace(b"\n", end)
    events = decode(*(bytes([byte]) for byte in stream))
    assert fold(events).blocks == (SaidText("Grüße, 你好"),)


@pytest.mark.parametrize(
    "stream",
    [
        sse(chunk(content="x")),
        sse(chunk(tool_calls=[call(0, "a", "f", '{"x')])),
        sse(chunk(content="x")) + b'data: {"cho',
    ],
)
def test_str_15_an_upstream_that_just_stops_has_failed(stream: bytes) -> None:
    assert isinstance(failed(stream), UpstreamProtocolError)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>secret page</html>", "no Chat Completions answer"),
        (b"", "empty answer"),
        (b"data: [DONE]\n\n", None),
        (b"data: not json\n\n", "no Chat Completions chunk"),
        (b": only comments\n\n", "empty answer"),
        (b"[1,2]", "no Chat Completions answer"),
        (b"just words\n\n", "empty answer"),
    ],
)
def test_str_16_what_is_no_answer_is_a_failure(body: bytes, said: str | None) -> None:
    if said is None:
        assert answer(body).blocks == ()
    else:
        error = failed(body)
        assert said in error.message
        assert "secret" not in error.message


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ({"error": {"message": "overloaded", "code": 503}}, Kind.OVERLOADED),
        ({"error": {"message": "slow down", "type": "rate_limit_error", "code": "429"}}, Kind.RATE_LIMIT),
        ({"error": {"message": "prompt is too long: 20 tokens > 10 maximum"}}, Kind.CONTEXT_OVERFLOW),
        ({"error": "it broke"}, Kind.UPSTREAM),
        ({"object": "error", "message": "bad", "code": 400}, Kind.INVALID_REQUEST),
        ({"code": 50505, "message": "Model service overloaded", "data": None}, Kind.OVERLOADED),
    ],
)
@pytest.mark.parametrize("before", [b"", sse(chunk(content="x"))])
def test_str_16_an_error_inside_the_stream(frame: dict[str, Any], kind: Kind, before: bytes) -> None:
    assert failed(before + sse(frame)).kind is kind
    assert failed(before + b"event: error\n" + sse(frame)).kind is kind


@pytest.mark.parametrize("reason", sorted(FAILURES))
def test_some_reasons_are_failures(reason: str) -> None:
    assert reason in failed(sse(chunk(content="x"), chunk(reason)) + DONE).message


@pytest.mark.parametrize(("reason", "stop"), STOPS.items())
def test_rsp_03_reasons(reason: str, stop: Stop) -> None:
    expected = Stop.END_TURN if stop is Stop.TOOL_USE else stop
    assert answer(sse(chunk(content="x"), chunk(reason)) + DONE).reason is expected


@pytest.mark.parametrize(
    ("stream", "stop"),
    [
        (sse(chunk(content="x"), chunk("someday")) + DONE, Stop.END_TURN),
        (sse(chunk(content="x")) + DONE, Stop.END_TURN),
        (sse(chunk(tool_calls=[call(0, "a", "f", "{}")])) + DONE, Stop.TOOL_USE),
        (sse(chunk("stop", tool_calls=[call(0, "a", "f", "{}")])) + DONE, Stop.TOOL_USE),
        (sse(chunk("length", tool_calls=[call(0, "a", "f", '{"x')])) + DONE, Stop.MAX_TOKENS),
    ],
)
def test_rsp_03_reasons_unknown_missing_or_contradicted(stream: bytes, stop: Stop) -> None:
    assert answer(stream).reason is stop


@pytest.mark.parametrize("field", ["matched_stop", "stop_reason"])
def test_a_vendor_may_name_the_stop_sequence(field: str) -> None:
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", field: "END"}]}
    said = answer(sse(chunk(content="x"), last) + DONE)
    assert (said.reason, said.stop_sequence) == (Stop.STOP_SEQUENCE, "END")
    last["choices"][0][field] = 128_009
    assert answer(sse(chunk(content="x"), last) + DONE).reason is Stop.END_TURN


def test_rsp_04_a_refusal_is_text_and_a_reason() -> None:
    said = answer(sse(chunk(refusal="I can"), chunk(refusal="not"), chunk("stop")) + DONE)
    assert said.blocks == (SaidText("I cannot"),)
    assert (said.reason, said.explanation) == (Stop.REFUSAL, "I cannot")


def test_rsp_05_a_plain_body_is_the_same_answer() -> None:
    message = {
        "role": "assistant",
        "reasoning_content": "r",
        "content": "t",
        "tool_calls": [call(0, "id", "f", '{"a":1}')],
    }
    body = {
        "id": "c",
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": USAGE,
    }
    stream = sse(chunk("tool_calls", USAGE, **{k: v for k, v in message.items() if k != "role"})) + DONE
    assert answer(json.dumps(body).encode()) == answer(stream)


def test_stop_strings_the_vendor_was_not_told_of_end_the_answer() -> None:
    stream = sse(chunk(content="one E"), chunk(content="ND two")) + STOPPED
    said = answer(stream, stop_strings=("END", "XX"))
    assert said.blocks == (SaidText("one "),)
    assert (said.reason, said.stop_sequence) == (Stop.STOP_SEQUENCE, "END")
    assert answer(sse(chunk(content="one E"), chunk("stop")) + DONE, stop_strings=("END",)).blocks == (
        SaidText("one E"),
    )


def test_a_plain_answer_cut_at_a_stop_string_keeps_its_usage() -> None:
    body = {
        "choices": [{"index": 0, "message": {"content": "one END two"}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    said = answer(json.dumps(body).encode(), stop_strings=("END",))
    assert (said.blocks, said.usage) == ((SaidText("one "),), MEASURED)


def test_thoughts_are_read_from_the_first_field_that_has_them() -> None:
    both = sse(chunk(reasoning_content="r", reasoning="r", reasoning_details=[{"text": "r"}])) + STOPPED
    assert answer(both).blocks == (SaidThinking("r"),)
    details = (
        sse(
            chunk(
                reasoning_details=[
                    {"type": "reasoning.summary", "summary": "s"},
                    {"type": "reasoning.encrypted"},
                ]
            )
        )
        + STOPPED
    )
    assert answer(details).blocks == (SaidThinking("s"),)


def test_content_in_parts() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "r"}]},
        {"type": "text", "text": "t"},
        {"type": "odd"},
    ]
    assert answer(sse(chunk(content=parts)) + STOPPED).blocks == (SaidThinking("r"), SaidText("t"))


def test_citations() -> None:
    annotations = [{"type": "url_citation", "url_citation": {"url": "u", "title": "t"}}, {"type": "odd"}]
    assert answer(sse(chunk(content="x"), chunk(annotations=annotations)) + STOPPED).blocks == (
        SaidText("x", (Citation("u", "t"),)),
    )


def test_a_character_cut_in_two_escapes_is_whole_again() -> None:
    stream = b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\ndata: {"choices":[{"delta":{"content":"\\ude42b"}}]}\n\n'
    assert answer(stream + STOPPED).blocks == (SaidText("a🙂b"),)
    alone = b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n'
    assert answer(alone + STOPPED).blocks == (SaidText("a\ufffd"),)


def test_numbers_as_strings_are_numbers() -> None:
    stream = sse(
        chunk(content="x"), chunk("stop"), usage_only({"prompt_tokens": "100", "completion_tokens": "20"})
    )
    assert answer(stream + DONE).usage == Usage(100, output_tokens=20)


def test_the_start_names_the_model_and_comes_first() -> None:
    assert decode(sse(chunk(content="x")) + STOPPED)[0] == Started(model="m")


# Laws -------------------------------------------------------------------------------------------------

_fields: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.integers(-1, 3),
    st.sampled_from(
        ["stop", "length", "tool_calls", '{"a":1}', '{"a"', "<think>", "</think>", "f", [], {}, True, 1.5]
    ),
)
_calls = st.fixed_dictionaries(
    {},
    optional={
        "index": st.none() | st.integers(0, 2),
        "id": st.none() | st.sampled_from(["", "a", "b"]),
        "function": st.fixed_dictionaries(
            {}, optional={"name": st.sampled_from(["f", "g", None]), "arguments": _fields}
        ),
    },
)
_deltas = st.fixed_dictionaries(
    {},
    optional={
        "content": _fields,
        "reasoning_content": _fields,
        "reasoning": _fields,
        "refusal": _fields,
        "tool_calls": st.none() | st.lists(_calls, max_size=3),
        "function_call": st.none() | st.fixed_dictionaries({"name": _fields}),
    },
)
_chunks = st.fixed_dictionaries(
    {},
    optional={
        "choices": st.none()
        | st.lists(
            st.fixed_dictionaries({"delta": st.none() | _deltas}, optional={"finish_reason": _fields}),
            max_size=2,
        ),
        "usage": st.none() | st.just(USAGE),
        "error": st.none() | st.just({"message": "x"}),
    },
)
_streams = st.lists(
    _chunks.map(sse) | st.sampled_from([DONE, b": c\n\n", b"data:\n\n", b"data: {\n\n"]), max_size=8
).map(b"".join)
_quirks = st.sampled_from(
    [
        {},
        {"think_tags": True},
        {"buffer_tool_args": True},
        {"cumulative_args": True},
        {"leading_think_close": True},
    ]
)


@given(_streams | st.binary(max_size=200), _quirks)
def test_any_bytes_give_a_legal_stream(body: bytes, quirks: dict[str, bool]) -> None:
    decode(body, **quirks)  # checks the grammar


def _said(body: bytes, cuts: list[int], quirks: dict[str, bool]) -> list[Any]:
    edges = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    events = decode(*(body[a:b] for a, b in pairwise(edges)), **quirks)
    return [repr(event) for event in events]


@given(_streams, st.lists(st.integers(0, 10_000), max_size=6), _quirks)
def test_where_the_network_cuts_the_bytes_does_not_matter(
    body: bytes, cuts: list[int], quirks: dict[str, bool]
) -> None:
    assert _said(body, cuts, quirks) == _said(body, [], quirks)


@given(
    st.lists(st.tuples(st.sampled_from(["content", "reasoning_content"]), st.text(max_size=5)), max_size=10)
)
def test_no_word_is_lost(pieces: list[tuple[str, str]]) -> None:
    events = decode(sse(*(chunk(**{name: piece}) for name, piece in pieces)) + STOPPED)
    check(events)
    for name, kind in (("content", TextDelta), ("reasoning_content", ThinkingDelta)):
        said = "".join(event.text for event in events if isinstance(event, kind))
        assert said == "".join(piece for field, piece in pieces if field == name)
    assert isinstance(events[-1], Finished)
