"""Short words for what Amazon Q answers with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from event_frames import event
from isthmus.core.commands import Head
from isthmus.core.errors import UpstreamError
from isthmus.core.events import (
    ArgumentsDelta,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Noted,
    OpaqueDelta,
    OpaqueHead,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolHead,
    UsageReport,
)
from isthmus.core.fold import Answer, fold
from isthmus.core.grammar import check
from isthmus.providers.amazon_q.decode import Expected, decoder_for
from isthmus.providers.amazon_q.errors import Refusals
from isthmus.wire.aws_eventstream import CONTENT_TYPE

MODEL = "claude-sonnet-4.5"
REFUSALS = Refusals("mine", lambda: 1_785_000_000.0)
STREAM = Head(200, {"content-type": CONTENT_TYPE})
TOKENS = {
    "uncachedInputTokens": 812,
    "outputTokens": 96,
    "totalTokens": 5004,
    "cacheReadInputTokens": 4096,
    "cacheWriteInputTokens": 12,
    "contextUsagePercentage": 2.5,
}


def text(*pieces: str) -> bytes:
    return b"".join(event("assistantResponseEvent", {"content": piece, "modelId": MODEL}) for piece in pieces)


def thought(text: str | None = None, **more: str) -> bytes:
    return event("reasoningContentEvent", ({} if text is None else {"text": text}) | more)


def tool(id: str, name: str = "get_time", *pieces: Any, stop: bool = True) -> bytes:
    """A call: its first event, its fragments, and the end of it."""
    named = {"toolUseId": id, "name": name}
    events = [event("toolUseEvent", named)]
    events += [event("toolUseEvent", {**named, "input": piece}) for piece in pieces]
    return b"".join(events) + (event("toolUseEvent", {**named, "stop": True}) if stop else b"")


def metadata(tokens: Any = None, **more: Any) -> bytes:
    return event("metadataEvent", ({} if tokens is None else {"tokenUsage": tokens}) | more)


def decode(*chunks: bytes, head: Head = STREAM, **expected: Any) -> list[Event]:
    """The events of an answer, which are legal in any case."""
    decoder = decoder_for(head, Expected(REFUSALS, MODEL, **expected))
    events = [each for chunk in chunks for each in decoder.feed(chunk)]
    events += decoder.close()
    check(events)
    return events


def answer(*chunks: bytes, **expected: Any) -> Answer:
    return fold(decode(*chunks, **expected))


def failure(*chunks: bytes, **expected: Any) -> UpstreamError:
    last = decode(*chunks, **expected)[-1]
    assert isinstance(last, Failed)
    return last.error


def joined(events: Iterable[Event]) -> Any:
    """What the events amount to, wherever deltas were cut."""
    events = list(events)
    last = events[-1]
    if isinstance(last, Failed):
        return type(last.error), last.error.message
    return fold(events)


def refusal(message: str, reason: str | None = None) -> bytes:
    return json.dumps({"message": message, "reason": reason}).encode()


def shown(event: Event) -> list[Any]:
    """An event as golden transcripts write it."""
    match event:
        case Started(_, model, _):
            return ["started", model]
        case BlockStarted(ToolHead(id, name)):
            return ["call", id, name]
        case BlockStarted(OpaqueHead(opaque)) | OpaqueDelta(opaque):
            return [opaque.kind, opaque.home, opaque.data]
        case BlockStarted():
            return ["block", type(event.head).__name__]
        case TextDelta(text) | ThinkingDelta(text) | ArgumentsDelta(text):
            return [type(event).__name__, text]
        case UsageReport(usage):
            figures = [
                usage.input_tokens,
                usage.cache_read_tokens,
                usage.cache_write_tokens,
                usage.output_tokens,
            ]
            marks = [usage.input_estimated, usage.output_estimated]
            return ["usage", *figures, usage.micro_credits, *marks]
        case Noted(what, detail):
            return ["noted", what, detail]
        case Finished(reason):
            return ["finished", reason.value]
        case Failed(error):
            return ["failed", error.kind.value, error.message]
        case _:
            return [type(event).__name__]
