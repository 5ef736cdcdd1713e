"""`/v2/keys`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from isthmus.admin.asking import Admin, Asker, Cursor, Limit, Moment, PageOf, moment
from isthmus.admin.key_bodies import MONEY, TERMS, KeyBody, KeyPatch, applied
from isthmus.admin.times import Day
from isthmus.control.key_input import KeyInput
from isthmus.control.keys import ApiKey, CurrentUse, KeyFilter, KeyService, KeyState, Made, Used
from isthmus.core.secret import Secret
from isthmus.routing.limits import NANO_USD

Id = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
ShortText = Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]

DEFAULT_DAYS: Final = 30


class UsedAnswer(BaseModel):
    requests: int
    failures: int = Field(description="Of the requests, those that failed.")
    input_tokens: int
    output_tokens: int
    cost_usd: float = Field(description="Of requests whose model has a price.")

    @classmethod
    def of(cls, used: Used) -> UsedAnswer:
        return cls(**_used(used))


class UsedOnDayAnswer(UsedAnswer):
    day: date


class KeyAnswer(BaseModel):
    """Everything about a key but its secret."""

    id: str
    name: str
    prefix: str = Field(description="How its secret begins.")
    state: KeyState = Field(
        description="Only an active one is let in; `owner_disabled`: its user is switched off."
    )
    enabled: bool
    expires_at: Moment | None
    user_id: str | None
    providers: list[str] | None
    models: list[str] | None
    ips: list[str] | None
    mcp: list[str] | None
    requests_per_minute: int | None
    requests_per_day: int | None
    tokens_per_minute: int | None
    tokens_per_day: int | None
    tokens_per_month: int | None
    max_concurrency: int | None
    usd_per_day: float | None
    usd_per_month: float | None
    note: str | None
    created_at: Moment
    updated_at: Moment
    last_used_at: Moment | None
    today: UsedAnswer
    this_month: UsedAnswer


class MadeKeyAnswer(KeyAnswer):
    secret: str = Field(description="Shown this once: only its hash is kept.")
    warnings: list[str]


class KeyUseAnswer(BaseModel):
    items: list[UsedOnDayAnswer] = Field(description="Days with any use, the first one first.")
    total: UsedAnswer
    today: UsedAnswer
    this_month: UsedAnswer


def router(service: KeyService) -> APIRouter:
    routes = APIRouter(prefix="/keys", tags=["keys"])
    _keep(routes, service)
    _use(routes, service)
    return routes


def _keep(routes: APIRouter, service: KeyService) -> None:
    async def answer(key: ApiKey) -> KeyAnswer:
        states = await service.states([key])
        return _answer(key, await service.current_use([key.id]), states[key.id])

    async def made_answer(made: Made) -> MadeKeyAnswer:
        states = await service.states([made.key])
        shown = _shown(made.key, {}, states[made.key.id])
        return MadeKeyAnswer(**shown, secret=made.secret.reveal(), warnings=list(made.warnings))

    @routes.get("")
    async def list_keys(
        asker: Asker,
        limit: Limit = 100,
        cursor: Cursor = None,
        text: Annotated[ShortText | None, Query(description="Within name, prefix, id or note.")] = None,
        user_id: Annotated[ShortText | None, Query(description="Keys of this user.")] = None,
        enabled: bool | None = None,
    ) -> PageOf[KeyAnswer]:
        """Newest first. Holders see their own."""
        page = await service.page(asker, KeyFilter(text, user_id, enabled), cursor, limit)
        used = await service.current_use([key.id for key in page.items])
        states = await service.states(page.items)
        items = [_answer(key, used, states[key.id]) for key in page.items]
        return PageOf(items=items, next_cursor=page.next_cursor)

    @routes.post("", status_code=201)
    async def create_key(body: KeyBody, admin: Admin) -> MadeKeyAnswer:
        """The answer is the only place where the secret is ever shown."""
        secret = None if body.secret is None else Secret(body.secret)
        return await made_answer(await service.create(admin, applied(KeyInput(name=body.name), body), secret))

    @routes.get("/{id}")
    async def get_key(id: Id, asker: Asker) -> KeyAnswer:
        return await answer(await service.get(asker, id))

    @routes.patch("/{id}")
    async def edit_key(id: Id, body: KeyPatch, admin: Admin) -> KeyAnswer:
        """What is left out stays as it is; null takes a restriction away."""
        return await answer(await service.edit(admin, id, lambda written: applied(written, body)))

    @routes.delete("/{id}", status_code=204)
    async def delete_key(id: Id, admin: Admin) -> None:
        """With what it used. To refuse it and keep that, set `enabled` to false."""
        await service.delete(admin, id)

    @routes.post("/{id}/rotate")
    async def rotate_key(id: Id, admin: Admin) -> MadeKeyAnswer:
        """A new secret. The old one is refused from now on."""
        return await made_answer(await service.rotate(admin, id))


def _use(routes: APIRouter, service: KeyService) -> None:
    @routes.get("/{id}/usage")
    async def get_key_usage(
        id: Id,
        asker: Asker,
        first: Annotated[
            Day | None, Query(alias="from", description="First day (UTC); left out: 30 days in all.")
        ] = None,
        last: Annotated[Day | None, Query(alias="to", description="Last day; left out: today.")] = None,
    ) -> KeyUseAnswer:
        last = last or datetime.now(UTC).date()
        first = first or date.fromordinal(max(1, last.toordinal() - DEFAULT_DAYS + 1))
        use = await service.use(asker, id, first, last)
        days = [UsedOnDayAnswer(day=date.fromisoformat(row.day), **_used(row.used)) for row in use.days]
        return KeyUseAnswer(
            items=days,
            total=UsedAnswer.of(sum((row.used for row in use.days), Used())),
            today=UsedAnswer.of(use.current.day),
            this_month=UsedAnswer.of(use.current.month),
        )


def _shown(key: ApiKey, used: Mapping[str, CurrentUse], state: KeyState) -> dict[str, Any]:
    current = used.get(key.id, CurrentUse())
    own = {name: getattr(key, name) for name in ("id", "name", "prefix", "enabled", "user_id", "note")}
    terms = {name: getattr(key.terms, name) for name in TERMS if name not in MONEY.values()}
    money = {shown: _dollars(getattr(key.terms, kept)) for shown, kept in MONEY.items()}
    times = {
        "expires_at": _moment(key.expires_ms),
        "created_at": moment(key.created_ms),
        "updated_at": moment(key.updated_ms),
        "last_used_at": _moment(key.last_used_ms),
    }
    use = {"today": UsedAnswer.of(current.day), "this_month": UsedAnswer.of(current.month)}
    return {**own, **terms, **money, **times, **use, "state": state}


def _answer(key: ApiKey, used: Mapping[str, CurrentUse], state: KeyState) -> KeyAnswer:
    return KeyAnswer.model_validate(_shown(key, used, state))


def _used(used: Used) -> dict[str, Any]:
    return {
        "requests": used.requests,
        "failures": used.failures,
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "cost_usd": used.cost_nano_usd / NANO_USD,
    }


def _dollars(nano_usd: int | None) -> float | None:
    return None if nano_usd is None else nano_usd / NANO_USD


def _moment(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else moment(at_ms)
