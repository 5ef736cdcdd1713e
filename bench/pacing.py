"""An even beat for many streams: each called once in a period, spread over it, to well under a millisecond.

Event loops round timers to whole milliseconds, which would bunch 40 streams of 50 events a second into a few
wake-ups and make the process under test look cheaper than it is. One `timerfd` ticking once per slot does not.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import time
from collections.abc import Callable

PERIOD_S = 0.02
SLOTS = 40

Beat = Callable[[], None]


class _Timespec(ctypes.Structure):
    _fields_ = (("sec", ctypes.c_long), ("nsec", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Wheel:
    """Calls every added beat once per `PERIOD_S`. The timer runs only while there is something to call."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: list[dict[Beat, None]] = [{} for _ in range(SLOTS)]
        self._slot_of: dict[Beat, int] = {}
        self._now = 0
        self._timer: int | None = None

    @property
    def is_at_rest(self) -> bool:
        return self._timer is None

    @property
    def loads(self) -> list[int]:
        """How many beats share each slot of the period."""
        return [len(slot) for slot in self._slots]

    def add(self, beat: Beat) -> None:
        slot = min(_SPREAD, key=lambda index: len(self._slots[index]))
        self._slots[slot][beat] = None
        self._slot_of[beat] = slot
        if self._timer is None:
            self._timer = _open_timer(PERIOD_S / SLOTS)
            self._loop.add_reader(self._timer, self._tick)

    def remove(self, beat: Beat) -> None:
        """Stop calling `beat`; nothing happens when it is not on the wheel."""
        slot = self._slot_of.pop(beat, None)
        if slot is None:
            return
        del self._slots[slot][beat]
        if not self._slot_of and self._timer is not None:
            self._loop.remove_reader(self._timer)
            os.close(self._timer)
            self._timer = None

    def _tick(self) -> None:
        if self._timer is None:
            return
        # A late tick stands for several. Beyond a whole turn the lost beats are dropped, not made up for.
        for _ in range(min(SLOTS, int.from_bytes(os.read(self._timer, 8), "little"))):
            self._now = (self._now + 1) % SLOTS
            for beat in tuple(self._slots[self._now]):
                beat()


# Slots in an order in which any first n lie far from each other (multiples of the golden ratio).
_SPREAD = sorted(range(SLOTS), key=lambda index: (index * 0.6180339887) % 1.0)


def _open_timer(interval_s: float) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    timer: int = libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
    interval = _Timespec(0, int(interval_s * 1e9))
    if timer < 0 or libc.timerfd_settime(timer, 0, ctypes.byref(_Itimerspec(interval, interval)), None) < 0:
        raise OSError(ctypes.get_errno(), "timerfd")
    return timer
