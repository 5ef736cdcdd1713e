from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.openai_chat import streams
from dialects.openai_chat.chat_cases import SIGNING, transcript
from dialects.openai_chat.streams import add_up, chunks, deltas, finish_reason
from isthmus.core.conversation import Opaque
from isthmus.core.errors import Kind, UpstreamError
from isthmus.core.events import (
    BLOCK_STOPPED,
    KEEP_ALIVE,
    TEXT_STARTED,
    THINKING_STARTED,
    ArgumentsDelta,
    BlockStarted,
    Citation,
    CitationDelta,
    Event,
    Failed,
    Finished,
    Noted,
    OpaqueDelta,
    OpaqueHead,
    Started,
    Stop,
    TextDelta,
    ThinkingDelta,
    ToolHead,
    UsageReport,
)
from isthmus.core.usage import Usage
from isthmus.dialects.openai_chat.encode import PING, ChatEncoder, Style
from isthmus.dialects.openai_chat.lint import lint

PLAIN, WITH_USAGE = Style(), Style(include_usage=True)
CUSTOM, LEGACY = Style(custom_tools=frozenset(("sql",))), Style(legacy=True)
SILENT = Style(show_reasoning=False)
END = Finished(Stop.END_TURN)


def encode(*events: Event, style: Style = PLAIN) -> bytes:
    return ChatEncoder(style, SIGNING).encode(events)


@pytest.mark.parametrize(
    ("name", "events", "style"),
    [
        ("thinking_text_two_tools.sse", streams.THINKING_TEXT_TWO_TOOLS, WITH_USAGE),
        ("cited.sse", streams.CITED, PLAIN),
        ("cut_in_a_call.sse", streams.CUT_IN_A_CALL, PLAIN),
        ("refused.sse", streams.REFUSED, PLAIN),
        ("nothing_said.sse", streams.NOTHING_SAID, WITH_USAGE),
    ],
)
def test_golden_transcripts(name: str, events: tuple[Event, ...], style: Style) -> None:
    """STR-15, STR-18"""
    golden = transcript(name)
    assert encode(*events, style=style) == golden
    assert lint(golden) == []


def test_the_role_is_said_once_and_first() -> None:
    stream = encode(Started(), Started(), TEXT_STARTED, TextDelta("a"), BLOCK_STOPPED, END)
    assert deltas(stream)[0] == {"role": "assistant", "content": ""}
    assert add_up(stream) == {"role": "assistant", "content": "a"}


def test_a_failure_before_anything_is_a_frame_alone() -> None:
    stream = encode(Failed(UpstreamError("busy", kind=Kind.OVERLOADED)), Started(), END)
    assert [chunk["error"]["code"] for chunk in chunks(stream)] == ["overloaded"]
    assert lint(stream) == []


def test_calls_are_counted_not_blocks() -> None:
    """STR-18"""
    stream = encode(
        *(TEXT_STARTED, TextDelta("a"), BLOCK_STOPPED),
        *(BlockStarted(ToolHead("x", "f")), BLOCK_STOPPED),
        *(THINKING_STARTED, ThinkingDelta("b"), BLOCK_STOPPED),
        *(BlockStarted(ToolHead("y", "g")), ArgumentsDelta('{"a":1}'), BLOCK_STOPPED),
        Finished(Stop.TOOL_USE),
    )
    indices = [call["index"] for delta in deltas(stream) for call in delta.get("tool_calls", ())]
    assert indices == [0, 0, 1, 1]
    assert add_up(stream)["tool_calls"] == [
        {"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "y", "type": "function", "function": {"name": "g", "arguments": '{"a":1}'}},
    ]


def test_a_call_without_an_id_gets_one() -> None:
    stream = encode(BlockStarted(ToolHead("", "f")), BLOCK_STOPPED, BlockStarted(ToolHead("", "f")), END)
    first, second = add_up(stream)["tool_calls"]
    assert first["id"] != second["id"]
    assert lint(stream) == []


def test_free_text_of_a_custom_tool_comes_out_of_its_wrapping() -> None:
    stream = encode(
        BlockStarted(ToolHead("x", "sql")),
        *(ArgumentsDelta('{"input":"sel'), ArgumentsDelta('ect 1"}'), BLOCK_STOPPED),
        *(BlockStarted(ToolHead("y", "f")), ArgumentsDelta("{}"), BLOCK_STOPPED),
        Finished(Stop.TOOL_USE),
        style=CUSTOM,
    )
    assert add_up(stream)["tool_calls"] == [
        {"id": "x", "type": "custom", "custom": {"name": "sql", "input": "select 1"}},
        {"id": "y", "type": "function", "function": {"name": "f", "arguments": "{}"}},
    ]
    assert lint(stream) == []


def test_a_legacy_client_is_told_of_one_call_in_its_own_form() -> None:
    stream = encode(
        *(TEXT_STARTED, TextDelta("a"), BLOCK_STOPPED),
        *(BlockStarted(ToolHead("x", "f")), ArgumentsDelta('{"a":'), ArgumentsDelta("1}"), BLOCK_STOPPED),
        *(BlockStarted(ToolHead("y", "g")), ArgumentsDelta("{}"), BLOCK_STOPPED),
        Finished(Stop.TOOL_USE),
        style=LEGACY,
    )
    assert add_up(stream) == {
        "role": "assistant",
        "content": "a",
        "function_call": {"name": "f", "arguments": '{"a":1}'},
    }
    assert finish_reason(stream) == "function_call"
    assert lint(stream) == []


def test_a_legacy_call_without_arguments_has_an_empty_object() -> None:
    stream = encode(BlockStarted(ToolHead("x", "f")), BLOCK_STOPPED, END, style=LEGACY)
    assert add_up(stream)["function_call"] == {"name": "f", "arguments": "{}"}


def test_thoughts_can_be_kept_from_clients() -> None:
    signed = OpaqueDelta(Opaque("anthropic", "signature", "s"))
    redacted = BlockStarted(OpaqueHead(Opaque("anthropic", "redacted_thinking", "d")))
    stream = encode(
        *(THINKING_STARTED, ThinkingDelta("a"), signed, BLOCK_STOPPED, redacted, BLOCK_STOPPED, END),
        style=SILENT,
    )
    assert add_up(stream) == {"role": "assistant", "content": ""}


def test_a_signature_is_not_left_over_for_the_next_thought() -> None:
    signed = OpaqueDelta(Opaque("anthropic", "signature", "s"))
    stream = encode(
        *(THINKING_STARTED, ThinkingDelta("a"), signed, BLOCK_STOPPED, signed),
        *(THINKING_STARTED, ThinkingDelta("b"), BLOCK_STOPPED, END),
    )
    message = add_up(stream)
    assert message["reasoning_content"] == "ab"
    assert [(each["text"], each["signature"]) for each in message["reasoning_details"]] == [("a", "s")]


def test_details_are_indexed_for_clients_that_merge_by_index() -> None:
    first, second = (OpaqueDelta(Opaque("anthropic", "signature", each)) for each in "st")
    stream = encode(
        *(THINKING_STARTED, ThinkingDelta("a"), first, BLOCK_STOPPED),
        *(BlockStarted(OpaqueHead(Opaque("anthropic", "redacted_thinking", "d"))), BLOCK_STOPPED),
        *(THINKING_STARTED, ThinkingDelta("b"), second, BLOCK_STOPPED, END),
    )
    assert [each["index"] for each in add_up(stream)["reasoning_details"]] == [0, 1, 2]


def test_usage_is_said_when_asked_for_and_only_then() -> None:
    usage = Usage(1, 2, 3, 4)
    asked = chunks(encode(Started(), Finished(Stop.END_TURN, usage), style=WITH_USAGE))
    assert [chunk["usage"] and chunk["usage"]["total_tokens"] for chunk in asked] == [None, None, 10]
    assert asked[-1]["choices"] == []
    assert all("usage" not in chunk for chunk in chunks(encode(Started(), Finished(Stop.END_TURN, usage))))


def test_usage_that_was_only_reported_is_said_too() -> None:
    reported = encode(Started(), UsageReport(Usage(1, output_tokens=2)), END, style=WITH_USAGE)
    assert chunks(reported)[-1]["usage"]["total_tokens"] == 3
    started = encode(Started(usage=Usage(5)), END, style=WITH_USAGE)
    assert chunks(started)[-1]["usage"]["prompt_tokens"] == 5
    unknown = encode(END, style=WITH_USAGE)
    assert chunks(unknown)[-1]["usage"]["prompt_tokens"] == SIGNING.input_estimate


def test_chunks_tell_whose_they_are() -> None:
    for chunk in chunks(encode(*streams.THINKING_TEXT_TWO_TOOLS, style=WITH_USAGE)):
        assert chunk["id"] == "chatcmpl-" + SIGNING.answer_id
        assert (chunk["object"], chunk["created"], chunk["model"]) == (
            "chat.completion.chunk",
            SIGNING.created_s,
            "gpt-5.6",
        )


def test_a_keep_alive_is_a_comment() -> None:
    """STR-17"""
    encoder = ChatEncoder(PLAIN, SIGNING)
    assert encoder.keep_alive() == encoder.encode([KEEP_ALIVE]) == PING == b": ping\n\n"
    encoder.encode([END])
    assert encoder.keep_alive() == encoder.encode([KEEP_ALIVE]) == b""


def test_half_a_character_does_not_break_the_stream() -> None:
    stream = encode(TEXT_STARTED, TextDelta("a\ud83d"), BLOCK_STOPPED, END)
    assert add_up(stream)["content"] == "a�"


def test_unfit_deltas_are_skipped_or_open_their_place() -> None:
    stream = encode(
        *(ArgumentsDelta("{}"), OpaqueDelta(Opaque("anthropic", "signature", "s")), BLOCK_STOPPED),
        *(BlockStarted(ToolHead("x", "f")), TextDelta("a"), ArgumentsDelta("{}")),
        *(CitationDelta(Citation("https://example.org/a")), Noted("odd"), TextDelta(""), END),
    )
    message = add_up(stream)
    assert message["content"] == "a"
    assert message["tool_calls"][0]["function"]["arguments"] == "{}"
    assert message["annotations"][0]["url_citation"]["end_index"] == 1
    assert lint(stream) == []


TEXTS = st.text(max_size=3)
OPAQUES = st.builds(
    Opaque,
    st.sampled_from(["anthropic", "x"]),
    st.sampled_from(["signature", "redacted_thinking", "y"]),
    TEXTS,
)
EVENTS = st.one_of(
    st.builds(Started),
    st.sampled_from([TEXT_STARTED, THINKING_STARTED, BLOCK_STOPPED, KEEP_ALIVE, Noted("n")]),
    st.builds(BlockStarted, st.builds(ToolHead, TEXTS, st.sampled_from(["f", "sql"]))),
    st.builds(BlockStarted, st.builds(OpaqueHead, OPAQUES)),
    st.builds(TextDelta, TEXTS),
    st.builds(ThinkingDelta, TEXTS),
    st.builds(ArgumentsDelta, st.sampled_from(["{", "}", '"input":"a"', ""])),
    st.builds(OpaqueDelta, OPAQUES),
    st.builds(CitationDelta, st.builds(Citation, TEXTS)),
    st.builds(UsageReport, st.just(Usage(1))),
)
ENDS = st.one_of(
    st.builds(Finished, st.sampled_from(Stop), st.none(), st.none(), st.none() | TEXTS),
    st.builds(Failed, st.builds(UpstreamError, TEXTS, kind=st.sampled_from(Kind))),
)
STYLES = st.builds(
    Style,
    st.booleans(),
    st.booleans(),
    st.sampled_from([frozenset[str](), frozenset(("sql",))]),
    st.booleans(),
)


@given(st.lists(EVENTS, max_size=20), ENDS, st.lists(EVENTS | ENDS, max_size=3), STYLES)
def test_whatever_comes_the_stream_is_legal(
    events: list[Event], end: Event, after: list[Event], style: Style
) -> None:
    assert lint(encode(*events, end, *after, style=style)) == []


@given(st.lists(EVENTS, max_size=12), STYLES)
def test_every_beginning_of_a_stream_is_legal(events: list[Event], style: Style) -> None:
    assert lint(encode(*events, style=style), whole=False) == []


@given(st.lists(EVENTS | ENDS, max_size=20), st.sets(st.integers(0, 20)), STYLES)
def test_how_events_are_batched_does_not_matter(events: list[Event], cuts: set[int], style: Style) -> None:
    encoder = ChatEncoder(style, SIGNING)
    edges = [0, *sorted(cuts), len(events)]
    pieces = [encoder.encode(events[start:stop]) for start, stop in pairwise(edges)]
    assert b"".join(pieces) == encode(*events, style=style)


@given(st.lists(st.builds(TextDelta, st.text()), max_size=5))
def test_text_arrives_as_it_was_said(said: list[TextDelta]) -> None:
    stream = encode(TEXT_STARTED, *said, BLOCK_STOPPED, END)
    assert add_up(stream)["content"] == "".join(each.text for each in said)
    assert all(json.loads(line[6:]) for line in stream.split(b"\n") if line.startswith(b"data: {"))
