"""`/v2/models`: what clients can ask for, and what it costs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from isthmus.admin.asking import Admin, Asker, Cursor, Limit, Model, Moment, PageOf, moment
from isthmus.control.models import ModelQuery, ModelService, NameKind, NameOrigin, ServedModel
from isthmus.control.prices import MAX_PATTERN_CHARS, Origin, PriceRow, PriceService, shipped_as_of
from isthmus.core.abilities import Abilities
from isthmus.core.conversation import ThinkingMode
from isthmus.routing.prices import Price

Dollars = Annotated[float, Field(strict=True, ge=0, le=1_000_000)]
Pattern = Annotated[
    str,
    Path(
        min_length=1,
        max_length=MAX_PATTERN_CHARS,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="A model's name, `*` for anything; with `provider/` in front for one provider alone.",
    ),
]
SearchText = Annotated[str, Query(max_length=MAX_PATTERN_CHARS)]
_MICRO: Final = 1_000_000


class PriceFields(Model):
    """Dollars per million tokens."""

    input: Dollars
    output: Dollars = Field(description="Reasoning is part of the output.")
    cache_read: Dollars | None = Field(default=None, description="null: as input.")
    cache_write_5m: Dollars | None = Field(default=None, description="null: as input.")
    cache_write_1h: Dollars | None = Field(default=None, description="null: as `cache_write_5m`.")
    web_search: Dollars | None = Field(default=None, description="Dollars per thousand searches.")


class PriceStep(PriceFields):
    """What a whole request costs once its prompt, cached tokens included, is longer."""

    tokens: Annotated[int, Field(strict=True, ge=1, le=2**53)]


class PriceBody(PriceFields):
    above: Annotated[list[PriceStep], Field(max_length=10)] = Field(default_factory=list)
    note: Annotated[str, Field(max_length=500)] | None = Field(
        default=None, description="For people: where it is from, or until when it holds."
    )


class PriceAnswer(PriceBody):
    pattern: str
    origin: Origin
    replaces_shipped: bool = Field(description="Whether a shipped row of the same name is not in force.")
    updated_at: Moment | None = Field(description="null: shipped.")

    @classmethod
    def of(cls, price: PriceRow) -> PriceAnswer:
        row = {name: price.row[name] for name in PriceBody.model_fields if name in price.row}
        return cls(
            **row,
            pattern=price.pattern,
            origin=price.origin,
            replaces_shipped=price.replaces_shipped,
            updated_at=None if price.updated_ms is None else moment(price.updated_ms),
        )


class PriceAnswers(PageOf[PriceAnswer]):
    shipped_as_of: date = Field(description="The day the shipped list prices were read.")


class AbilitiesAnswer(BaseModel):
    vision: bool
    documents: bool
    tools: bool
    thinking: list[ThinkingMode] = Field(description="Ways of thinking that can be asked for.")
    efforts: list[str] = Field(description="Words for reasoning effort, from little to much.")
    json_schema: bool
    prefill: bool
    context_window: int | None
    max_output_tokens: int | None

    @classmethod
    def of(cls, abilities: Abilities) -> AbilitiesAnswer:
        same = {name: getattr(abilities, name) for name in cls.model_fields}
        return cls(**same | {"thinking": sorted(abilities.thinking), "efforts": list(abilities.efforts)})


class ModelAnswer(BaseModel):
    name: str = Field(description="What clients ask for.")
    alias_of: str | None = Field(description="What the alias stands for; null: no alias.")
    provider: str | None
    model: str | None = Field(description="The upstream's name.")
    abilities: AbilitiesAnswer | None
    price: PriceFields | None = Field(description="null: not known, and then its use has no cost.")
    price_is_worth: bool = Field(
        description="The accounts are paid for otherwise, by subscription or credits: the price is the list price of the"
        " model's maker, and a cost counted with it says what the use is worth, not what was billed."
    )
    problem: str | None = Field(description="Why nobody serves it.")
    kind: NameKind = Field(
        description="`alias`: the setting `aliases`; `map`: a provider's `models`; `listed`: the upstream's own list."
    )
    origin: NameOrigin = Field(
        description="Who says so: `file` (or environment), `stored` (here), or the `upstream`."
    )

    @classmethod
    def of(cls, served: ServedModel) -> ModelAnswer:
        return cls(
            name=served.name,
            alias_of=served.alias_of,
            provider=served.provider,
            model=served.model,
            abilities=None if served.abilities is None else AbilitiesAnswer.of(served.abilities),
            price=None if served.price is None else _dollars(served.price),
            price_is_worth=served.price_is_worth,
            problem=served.problem,
            kind=served.kind,
            origin=served.origin,
        )


def router(models: ModelService, prices: PriceService) -> APIRouter:
    routes = APIRouter(prefix="/models", tags=["models"])

    @routes.get("")
    async def list_served_models(
        _: Asker,
        limit: Limit = 100,
        cursor: Cursor = None,
        text: Annotated[SearchText | None, Query(description="Within the name or the upstream's.")] = None,
        provider: SearchText | None = None,
    ) -> PageOf[ModelAnswer]:
        """By name. Aliases are the setting `aliases`; maps belong to the providers."""
        page = await models.page(ModelQuery(text, provider), cursor, limit)
        return PageOf(items=[ModelAnswer.of(each) for each in page.items], next_cursor=page.next_cursor)

    @routes.get("/prices")
    async def list_prices(
        _: Asker,
        limit: Limit = 100,
        cursor: Cursor = None,
        text: Annotated[SearchText | None, Query(description="Within the pattern.")] = None,
    ) -> PriceAnswers:
        """By pattern: the shipped list prices, and the operator's own in place of them."""
        page = await prices.page(text, cursor, limit)
        return PriceAnswers(
            items=[PriceAnswer.of(each) for each in page.items],
            next_cursor=page.next_cursor,
            shipped_as_of=date.fromisoformat(shipped_as_of()),
        )

    @routes.put("/prices/{pattern:path}")
    async def put_price(pattern: Pattern, body: PriceBody, admin: Admin) -> PriceAnswer:
        """Counts for requests from now on; costs that were counted stay."""
        row: dict[str, Any] = body.model_dump(exclude_none=True)
        return PriceAnswer.of(await prices.put(admin, pattern, row))

    @routes.delete("/prices/{pattern:path}", status_code=204)
    async def delete_price(pattern: Pattern, admin: Admin) -> None:
        """The shipped price is in force again, where there is one."""
        await prices.remove(admin, pattern)

    return routes


def _dollars(price: Price) -> PriceFields:
    return PriceFields(**{name: getattr(price, name) / _MICRO for name in PriceFields.model_fields})
