"""What an answer costs: list prices by model, and the arithmetic that turns a usage into nano-dollars.

The prices that come with the project are in `prices.json`, dated and with their sources. They are list prices of a day:
vendors change them, and grant discounts nobody outside knows. An operator's own rows go before them. A model without a
row has no cost, which is not the same as a cost of nothing.

A row's name is matched as model names are everywhere here: exact, then without its date, then by `*`. A row may be for
one provider or vendor only: `groq/openai/gpt-oss-120b`. Some clouds write the versions of Claude with a dot and the larger
window as a name of its own, `claude-sonnet-4.5-1m`: that meets the row of `claude-sonnet-4-5`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Any, Final, Self

from isthmus.core.usage import Usage
from isthmus.routing.model_map import ModelMap

MAX_REMEMBERED: Final = 1024
_CLAUDE: Final = "claude-"
_VERSION_DOT: Final = re.compile(r"(?<=\d)\.(?=\d)")
_LARGE: Final = "-1m"
_MICRO: Final = 1_000_000
_REQUIRED: Final = ("input", "output")
_OPTIONAL: Final = ("cache_read", "cache_write_5m", "cache_write_1h", "web_search")


@dataclass(frozen=True, slots=True)
class Price:
    """In micro-dollars per million tokens: `3_000_000` is 3 dollars a million, and every published price is whole."""

    input: int
    output: int
    """Reasoning is part of the output and costs the same."""
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    web_search: int = 0
    """In micro-dollars per thousand searches."""
    tiers: tuple[Tier, ...] = ()
    """Dearer prices for long prompts, the shortest first."""

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Self:
        """From dollars per million tokens (`web_search`: per thousand), as the price table is written.

        What a vendor does not price apart costs what it would without a cache. Raises `ValueError`, naming the field.
        """
        known = {*_REQUIRED, *_OPTIONAL, "above", "note"}
        if unknown := sorted(row.keys() - known):
            raise ValueError(f"unknown field {unknown[0]!r}: use {', '.join(sorted(known))}")
        if missing := [name for name in _REQUIRED if name not in row]:
            raise ValueError(f"{missing[0]}: missing; give dollars per million tokens")
        base = {name: _micro(row[name], name) for name in (*_REQUIRED, *_OPTIONAL) if name in row}
        write = base.get("cache_write_5m", base["input"])
        return cls(
            input=base["input"],
            output=base["output"],
            cache_read=base.get("cache_read", base["input"]),
            cache_write_5m=write,
            cache_write_1h=base.get("cache_write_1h", write),
            web_search=base.get("web_search", 0),
            tiers=tuple(Tier.parse(tier) for tier in row.get("above", ())),
        )

    def for_prompt(self, prompt_tokens: int) -> Price:
        """The price of a whole request whose prompt, cached tokens included, is so long."""
        price = self
        for tier in self.tiers:
            if prompt_tokens > tier.above_tokens:
                price = tier.price
        return price


@dataclass(frozen=True, slots=True)
class Tier:
    """What a request costs, from its first token on, once its prompt is longer than `above_tokens`."""

    above_tokens: int
    price: Price

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Self:
        tokens = row.get("tokens")
        if not isinstance(tokens, int) or tokens < 1:
            raise ValueError(
                f"above: {tokens!r} tokens: give the length of prompt from which the price holds"
            )
        if extra := sorted(row.keys() & {"above", "web_search"}):
            raise ValueError(f"above: {extra[0]} does not depend on the length of the prompt: leave it out")
        return cls(tokens, Price.parse({name: value for name, value in row.items() if name != "tokens"}))


class PriceTable:
    """Prices by model name. `as_of` is the day the shipped ones were read."""

    def __init__(
        self, rows: Mapping[str, Price], as_of: date, overrides: Mapping[str, Price] | None = None
    ) -> None:
        self.as_of = as_of
        self._rows = rows
        self._tables = [_Rows(overrides or {}), _Rows(rows)]
        self._remembered: dict[tuple[str, str, str], Price | None] = {}

    @classmethod
    def shipped(cls) -> Self:
        """The table that comes with the project."""
        text = (resources.files("isthmus.routing") / "prices.json").read_text("utf-8")
        table = json.loads(text, parse_float=Decimal)
        return cls(parse_rows(table["prices"]), date.fromisoformat(table["as_of"]))

    def with_overrides(self, rows: Mapping[str, Price]) -> PriceTable:
        """The shipped prices with an operator's rows before them, in place of earlier overrides."""
        return PriceTable(self._rows, self.as_of, rows)

    def of(self, provider: str, model: str, vendor: str = "") -> Price | None:
        """The price of an upstream's model; None when no row names it. `vendor` says whose API the provider speaks to."""
        key = (provider, model, vendor)
        if key not in self._remembered:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = self._find(provider, model, vendor)
        return self._remembered[key]

    def own(self, provider: str, model: str) -> Price | None:
        """The operator's own price, never a shipped one."""
        return _first(self._tables[:1], _spellings(provider, model))

    def _find(self, provider: str, model: str, vendor: str) -> Price | None:
        return _first(self._tables, _spellings(provider, model, vendor))


class _Rows:
    """Rows under the rules that model names have elsewhere. Their numbers stand in for the upstream's names."""

    def __init__(self, rows: Mapping[str, Price]) -> None:
        self._prices = {f"row {number}": price for number, price in enumerate(rows.values())}
        self._names = ModelMap({name: f"row {number}" for number, name in enumerate(rows)})

    def find(self, spelling: str) -> Price | None:
        row = self._names.explicit(spelling)
        # A map takes an upstream's name at its word; a model that is called like a row's number has no price for that.
        return None if row is None or row == spelling else self._prices[row]


def _spellings(provider: str, model: str, vendor: str = "") -> list[str]:
    """What a row for this model may be called, the likeliest first."""
    hosts = (f"{provider}/", *([f"{vendor}/"] if vendor else []), "")
    return [host + name for name in _names(model) for host in hosts]


def _names(model: str) -> tuple[str, ...]:
    """The model as it is called here, then as its maker calls it."""
    if not model.startswith(_CLAUDE):
        return (model,)
    makers = _VERSION_DOT.sub("-", model.removesuffix(_LARGE))
    return (model,) if makers == model else (model, makers)


def _first(tables: Sequence[_Rows], spellings: Sequence[str]) -> Price | None:
    for table in tables:
        for spelling in spellings:
            if (price := table.find(spelling)) is not None:
                return price
    return None


def parse_rows(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Price]:
    """Raises `ValueError` that names the row and the field."""
    prices = {}
    for name, row in rows.items():
        try:
            prices[name] = Price.parse(row)
        except ValueError as error:
            raise ValueError(f"price of {name}: {error}") from None
    return prices


def cost_nano_usd(price: Price, usage: Usage) -> int:
    """The cost in whole nano-dollars, rounded to the nearest. An estimated usage has a cost, too: its mark is in the usage."""
    step = price.for_prompt(usage.all_input_tokens)
    written_1h = min(usage.cache_write_1h_tokens, usage.cache_write_tokens)
    # Micro-dollars per million tokens are pico-dollars per token, and per thousand searches nano-dollars per search.
    pico_usd = (
        usage.input_tokens * step.input
        + usage.cache_read_tokens * step.cache_read
        + (usage.cache_write_tokens - written_1h) * step.cache_write_5m
        + written_1h * step.cache_write_1h
        + usage.output_tokens * step.output
    )
    return (pico_usd + 500) // 1000 + usage.web_searches * price.web_search


def _micro(value: object, name: str) -> int:
    """Dollars as micro-dollars."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError(f"{name}: {value!r} is no price: give dollars per million tokens")
    try:
        micro = Decimal(str(value)) * _MICRO
    except InvalidOperation:
        raise ValueError(f"{name}: {value!r} is no price: give dollars per million tokens") from None
    if not micro.is_finite() or micro < 0 or micro != int(micro):
        raise ValueError(f"{name}: {value} is no price: give zero or more dollars, six decimals at most")
    return int(micro)
