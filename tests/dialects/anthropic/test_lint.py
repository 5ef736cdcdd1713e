from __future__ import annotations

import json
from typing import Any

import pytest

from dialects.anthropic.wire_cases import FOLDER, transcript
from isthmus.dialects.anthropic.lint import RULES, Problem, lint

PING = b'event: ping\ndata: {"type":"ping"}\n\n'


def frame(type: str, **data: Any) -> bytes:
    return f"event: {type}\ndata: {json.dumps({'type': type, **data})}\n\n".encode()


def start(**changes: Any) -> bytes:
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 0},
    }
    kept = {name: value for name, value in {**message, **changes}.items() if value is not ...}
    return frame("message_start", message=kept)


def block(index: int, **body: Any) -> bytes:
    return frame("content_block_start", index=index, content_block=body or {"type": "text", "text": ""})


def delta(index: int, **content: Any) -> bytes:
    return frame("content_block_delta", index=index, delta=content or {"type": "text_delta", "text": "a"})


def stop(index: int) -> bytes:
    return frame("content_block_stop", index=index)


def text(index: int) -> bytes:
    return block(index) + delta(index) + stop(index)


def end(reason: str | None = "end_turn", **changes: Any) -> bytes:
    usage = {"usage": {"output_tokens": 1}} | changes
    return frame("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, **usage)


def arguments(index: int, json_text: str) -> bytes:
    return delta(index, type="input_json_delta", partial_json=json_text)


START, STOP = start(), frame("message_stop")
END = end() + STOP
CALL = {"type": "tool_use", "id": "i", "name": "f", "input": {}}
THOUGHT = {"type": "thinking", "thinking": "", "signature": ""}
SIGNED = {"type": "signature_delta", "signature": "s"}
THINKING = {"type": "thinking_delta", "thinking": "t"}
ERROR = frame("error", error={"type": "api_error", "message": "x"})

SIGNED_THOUGHT = START + block(0, **THOUGHT) + delta(0, **SIGNED)
HALF_CALL = START + block(0, **CALL) + arguments(0, "{") + stop(0)
SEARCH = (
    block(0, **{**CALL, "type": "server_tool_use"})
    + arguments(0, "{}")
    + stop(0)
    + block(1, type="web_search_tool_result", content=[1])
    + stop(1)
)
TOMORROW = (
    frame("tick")
    + block(0, type="hologram", text="x")
    + delta(0, type="turn", angle=1)
    + stop(0)
    + block(1)
    + delta(1, type="tint")
    + stop(1)
)

BROKEN: list[tuple[str, bytes, list[tuple[int, str]]]] = [
    ("byte order mark", b"\xef\xbb\xbf" + START + END, [(1, "bom")]),
    ("no blank line at the end", (START + END)[:-1], [(7, "last-blank-line")]),
    ("no event line", START + text(0).replace(b"event: content_block_delta\n", b"") + END, [(7, "no-event-line")]),
    ("event line of another event", START + PING.replace(b"ping\n", b"pong\n") + END, [(4, "event-mismatch")]),
    ("data is no JSON", START + b"event: x\ndata: {\n\n" + END, [(4, "not-json")]),
    ("data is no object", START + b"event: x\ndata: []\n\n" + END, [(4, "not-json")]),
    ("[DONE] as an event", START + END + b"event: done\ndata: [DONE]\n\n", [(10, "done-marker")]),
    ("no bytes", b"", [(1, "empty")]),
    ("only pings", PING, [(2, "empty")]),
    ("a block first", text(0) + START + END, [(1, "before-start"), (4, "before-start"), (7, "before-start")]),
    ("two starts", START + START + END, [(4, "second-start")]),
    ("start without a message", frame("message_start") + END, [(1, "start-fields")]),
    ("start without content", start(content=...) + END, [(1, "start-fields")]),
    ("start without model", start(model="") + END, [(1, "start-fields")]),
    ("start with a stop reason", start(stop_reason="end_turn") + END, [(1, "start-fields")]),
    ("start without usage", start(usage=...) + END, [(1, "start-usage")]),
    ("start without input tokens", start(usage={"output_tokens": 0}) + END, [(1, "start-usage")]),
    ("blocks from 1", START + text(1) + END, [(4, "index-gap")]),
    ("a gap between blocks", START + text(0) + text(2) + END, [(13, "index-gap")]),
    ("an index twice", START + text(0) + text(0) + END, [(13, "index-reused")]),
    ("two blocks open", START + block(0) + block(1) + delta(0) + stop(0) + delta(1) + stop(1) + END, [(7, "overlap")]),
    ("text block without text", START + block(0, type="text") + delta(0) + stop(0) + END, [(4, "start-body")]),
    ("thinking block without thinking", START + block(0, type="thinking") + delta(0, **SIGNED) + stop(0) + END, [(4, "start-body")]),
    ("call without id", START + block(0, type="tool_use", name="f", input={}) + stop(0) + END, [(4, "start-body")]),
    ("start without a body", START + frame("content_block_start", index=0) + END, [(4, "start-body")]),
    ("text in the start", START + block(0, type="text", text="hello") + delta(0) + stop(0) + END, [(4, "body-in-start")]),
    ("input in the start", START + block(0, **{**CALL, "input": {"a": 1}}) + stop(0) + END, [(4, "body-in-start")]),
    ("delta for no block", START + delta(0) + END, [(4, "no-such-block")]),
    ("stop for no block", START + stop(0) + END, [(4, "no-such-block")]),
    ("delta for a closed block", START + text(0) + delta(0) + END, [(13, "closed-block")]),
    ("second stop", START + text(0) + stop(0) + END, [(13, "closed-block")]),
    ("thinking in a text block", START + block(0) + delta(0, **THINKING) + delta(0) + stop(0) + END, [(7, "delta-fit")]),
    ("arguments in a text block", START + block(0) + arguments(0, "{}") + delta(0) + stop(0) + END, [(7, "delta-fit")]),
    ("text in a call", START + block(0, **CALL) + delta(0) + stop(0) + END, [(7, "delta-fit")]),
    ("delta without its text", START + block(0) + delta(0, type="text_delta") + stop(0) + END, [(7, "delta-fit")]),
    ("no delta at all", START + block(0) + frame("content_block_delta", index=0) + delta(0) + stop(0) + END, [(7, "delta-fit")]),
    ("empty text delta", START + block(0) + delta(0) + delta(0, type="text_delta", text="") + stop(0) + END, [(10, "empty-delta")]),
    ("empty text block", START + block(0) + stop(0) + END, [(7, "no-delta")]),
    ("two signatures", SIGNED_THOUGHT + delta(0, **SIGNED) + stop(0) + END, [(10, "signature")]),
    ("thinking after the signature", SIGNED_THOUGHT + delta(0, **THINKING) + stop(0) + END, [(10, "signature")]),
    ("broken arguments", START + block(0, **CALL) + arguments(0, '{"a"') + stop(0) + END, [(4, "tool-json")]),
    ("doubled arguments", START + block(0, **CALL) + arguments(0, "{}") + arguments(0, "{}") + stop(0) + END, [(4, "tool-json")]),
    ("arguments that are a list", START + block(0, **CALL) + arguments(0, "[]") + stop(0) + END, [(4, "tool-json")]),
    ("an earlier call cut short", HALF_CALL + text(1) + end("max_tokens") + STOP, [(4, "tool-json")]),
    ("block never stopped", START + block(0) + delta(0) + END, [(10, "unstopped")]),
    ("block stopped too late", START + block(0) + delta(0) + end() + stop(0) + STOP, [(10, "unstopped"), (13, "no-such-block")]),
    ("block never stopped, no message_delta", START + block(0) + delta(0) + STOP, [(10, "unstopped"), (10, "no-message-delta")]),
    ("a block after message_delta", START + end() + text(0) + STOP, [(7, "after-delta")]),
    ("two message_deltas", START + end() + end(None) + STOP, [(7, "second-delta"), (7, "stop-reason")]),
    ("message_delta without usage", START + end(usage=None) + STOP, [(4, "delta-usage")]),
    ("message_delta without output tokens", START + end(usage={"input_tokens": 1}) + STOP, [(4, "delta-usage")]),
    ("no stop reason", START + end(None) + STOP, [(4, "stop-reason")]),
    ("no message_delta", START + text(0) + STOP, [(13, "no-message-delta")]),
    ("no message_stop", START + text(0) + end(), [(14, "no-message-stop")]),
    ("cut in a block", START + block(0) + delta(0), [(8, "cut")]),
    ("cut between blocks", START + text(0), [(11, "cut")]),
    ("error without a type", START + frame("error", error="x"), [(4, "error-fields")]),
    ("error after the end", START + END + ERROR, [(10, "after-end")]),
    ("words after an error", START + ERROR + text(0), [(7, "after-end"), (10, "after-end"), (13, "after-end")]),
]  # fmt: skip

LEGAL: list[tuple[str, bytes]] = [
    ("pings anywhere", PING + START + PING + block(0) + PING + delta(0) + stop(0) + PING + END),
    ("an error at once", ERROR),
    ("an error inside a block", START + block(0) + delta(0) + ERROR),
    ("nothing said", START + END),
    ("a call without arguments", START + block(0, **CALL) + stop(0) + end("tool_use") + STOP),
    ("empty pieces of arguments", START + block(0, **CALL) + arguments(0, "") + arguments(0, "{}") + stop(0) + END),
    ("last call cut short by max_tokens", START + block(0, **CALL) + arguments(0, '{"a') + stop(0) + end("max_tokens") + STOP),
    ("a redacted thought", START + block(0, type="redacted_thinking", data="x") + stop(0) + END),
    ("a server's call and its result", START + SEARCH + END),
    ("events, blocks and deltas of tomorrow", START + TOMORROW + END),
    ("a stop reason of tomorrow", START + end("compaction") + STOP),
    ("a bare [DONE], which every client ignores", START + END + b"data: [DONE]\n\n"),
    ("comments and CRLF", b": hello\r\n\r\n" + (START + text(0) + END).replace(b"\n", b"\r\n")),
    ("lines of its own for id and retry", b"retry: 5\nid: 1\n" + START + END),
    ("citations", START + block(0) + delta(0, type="citations_delta", citation={}) + stop(0) + END),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "found"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_broken_streams(stream: bytes, found: list[tuple[int, str]]) -> None:
    assert [(problem.line, problem.rule) for problem in lint(stream)] == found


@pytest.mark.parametrize("stream", [row[1] for row in LEGAL], ids=[row[0] for row in LEGAL])
def test_legal_streams(stream: bytes) -> None:
    assert lint(stream) == []


def test_every_rule_has_a_stream_that_breaks_it() -> None:
    assert {rule for _, _, found in BROKEN for _, rule in found} == RULES.keys()


def test_a_problem_says_what_is_wrong_and_who_minds() -> None:
    (problem,) = lint(START + text(1) + END)
    consequence = RULES["index-gap"]
    assert problem == Problem(4, "index-gap", f"block 1 begins where block 0 was due ({consequence})")


def test_of_a_stream_that_goes_on_the_end_is_not_judged() -> None:
    assert lint(b"", whole=False) == []
    assert lint(START + block(0) + delta(0), whole=False) == []
    assert lint(HALF_CALL, whole=False) == []
    assert [problem.rule for problem in lint(START + text(1), whole=False)] == ["index-gap"]


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.sse")))
def test_golden_transcripts_are_legal_and_every_cut_of_them_is_seen(name: str) -> None:
    stream = transcript(name)
    assert lint(stream) == []
    frames = stream.split(b"\n\n")[:-1]
    for kept in range(len(frames)):
        assert lint(b"".join(each + b"\n\n" for each in frames[:kept])) != []
