"""What the service says, row by row, and what is made of it. Every stream is checked against the grammar on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_frames import cut, error, event, exception, frame
from isthmus.core.commands import Head
from isthmus.core.errors import Kind, Next, UpstreamProtocolError
from isthmus.core.events import ArgumentsDelta, BlockStarted, Event, Failed, Noted, Started, Stop
from isthmus.core.fold import SaidCall, SaidOpaque, SaidText, SaidThinking
from isthmus.core.usage import Usage
from isthmus.providers.amazon_q.decode import IGNORED, STOPS, EventDecoder, Expected
from isthmus.providers.amazon_q.errors import EmptyAnswer
from isthmus.providers.amazon_q.signatures import pack_redacted, pack_signature
from q_answers import (
    MODEL,
    REFUSALS,
    TOKENS,
    answer,
    decode,
    failure,
    joined,
    metadata,
    shown,
    text,
    thought,
    tool,
)

MEASURED = Usage(812, 4096, 12, 96)
GOLDEN = Path(__file__).resolve().parents[2] / "wire" / "amazon_q_stream"


def notes(events: list[Event]) -> list[tuple[str, str]]:
    return [(each.what, each.detail) for each in events if isinstance(each, Noted)]


def test_text() -> None:
    said = answer(text("ha ", "ha ", "ha"), metadata(TOKENS))
    assert said.blocks == (SaidText("ha ha ha"),)
    assert (said.reason, said.usage, said.model) == (Stop.END_TURN, MEASURED, MODEL)


def test_thoughts_text_and_two_calls() -> None:
    said = answer(
        event("initial-response", {}),
        thought("Check"),
        thought("ing"),
        thought(signature="c2ln"),
        text("Let me look."),
        tool("t1", "get_time", '{"tz":', '"UTC"}'),
        tool("t2", "get_place"),
    )
    assert said.blocks == (
        SaidThinking("Checking", pack_signature(MODEL, "c2ln")),
        SaidText("Let me look."),
        SaidCall("t1", "get_time", '{"tz":"UTC"}'),
        SaidCall("t2", "get_place", "{}"),
    )
    assert said.reason is Stop.TOOL_USE


def test_a_signature_closes_its_thought_and_redacted_ones_stand_alone() -> None:
    said = answer(
        thought("a", signature="s1"),
        thought("b"),
        thought(signature="s2"),
        thought(redactedContent="AAEC"),
        thought(redactedContent="AwQF"),
        text("c"),
        thought(redactedContent="BgcI"),
    )
    assert said.blocks == (
        SaidThinking("a", pack_signature(MODEL, "s1")),
        SaidThinking("b", pack_signature(MODEL, "s2")),
        SaidOpaque(pack_redacted(MODEL, "AAEC")),
        SaidOpaque(pack_redacted(MODEL, "AwQF")),
        SaidText("c"),
        SaidOpaque(pack_redacted(MODEL, "BgcI")),
    )


def test_thoughts_between_tags_in_the_text() -> None:
    said = answer(text("<thin", "king>\nhm", "</thinking>\n\nHi <thinking>"))
    assert said.blocks == (SaidThinking("hm"), SaidText("Hi <thinking>"))
    assert answer(text("<thinker> hm")).blocks == (SaidText("<thinker> hm"),)
    assert answer(text("<think"), tool("t1")).blocks == (SaidText("<think"), SaidCall("t1", "get_time", "{}"))


def test_arguments_are_said_as_they_come() -> None:
    decoder = EventDecoder(Expected(REFUSALS, MODEL))
    first = decoder.feed(event("toolUseEvent", {"toolUseId": "t", "name": "f", "input": '{"a"'}))
    assert first[-1] == ArgumentsDelta('{"a"')
    assert decoder.feed(event("toolUseEvent", {"toolUseId": "t", "name": "f", "input": ":1}"})) == [
        ArgumentsDelta(":1}")
    ]


@pytest.mark.parametrize("whole", [True, False])
def test_the_end_of_calls(whole: bool) -> None:
    rows: list[tuple[bytes, tuple[Any, ...], Stop]] = [
        (tool("t", "f", stop=False), (SaidCall("t", "f", "{}"),), Stop.TOOL_USE),
        (tool("t", "f", '{"a":1}', stop=False), (SaidCall("t", "f", '{"a":1}'),), Stop.TOOL_USE),
        (tool("t", "f", {"a": 1}), (SaidCall("t", "f", '{"a":1}'),), Stop.TOOL_USE),
        (tool("t", "f", {}, '{"a":1}'), (SaidCall("t", "f", '{"a":1}'),), Stop.TOOL_USE),
        (tool("t", "f", "", "{}"), (SaidCall("t", "f", "{}"),), Stop.TOOL_USE),
        (
            tool("t", "f", "{}") + metadata(stopReason="MAX_TOKENS"),
            (SaidCall("t", "f", "{}"),),
            Stop.TOOL_USE,
        ),
    ]
    for stream, blocks, reason in rows:
        said = answer(stream, whole=whole)
        assert (said.blocks, said.reason) == (blocks, reason)


def test_a_call_that_is_cut_short_is_no_call() -> None:
    stream = text("Writing.") + tool("t1", "f", "{}") + tool("t2", "f", '{"path": "a', stop=False)
    whole = answer(stream, whole=True)
    assert whole.blocks == (SaidText("Writing."), SaidCall("t1", "f", "{}"))
    assert whole.reason is Stop.MAX_TOKENS
    streamed = decode(stream)
    assert ("cut_tool_call", "f") in notes(streamed)
    assert joined(streamed).reason is Stop.MAX_TOKENS
    waiting = decode(tool("t1", "f", '{"a"', stop=False), tool("t2", "g", '{"b"', stop=False))
    assert joined(waiting).reason is Stop.MAX_TOKENS


def test_arguments_that_are_no_object_are_made_one_where_that_can_be_done() -> None:
    said = answer(tool("t", "f", '["a"]'), whole=True)
    assert said.blocks == (SaidCall("t", "f", '{"value":["a"]}'),)
    assert ("invalid_arguments", "f") in notes(decode(tool("t", "f", '["a"]')))


def test_interleaved_calls_are_said_one_after_another() -> None:
    def part(id: str, **more: Any) -> bytes:
        return event("toolUseEvent", {"toolUseId": id, "name": id.upper(), **more})

    stream = (
        part("a") + part("b") + part("a", input='{"x":') + part("b", input='{"y":2}') + part("a", input="1}")
    )
    stream += part("b", stop=True) + part("a", stop=True) + part("a", input="late")
    for whole in (True, False):
        said = answer(stream, whole=whole)
        assert set(said.blocks) == {SaidCall("a", "A", '{"x":1}'), SaidCall("b", "B", '{"y":2}')}
    assert ("input_after_stop", "A") in notes(decode(stream))


@pytest.mark.parametrize(("said", "stop"), STOPS.items())
def test_why_the_model_stopped(said: str, stop: Stop) -> None:
    expected = Stop.END_TURN if stop is Stop.TOOL_USE else stop  # no call was made
    assert answer(text("a"), metadata(stopReason=said)).reason is expected


def test_the_order_of_trust_in_stop_reasons() -> None:
    full = event("contextUsageEvent", {"contextUsagePercentage": 100})
    assert answer(text("a"), full).reason is Stop.CONTEXT_WINDOW
    assert answer(text("a"), full, metadata(stopReason="UNKNOWN")).reason is Stop.CONTEXT_WINDOW
    assert answer(text("a"), full, metadata(stopReason="END_TURN")).reason is Stop.END_TURN
    assert answer(text("a"), full, tool("t")).reason is Stop.TOOL_USE
    odd = decode(text("a"), metadata(stopReason="TIRED"))
    assert joined(odd).reason is Stop.END_TURN
    assert ("unknown_stop_reason", "TIRED") in notes(odd)


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ([], None),
        ([metadata()], None),
        ([metadata({})], None),
        ([metadata(dict.fromkeys(TOKENS, 0))], None),
        ([metadata(TOKENS)], MEASURED),
        (
            [metadata(TOKENS), event("meteringEvent", {"usage": 0.0312, "unit": "credit"})],
            Usage(812, 4096, 12, 96, micro_credits=31_200),
        ),
        (
            [event("meteringEvent", {"usage": 0.5})],
            Usage(0, output_tokens=2, micro_credits=500_000, input_estimated=True, output_estimated=True),
        ),
        (
            [event("contextUsageEvent", {"contextUsagePercentage": 2.5})],
            Usage(4998, output_tokens=2, input_estimated=True, output_estimated=True),
        ),
        (
            [event("contextUsageEvent", {"contextUsagePercentage": 2.5}), metadata({"outputTokens": 50})],
            Usage(4950, output_tokens=50, input_estimated=True),
        ),
        ([metadata({"uncachedInputTokens": 7})], Usage(7, output_tokens=2, output_estimated=True)),
    ],
)
def test_usage_by_order_of_trust(told: list[bytes], usage: Usage | None) -> None:
    assert answer(text("12345"), *told, window=200_000).usage == usage


def test_stop_strings_end_the_answer_here() -> None:
    decoder = EventDecoder(Expected(REFUSALS, MODEL, stop=("END",)))
    events = decoder.feed(text("one E", "ND two"))
    said = joined(events)
    assert (said.blocks, said.reason, said.stop_sequence) == ((SaidText("one "),), Stop.STOP_SEQUENCE, "END")
    assert decoder.feed(text("more")) == decoder.close() == []
    assert answer(text("one E"), tool("t"), stop=("END",)).blocks[0] == SaidText("one E")
    assert answer(text("one EN"), stop=("END",)).blocks == (SaidText("one EN"),)


def test_a_limit_on_output_is_enforced_by_an_estimate() -> None:
    events = decode(text("12345678", "90"), text("x"), max_tokens=2)
    said = joined(events)
    assert (said.blocks, said.reason) == ((SaidText("12345678"),), Stop.MAX_TOKENS)
    assert ("max_tokens", "enforced by an estimate") in notes(events)
    assert answer(thought("12345"), text("67890"), max_tokens=2).blocks == (
        SaidThinking("12345"),
        SaidText("678"),
    )
    assert answer(text("12"), tool("t", "f", '{"a":"long enough"}'), max_tokens=2).reason is Stop.MAX_TOKENS
    assert answer(text("1234567"), max_tokens=2).reason is Stop.END_TURN


def test_halves_of_a_character() -> None:
    halves = [
        event("assistantResponseEvent", b'{"content":"a\\ud83d"}'),
        event("assistantResponseEvent", b'{"content":"\\ude42b"}'),
    ]
    assert answer(*halves).blocks == (SaidText("a🙂b"),)
    assert answer(halves[0]).blocks == (SaidText("a\ufffd"),)


def test_licences_of_known_code_are_noted() -> None:
    reference = {
        "licenseName": "MIT",
        "repository": "r",
        "url": "u",
        "recommendationContentSpan": {"start": 0},
    }
    events = decode(text("a"), event("codeReferenceEvent", {"references": [reference]}))
    assert ("code_reference", "MIT r u") in notes(events)


def test_what_is_not_of_the_answer_is_passed_over_and_news_noted_once() -> None:
    known = [event(name, {"content": "x"}) for name in sorted(IGNORED)]
    new = [event("newEvent", {}), event("newEvent", {}), frame({":message-type": "new"}), frame({})]
    events = decode(*known, text("a"), *new)
    assert joined(events).blocks == (SaidText("a"),)
    assert notes(events) == [
        ("unknown_event", "newEvent"),
        ("unknown_message_type", "new"),
        ("unknown_message_type", ""),
    ]


@pytest.mark.parametrize(
    ("ending", "kind", "said"),
    [
        (
            exception("error", message="x", reason="MODEL_TEMPORARILY_UNAVAILABLE"),
            Kind.OVERLOADED,
            "capacity",
        ),
        (exception("throttlingException", message="x"), Kind.RATE_LIMIT, "rate limit"),
        (exception("ValidationException", message="Input is too long."), Kind.CONTEXT_OVERFLOW, "too long"),
        (error("InternalError", "went wrong"), Kind.UPSTREAM, "failed"),
        (error("ThrottlingException", "slow down"), Kind.RATE_LIMIT, "rate limit"),
        (frame({":message-type": "error"}), Kind.UPSTREAM, "failed"),
        (
            event("invalidStateEvent", {"reason": "INVALID_TASK_ASSIST_PLAN", "message": "x"}),
            Kind.UPSTREAM,
            "failed",
        ),
        (text("abc")[:-4], Kind.UPSTREAM, "broke off"),
        (text("abc")[:-1] + b"\x00", Kind.UPSTREAM, "damaged"),
        (b"<html>not a frame at all", Kind.UPSTREAM, "damaged"),
        (event("toolUseEvent", b"{"), Kind.UPSTREAM, "cannot be read"),
        (event("assistantResponseEvent", {"content": 1}), Kind.UPSTREAM, "cannot be read"),
    ],
)
def test_what_breaks_an_answer(ending: bytes, kind: Kind, said: str) -> None:
    for before in (b"", text("abc")):
        error = failure(before + ending)
        assert error.kind is kind
        assert said in error.message
    kept = decode(text("abc") + ending + text("never read"))
    assert any(isinstance(each, BlockStarted) for each in kept)


def test_an_empty_answer_is_none() -> None:
    assert isinstance(failure(b""), EmptyAnswer)
    assert isinstance(failure(metadata(TOKENS)), EmptyAnswer)
    assert isinstance(failure(b"", is_last=True), EmptyAnswer)
    assert answer(metadata(stopReason="END_TURN")).blocks == ()


def test_thoughts_alone_are_an_answer_when_they_have_been_shown_or_nothing_better_comes() -> None:
    assert isinstance(failure(thought("hm"), whole=True), EmptyAnswer)
    for more in ({"whole": True, "is_last": True}, {"whole": False}):
        assert answer(thought("hm"), **more).blocks == (SaidThinking("hm"),)


def test_a_body_that_is_no_event_stream_is_told() -> None:
    events = decode(b"<html>\n  Sign in</html>", head=Head(200, {"content-type": "text/html; charset=utf-8"}))
    assert isinstance(events[0], Failed)
    assert events[0].error.message == (
        "provider 'mine' answered with text/html, not with an event stream: check chat_url"
    )
    assert events[0].error.next is Next.OTHER_ACCOUNT
    assert events[0].error.detail == "<html> Sign in</html>"
    plain = decode(text("a"), head=Head(200, {}))
    assert isinstance(plain[0], Started)


GOLDENS = sorted(GOLDEN.glob("*.json"))


@pytest.mark.parametrize("file", GOLDENS, ids=lambda file: file.stem)
def test_golden_transcripts_at_every_cut(file: Path) -> None:
    golden = json.loads(file.read_text("utf-8"))
    body = b"".join(
        event(name, payload) if kind == "event" else exception(name, **payload)
        for kind, name, payload in golden["frames"]
    )
    whole = decode(body)
    assert [shown(each) for each in whole] == golden["events"]
    for at in range(len(body) + 1):
        assert joined(decode(body[:at], body[at:])) == joined(whole)
    assert joined(decode(*(bytes([byte]) for byte in body))) == joined(whole)


def test_there_are_golden_transcripts() -> None:
    assert len(GOLDENS) >= 4


pieces = st.text(st.sampled_from("abE<>thinkgND/ é漢🙂\n"), max_size=12)
frames = st.one_of(
    pieces.map(text),
    pieces.map(thought),
    st.builds(lambda blob: thought(redactedContent=blob), st.sampled_from(["AAEC", "AwQF"])),
    st.builds(lambda: thought(signature="s")),
    st.builds(
        lambda call, piece, stop: event(
            "toolUseEvent",
            {"toolUseId": call, "name": f"n{call}", "input": piece} | ({"stop": True} if stop else {}),
        ),
        st.sampled_from("123"),
        st.sampled_from(["", "{", "}", '{"a":', '"b"}', "{}", "[1]"]),
        st.booleans(),
    ),
    st.sampled_from(
        [
            metadata(TOKENS),
            metadata(stopReason="MAX_TOKENS"),
            event("contextUsageEvent", {"contextUsagePercentage": 104.0}),
            event("meteringEvent", {"usage": 1}),
            exception("error", message="x"),
            error("Gone", "y"),
            event("odd", {}),
            text("x")[:-1] + b"?",
        ]
    ),
)
wanted = st.fixed_dictionaries(
    {
        "stop": st.sampled_from([(), ("END",), ("a", "bE")]),
        "max_tokens": st.sampled_from([None, None, 1, 5]),
        "whole": st.booleans(),
        "is_last": st.booleans(),
    }
)


@given(
    st.lists(frames, max_size=12), st.lists(st.integers(0, 5000), max_size=8), st.binary(max_size=6), wanted
)
def test_where_the_network_cuts_the_bytes_does_not_matter(
    stream: list[bytes], at: list[int], rest: bytes, expected: dict[str, Any]
) -> None:
    body = b"".join(stream) + rest
    assert joined(decode(*cut(body, at), **expected)) == joined(decode(body, **expected))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_legal_stream(body: bytes) -> None:
    last = decode(body)[-1]
    assert isinstance(last, Failed) and isinstance(last.error, UpstreamProtocolError)
