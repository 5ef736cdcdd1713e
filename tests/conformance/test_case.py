from __future__ import annotations

from typing import Any

import pytest

from conformance.fakes import good, playing, stage_on
from isthmus.conformance.case import GATEWAYS, Case, Need
from isthmus.conformance.cast import Cast, Part, Role
from isthmus.conformance.stage import Stage
from isthmus.conformance.subject import Api, Lane
from isthmus.conformance.verdict import Failed, Fault, Moot, NotApplicable, Outcome, Passed

TOOLS = frozenset((Need.TOOLS,))


async def passes(stage: Stage) -> None:
    stage.note("slow")


async def fails(stage: Stage) -> None:
    raise Fault("wrong", "this came")


async def moot(stage: Stage) -> None:
    raise Moot("not here")


@pytest.mark.parametrize(
    ("run", "outcome"),
    [(passes, Passed("slow")), (fails, Failed("wrong", "this came")), (moot, NotApplicable("not here"))],
)
async def test_what_a_case_raises_is_its_outcome(run: Any, outcome: Outcome) -> None:
    async with stage_on(good, Api.CHAT) as stage:
        stage.note("left over from another case")
        assert await Case("X-01", "x", run).judge(stage) == outcome


@pytest.mark.parametrize(
    ("case", "lane", "cast", "reason"),
    [
        (Case("X", "x", passes), Lane.DIRECT, Cast(), None),
        (Case("X", "x", passes, lanes=GATEWAYS), Lane.DIRECT, Cast(), "here is none"),
        (Case("X", "x", passes, lanes=frozenset((Lane.RAW,))), Lane.TRANSLATED, Cast(), "another dialect"),
        (Case("X", "x", passes, lanes=frozenset((Lane.TRANSLATED,))), Lane.RAW, Cast(), "untouched"),
        (Case("X", "x", passes, needs=TOOLS), Lane.RAW, Cast(), "no tools"),
        (Case("X", "x", passes, needs=TOOLS, role=Role.TOOL), Lane.RAW, playing(Role.TOOL), None),
        (Case("X", "x", passes, role=Role.CUT), Lane.RAW, Cast(), "dummy provider"),
        (Case("X", "x", passes, role=Role.FAILS_MIDWAY), Lane.RAW, Cast(), "simulated vendor"),
        (Case("X", "x", passes, witnessed=True), Lane.RAW, Cast(), "behind the upstream"),
    ],
)
async def test_where_a_case_does_not_fit_it_says_why(
    case: Case, lane: Lane, cast: Cast, reason: str | None
) -> None:
    async with stage_on(good, Api.CHAT, lane, cast=cast) as stage:
        said = case.unfit(stage, {Need.TOOLS: "the model has no tools"})
    assert (said is None) if reason is None else (said is not None and reason in said)


async def test_a_case_about_a_role_counts_its_variants() -> None:
    cast = Cast("fake", {Role.CUT: (Part("a"), Part("b"), Part("c"))})
    async with stage_on(good, Api.CHAT, cast=cast) as stage:
        assert Case("X", "x", passes, 2, role=Role.CUT, per_variant=True).requests_on(stage) == 6
        assert Case("X", "x", passes, 2, role=Role.CUT).requests_on(stage) == 2
        assert Case("X", "x", passes, 2).requests_on(stage) == 2
