"""Which programs are worth having one of in advance. Decisions only: the crew starts and ends processes."""

from __future__ import annotations

from collections import Counter
from typing import Final

from isthmus.core.programs import Program

FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0


class Spares:
    """Those that are expected, and those that were asked for lately."""

    def __init__(self) -> None:
        self.expected: tuple[Program, ...] = ()
        self._asked: dict[Program, float] = {}
        """When each was asked for last, the latest at the end."""
        self._failures = 0
        self._not_before_s = 0.0

    def asked_for(self, program: Program, now_s: float, at_most: int) -> None:
        """Somebody wanted this one; so many of the latest are remembered."""
        if not program.is_usual:
            return
        self._asked.pop(program, None)
        self._asked[program] = now_s
        while len(self._asked) > max(at_most, 1):
            del self._asked[next(iter(self._asked))]

    def wanted(self, size: int, since_s: float) -> Counter[Program]:
        """How many of each there should be, `size` in all; of every program at least one if that is possible.

        Programs asked for before `since_s` and not expected are not worth it any more.
        """
        programs = [program for program, at_s in reversed(self._asked.items()) if at_s >= since_s]
        programs += [each for each in self.expected if each not in programs]
        return Counter(programs[at % len(programs)] for at in range(size)) if programs else Counter()

    def failed(self, now_s: float) -> None:
        """One did not start, or did not last until it was wanted: the next one has to wait, longer each time."""
        wait_s = min(FIRST_WAIT_S * 2.0 ** min(self._failures, 16), LONGEST_WAIT_S)
        self._failures += 1
        self._not_before_s = now_s + wait_s

    def lasted(self) -> None:
        """One was of use."""
        self._failures = 0

    def wait_s(self, now_s: float) -> float:
        return max(0.0, self._not_before_s - now_s)
