"""Which faults await an account, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from isthmus.simulators.claude_web.faults import Endpoint, Fault, fault
from isthmus.simulators.claude_web.refusals import Json


@dataclass(slots=True)
class Scripted:
    """A fault that awaits an account."""

    fault: Fault
    strikes: frozenset[Endpoint]
    left: int | None

    def shown(self) -> Json:
        return {
            "fault": f"{self.fault.number} {self.fault.variant}".strip(),
            "endpoints": sorted(self.strikes),
            "left": self.left,
        }


@dataclass(slots=True)
class Scripts:
    """The faults of one account, in the order they were given; the first that fits a request strikes."""

    waiting: list[Scripted] = field(default_factory=list)

    def add(self, name: str, at: Iterable[str] = (), times: int | None = None) -> None:
        """`at` names endpoints instead of the fault's own. Raises `ValueError` for names nobody knows."""
        chosen = fault(name)
        strikes = frozenset(Endpoint(each) for each in at) or chosen.strikes
        self.waiting.append(Scripted(chosen, strikes, chosen.times if times is None else times))

    def take(self, endpoint: Endpoint) -> Fault | None:
        """What strikes a request to this endpoint; one of its times is spent."""
        for scripted in self.waiting:
            if endpoint in scripted.strikes and scripted.left != 0:
                if scripted.left is not None:
                    scripted.left -= 1
                return scripted.fault
        return None

    def clear(self) -> None:
        self.waiting.clear()
