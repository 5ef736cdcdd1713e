"""One request as the log keeps it, and what makes such a row fit to be kept.

Some of its texts were written by others: the client's name for a model, the upstream's words. They are masked where they look like
a secret, cut to their column, and freed of what some databases refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

NAME_CHARS: Final = 200
ADDRESS_CHARS: Final = 64
LONGEST: Final = {"error_text": 1000, "attempt_list": 4000, "losses": 4000, "notes": 4000}
"""Characters of the columns that hold free text."""
LARGEST_COUNT: Final = 10**12
"""Of tokens that an upstream states: more is no count, and sums of it would not fit their columns."""
_COUNTS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "micro_credits",
)
_READ_AHEAD: Final = 4
"""So many times its length of a text are searched for secrets: one that is cut in two would not be recognised."""
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class LogRow(NamedTuple):
    """One request, by the columns of `request_logs`. A tuple, because that is what database drivers take: no copy is made."""

    request_id: str
    started_ms: int
    """Since 1970, UTC."""
    endpoint: str
    dialect: str
    status: int
    duration_ms: int
    client: str
    """Address it came from."""
    key_id: str | None = None
    account_id: str | None = None
    provider: str | None = None
    lane: str | None = None
    model_asked: str | None = None
    model_used: str | None = None
    streamed: bool = False
    error: str | None = None
    """Class of the failure; set for every failure, also one in the middle of a stream."""
    error_text: str | None = None
    stop: str | None = None
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    input_estimated: bool = False
    output_estimated: bool = False
    cost_nano_usd: int | None = None
    """None where no price is known."""
    micro_credits: int | None = None
    """Millionths of the vendor's own unit of account; None where it bills in none."""
    first_token_ms: int | None = None
    attempts: int = 1
    attempt_list: str | None = None
    """JSON list of texts, as `losses` and `notes` are. Set when the first account failed."""
    losses: str | None = None
    notes: str | None = None
    upstream_status: int | None = None
    upstream_request_id: str | None = None
    client_left: bool = False
    queued_ms: int | None = None
    """How long the first account was waited for; None where none was wanted, and in rows of versions that did not say."""
    first_attempt_ms: int | None = None
    """When that account was asked, since the request came; None likewise."""

    @property
    def succeeded(self) -> bool:
        """Answered to the end without an error, to a client that was still there."""
        return self.error is None and self.status < 400 and not self.client_left


class Fitting:
    """`fitting(row)` is the row itself when nothing is wrong with it, which is the usual case."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        # A few models get nearly all requests, and looking for secrets costs more than all the rest here.
        self._name = lru_cache(maxsize=1024)(self._fit_name)

    def __call__(self, row: LogRow) -> LogRow:
        changed = self._changed_texts(row)
        asked, used = self._name(row.model_asked), self._name(row.model_used)
        if asked != row.model_asked or used != row.model_used:
            changed |= {"model_asked": asked, "model_used": used}
        if not _counts_are_plausible(row):
            changed |= {name: _bounded(getattr(row, name)) for name in _COUNTS}
        return row._replace(**changed) if changed else row

    def _changed_texts(self, row: LogRow) -> dict[str, Any]:
        changed: dict[str, Any] = {}
        if (id := row.upstream_request_id) is not None and not (id.isprintable() and len(id) <= NAME_CHARS):
            changed["upstream_request_id"] = fit(id, NAME_CHARS, self._redact)
        if not (row.client.isprintable() and len(row.client) <= ADDRESS_CHARS):
            changed["client"] = fit(row.client, ADDRESS_CHARS, self._redact)
        if row.error_text is None and row.notes is None and row.losses is None and row.attempt_list is None:
            return changed
        for name, longest in LONGEST.items():
            if (text := getattr(row, name)) is not None:
                changed[name] = fit(text, longest, self._redact)
        return changed

    def _fit_name(self, name: str | None) -> str | None:
        return None if name is None else fit(name, NAME_CHARS, self._redact)


def fit(text: str, longest: int, redact: Callable[[str], str]) -> str:
    """At most `longest` characters; an ellipsis says that there were more."""
    ahead = text[: longest * _READ_AHEAD]
    shown = redact(ahead if ahead.isprintable() else _UNFIT.sub("\ufffd", ahead))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _counts_are_plausible(row: LogRow) -> bool:
    return (
        0 <= (row.input_tokens or 0) <= LARGEST_COUNT
        and 0 <= (row.cache_read_tokens or 0) <= LARGEST_COUNT
        and 0 <= (row.cache_write_tokens or 0) <= LARGEST_COUNT
        and 0 <= (row.output_tokens or 0) <= LARGEST_COUNT
        and 0 <= (row.reasoning_tokens or 0) <= LARGEST_COUNT
        and 0 <= (row.micro_credits or 0) <= LARGEST_COUNT
    )


def _bounded(count: int | None) -> int | None:
    return None if count is None else min(max(count, 0), LARGEST_COUNT)
