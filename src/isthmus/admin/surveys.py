"""`/v2/accounts/{id}/survey`: what an upstream says of an account."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from isthmus.admin.accounts import AccountIdText
from isthmus.admin.asking import Admin, Asker, Moment, moment
from isthmus.control.surveys import Surveys
from isthmus.core.survey import KeptSurvey, Quota, Survey


class QuotaAnswer(BaseModel):
    name: str
    used: float
    limit: float | None = Field(description="null: the upstream names none.")
    unit: str
    resets_at: Moment | None
    counts: bool = Field(description="Whether it can be used now; an expired trial cannot.")

    @classmethod
    def of(cls, quota: Quota) -> QuotaAnswer:
        return cls(
            name=quota.name,
            used=quota.used,
            limit=quota.limit,
            unit=quota.unit,
            resets_at=None if quota.resets_ms is None else moment(quota.resets_ms),
            counts=quota.counts,
        )


class SurveyAnswer(BaseModel):
    """A part that could not be read is empty, and `problems` says why."""

    read_at: Moment | None = Field(description="null: nothing has been read yet.")
    plan: str | None
    owner: str | None
    quotas: list[QuotaAnswer]
    models: list[dict[str, Any]] = Field(description="As the upstream describes them, each with its `id`.")
    profiles: list[dict[str, Any]] = Field(description="To choose from, each with its `id` and `name`.")
    resets_at: Moment | None
    problems: list[str]

    @classmethod
    def of(cls, kept: KeptSurvey | None) -> SurveyAnswer:
        survey = Survey() if kept is None else kept.survey
        return cls(
            read_at=None if kept is None else moment(kept.read_ms),
            plan=survey.plan,
            owner=survey.owner,
            quotas=[QuotaAnswer.of(each) for each in survey.quotas],
            models=[dict(each) for each in survey.models],
            profiles=[dict(each) for each in survey.profiles],
            resets_at=None if survey.resets_ms is None else moment(survey.resets_ms),
            problems=list(survey.problems),
        )


def router(surveys: Surveys) -> APIRouter:
    routes = APIRouter(prefix="/accounts", tags=["accounts"])

    @routes.get("/{id}/survey")
    async def get_survey(id: AccountIdText, _: Asker) -> SurveyAnswer:
        """What was read last: plan, quotas, models. 409 where the provider tells nothing of its accounts."""
        return SurveyAnswer.of(await surveys.last(id))

    @routes.post("/{id}/survey")
    async def read_survey(id: AccountIdText, _: Admin) -> SurveyAnswer:
        """Reads it now, which costs no message. 429 within five minutes of the last time."""
        return SurveyAnswer.of(await surveys.read_now(id))

    return routes
