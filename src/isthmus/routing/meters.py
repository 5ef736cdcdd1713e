"""The arithmetic of one meter: how much is used now, when room comes back, what to add and to take off.

A sliding window is kept in slots of a 60th of its length. The running slot and the 60 before it count in full, which is a
little more than the window:

- no stretch of the window's length ever holds more than the maximum (what settling adds beyond an estimate apart);
- an amount is forgotten between one window and one window plus a 60th after it was taken: a second late for a minute.

At most 61 numbers are kept per meter, however many requests come. A clock that is set back does little harm: what then
lies in the future counts no longer than two windows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias, assert_never

from isthmus.routing.limits import Calendar, Limit, Refused, Sliding, Standing

SLOTS: Final = 60
CONCURRENCY_RETRY_S: Final = 1.0
"""Nobody knows when a running answer will end; a second is soon enough and spares us a storm."""


@dataclass(slots=True)
class SlidingMeter:
    seconds: int
    slots: dict[int, int] = field(default_factory=dict)
    """Slot number → amount, oldest first."""
    total: int = 0
    current: int = 0
    """The running slot, which is looked up once and not per request: it begins and ends at these moments."""
    starts_s: float = 0.0
    ends_s: float = 0.0

    def used(self, now_s: float) -> int:
        if not self.starts_s <= now_s < self.ends_s:
            self._move_to(now_s)
        return self.total

    def _move_to(self, now_s: float) -> None:
        self.current = now = slot_of(now_s, self.seconds)
        self.starts_s, self.ends_s = now * self.seconds / SLOTS, (now + 1) * self.seconds / SLOTS
        slots = self.slots
        while slots:
            first = next(iter(slots))
            if now - SLOTS <= first <= now + SLOTS:
                break
            self.total -= slots.pop(first)

    def take(self, amount: int, now_s: float) -> None:
        if amount:
            self.used(now_s)
            self.slots[self.current] = self.slots.get(self.current, 0) + amount
            self.total += amount

    def give_back(self, amount: int, taken_at_s: float, now_s: float) -> None:
        self.used(now_s)
        slot = slot_of(taken_at_s, self.seconds)
        held = self.slots.get(slot, 0)
        if held:
            self.slots[slot] = held - min(held, amount)
            self.total -= min(held, amount)

    def room_after_s(self, needed: int, now_s: float) -> float:
        freed = 0
        for slot, amount in self.slots.items():
            freed += amount
            if freed >= needed:
                return leaves_at_s(slot, self.seconds) - now_s
        return 0.0

    def empty_after_s(self, now_s: float) -> float:
        for slot in reversed(self.slots):  # Nearly always it is the first one looked at.
            if self.slots[slot]:
                return leaves_at_s(slot, self.seconds) - now_s
        return 0.0


@dataclass(slots=True)
class CalendarMeter:
    calendar: Calendar
    starts_s: int = 0
    ends_s: int = 0
    total: int = 0

    def used(self, now_s: float) -> int:
        if not self.starts_s <= now_s < self.ends_s:
            self.starts_s, self.ends_s = self.calendar.span(now_s)
            self.total = 0
        return self.total

    def take(self, amount: int, now_s: float) -> None:
        self.total = self.used(now_s) + amount

    def give_back(self, amount: int, taken_at_s: float, now_s: float) -> None:
        if self.starts_s <= taken_at_s < self.ends_s:
            self.total = max(0, self.used(now_s) - amount)

    def open_with(self, used: int, now_s: float) -> None:
        self.total = max(self.used(now_s), used)

    def room_after_s(self, _needed: int, now_s: float) -> float:
        return self.ends_s - now_s

    def empty_after_s(self, now_s: float) -> float:
        return self.ends_s - now_s if self.total else 0.0


@dataclass(slots=True)
class ConcurrencyMeter:
    total: int = 0

    def used(self, _now_s: float) -> int:
        return self.total

    def take(self, amount: int, _now_s: float) -> None:
        self.total += amount

    def give_back(self, amount: int, _taken_at_s: float, _now_s: float) -> None:
        self.total = max(0, self.total - amount)

    def room_after_s(self, _needed: int, _now_s: float) -> float:
        return CONCURRENCY_RETRY_S

    def empty_after_s(self, _now_s: float) -> float:
        return 0.0


Meter: TypeAlias = SlidingMeter | CalendarMeter | ConcurrencyMeter


def new_meter(limit: Limit) -> Meter:
    match limit.window:
        case None:
            return ConcurrencyMeter()
        case Sliding(seconds=seconds):
            return SlidingMeter(seconds)
        case Calendar() as calendar:
            return CalendarMeter(calendar)
        case _:
            assert_never(limit.window)


def once_per_meter(limits: Iterable[Limit]) -> Iterable[Limit]:
    """One limit for each meter: several may share it, but what is used is counted once."""
    return {limit.meter: limit for limit in limits}.values()


def refusal(limit: Limit, room: int, used: int, room_after_s: float) -> Refused:
    """`room` is what the demand needs; a need above the maximum is met at no time."""
    return Refused(limit, used, None if room > limit.maximum else max(0.0, room_after_s))


def standing(limit: Limit, used: int, empty_after_s: float) -> Standing:
    return Standing(limit, max(0, limit.maximum - used), max(0.0, empty_after_s))


def slot_of(moment_s: float, seconds: int) -> int:
    return int(moment_s * SLOTS / seconds)


def leaves_at_s(slot: int, seconds: int) -> float:
    """The moment from which a slot no longer counts."""
    return (slot + SLOTS + 1) * seconds / SLOTS
