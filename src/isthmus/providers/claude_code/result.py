"""The `result` that ends a turn: what it cost. How it went is told by its messages, and by `is_error`."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw, Struct

from isthmus.core.usage import Usage
from isthmus.providers.anthropic.tally import Tally
from isthmus.providers.claude_code.lines import ABSENT, UNREADABLE


class _Spent(Struct, frozen=True):
    costUSD: float = 0.0  # noqa: N815 - the wire's word


class Result(Struct, frozen=True):
    """`usage` is of this turn; the total cost is of the whole life of the process."""

    subtype: str = ""
    is_error: bool = False
    result: str | None = None
    stop_reason: str | None = None
    terminal_reason: str | None = None
    api_error: str | None = None
    api_error_status: int | None = None
    api_error_type: str | None = None
    total_cost_usd: float | None = None
    usage: Raw = ABSENT
    model_usage_since_last_result: Raw = ABSENT


_RESULT: Final = msgspec.json.Decoder(Result)
_SPENT: Final = msgspec.json.Decoder(dict[str, _Spent] | None)


def read(raw: bytes) -> Result | None:
    """None: it is none that can be read."""
    try:
        return _RESULT.decode(raw)
    except UNREADABLE:
        return None


class Costs:
    """Cost of single turns, from figures that grow. At the vendor's list price, in millionths of a US dollar."""

    def __init__(self, *, began_at: float | None) -> None:
        """`began_at`: the total when this turn began; None where nobody has kept it."""
        self._before = began_at

    def of(self, result: Result) -> int:
        """0 where it cannot be known."""
        total, before = result.total_cost_usd, self._before
        self._before = total if total is not None else before
        since = _since_last(result)
        if since is not None:
            spent = sum(each.costUSD for each in since.values())
        elif total is not None and before is not None:
            spent = total - before
        else:
            return 0
        return max(0, round(spent * 1_000_000))


def _since_last(result: Result) -> dict[str, _Spent] | None:
    try:
        spent: dict[str, _Spent] | None = _SPENT.decode(result.model_usage_since_last_result)
    except UNREADABLE:
        return None
    return spent


def usage_of(result: Result) -> Usage | None:
    tally = Tally()
    tally.add(result.usage, final=True)
    return tally.usage
