"""What a batch remembers of itself beside its results: for which input it is, and what every line took.

The results are the truth about what is finished. The journal is written before them, so that after a crash no cost is
forgotten: a line whose result was lost is asked again, and stands here twice, as it was paid for twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from isthmus.batch.lines import Format

VERSION: Final = 1


class JournalFault(ValueError):
    """The journal cannot be gone on with; says why."""


class Header(msgspec.Struct, frozen=True):
    """The first line."""

    isthmus_batch: int
    input_sha256: str
    format: Format
    lines: int
    model: str | None = None
    provider: str | None = None


class Spent(msgspec.Struct, frozen=True):
    """What one line took, all its tries together."""

    custom_id: str
    tries: int = 1
    took_ms: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated_tokens: int = 0
    """Those of the above that nobody measured."""
    nano_usd: int | None = None
    """None: there is no price for it."""


@dataclass(slots=True)
class Sums:
    """Of all lines so far, those of earlier runs included."""

    retries: int = 0
    took_ms: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated_tokens: int = 0
    nano_usd: int = 0
    unpriced: int = 0
    """Answers with tokens that nobody knows the price of."""

    def add(self, spent: Spent) -> None:
        self.retries += spent.tries - 1
        self.took_ms += spent.took_ms
        self.input_tokens += spent.input_tokens
        self.output_tokens += spent.output_tokens
        self.estimated_tokens += spent.estimated_tokens
        self.nano_usd += spent.nano_usd or 0
        self.unpriced += is_unpriced(spent)


def is_unpriced(spent: Spent) -> bool:
    return spent.nano_usd is None and spent.input_tokens + spent.output_tokens > 0


def write(entry: Header | Spent) -> bytes:
    return msgspec.json.encode(entry) + b"\n"


_header: Final = msgspec.json.Decoder(Header).decode
_spent: Final = msgspec.json.Decoder(Spent).decode


def read_header(raw: bytes) -> Header:
    """Raises `JournalFault`."""
    try:
        header = _header(raw)
    except (msgspec.MsgspecError, ValueError):
        raise JournalFault("is not a journal of a batch") from None
    if header.isthmus_batch != VERSION:
        raise JournalFault(f"was written by another version of isthmus (journal {header.isthmus_batch})")
    return header


def read_spent(raw: bytes) -> Spent:
    """Raises `JournalFault`."""
    try:
        return _spent(raw)
    except (msgspec.MsgspecError, ValueError):
        raise JournalFault("holds a line that is not a batch's") from None


def check_same(begun: Header, now: Header) -> None:
    """Whether a batch that was begun may be gone on with. Raises `JournalFault`."""
    if begun.input_sha256 != now.input_sha256:
        raise JournalFault("the input has changed since the batch was begun")
    for name in ("model", "provider"):
        was, is_now = getattr(begun, name), getattr(now, name)
        if was != is_now:
            raise JournalFault(
                f"the batch was begun {_given(name, was)} and is now to go on {_given(name, is_now)}"
            )


def _given(name: str, value: str | None) -> str:
    return f"without --{name}" if value is None else f"with --{name} {value}"
