"""Which models clients can ask for, and what they get when they do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.core.abilities import Abilities
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import ModelInfo
from isthmus.routing.directory import Directory
from isthmus.routing.prices import Price


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
        return ServedModel(name, alias_of, problem=refusal.message)
    return ServedModel(
        name,
        alias_of,
        choice.provider,
        choice.model,
        serving.abilities(choice.provider, choice.model),
        serving.price(choice.provider, choice.model),
    )


def _is_wanted(model: ServedModel, query: ModelQuery) -> bool:
    if query.provider is not None and model.provider != query.provider:
        return False
    text = (query.text or "").lower()
    return any(text in name.lower() for name in (model.name, model.model or "", model.alias_of or ""))
