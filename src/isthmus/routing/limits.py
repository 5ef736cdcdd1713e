"""What a subject may use in which time, and the words in which that is asked and answered.

    reserve(demand)  →  Reservation  …  settle(what was really used)
                     →  Refused: the first limit in the way, and when to come back

A subject is whatever is limited: an API key by its id, an address. Each of its limits reads one meter, named by unit and
window alone, so a maximum may change at any time and what was used already still counts. A reservation takes from all
meters or from none. Settling gives a concurrency slot back and corrects the estimates: what was reserved and not used
returns to the moment it was taken from; what was used beyond it counts from now on, also when the window has moved.

Time is an argument everywhere: seconds since 1970, because calendar windows need a date.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, TypeAlias, assert_never

NANO_USD: Final = 1_000_000_000


class Unit(StrEnum):
    REQUESTS = "requests"
    TOKENS = "tokens"
    COST = "cost"
    """In nano-dollars, as an integer: a sum of many small prices stays exact."""
    CONCURRENCY = "concurrency"


# Reading a member of an enum costs a tenth of a microsecond, several times per request.
_REQUESTS, _TOKENS, _COST = Unit.REQUESTS, Unit.TOKENS, Unit.COST


@dataclass(frozen=True, slots=True)
class Sliding:
    """The last so many seconds, seen from any moment."""

    seconds: int


class Calendar(StrEnum):
    """A day or month of UTC: what budgets are made for."""

    DAY = "day"
    MONTH = "month"

    def span(self, now_s: float) -> tuple[int, int]:
        """The window that holds `now_s`: its first second and the first second after it."""
        now = datetime.fromtimestamp(now_s, UTC)
        day = datetime(now.year, now.month, now.day, tzinfo=UTC)
        match self:
            case Calendar.DAY:
                start, end = day, day + timedelta(days=1)
            case Calendar.MONTH:
                start = day.replace(day=1)
                end = (start + timedelta(days=31)).replace(day=1)
            case _:
                assert_never(self)
        return int(start.timestamp()), int(end.timestamp())


Window: TypeAlias = Sliding | Calendar


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `maximum` of a unit within a window. Raises `ValueError` for a limit that cannot be kept."""

    unit: Unit
    maximum: int
    window: Window | None = None
    """None for concurrency alone, which has no window."""
    name: str = ""
    """For messages; left out, it is made of unit and window: `requests per minute`, `daily cost budget`."""
    meter: str = field(init=False, compare=False, repr=False)
    """Names what is counted: limits of one subject with the same unit and window share it."""

    def __post_init__(self) -> None:
        if (self.window is None) != (self.unit is Unit.CONCURRENCY):
            raise ValueError(f"{self.unit} needs {'no' if self.window else 'a'} window")
        if isinstance(self.window, Sliding) and self.window.seconds < 1:
            raise ValueError(f"a window of {self.window.seconds} s is too short: give it one second or more")
        if self.maximum < 0:
            raise ValueError(f"a maximum of {self.maximum} {self.unit} is below zero: use 0 to allow nothing")
        object.__setattr__(self, "name", self.name or _name(self.unit, self.window))
        object.__setattr__(self, "meter", _meter(self.unit, self.window))


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request takes: estimates when it is reserved, facts when it is settled."""

    requests: int = 1
    tokens: int = 0
    cost: int = 0

    def of(self, unit: Unit) -> int:
        if unit is _REQUESTS:
            return self.requests
        if unit is _TOKENS:
            return self.tokens
        return self.cost if unit is _COST else 1

    def room_for(self, unit: Unit) -> int:
        """How much has to be left for this demand to pass.

        What is only known afterwards asks for one unit at least: an empty budget refuses, whatever the estimate says.
        """
        amount = self.of(unit)
        return 1 if not amount and unit is not _REQUESTS else amount


@dataclass(slots=True, eq=False)
class Reservation:
    """What one request took. Settled exactly once: later calls change nothing."""

    subject: str
    limits: Sequence[Limit]
    demand: Demand
    reserved_at_s: float
    lease: str = ""
    """The name of its concurrency slot in a store that several gateways share; empty in a store of this process."""
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The limit in the way. Nothing was taken, from no meter."""

    limit: Limit
    used: int
    retry_after_s: float | None
    """None: waiting does not help, the demand alone is more than the maximum."""

    @property
    def message(self) -> str:
        """For the client: which limit, how much of it is used, and what to do."""
        used, maximum = amount(self.limit.unit, self.used), amount(self.limit.unit, self.limit.maximum)
        if self.retry_after_s is None:
            return f"{self.limit.name}: this request alone needs more than the maximum of {maximum}"
        return f"{self.limit.name}: {used} of {maximum} used; try again in {_wait(self.retry_after_s)}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subject stands with one limit."""

    limit: Limit
    remaining: int
    reset_s: float
    """Seconds until the whole maximum is free again, when nothing more is used."""


class Limiter(Protocol):
    """Where meters are kept. Decisions are the same in every store."""

    async def reserve(
        self, subject: str, limits: Sequence[Limit], demand: Demand, now_s: float
    ) -> Reservation | Refused:
        """Takes the demand from every meter, or says which limit is in the way and takes nothing."""

    async def settle(self, reservation: Reservation, actual: Demand, now_s: float) -> None:
        """Gives concurrency back and puts facts in place of estimates. Once; later calls change nothing."""

    async def standing(self, subject: str, limits: Sequence[Limit], now_s: float) -> list[Standing]:
        """One line per limit, in their order."""

    async def restore(self, subject: str, limit: Limit, used: int, now_s: float) -> None:
        """Sets the opening figure of a calendar window, as the request log has it. Never lowers a figure that is known.

        Raises `ValueError` for other windows: they are short, and begin empty.
        """


def amount(unit: Unit, value: int) -> str:
    """A figure as people read it; costs in dollars, with more than cents where there is less than a dollar to see."""
    if unit is not Unit.COST:
        return f"{value:,}"
    if value >= NANO_USD or value % (NANO_USD // 100) == 0:
        return f"${value / NANO_USD:,.2f}"
    return f"${value / NANO_USD:.4f}" if value >= NANO_USD // 10_000 else "<$0.0001"


def _wait(seconds: float) -> str:
    """Rounded up: whoever comes back then is not early."""
    minutes = math.ceil(seconds / 60)
    if minutes <= 2:
        return f"{max(1, math.ceil(seconds))} s"
    if minutes < 120:
        return f"{minutes} min"
    hours = math.ceil(seconds / 3600)
    return f"{hours} h" if hours < 48 else f"{math.ceil(hours / 24)} days"


def _meter(unit: Unit, window: Window | None) -> str:
    match window:
        case None:
            return unit.value
        case Sliding(seconds=seconds):
            return f"{unit.value}:{seconds}"
        case Calendar():
            return f"{unit.value}:{window.value}"
        case _:
            assert_never(window)


_PERIODS: Final = {1: "second", 60: "minute", 3600: "hour", 86400: "24 hours"}


def _name(unit: Unit, window: Window | None) -> str:
    match window:
        case None:
            return "concurrent requests"
        case Sliding(seconds=seconds):
            return f"{unit.value} per {_PERIODS.get(seconds, f'{seconds} s')}"
        case Calendar.DAY:
            return f"daily {unit.value.removesuffix('s')} budget"
        case Calendar.MONTH:
            return f"monthly {unit.value.removesuffix('s')} budget"
        case _:
            assert_never(window)
