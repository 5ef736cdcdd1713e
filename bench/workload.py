"""What is asked for: the lanes measured and the model names that choose the simulator's behaviour."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import assert_never

TOKEN = " tok"
"""The text of every streamed event. Translation leaves it unchanged, so the client counts events by it."""
KEY = "sk-bench-client"
"""What every client shows, whether it is asked for a key or not."""


class Dialect(enum.Enum):
    CHAT = "/v1/chat/completions"
    MESSAGES = "/v1/messages"


@dataclass(frozen=True, slots=True)
class Lane:
    """One way through the gateway, and the dialect pair that nginx and the direct run are compared in."""

    name: str
    client: Dialect
    upstream: Dialect
    baseline: str
    """The raw lane that does the same upstream work: what a plain proxy would do in its place."""

    @property
    def is_raw(self) -> bool:
        return self.client is self.upstream


RAW_CHAT = Lane("raw-chat", Dialect.CHAT, Dialect.CHAT, "raw-chat")
RAW_MESSAGES = Lane("raw-messages", Dialect.MESSAGES, Dialect.MESSAGES, "raw-messages")
TRANSLATED = Lane("translated", Dialect.MESSAGES, Dialect.CHAT, "raw-chat")
TRANSLATED_BACK = Lane("translated-back", Dialect.CHAT, Dialect.MESSAGES, "raw-messages")
LANES = {lane.name: lane for lane in (TRANSLATED, TRANSLATED_BACK, RAW_CHAT, RAW_MESSAGES)}
DEFAULT_LANES = (TRANSLATED.name, RAW_CHAT.name, RAW_MESSAGES.name)


@dataclass(frozen=True, slots=True)
class Plain:
    """A complete answer, not streamed."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A stream of `events` text events, as fast as it can be written, many events to a chunk."""

    events: int


@dataclass(frozen=True, slots=True)
class Paced:
    """A stream of one event every 20 ms until the client hangs up."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A stream that says one event and then nothing, but stays open."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A stream whose one event, after `delay_ms`, says when the request arrived and when it was written."""

    delay_ms: int


Behaviour = Plain | Burst | Paced | Silent | Stamped


def render_model(behaviour: Behaviour) -> str:
    match behaviour:
        case Plain():
            return "bench-plain"
        case Burst(events):
            return f"bench-burst-{events}"
        case Paced():
            return "bench-paced"
        case Silent():
            return "bench-silent"
        case Stamped(delay_ms):
            return f"bench-stamped-{delay_ms}"
    assert_never(behaviour)


def parse_model(model: str) -> Behaviour | None:
    """The behaviour a model name stands for, or None for a name that is not ours."""
    match model.split("-"):
        case ["bench", "plain"]:
            return Plain()
        case ["bench", "burst", events] if events.isdecimal():
            return Burst(int(events))
        case ["bench", "paced"]:
            return Paced()
        case ["bench", "silent"]:
            return Silent()
        case ["bench", "stamped", delay_ms] if delay_ms.isdecimal():
            return Stamped(int(delay_ms))
        case _:
            return None


def render_request(dialect: Dialect, path: str, port: int, behaviour: Behaviour) -> bytes:
    """A small conversation (three turns, a system prompt, a temperature) as complete HTTP/1.1 request bytes."""
    system = "You are a careful assistant. Answer in short sentences."
    turns = [
        {"role": "user", "content": "What is an isthmus?"},
        {
            "role": "assistant",
            "content": "A narrow strip of land with sea on either side, joining two larger lands.",
        },
        {
            "role": "user",
            "content": "Name three of them, and say in one sentence each why people fought over it.",
        },
    ]
    payload: dict[str, object] = {"model": render_model(behaviour), "max_tokens": 4096, "temperature": 0.7}
    if dialect is Dialect.CHAT:
        payload["messages"] = [{"role": "system", "content": system}, *turns]
    else:
        payload |= {"system": system, "messages": turns}
    if not isinstance(behaviour, Plain):
        payload["stream"] = True
        if dialect is Dialect.CHAT:
            payload["stream_options"] = {"include_usage": True}
    return render_post(dialect, path, port, payload)


def render_post(dialect: Dialect, path: str, port: int, payload: object) -> bytes:
    """Complete HTTP/1.1 request bytes with everything that a client of this dialect sends along."""
    body = json.dumps(payload).encode()
    credential = f"authorization: Bearer {KEY}" if dialect is Dialect.CHAT else f"x-api-key: {KEY}"
    version = "" if dialect is Dialect.CHAT else "anthropic-version: 2023-06-01\r\n"
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{credential}\r\n{version}"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
