from __future__ import annotations

import re

import pytest

from conformance.fakes import good, playing, serving, stage_at, stage_on
from isthmus.conformance.case import Case, Need
from isthmus.conformance.cast import Role
from isthmus.conformance.report import Result
from isthmus.conformance.run import CASES, Plan, Trial, plan, run
from isthmus.conformance.stage import Stage
from isthmus.conformance.subject import Api
from isthmus.conformance.verdict import Failed, Fault, NotApplicable, Passed


async def asks(stage: Stage) -> None:
    await stage.plain(stage.body("ping"))


async def fails(stage: Stage) -> None:
    raise Fault("wrong")


ONE = Case("STR-01", "asks", asks)
TWO = Case("STR-02", "fails", fails, 3, (Api.CHAT,))
ONCE = Case("AUX-01", "once", asks, once=True)
NEEDY = Case("REQ-25", "needs", asks, needs=frozenset((Need.JSON_SCHEMA,)))


async def test_cases_meet_the_dialects_they_concern() -> None:
    async with (
        serving(good) as (url, _),
        stage_at(url, Api.MESSAGES) as left,
        stage_at(url, Api.CHAT) as right,
    ):
        planned = plan([left, right], cases=(ONE, TWO, ONCE))
        assert [(trial.case.id, trial.stage.api.value) for trial in planned.trials] == [
            ("STR-01", "messages"),
            ("STR-01", "chat"),
            ("STR-02", "chat"),
            ("AUX-01", "messages"),
        ]
        assert planned.requests_total == 1 + 1 + 3 + 1


async def test_what_cannot_apply_is_known_before_the_start() -> None:
    async with stage_on(good, Api.CHAT) as stage:
        lacking = {Need.JSON_SCHEMA: "the configuration says so"}
        planned = plan([stage], lacking=lacking, cases=(NEEDY, Case("X", "x", asks, role=Role.CUT)))
        assert planned.trials == ()
        assert planned.requests_total == 0
        assert planned.unfit[0].outcome == NotApplicable("the configuration says so")
        scripted = await fit_with(playing_role=Role.CUT)
        assert [trial.case.id for trial in scripted.trials] == ["X"]


async def fit_with(playing_role: Role) -> Plan:
    async with stage_on(good, Api.CHAT, cast=playing(playing_role)) as stage:
        return plan([stage], cases=(Case("X", "x", asks, role=playing_role),))


async def test_picks_are_ids_or_groups() -> None:
    async with stage_on(good, Api.CHAT) as stage:
        assert [trial.case.id for trial in plan([stage], only=["str"], cases=(ONE, TWO, ONCE)).trials] == [
            "STR-01",
            "STR-02",
        ]
        assert [trial.case.id for trial in plan([stage], only=["AUX-01"], cases=(ONE, ONCE)).trials] == [
            "AUX-01"
        ]
        with pytest.raises(ValueError, match="no case STR-99: there are AUX, AUX-01, STR, STR-01"):
            plan([stage], only=["STR-99"], cases=(ONE, ONCE))


async def test_one_failure_does_not_stop_the_rest() -> None:
    told: list[Result] = []
    async with stage_on(good, Api.CHAT) as stage:
        planned = plan([stage], cases=(TWO, ONE, ONCE, Case("X", "x", asks, role=Role.CUT)))
        report = await run(planned, told.append)
    outcomes = {result.id: type(result.outcome) for result in report.results}
    assert outcomes == {"STR-01": Passed, "STR-02": Failed, "AUX-01": Passed, "X": NotApplicable}
    assert [result.id for result in told] == ["X", "STR-02", "STR-01", "AUX-01"]
    by_id = {result.id: result for result in report.results}
    assert [exchanged.status for exchanged in by_id["STR-01"].transcript] == [200]
    assert (by_id["AUX-01"].dialect, by_id["STR-01"].dialect) == ("any", "chat")


async def test_results_stand_in_the_order_of_the_list() -> None:
    async with stage_on(good, Api.CHAT) as stage:
        report = await run(plan([stage], only=["RSP-02", "AUX-03", "REQ-24", "STR-01"]))
    assert [result.id for result in report.results] == ["REQ-24", "RSP-02", "STR-01", "AUX-03"]


def test_the_cases_have_proper_names() -> None:
    assert all(re.fullmatch(r"(REQ|RSP|STR|ERR|AUX)-\d\d", case.id) for case in CASES)
    named = [(case.id, case.title) for case in CASES]
    assert len(set(named)) == len(named)
    assert all(case.requests > 0 for case in CASES)


def test_a_plan_without_trials_costs_nothing() -> None:
    assert Plan((), ()).requests_total == 0
    assert Trial.__slots__ == ("case", "stage")
