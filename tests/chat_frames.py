"""Short words for the frames a Chat Completions vendor sends."""

from __future__ import annotations

import json
from typing import Any

from isthmus.core.events import Event
from isthmus.core.fold import Answer, fold
from isthmus.core.grammar import check
from isthmus.providers.openai_compatible.decode import ChatDecoder, Expectations
from isthmus.providers.openai_compatible.vendor import Vendor

USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "prompt_tokens_details": {"cached_tokens": 75, "cache_write_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
DONE = b"data: [DONE]\n\n"


def sse(*payloads: Any) -> bytes:
    return b"".join(b"data: " + json.dumps(each, ensure_ascii=False).encode() + b"\n\n" for each in payloads)


def chunk(finish: str | None = None, usage: Any = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], "usage": usage}


def usage_only(usage: Any = USAGE) -> dict[str, Any]:
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [], "usage": usage}


def call(
    index: int | None, id: str | None = None, name: str | None = None, arguments: Any = ""
) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    fields = {"index": index, "id": id, "type": "function" if id else None, "function": function}
    return {key: value for key, value in fields.items() if value is not None}


def decode(*chunks: bytes, stop_strings: tuple[str, ...] = (), **quirks: Any) -> list[Event]:
    decoder = ChatDecoder(Expectations("vendor", Vendor("test", **quirks), stop_strings))
    events: list[Event] = []
    for each in chunks:
        events += decoder.feed(each)
    events += decoder.close()
    check(events)
    return events


def answer(*chunks: bytes, **quirks: Any) -> Answer:
    return fold(decode(*chunks, **quirks))
