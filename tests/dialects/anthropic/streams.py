"""Streams of neutral events that tell whole answers, and the client's way of adding a Messages stream up."""

from __future__ import annotations

import json
from typing import Any

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

SEARCHED = (
    '{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"rain"}}',
    '{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}',
)

THINKING_TEXT_TWO_TOOLS: tuple[Event, ...] = (
    KEEP_ALIVE,
    Started("chatcmpl-1", "vendor/model", None),
    THINKING_STARTED,
    ThinkingDelta("Two "),
    ThinkingDelta("commands."),
    BLOCK_STOPPED,
    TEXT_STARTED,
    TextDelta("Running "),
    TextDelta('both: "é"\n'),
    BLOCK_STOPPED,
    BlockStarted(ToolHead("call_1", "Bash")),
    ArgumentsDelta('{"command":'),
    ArgumentsDelta('"true"}'),
    BLOCK_STOPPED,
    BlockStarted(ToolHead("call_2", "ListAgents")),
    BLOCK_STOPPED,
    UsageReport(Usage(100, 0, 0, 20, 5)),
    Finished(Stop.TOOL_USE, Usage(0, 75, 25, 20, 5)),
)
CLAUDES_OWN: tuple[Event, ...] = (
    Started("msg_1", "claude-opus-5-5", Usage(15, 75, 10)),
    THINKING_STARTED,
    ThinkingDelta("Hm."),
    OpaqueDelta(Opaque("anthropic", "signature", "c2ln")),
    BLOCK_STOPPED,
    BlockStarted(OpaqueHead(Opaque("anthropic", "redacted_thinking", "RW5j"))),
    BLOCK_STOPPED,
    BlockStarted(OpaqueHead(Opaque("anthropic", "server_tool_use", SEARCHED[0]))),
    BLOCK_STOPPED,
    BlockStarted(OpaqueHead(Opaque("anthropic", "web_search_tool_result", SEARCHED[1]))),
    BLOCK_STOPPED,
    TEXT_STARTED,
    TextDelta("It rains."),
    CitationDelta(Citation("https://example.org/rain", "Rain", "rains")),
    BLOCK_STOPPED,
    Finished(Stop.STOP_SEQUENCE, Usage(15, 75, 10, 30, web_searches=1), "END"),
)
CUT_IN_A_CALL: tuple[Event, ...] = (
    Started(),
    TEXT_STARTED,
    TextDelta("Running."),
    BLOCK_STOPPED,
    BlockStarted(ToolHead("call_1", "Bash")),
    ArgumentsDelta('{"comm'),
    Failed(UpstreamError("upstream stream ended early", kind=Kind.UPSTREAM)),
)
REFUSED: tuple[Event, ...] = (
    Started(usage=Usage(7)),
    TEXT_STARTED,
    TextDelta("I can't help with that."),
    BLOCK_STOPPED,
    Finished(Stop.REFUSAL, Usage(7, output_tokens=9), explanation="policy"),
)
NOTHING_SAID: tuple[Event, ...] = (Started(), Finished(Stop.END_TURN, Usage(3)))


def add_up(stream: bytes) -> dict[str, Any]:
    """The message a client is left with, read as plainly as the streaming documentation describes it."""
    message: dict[str, Any] = {}
    pieces: dict[int, str] = {}
    for frame in stream.decode().removesuffix("\n\n").split("\n\n"):
        data = json.loads(frame.partition("\ndata: ")[2])
        match data["type"]:
            case "message_start":
                message = data["message"]
            case "content_block_start":
                message["content"].append(data["content_block"])
            case "content_block_delta":
                _add(message["content"][data["index"]], data["delta"], pieces, data["index"])
            case "content_block_stop" if data["index"] in pieces:
                message["content"][data["index"]]["input"] = json.loads(pieces[data["index"]])
            case "message_delta":
                message |= data["delta"]
                message["usage"] |= data["usage"]
    return message


def _add(block: dict[str, Any], delta: dict[str, Any], pieces: dict[int, str], index: int) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "citations_delta":
            block.setdefault("citations", []).append(delta["citation"])
        case "input_json_delta":
            pieces[index] = pieces.get(index, "") + delta["partial_json"]
