"""What may be done with a request: answer it whole, play a stream, or say nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.simulators.claude_web.framing import Framing
from isthmus.simulators.claude_web.refusals import Json, Refusal

FOREVER_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Whole:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for so long, in seconds of the real world."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame whose JSON is broken."""


@dataclass(frozen=True, slots=True)
class Break:
    """Nothing follows: the body ends as if it were whole, or with `reset` the connection dies inside a frame."""

    reset: bool = False


Item = Json | Pause | Malformed | Break


@dataclass(frozen=True, slots=True)
class Played:
    """A stream of events and mishaps. `done` is called in any case, with whether all of it was written."""

    items: list[Item]
    framing: Framing
    done: Callable[[bool], None]


@dataclass(frozen=True, slots=True)
class Silence:
    """The request is taken and nothing follows, not even headers."""


Answer = Whole | Played | Silence


def whole_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Whole:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Whole(status, body, headers=headers or {})


def refused(refusal: Refusal, request_id: str) -> Whole:
    headers = {"request-id": request_id, **refusal.headers}
    return whole_json(refusal.body(request_id), refusal.status, headers)


def page(status: int, title: str, body: str = "", headers: Mapping[str, str] | None = None) -> Whole:
    """HTML, as whatever stands before the service would send it."""
    html = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body or title}</body></html>"
    return Whole(status, html.encode(), "text/html; charset=UTF-8", headers or {})
