"""`/v2/accounts`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from isthmus.admin.asking import Admin, Asker, Cursor, Limit, Model, Moment, PageOf, milliseconds, moment
from isthmus.admin.times import Time
from isthmus.control.account_adding import Added, Fate
from isthmus.control.account_file import AccountFile
from isthmus.control.account_input import MAX_BATCH, PRINTABLE, AccountInput, AccountPatch
from isthmus.control.account_listing import AccountQuery, AccountSort
from isthmus.control.account_probing import ProbeResult, Trial
from isthmus.control.account_views import AccountView
from isthmus.control.accounts import AccountService, Action, Done
from isthmus.control.surveys import allowance
from isthmus.core.survey import KeptSurvey
from isthmus.routing.exhausted import State

AccountIdText = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=PRINTABLE)]
DryRun = Annotated[
    bool, Query(description="Only say what would become of each. Nothing is stored, nor noted.")
]
ReadAt = Annotated[
    Time | None,
    Query(description="Its `updated_at` as it was read: refused as `outdated` when it was changed since."),
]
ProviderText = Annotated[str | None, Query(max_length=64, description="Only those of this provider.")]


class CoolingAnswer(BaseModel):
    model: str | None = Field(description="null: the whole account rests.")
    until: Moment
    reason: str = Field(description="In a word, such as `rate_limit` or `quota`.")
    text: str = Field(description="The upstream's words.")
    strikes: int = Field(description="Rests that followed each other without a good answer between them.")


class SurveySummary(BaseModel):
    """In short; `GET /v2/accounts/{id}/survey` has the whole."""

    plan: str | None
    owner: str | None
    used: float | None
    limit: float | None = Field(description="null: none, or not known.")
    unit: str
    resets_at: Moment | None
    models: int
    read_at: Moment

    @classmethod
    def of(cls, kept: KeptSurvey) -> SurveySummary:
        survey, summed = kept.survey, allowance(kept.survey)
        resets_ms = survey.resets_ms if summed is None else summed.resets_ms
        return cls(
            plan=survey.plan,
            owner=survey.owner,
            used=None if summed is None else summed.used,
            limit=None if summed is None else summed.limit,
            unit="" if summed is None else summed.unit,
            resets_at=_moment(resets_ms),
            models=len(survey.models),
            read_at=moment(kept.read_ms),
        )


class AccountAnswer(BaseModel):
    """Everything about an account but its secrets."""

    id: str
    provider: str
    kind: str
    label: str
    credential_hint: str | None = Field(
        description="The last characters of a long credential; null when it is empty."
    )
    enabled: bool
    off_reason: str | None = Field(description="Why it is off, when it was not an operator who did it.")
    read_only: bool = Field(description="Declared in the configuration file.")
    priority: int
    weight: int
    max_concurrency: int | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    requests_per_day: int | None
    tokens_per_day: int | None
    proxy: str | None = Field(description="Scheme, host and port only.")
    details: dict[str, Any]
    state: State
    in_flight: int
    coolings: list[CoolingAnswer]
    successes: int
    failures: int
    input_tokens: int
    output_tokens: int
    last_used_at: Moment | None
    last_error: str | None
    last_error_at: Moment | None
    created_at: Moment | None = Field(description="null for accounts of the configuration file.")
    updated_at: Moment | None
    survey: SurveySummary | None = Field(description="What its upstream said of it last, where it was asked.")

    @classmethod
    def of(cls, view: AccountView) -> AccountAnswer:
        account = view.account
        same = {name: getattr(account, name) for name in _SAME}
        return cls(
            **same,
            credential_hint=view.hint,
            read_only=view.read_only,
            proxy=view.proxy,
            state=view.live.state,
            in_flight=view.live.in_flight,
            coolings=_coolings(view),
            last_used_at=_moment(account.last_used_ms),
            last_error_at=_moment(account.last_error_ms),
            created_at=None if view.read_only else moment(account.created_ms),
            updated_at=None if view.read_only else moment(account.updated_ms),
            survey=None if view.survey is None else SurveySummary.of(view.survey),
        )


_SAME = (
    "id provider kind label enabled off_reason priority weight max_concurrency requests_per_minute "
    "tokens_per_minute requests_per_day tokens_per_day details successes failures input_tokens "
    "output_tokens last_error"
).split()


class FieldAnswer(BaseModel):
    field: str
    message: str


class AddedAnswer(BaseModel):
    """What became of one of several accounts."""

    index: int = Field(description="Its place among those that were sent, from 0.")
    result: Fate
    id: str | None = Field(
        description="Of the account that is here now; null for one that a dry run would add."
    )
    label: str
    fields: list[FieldAnswer] = Field(description="What is wrong with it.")
    here_as: str | None = Field(description="Label of the account that was here before; null: none was.")
    same_as: int | None = Field(
        description="`index` of the first that was sent with the same credential; null: it is the first."
    )

    @classmethod
    def of(cls, added: Added) -> AddedAnswer:
        fields = [FieldAnswer(field=each.field, message=each.message) for each in added.problems]
        return cls(
            index=added.index,
            result=added.fate,
            id=added.id,
            label=added.label,
            fields=fields,
            here_as=added.here_as,
            same_as=added.same_as,
        )


class AddedAnswers(BaseModel):
    items: list[AddedAnswer]

    @classmethod
    def of(cls, added: Sequence[Added]) -> AddedAnswers:
        return cls(items=[AddedAnswer.of(each) for each in added])


class ProbeAnswer(BaseModel):
    """What came of a real, minimal call."""

    ok: bool
    latency_ms: int
    model: str | None = Field(description="The model that was asked.")
    error: str | None

    @classmethod
    def of(cls, result: ProbeResult) -> ProbeAnswer:
        return cls(ok=result.ok, latency_ms=result.latency_ms, model=result.model, error=result.error)


class TrialAnswer(ProbeAnswer):
    id: str
    provider: str
    label: str

    @classmethod
    def of_trial(cls, trial: Trial) -> TrialAnswer:
        account, result = trial.account, ProbeAnswer.of(trial.result)
        return cls(id=account.id, provider=account.provider, label=account.label, **result.model_dump())


class TrialAnswers(BaseModel):
    items: list[TrialAnswer]


class FeedBody(Model):
    accounts: Annotated[
        list[dict[str, Any]],
        Field(max_length=MAX_BATCH, description="Each as in the body of `POST /v2/accounts`."),
    ]


class BulkBody(Model):
    action: Action
    ids: Annotated[list[AccountIdText], Field(max_length=MAX_BATCH)]


class DoneAnswer(BaseModel):
    id: str
    ok: bool
    message: str | None = Field(description="Why not.")
    probe: ProbeAnswer | None = Field(description="With action `test`.")

    @classmethod
    def of(cls, done: Done) -> DoneAnswer:
        probe = None if done.probe is None else ProbeAnswer.of(done.probe)
        return cls(id=done.id, ok=done.ok, message=done.message, probe=probe)


class DoneAnswers(BaseModel):
    items: list[DoneAnswer]


def router(service: AccountService) -> APIRouter:
    routes = APIRouter(prefix="/accounts", tags=["accounts"])
    _list_and_create(routes, service)
    _many_at_once(routes, service)
    # Last: an id may be any word, those of the paths above included.
    _one(routes, service)
    return routes


def _list_and_create(routes: APIRouter, service: AccountService) -> None:
    @routes.get("")
    async def list_accounts(
        _: Asker,
        limit: Limit = 100,
        cursor: Cursor = None,
        provider: ProviderText = None,
        enabled: bool | None = None,
        state: State | None = None,
        text: Annotated[
            str | None, Query(max_length=200, description="Looked for in label and id, whatever the case.")
        ] = None,
        sort: AccountSort = AccountSort.CREATED,
        descending: bool = False,
    ) -> PageOf[AccountAnswer]:
        """Those of the configuration file are among them, read-only."""
        query = AccountQuery(provider, enabled, state, text, sort, descending)
        page = await service.page(query, cursor, limit)
        return PageOf(items=[AccountAnswer.of(each) for each in page.items], next_cursor=page.next_cursor)

    @routes.post("", status_code=201)
    async def create_account(body: AccountInput, admin: Admin) -> AccountAnswer:
        """An account of a provider whose type cannot be served yet is stored switched off."""
        return AccountAnswer.of(await service.create(admin, body))


def _many_at_once(routes: APIRouter, service: AccountService) -> None:
    @routes.post("/feed")
    async def feed_accounts(body: FeedBody, admin: Admin, dry_run: DryRun = False) -> AddedAnswers:
        """Adds many. What is wrong with one does not hold up the others: see `items`."""
        return AddedAnswers.of(await service.feed(admin, body.accounts, dry_run=dry_run))

    @routes.post("/import")
    async def import_accounts(
        body: AccountFile,
        admin: Admin,
        replace: Annotated[
            bool, Query(description="Whether accounts that are here take what the file says of them.")
        ] = False,
        dry_run: DryRun = False,
    ) -> AddedAnswers:
        """Takes what `GET /v2/accounts/export` gave, here or elsewhere. Credentials that are here are not added twice."""
        added = await service.import_file(admin, body, overwrite=replace, dry_run=dry_run)
        return AddedAnswers.of(added)

    @routes.get("/export")
    async def export_accounts(
        response: Response,
        admin: Admin,
        with_secrets: Annotated[
            bool, Query(description="Credentials in plain text: whoever has the file can use them.")
        ] = False,
    ) -> AccountFile:
        """Every stored account. Is noted in the audit log."""
        response.headers["content-disposition"] = 'attachment; filename="isthmus-accounts.json"'
        return AccountFile.model_validate(await service.export(admin, with_secrets=with_secrets))

    @routes.post("/test")
    async def try_accounts(_: Admin, provider: ProviderText = None) -> TrialAnswers:
        """Asks every account of one provider, or of all, for a few words. Takes a while, and costs a little."""
        return TrialAnswers(
            items=[TrialAnswer.of_trial(each) for each in await service.try_provider(provider)]
        )

    @routes.post("/bulk")
    async def change_accounts(body: BulkBody, admin: Admin) -> DoneAnswers:
        """Does one thing to many accounts. One that refuses does not hold up the others: see `items`."""
        done = await service.bulk(admin, body.action, body.ids)
        return DoneAnswers(items=[DoneAnswer.of(each) for each in done])


def _one(routes: APIRouter, service: AccountService) -> None:
    @routes.get("/{id}")
    async def get_account(id: AccountIdText, _: Asker) -> AccountAnswer:
        return AccountAnswer.of(await service.get(id))

    @routes.patch("/{id}")
    async def edit_account(
        id: AccountIdText, body: AccountPatch, admin: Admin, if_updated_at: ReadAt = None
    ) -> AccountAnswer:
        """What is left out stays as it is."""
        read_ms = None if if_updated_at is None else milliseconds(if_updated_at)
        return AccountAnswer.of(await service.edit(admin, id, body, read_ms=read_ms))

    @routes.delete("/{id}", status_code=204)
    async def delete_account(id: AccountIdText, admin: Admin) -> None:
        await service.remove(admin, id)

    @routes.post("/{id}/test")
    async def try_account(id: AccountIdText, _: Admin) -> TrialAnswer:
        """Asks for a few words, which may cost a little. Changes nothing."""
        return TrialAnswer.of_trial(await service.test(id))

    @routes.post("/{id}/clear-cooldown")
    async def clear_account_cooldown(id: AccountIdText, admin: Admin) -> AccountAnswer:
        """Ends every rest of the account now."""
        return AccountAnswer.of(await service.clear_cooldown(admin, id))


def _coolings(view: AccountView) -> list[CoolingAnswer]:
    return [
        CoolingAnswer(
            model=row.model,
            until=moment(row.until_ms),
            reason=row.reason,
            text=row.text,
            strikes=row.strikes,
        )
        for row in view.live.coolings
    ]


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else moment(milliseconds)
