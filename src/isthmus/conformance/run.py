"""Chooses the cases for the stages at hand, says how many requests that takes, and runs them one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.conformance import cases_answers, cases_auxiliary, cases_errors, cases_requests, cases_streams
from isthmus.conformance.case import Case, Need
from isthmus.conformance.report import Report, Result
from isthmus.conformance.stage import Stage
from isthmus.conformance.verdict import NotApplicable

CASES: Final[tuple[Case, ...]] = (
    *cases_requests.CASES,
    *cases_answers.CASES,
    *cases_streams.CASES,
    *cases_errors.CASES,
    *cases_auxiliary.CASES,
)


@dataclass(frozen=True, slots=True)
class Trial:
    case: Case
    stage: Stage


@dataclass(frozen=True, slots=True)
class Plan:
    trials: tuple[Trial, ...]
    unfit: tuple[Result, ...]
    """Cases that are known not to apply, with the reason."""

    @property
    def requests_total(self) -> int:
        """How many requests the run makes at most."""
        return sum(trial.case.requests_on(trial.stage) for trial in self.trials)


def plan(
    stages: Iterable[Stage],
    *,
    only: Collection[str] = (),
    lacking: Mapping[Need, str] | None = None,
    cases: Iterable[Case] = CASES,
) -> Plan:
    """`only` picks cases by id (`STR-01`) or group (`STR`); `lacking` says what the model cannot do, and why that is known.

    Raises `ValueError` for a pick that no case answers to.
    """
    chosen = _chosen(tuple(cases), only)
    trials: list[Trial] = []
    unfit: list[Result] = []
    for case, stage in _pairs(chosen, tuple(stages)):
        reason = case.unfit(stage, lacking or {})
        if reason is None:
            trials.append(Trial(case, stage))
        else:
            unfit.append(Result(case.id, case.title, _dialect(case, stage), NotApplicable(reason)))
    return Plan(tuple(trials), tuple(unfit))


async def run(planned: Plan, on_result: Callable[[Result], None] = lambda _: None) -> Report:
    """Tells `on_result` of each result as it comes. A failed case does not keep the others from running."""
    results = list(planned.unfit)
    for result in planned.unfit:
        on_result(result)
    for trial in planned.trials:
        result = await _judged(trial)
        results.append(result)
        on_result(result)
    order = {(case.id, case.title): number for number, case in enumerate(CASES)}
    return Report(tuple(sorted(results, key=lambda each: order.get((each.id, each.title), len(order)))))


async def _judged(trial: Trial) -> Result:
    case, stage = trial.case, trial.stage
    stage.client.transcript.clear()
    started = time.perf_counter()
    outcome = await case.judge(stage)
    seconds = round(time.perf_counter() - started, 3)
    return Result(
        case.id, case.title, _dialect(case, stage), outcome, seconds, tuple(stage.client.transcript)
    )


def _dialect(case: Case, stage: Stage) -> str:
    return "any" if case.once else stage.api.value


def _pairs(cases: tuple[Case, ...], stages: tuple[Stage, ...]) -> Iterator[tuple[Case, Stage]]:
    for case in cases:
        suited = [stage for stage in stages if stage.api in case.apis]
        yield from ((case, stage) for stage in (suited[:1] if case.once else suited))


def _chosen(cases: tuple[Case, ...], only: Collection[str]) -> tuple[Case, ...]:
    if not only:
        return cases
    wanted = {each.strip().upper() for each in only}
    known = {case.id for case in cases} | {case.id.partition("-")[0] for case in cases}
    if unknown := sorted(wanted - known):
        raise ValueError(f"no case {', '.join(unknown)}: there are {', '.join(sorted(known))}")
    return tuple(case for case in cases if case.id in wanted or case.id.partition("-")[0] in wanted)
