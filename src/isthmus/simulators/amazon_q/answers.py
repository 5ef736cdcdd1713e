"""What the simulator does with a request: answers it whole, plays a stream with its mishaps, or never answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

Json = dict[str, Any]
FOREVER_S: Final = 3600.0


class Refusal(Exception):
    """The service does not accept the request.

    `message` and `reason` are the service's own words; `rule` is ours, and tells apart what the service calls by one name.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        name: str = "ValidationException",
        reason: str | None = None,
        rule: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.name = name
        self.reason = reason
        self.rule = rule or reason or name
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection here: the client sees an unfinished body."""


Step = bytes | Pause | Cut
"""Bytes are one frame, or a part of one."""


@dataclass(frozen=True, slots=True)
class Whole:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Played:
    """A stream. `sizes` are the lengths of the pieces it is written in, over and over; empty: each step by itself."""

    steps: Sequence[Step]
    headers: Mapping[str, str] = field(default_factory=dict)
    sizes: Sequence[int] = ()
    late_s: float = 0.0
    """Before the first byte, headers included."""
    clean_end: bool = True
    """Without: the connection closes after the last step, as under `connection: close`, without saying that this was all."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The request is taken and nothing follows, not even headers."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The connection closes without an answer."""


Answer = Whole | Played | Silence | HangUp


def whole(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Whole:
    return Whole(status, msgspec.json.encode(value), headers or {})
