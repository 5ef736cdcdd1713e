"""A case: what is asked, whom it concerns, and the function that judges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from isthmus.conformance.cast import DUMMY, Role
from isthmus.conformance.stage import Stage
from isthmus.conformance.subject import BOTH, Api, Lane
from isthmus.conformance.verdict import Failed, Fault, Moot, NotApplicable, Outcome, Passed

EVERYWHERE: Final = frozenset(Lane)
GATEWAYS: Final = frozenset((Lane.TRANSLATED, Lane.RAW))
TRANSLATED: Final = frozenset((Lane.TRANSLATED,))


class Need(StrEnum):
    """An ability without which a real model cannot show the case. Scripted models have what their role says."""

    TOOLS = "tools"
    JSON_SCHEMA = "json_schema"


@dataclass(frozen=True, slots=True)
class Case:
    """`run` returns when all is well and raises `Fault` or `Moot` otherwise."""

    id: str
    title: str
    run: Callable[[Stage], Awaitable[None]]
    requests: int = 1
    """How many at most, for each variant of the role where `per_variant`."""
    apis: tuple[Api, ...] = BOTH
    lanes: frozenset[Lane] = EVERYWHERE
    needs: frozenset[Need] = frozenset()
    role: Role | None = None
    """A scripted model it cannot do without."""
    per_variant: bool = False
    witnessed: bool = False
    """Needs a `Witness` behind the upstream."""
    once: bool = False
    """The dialect makes no difference: it runs in the first one only."""

    def unfit(self, stage: Stage, lacking: Mapping[Need, str]) -> str | None:
        """Why the case cannot be judged on this stage, if it cannot."""
        if stage.lane not in self.lanes:
            return _ELSEWHERE[stage.lane]
        for need in sorted(self.needs):
            if need in lacking and self.role is None:
                return lacking[need]
        if self.witnessed and stage.witness is None:
            return _UNSEEN
        if self.role is not None and self.role not in stage.cast.parts:
            return _UNSCRIPTED if self.role in DUMMY.parts else _SIMULATED
        return None

    def requests_on(self, stage: Stage) -> int:
        variants = len(stage.cast.parts.get(self.role, ())) if self.role is not None else 1
        return self.requests * (variants if self.per_variant else 1)

    async def judge(self, stage: Stage) -> Outcome:
        stage.notes.clear()
        try:
            await self.run(stage)
        except Moot as moot:
            return NotApplicable(str(moot))
        except Fault as fault:
            return Failed(fault.why, fault.evidence)
        return Passed("; ".join(stage.notes))


_UNSCRIPTED: Final = "only an upstream that does so on order shows this: run it against the dummy provider"
_SIMULATED: Final = "only a simulated vendor shows this: the project's own tests run it"
_UNSEEN: Final = "only visible from behind the upstream: the project's own tests run it"
_ELSEWHERE: Final = {
    Lane.TRANSLATED: "the upstream speaks another dialect",
    Lane.RAW: "the upstream speaks this dialect itself, and what it is sent goes through untouched",
    Lane.DIRECT: "about what a gateway does; here is none",
}
