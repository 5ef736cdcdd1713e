"""What a simulated upstream may do with a request: refuse it, answer it whole, or play a script of bytes and mishaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

Json = dict[str, Any]


class Refusal(Exception):
    """The request is not one the vendor accepts. Each simulator renders it in its own vendor's error body."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection here, in the middle of the body: the client sees an incomplete message."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A complete answer with a known length."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Played:
    """A streamed answer: bytes are written as they come, each in a write of its own."""

    steps: Iterable[bytes | Pause | Cut]
    content_type: str = "text/event-stream; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NeverAnswered:
    """The request is accepted and nothing follows, not even headers."""


Answer = Whole | Played | NeverAnswered

FOREVER_S = 3600.0


def names(text: str) -> frozenset[str]:
    """The words of a long list that reads better without quotes."""
    return frozenset(text.split())


def dumps(value: object) -> bytes:
    return msgspec.json.encode(value)


def whole_json(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None, after_s: float = 0.0
) -> Whole:
    return Whole(dumps(value), status, headers=headers or {}, after_s=after_s)


def pieces(text: str) -> list[str]:
    """The text as a model would stream it: words with the space before them; joining them gives the text back."""
    cut = [at for at in range(1, len(text)) if text[at] == " "]
    return [text[a:b] for a, b in zip([0, *cut], [*cut, len(text)], strict=True) if a < b]


def measured_tokens(*values: object) -> int:
    """The simulators' tokenizer: four bytes of compact JSON a token."""
    return sum(len(dumps(value)) for value in values if value is not None) // 4
