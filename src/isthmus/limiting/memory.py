"""Meters in the memory of this process: the default, and exact for a single gateway.

An idle subject is forgotten once all its windows have passed. Beyond `max_subjects` the one that was quiet for longest
goes early, so that a flood of addresses costs a bounded amount of memory. Two kinds stay: who has a request running, and
who has used something of a calendar window. Those are for keys, of which an operator knows the number; an address is
given sliding windows only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from isthmus.routing.limits import Demand, Limit, Refused, Reservation, Standing, Unit
from isthmus.routing.meters import (
    CalendarMeter,
    ConcurrencyMeter,
    Meter,
    new_meter,
    once_per_meter,
    refusal,
    standing,
)

MAX_SUBJECTS: Final = 20_000
_LOOKED_AT: Final = 8
"""How many of the quietest subjects are looked at to make room for a new one."""


@dataclass(slots=True)
class Account:
    """One subject's meters, by `Limit.meter`."""

    meters: dict[str, Meter] = field(default_factory=dict)

    def meter(self, limit: Limit) -> Meter:
        meter = self.meters.get(limit.meter)
        if meter is None:
            meter = self.meters[limit.meter] = new_meter(limit)
        return meter

    def is_idle(self, now_s: float) -> bool:
        return not any(meter.used(now_s) for meter in self.meters.values())

    def must_stay(self, now_s: float) -> bool:
        return any(
            meter.used(now_s)
            for meter in self.meters.values()
            if isinstance(meter, ConcurrencyMeter | CalendarMeter)
        )


class MemoryLimiter:
    """A `Limiter` for one process with one event loop; nothing in it waits."""

    def __init__(self, max_subjects: int = MAX_SUBJECTS) -> None:
        self._max_subjects = max_subjects
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        """The quietest first."""

    def __len__(self) -> int:
        return len(self._accounts)

    async def reserve(
        self, subject: str, limits: Sequence[Limit], demand: Demand, now_s: float
    ) -> Reservation | Refused:
        if not limits:
            return Reservation(subject, limits, demand, now_s)
        account = self._account(subject, now_s)
        meters, taking = account.meters, {}
        for limit in limits:
            meter = meters.get(limit.meter) or account.meter(limit)
            used, amount = meter.used(now_s), demand.of(limit.unit)
            room = amount or demand.room_for(limit.unit)
            if room and used + room > limit.maximum:
                return refusal(limit, room, used, meter.room_after_s(used + room - limit.maximum, now_s))
            taking[limit.meter] = meter, amount
        for meter, amount in taking.values():
            meter.take(amount, now_s)
        return Reservation(subject, limits, demand, now_s)

    async def settle(self, reservation: Reservation, actual: Demand, now_s: float) -> None:
        if reservation.settled or not reservation.limits:
            return
        reservation.settled = True
        account = self._account(reservation.subject, now_s)
        for limit in once_per_meter(reservation.limits):
            meter = account.meters.get(limit.meter) or account.meter(limit)
            reserved = reservation.demand.of(limit.unit)
            beyond = -reserved if limit.unit is Unit.CONCURRENCY else actual.of(limit.unit) - reserved
            if beyond > 0:
                meter.take(beyond, now_s)
            elif beyond < 0:
                meter.give_back(-beyond, reservation.reserved_at_s, now_s)

    async def standing(self, subject: str, limits: Sequence[Limit], now_s: float) -> list[Standing]:
        account = self._accounts.get(subject) or Account()
        meters = [(limit, account.meter(limit)) for limit in limits]
        return [standing(limit, meter.used(now_s), meter.empty_after_s(now_s)) for limit, meter in meters]

    async def restore(self, subject: str, limit: Limit, used: int, now_s: float) -> None:
        meter = self._account(subject, now_s).meter(limit)
        if not isinstance(meter, CalendarMeter):
            raise ValueError(f"{limit.name}: only a calendar window has an opening figure")
        meter.open_with(used, now_s)

    def _account(self, subject: str, now_s: float) -> Account:
        account = self._accounts.get(subject)
        if account is None:
            self._make_room(now_s)
            account = self._accounts[subject] = Account()
        else:
            self._accounts.move_to_end(subject)
        return account

    def _make_room(self, now_s: float) -> None:
        """Forgets the idle among the quietest, and when there are too many, the quiet as well."""
        for _ in range(min(_LOOKED_AT, len(self._accounts))):
            subject, account = next(iter(self._accounts.items()))
            full = len(self._accounts) >= self._max_subjects
            if account.is_idle(now_s) or (full and not account.must_stay(now_s)):
                del self._accounts[subject]
            elif full:
                self._accounts.move_to_end(subject)
            else:
                return
