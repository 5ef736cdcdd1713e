"""What happened lately: `/v2/stats/minutes`, `/v2/stats/accounts`, `/v2/ips/top`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from isthmus.admin.asking import Asker, Moment, milliseconds, moment
from isthmus.admin.logs import Identity, Name
from isthmus.admin.times import Time
from isthmus.control.account_counts import AccountCounts
from isthmus.control.accounts import AccountService
from isthmus.control.recent import MAX_MINUTES, Caller, Callers, Course, RecentService

_COMPLETE = "False: there were more requests than are looked at, and the oldest are missing."


class MinuteView(BaseModel):
    at: Moment
    requests: int
    failures: int
    input_tokens: int = Field(description="Those read from or written to a cache included.")
    output_tokens: int
    tokens: int


class CourseAnswer(BaseModel):
    since: Moment
    until: Moment
    complete: bool = Field(description=_COMPLETE)
    items: list[MinuteView] = Field(description="Every minute, the first one first.")

    @classmethod
    def of(cls, course: Course) -> CourseAnswer:
        return cls(
            since=moment(course.since_ms),
            until=moment(course.until_ms),
            complete=course.complete,
            items=[
                MinuteView(
                    at=moment(each.at_ms),
                    requests=each.requests,
                    failures=each.failures,
                    input_tokens=each.input_tokens,
                    output_tokens=each.output_tokens,
                    tokens=each.input_tokens + each.output_tokens,
                )
                for each in course.minutes
            ],
        )


class AccountCountsView(BaseModel):
    provider: str
    total: int
    states: dict[str, int] = Field(description="State → number of accounts.")
    resting: dict[str, int] = Field(description="Of those that rest: reason → number of accounts.")
    off: int
    needs_sign_in: int = Field(description="Of those that are off: their owner must sign in again.")

    @classmethod
    def of(cls, counts: AccountCounts) -> AccountCountsView:
        return cls(
            provider=counts.provider,
            total=counts.total,
            states=dict(counts.states),
            resting=dict(counts.resting),
            off=counts.states.get("disabled", 0),
            needs_sign_in=counts.needs_sign_in,
        )


class AccountCountsAnswer(BaseModel):
    items: list[AccountCountsView]


class BlockView(BaseModel):
    network: str
    reason: str


class CallerView(BaseModel):
    client: str
    requests: int
    failures: int
    last_seen_at: Moment
    blocked: BlockView | None = Field(description="What refuses it now.")

    @classmethod
    def of(cls, caller: Caller) -> CallerView:
        block, seen = caller.block, caller.address
        return cls(
            client=seen.client,
            requests=seen.requests,
            failures=seen.failures,
            last_seen_at=moment(seen.last_ms),
            blocked=None if block is None else BlockView(network=str(block.network), reason=block.reason),
        )


class CallersAnswer(BaseModel):
    since: Moment
    until: Moment
    complete: bool = Field(description=_COMPLETE)
    items: list[CallerView] = Field(description="Those with most requests first.")

    @classmethod
    def of(cls, callers: Callers) -> CallersAnswer:
        return cls(
            since=moment(callers.since_ms),
            until=moment(callers.until_ms),
            complete=callers.complete,
            items=[CallerView.of(each) for each in callers.callers],
        )


def router(service: RecentService, accounts: AccountService) -> APIRouter:
    routes = APIRouter()

    @routes.get("/stats/minutes", tags=["stats"])
    async def get_minutes(
        asker: Asker,
        minutes: Annotated[int, Query(ge=1, le=MAX_MINUTES, description="How many, up to now.")] = 60,
        provider: Annotated[Identity | None, Query()] = None,
        model: Annotated[Name | None, Query(description="Asked for or used.")] = None,
        key_id: Annotated[Identity | None, Query()] = None,
    ) -> CourseAnswer:
        """Requests and tokens of the last minutes. Reads the request log, so what is not logged is not in it."""
        return CourseAnswer.of(await service.course(asker, minutes, provider, model, key_id))

    @routes.get("/stats/accounts", tags=["stats"])
    async def count_accounts(_: Asker) -> AccountCountsAnswer:
        """How the accounts of each provider stand now."""
        return AccountCountsAnswer(items=[AccountCountsView.of(each) for each in await accounts.counts()])

    @routes.get("/ips/top", tags=["ips"])
    async def list_top_ips(
        _: Asker,
        since: Annotated[Time | None, Query(description="Default: 24 hours before `until`.")] = None,
        until: Annotated[Time | None, Query(description="Default: now.")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 20,
    ) -> CallersAnswer:
        """Addresses that requests came from. Reads the request log, so what is not logged is not in it."""
        since_ms = None if since is None else milliseconds(since)
        until_ms = None if until is None else milliseconds(until)
        return CallersAnswer.of(await service.addresses(since_ms, until_ms, limit))

    return routes
