"""Which models clients can ask for, and what they get when they do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.core.abilities import Abilities
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import ModelInfo
from isthmus.routing.directory import Directory
from isthmus.routing.prices import Price


class NameKind(StrEnum):
    """How a name came to be served."""

    ALIAS = "alias"
    MAP = "map"
    LISTED = "listed"


class NameOrigin(StrEnum):
    """Who says that a name is served."""

    FILE = "file"
    STORED = "stored"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class Serving:
    """What the running gateway serves."""

    directory: Directory
    aliases: Mapping[str, str]
    listed: Callable[[], Awaitable[Sequence[ModelInfo]]]
    """Models of all providers under the names that clients use: of their maps, else of the upstreams' own lists."""
    abilities: Callable[[str, str], Abilities]
    """Of a provider's model, by the upstream's name."""
    price: Callable[[str, str], Price | None]
    """Likewise."""
    is_worth: Callable[[str, str], bool] = lambda _provider, _model: False
    """Whether that price is the model's list price at its maker, where accounts are paid for otherwise."""
    configured_aliases: Mapping[str, str] = field(default_factory=dict)
    """Of file and environment, before any change that is stored."""
    configured_providers: Collection[str] = ()
    """Names of those that are not stored."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    name: str
    """What clients ask for."""
    alias_of: str | None = None
    provider: str | None = None
    model: str | None = None
    """The upstream's name."""
    abilities: Abilities | None = None
    price: Price | None = None
    problem: str | None = None
    """Why nobody serves it."""
    kind: NameKind = NameKind.LISTED
    origin: NameOrigin = NameOrigin.UPSTREAM
    price_is_worth: bool = False


@dataclass(frozen=True, slots=True)
class ModelQuery:
    text: str | None = None
    """Within the name or the upstream's; upper or lower case."""
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class ModelService:
    serving: Callable[[], Serving]

    async def page(self, query: ModelQuery, cursor: str | None, limit: int) -> Page[ServedModel]:
        """By name. Raises `Invalid` for a foreign cursor."""
        after = "" if cursor is None else str(read_cursor(cursor, str)[0])
        serving = self.serving()
        names = {*serving.aliases, *(info.id for info in await serving.listed())}
        found = (_served(serving, name) for name in sorted(names) if name > after)
        wanted = [each for each in found if _is_wanted(each, query)]
        more = len(wanted) > limit
        return Page(wanted[:limit], write_cursor(wanted[limit - 1].name) if more else None)


def _served(serving: Serving, name: str) -> ServedModel:
    alias_of = serving.aliases.get(name)
    try:
        choice = serving.directory.choose(name)
    except BadRequest as refusal:
        kind, origin = _standing(serving, name, None)
        return ServedModel(name, alias_of, problem=refusal.message, kind=kind, origin=origin)
    kind, origin = _standing(serving, name, choice.provider)
    return ServedModel(
        name,
        alias_of,
        choice.provider,
        choice.model,
        serving.abilities(choice.provider, choice.model),
        serving.price(choice.provider, choice.model),
        kind=kind,
        origin=origin,
        price_is_worth=serving.is_worth(choice.provider, choice.model),
    )


def _standing(serving: Serving, name: str, provider: str | None) -> tuple[NameKind, NameOrigin]:
    if (target := serving.aliases.get(name)) is not None:
        of_file = serving.configured_aliases.get(name) == target
        return NameKind.ALIAS, NameOrigin.FILE if of_file else NameOrigin.STORED
    if provider is None or not serving.directory.maps(provider):
        return NameKind.LISTED, NameOrigin.UPSTREAM
    return NameKind.MAP, NameOrigin.FILE if provider in serving.configured_providers else NameOrigin.STORED


def _is_wanted(model: ServedModel, query: ModelQuery) -> bool:
    if query.provider is not None and model.provider != query.provider:
        return False
    text = (query.text or "").lower()
    return any(text in name.lower() for name in (model.name, model.model or "", model.alias_of or ""))
