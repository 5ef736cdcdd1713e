"""What upstreams say of accounts, read for a person at a terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from isthmus.cli.account_desk import open_kept_desk
from isthmus.cli.moments import write_moment
from isthmus.control.accounts import AccountService
from isthmus.control.failures import Conflict, OperationFailed, Throttled
from isthmus.control.surveys import Surveys, allowance
from isthmus.core.survey import KeptSurvey, Quota, Survey
from isthmus.storage.accounts import Account


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of asking about one account."""

    account: Account
    kept: KeptSurvey | None = None
    problem: str | None = None

    @property
    def problems(self) -> Sequence[str]:
        """What could not be read."""
        survey = Survey() if self.kept is None else self.kept.survey
        return (*survey.problems, *([] if self.problem is None else [self.problem]))

    @property
    def is_whole(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class SurveyDesk:
    accounts: AccountService
    surveys: Surveys

    async def readings(self, ids: Sequence[str], *, named: bool) -> AsyncIterator[Reading]:
        """One after another. What was read a moment ago is shown as it was; accounts that tell nothing are left out unless
        they were `named`."""
        for id in ids:
            account = (await self.accounts.get(id)).account
            try:
                yield Reading(account, await self._read(id))
            except Conflict as refusal:
                if named:
                    yield Reading(account, problem=refusal.message)
            except OperationFailed as failure:
                yield Reading(account, problem=failure.message)

    async def _read(self, id: str) -> KeptSurvey | None:
        try:
            return await self.surveys.read_now(id)
        except Throttled:
            return await self.surveys.last(id)


@asynccontextmanager
async def open_survey_desk(config: Path | None) -> AsyncIterator[SurveyDesk]:
    """As `open_kept_desk`."""
    async with open_kept_desk(config) as (service, kept):
        yield SurveyDesk(service, kept.surveys)


def survey_table(readings: Iterable[Reading]) -> Table:
    table = Table("Provider", "Label", box=None)
    for name in ("Id", "Plan", "Used", "Starts anew"):
        table.add_column(name, no_wrap=True)
    table.add_column("Models", justify="right")
    for each in readings:
        survey = Survey() if each.kept is None else each.kept.survey
        summed = allowance(survey)
        resets_ms = survey.resets_ms if summed is None else summed.resets_ms
        cells = (
            each.account.provider,
            each.account.label,
            each.account.id,
            survey.plan or "–",
            "–" if summed is None else used_text(summed),
            "–" if resets_ms is None else write_moment(resets_ms),
            str(len(survey.models)) if survey.models else "–",
        )
        table.add_row(*map(Text, map(_plain, cells)))
    return table


def used_text(quota: Quota) -> str:
    """`12.4 of 50 credits`."""
    unit = f" {quota.unit}" if quota.unit else ""
    limit = "" if quota.limit is None else f" of {quota.limit:g}"
    return f"{quota.used:g}{limit}{unit}"


def problem_lines(readings: Iterable[Reading]) -> Iterator[str]:
    """What could not be read, of each account."""
    for each in readings:
        for problem in each.problems:
            yield _plain(f"{each.account.id}: {problem}")


def survey_row(reading: Reading) -> dict[str, Any]:
    """For scripts."""
    survey = Survey() if reading.kept is None else reading.kept.survey
    return {
        "id": reading.account.id,
        "provider": reading.account.provider,
        "label": reading.account.label,
        "read_at": None if reading.kept is None else write_moment(reading.kept.read_ms),
        "plan": survey.plan,
        "owner": survey.owner,
        "quotas": [_quota_row(each) for each in survey.quotas],
        "models": [dict(each) for each in survey.models],
        "profiles": [dict(each) for each in survey.profiles],
        "resets_at": None if survey.resets_ms is None else write_moment(survey.resets_ms),
        "problems": list(reading.problems),
    }


def _quota_row(quota: Quota) -> dict[str, Any]:
    return {
        "name": quota.name,
        "used": quota.used,
        "limit": quota.limit,
        "unit": quota.unit,
        "resets_at": None if quota.resets_ms is None else write_moment(quota.resets_ms),
        "counts": quota.counts,
    }


def _plain(text: str) -> str:
    """Without what a terminal would take for an order: these are an upstream's words."""
    return "".join(each if each.isprintable() else " " for each in text)
