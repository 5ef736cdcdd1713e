"""A client's name of a model → the id that claude.ai knows, and how it is made to think.

Ids as three third-party clients have them: tempppw01/claude2api (config and service/models.go, to June 2026),
diegosouzapw/OmniRoute (CLAUDE_WEB.md, 2026) and foxroute (free plan, 2026). They retire without notice, so what an account's own
list says stands above the table, and a name that nobody knows goes out as it came: the service says that it has no such model.

`-think` or `-thinking` behind a name asks for thoughts, `-think-high` and its like also says how hard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from isthmus.core.commands import Grant

Row = Mapping[str, Any]
FREE: Final = "free"


class Thinks(StrEnum):
    """What a model takes about thinking."""

    NONE = "none"
    LEGACY = "legacy"
    """On or off."""
    EFFORT = "effort"
    """On or off, and how hard."""
    AUTO = "auto"
    """Only how hard: it decides itself whether (OmniRoute does so for Opus 5 alone)."""


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    """What clients are told to ask for."""
    upstream: str | None
    """What claude.ai is asked for. None: nothing, so that the account's default answers."""
    aliases: tuple[str, ...] = ()
    free: bool = False
    """Accounts that pay nothing have it."""
    thinks: Thinks = Thinks.EFFORT


TABLE: Final = (
    Model("default", None, free=True),
    Model("claude-fable-5", "claude-fable-5"),
    Model("claude-opus-5", "claude-opus-5", thinks=Thinks.AUTO),
    Model("claude-opus-4-8", "claude-opus-4-8"),
    Model("claude-opus-4-7", "claude-opus-4-7"),
    Model("claude-opus-4-6", "claude-opus-4-6"),
    Model("claude-sonnet-5", "claude-sonnet-5", free=True),
    Model("claude-sonnet-4-6", "claude-sonnet-4-6", ("claude-sonnet-4-6-20260217",), free=True),
    Model("claude-haiku-4-5", "claude-haiku-4-5-20251001", ("claude-haiku-4-5-20251001",), free=True),
    Model(
        "claude-sonnet-4",
        "claude-sonnet-4-20250514",
        ("claude-sonnet-4-20250514", "claude-sonnet-4-0"),
        free=True,
        thinks=Thinks.LEGACY,
    ),
    Model(
        "claude-opus-4",
        "claude-opus-4-20250514",
        ("claude-opus-4-20250514", "claude-opus-4-0"),
        thinks=Thinks.LEGACY,
    ),
    Model(
        "claude-3-7-sonnet",
        "claude-3-7-sonnet-20250219",
        ("claude-3-7-sonnet-20250219", "claude-3-7-sonnet-latest"),
        thinks=Thinks.LEGACY,
    ),
    Model("claude-opus-3", "claude-opus-3", ("claude-3-opus-20240229",), thinks=Thinks.NONE),
)

_THINK: Final = re.compile(r"-think(?:ing)?(?:-(low|medium|high|xhigh|max))?$")


@dataclass(frozen=True, slots=True)
class Resolved:
    id: str
    """The model's own name, without what asks it to think."""
    upstream: str | None
    """What to send as `model`. None: nothing."""
    thinking: bool = False
    """The name asked for thoughts."""
    effort: str | None = None
    free: bool = True
    """Accounts that pay nothing may have it: only what is known to cost is kept from them."""
    thinks: Thinks = Thinks.EFFORT


def resolve(model: str, listed: Iterable[str] = ()) -> Resolved:
    """`listed` are the ids that the account has; empty when that is not known."""
    have = tuple(listed)
    name = _folded(model)
    if (found := _found(name, have)) is not None:
        return found
    if (asked := _THINK.search(name)) is not None:
        stem = name[: asked.start()]
        found = _found(stem, have) or Resolved(stem, stem)
        return Resolved(found.id, found.upstream, True, asked[1], found.free, found.thinks)
    return Resolved(model, model)


def plan_of(grant: Grant) -> str | None:
    """The operator's word, else what the account's survey says; None when nobody said."""
    plan = grant.details.get("plan") or (grant.survey.plan if grant.survey is not None else None)
    return plan.lower() if isinstance(plan, str) else None


def is_kept_from(resolved: Resolved, plan: str | None) -> bool:
    """Whether accounts of this plan cannot have the model."""
    return plan == FREE and not resolved.free


def ids(*, free: bool = False) -> list[str]:
    """Everything of the table that may be asked for, `-think` variants included. `free`: by an account that pays nothing."""
    names: list[str] = []
    for model in TABLE:
        if model.free or not free:
            names.append(model.id)
            if model.thinks is not Thinks.NONE:
                names.append(f"{model.id}-think")
    return names


def thinks_of(row: Row, otherwise: Thinks) -> Thinks:
    """What a model takes, by its row of an account's list; `otherwise` when the row does not say."""
    modes, legacy = row.get("thinking_modes"), row.get("paprika_modes")
    if not isinstance(modes, list) and not isinstance(legacy, list):
        return otherwise
    if not modes and not legacy:
        return Thinks.NONE
    return Thinks.LEGACY if otherwise is Thinks.NONE else otherwise


def _found(name: str, have: tuple[str, ...]) -> Resolved | None:
    """By the account's list, then by the table. An id of the list is sent as the list spells it."""
    listed = {_folded(id): id for id in reversed(have)}
    row = next((each for each in TABLE if name in _names(each)), None)
    if row is None:
        return Resolved(listed[name], listed[name]) if name in listed else None
    upstream = row.upstream
    if upstream is not None:
        spelled = (listed[each] for each in (name, *_names(row)) if each in listed)
        upstream = next(spelled, upstream)
    return Resolved(row.id, upstream, free=row.free, thinks=row.thinks)


def _names(model: Model) -> tuple[str, ...]:
    return (model.id, *((model.upstream,) if model.upstream is not None else ()), *model.aliases)


def _folded(name: str) -> str:
    """In one spelling: `anthropic/Claude-Sonnet-4.6` is `claude-sonnet-4-6`."""
    rest = name.strip().lower().rpartition("/")[2]
    return rest.replace(".", "-") if rest.startswith("claude-") else rest
