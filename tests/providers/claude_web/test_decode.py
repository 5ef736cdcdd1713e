"""The stream's own forms: every event of the protocol, both renderings, and whatever else comes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.commands import Head
from isthmus.core.errors import Kind, UpstreamProtocolError
from isthmus.core.events import Event, Failed, Finished, KeepAlive, Noted, Started, Stop, TextDelta
from isthmus.core.fold import Answer, SaidText, SaidThinking, fold
from isthmus.core.grammar import check
from isthmus.core.usage import Usage
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.decode import Expected, Heard, NoStream, decoder_for
from isthmus.providers.claude_web.errors import Refusals, Refused

SSE = Head(200, {"content-type": "text/event-stream; charset=utf-8"})
REFUSALS = Refusals("mine", lambda: 1_790_000_000.0)
START = {"type": "message_start", "message": {"id": "m", "model": "", "uuid": "answer", "content": []}}
STOP = {"type": "message_stop"}
LIMIT = {"type": "within_limit", "windows": {"5h": {"utilization": 0.31}}}


def frame(event: dict[str, Any]) -> bytes:
    return f"event: {event.get('type', 'completion')}\ndata: {json.dumps(event)}\n\n".encode()


def block(index: int, kind: str, *deltas: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    start = {"type": "content_block_start", "index": index, "content_block": {"type": kind, **more}}
    said = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [start, *said, {"type": "content_block_stop", "index": index}]


def text(*words: str) -> list[dict[str, Any]]:
    return [{"type": "text_delta", "text": word} for word in words]


def ended(reason: str = "end_turn", **more: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, **more}


def whole(*blocks: list[dict[str, Any]], reason: str = "end_turn") -> list[dict[str, Any]]:
    limit = {"type": "message_limit", "message_limit": LIMIT}
    return [START, *(event for each in blocks for event in each), ended(reason), limit, STOP]


def decode(events: Iterable[dict[str, Any]] | bytes, heard: Heard | None = None, **more: Any) -> list[Event]:
    sent = events if isinstance(events, bytes) else b"".join(map(frame, events))
    return chunks([sent], heard, **more)


def chunks(pieces: Iterable[bytes], heard: Heard | None = None, **more: Any) -> list[Event]:
    decoder = decoder_for(SSE, Expected(REFUSALS, heard or Heard(), lambda: "id", **more))
    events = [event for piece in pieces for event in decoder.feed(piece)]
    events += decoder.close()
    check(events)
    return events


def answer(events: Iterable[dict[str, Any]] | bytes, **more: Any) -> Answer:
    return fold(decode(events, **more))


def notes(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.what, event.detail) for event in events if isinstance(event, Noted)]


def failure(events: list[Event]) -> Any:
    last = events[-1]
    assert isinstance(last, Failed)
    return last.error


def test_the_recorded_order() -> None:
    heard = Heard()
    thought = {"type": "thinking_delta", "thinking": "Large ones first."}
    summary = {"type": "thinking_summary_delta", "summary": {"summary": "Chose two."}}
    events = decode(
        whole(block(0, "thinking", thought, summary), block(1, "text", *text("Nile", " and Amazon."))), heard
    )
    said = fold(events)
    assert said.blocks == (SaidThinking("Large ones first."), SaidText("Nile and Amazon."))
    assert said.reason is Stop.END_TURN and said.usage is None
    assert (heard.limit, heard.whole, heard.answer_id, heard.said) == (
        LIMIT,
        True,
        "answer",
        "Nile and Amazon.",
    )
    assert notes(events) == [] and events[0] == Started()


def test_the_older_rendering() -> None:
    events = [
        {"completion": " Two", "stop_reason": None, "model": "claude-x"},
        {
            "completion": " rivers.",
            "stop_reason": "stop_sequence",
            "stop": "\n\nHuman:",
            "messageLimit": LIMIT,
        },
    ]
    heard = Heard()
    said = decode(events, heard)
    assert said[0] == Started(model="claude-x")
    assert fold(said).blocks == (SaidText(" Two rivers."),)
    assert fold(said).reason is Stop.END_TURN and heard.limit == LIMIT
    assert answer([events[0], events[1] | {"truncated": True}]).reason is Stop.MAX_TOKENS
    assert isinstance(failure(decode([events[0] | {"exception": "ouch"}])), UpstreamProtocolError)


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", Stop.END_TURN),
        ("stop_sequence", Stop.END_TURN),
        ("tool_use", Stop.END_TURN),
        ("max_tool_use", Stop.END_TURN),
        ("user_canceled", Stop.END_TURN),
        ("max_tokens", Stop.MAX_TOKENS),
        ("max_conversation_length", Stop.CONTEXT_WINDOW),
        ("refusal", Stop.REFUSAL),
        ("cyber_refusal", Stop.REFUSAL),
        ("prompt_injection_risk", Stop.REFUSAL),
        ("something_new", Stop.END_TURN),
    ],
)
def test_why_it_stopped(reason: str, stop: Stop) -> None:
    events = decode(whole(block(0, "text", *text("Yes.")), reason=reason))
    assert isinstance(last := events[-1], Finished) and last.reason is stop
    assert last.explanation == (reason if stop is Stop.REFUSAL and reason != "refusal" else None)
    assert (("unknown_stop_reason", reason) in notes(events)) is (reason == "something_new")


def test_stops_that_are_failures() -> None:
    full = failure(decode(whole(reason="max_conversation_length")))
    # Each dialect says in its clients' own words that it is too long.
    assert (full.kind, full.message) == (Kind.CONTEXT_OVERFLOW, "the conversation has no room left")
    assert failure(decode(whole(block(0, "text", *text("Yes.")), reason="error"))).case is cases.SERVER


def test_figures_of_those_who_tell_them() -> None:
    started = {"type": "message_start", "message": {"usage": {"input_tokens": 12, "output_tokens": 1}}}
    events = [started, *block(0, "text", *text("Yes.")), ended(usage={"output_tokens": 34}), STOP]
    assert answer(events).usage == Usage(12, output_tokens=34)


def test_what_the_service_runs_itself_is_not_shown() -> None:
    use = block(
        1,
        "tool_use",
        {"type": "input_json_delta", "partial_json": '{"query":"x"}'},
        name="web_search",
        id="t",
    )
    result = block(
        2, "tool_result", {"type": "input_json_delta", "partial_json": "[" + "9" * 200_000}, tool_use_id="t"
    )
    events = decode(
        whole(block(0, "text", *text("Let me see. ")), use, result, block(3, "text", *text("Found.")))
    )
    assert fold(events).blocks == (SaidText("Let me see. Found."),)
    assert notes(events) == []


def test_citations() -> None:
    source = {"uuid": "c1", "title": "Rivers", "url": "https://rivers.example.org"}
    deltas = [
        *text("The "),
        {"type": "citation_start_delta", "citation": source},
        *text("Nile", " is long"),
        {"type": "citation_end_delta", "citation_uuid": "c1"},
        *text("."),
        {"type": "citation_start_delta", "citation": source | {"uuid": "c2", "title": None}},
        *text(" Very"),
    ]
    (said,) = answer(whole(block(0, "text", *deltas))).blocks
    assert isinstance(said, SaidText) and said.text == "The Nile is long. Very"
    assert [(each.url, each.title, each.cited_text) for each in said.citations] == [
        ("https://rivers.example.org", "Rivers", "Nile is long"),
        ("https://rivers.example.org", "", " Very"),
    ]


@pytest.mark.parametrize("buffered", [True, False])
def test_artifacts(buffered: bool) -> None:
    input = json.dumps({"id": "a", "type": "text/html", "content": "<p>hi</p>"})
    deltas = [
        {"type": "input_json_delta", "partial_json": input[at : at + 3]} for at in range(0, len(input), 3)
    ]
    made = block(1, "tool_use", *([] if buffered else deltas), name="artifacts", id="t")
    made[-1] |= {"buffered_input": input} if buffered else {}
    events = decode(whole(block(0, "text", *text("Here:\n")), made, block(2, "text", *text("Done."))))
    assert fold(events).blocks == (SaidText("Here:\n\n```html\n<p>hi</p>\n```\nDone."),)
    broken = block(
        1, "tool_use", {"type": "input_json_delta", "partial_json": '{"id":'}, name="artifacts", id="t"
    )
    assert notes(decode(whole(broken))) == [("artifact", "a change that cannot be shown as a whole")]


def test_what_nobody_knows_is_noted_once() -> None:
    strange = {"type": "lantern_status", "colour": "green"}
    events = decode(
        [
            START,
            strange,
            strange,
            *block(0, "lantern", {"type": "lantern_delta"}, {"type": "lantern_delta"}),
            *block(1, "text", *text("Yes.")),
            {"type": "model_fallback"},
            {"type": "title", "title": "x"},
            {"type": "ping"},
            ended(),
            STOP,
        ]
    )
    assert fold(events).blocks == (SaidText("Yes."),)
    assert [what for what, _ in notes(events)] == [
        "unknown_event",
        "unknown_block",
        "unknown_delta",
        "model_fallback",
    ]


def test_signs_of_life() -> None:
    assert any(isinstance(event, KeepAlive) for event in decode([START, {"type": "ping"}, STOP]))
    commented = chunks([frame(START) + b": ping - now\n\n", frame(STOP)])
    assert any(isinstance(event, KeepAlive) for event in commented)


def test_cuts_of_ours_end_the_answer() -> None:
    events = whole(block(0, "text", *text("one ST", "OP two")))
    heard = Heard()
    said = decode(events, heard, stop=("STOP",))
    assert isinstance(last := said[-1], Finished) and (last.reason, last.stop_sequence) == (
        Stop.STOP_SEQUENCE,
        "STOP",
    )
    assert fold(said).blocks == (SaidText("one "),) and not heard.whole
    short = decode(events, max_tokens=1)
    assert fold(short).reason is Stop.MAX_TOKENS and fold(short).blocks == (SaidText("one "),)
    assert ("max_tokens", "enforced by an estimate") in notes(short)


@pytest.mark.parametrize("kept", range(7))
def test_an_answer_that_is_not_said_to_be_whole_is_not(kept: int) -> None:
    events = whole(block(0, "text", *text("Yes.")))
    assert isinstance(failure(decode(events[:kept])), UpstreamProtocolError)


@pytest.mark.parametrize(
    "sent", [b"data: {\n\n", b"data: []\n\n", b"data: \xff\n\n", b'event: x\ndata: {"a":']
)
def test_what_cannot_be_read_is_a_failure(sent: bytes) -> None:
    assert isinstance(failure(decode(frame(START) + sent)), UpstreamProtocolError)


def test_nothing_is_heard_behind_an_error() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    events = decode([START, error, *block(0, "text", *text("Yes.")), STOP])
    assert isinstance(failed := failure(events), Refused) and failed.case is cases.OVERLOADED
    assert not any(isinstance(event, TextDelta) for event in events)


@pytest.mark.parametrize(
    ("content_type", "body", "case"),
    [
        ("text/html", b"<html>Oops</html>", cases.NOT_JSON),
        ("text/html", b"<title>Just a moment...</title>", cases.BOT_CHECK),
        ("application/json", b'{"type":"error","error":{"type":"overloaded_error"}}', cases.OVERLOADED),
        ("application/json", b"{}", cases.NOT_JSON),
    ],
)
def test_what_is_no_stream(content_type: str, body: bytes, case: cases.Case) -> None:
    decoder = decoder_for(
        Head(200, {"content-type": content_type}), Expected(REFUSALS, Heard(), lambda: "id")
    )
    assert isinstance(decoder, NoStream)
    assert decoder.feed(body) == []
    assert failure(decoder.close()).case is case


THOUGHT = block(0, "thinking", {"type": "thinking_delta", "thinking": "größer 更"})
SAID = b"".join(map(frame, whole(THOUGHT, block(1, "text", *text("Grüße ", "🙂 ST", "op")))))


@given(st.lists(st.integers(0, len(SAID)), max_size=6), st.booleans())
def test_where_the_network_cuts_the_bytes_does_not_matter(cuts: list[int], crlf: bool) -> None:
    sent = SAID.replace(b"\n", b"\r\n") if crlf else SAID
    at = sorted({0, len(sent), *cuts})
    pieces = [sent[a:b] for a, b in zip(at, [*at[1:], len(sent)], strict=True)]
    assert chunks(pieces, stop=("STOP",)) == decode(SAID, stop=("STOP",))


types = st.sampled_from(
    (
        "message_start",
        "message_delta",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_limit",
        "message_stop",
        "error",
    )
)
parts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "thinking", "delta", "citation", "url", "uuid"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
members = st.fixed_dictionaries(
    {"type": types | st.text()},
    optional=dict.fromkeys(
        ("index", "delta", "content_block", "message", "completion", "message_limit", "error", "stop_reason"),
        parts,
    ),
)


@given(st.lists(members, max_size=8))
def test_whatever_the_upstream_says_the_stream_is_grammatical(events: list[dict[str, Any]]) -> None:
    assert decode([START, *events])


@given(st.binary())
def test_any_bytes_end_in_a_failure(sent: bytes) -> None:
    assert isinstance(decode(sent)[-1], Failed)
