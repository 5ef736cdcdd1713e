"""Streams of neutral events that tell whole answers, and the client's way of adding a Chat stream up."""

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

THINKING_TEXT_TWO_TOOLS: tuple[Event, ...] = (
    KEEP_ALIVE,
    Started("msg_1", "claude-sonnet-4-5", Usage(15, 75, 10)),
    THINKING_STARTED,
    ThinkingDelta("Two "),
    ThinkingDelta("commands."),
    OpaqueDelta(Opaque("anthropic", "signature", "c2ln")),
    BLOCK_STOPPED,
    TEXT_STARTED,
    TextDelta("Running "),
    TextDelta('both: "é"\n'),
    BLOCK_STOPPED,
    BlockStarted(ToolHead("toolu_1", "Bash")),
    ArgumentsDelta('{"command":'),
    ArgumentsDelta('"true"}'),
    BLOCK_STOPPED,
    BlockStarted(ToolHead("toolu_2", "ListAgents")),
    BLOCK_STOPPED,
    UsageReport(Usage(15, 75, 10, 5)),
    Finished(Stop.TOOL_USE, Usage(15, 75, 10, 20, 5)),
)
CITED: tuple[Event, ...] = (
    Started(),
    BlockStarted(OpaqueHead(Opaque("anthropic", "redacted_thinking", "RW5j"))),
    BLOCK_STOPPED,
    BlockStarted(OpaqueHead(Opaque("anthropic", "server_tool_use", '{"type":"server_tool_use"}'))),
    BLOCK_STOPPED,
    *(TEXT_STARTED, TextDelta("Today "), BLOCK_STOPPED),
    TEXT_STARTED,
    TextDelta("it "),
    CitationDelta(Citation("https://example.org/rain", "Rain", "rains")),
    TextDelta("rains"),
    CitationDelta(Citation("", "a document of the request")),
    BLOCK_STOPPED,
    *(TEXT_STARTED, TextDelta("."), CitationDelta(Citation("https://example.org/dot")), BLOCK_STOPPED),
    Finished(Stop.STOP_SEQUENCE, Usage(3, output_tokens=4), "END"),
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


def chunks(stream: bytes) -> list[dict[str, Any]]:
    """The JSON frames of a stream."""
    lines = [line[6:] for line in stream.decode().split("\n") if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


def deltas(stream: bytes) -> list[dict[str, Any]]:
    return [chunk["choices"][0]["delta"] for chunk in chunks(stream) if chunk["choices"]]


def add_up(stream: bytes) -> dict[str, Any]:
    """The message a client is left with, added up as the streaming documentation describes it."""
    message: dict[str, Any] = {}
    for delta in deltas(stream):
        _merge(message, delta)
    for call in message.get("tool_calls", ()):
        del call["index"]
    return message


def finish_reason(stream: bytes) -> str:
    return str(next(filter(None, (chunk["choices"][0]["finish_reason"] for chunk in chunks(stream)))))


def _merge(whole: dict[str, Any], piece: dict[str, Any]) -> None:
    for key, value in piece.items():
        match whole.get(key), value:
            case str() as before, str():
                whole[key] = before + value
            case dict() as before, dict():
                _merge(before, value)
            case list() as before, list():
                for each in value:
                    _merge_at(before, each)
            case _:
                whole[key] = value


def _merge_at(before: list[dict[str, Any]], piece: dict[str, Any]) -> None:
    index = piece["index"]
    if index == len(before):
        before.append(piece)
    else:
        _merge(before[index], {key: value for key, value in piece.items() if key != "index"})
