"""Which organization of an account is asked, and what the list says of it.

Capabilities tell who can chat and who pays; the tier does not tell free from paid (Xerxes-2/clewdr, 2026). Where a list has no
capabilities, the tiers that chat are those of tempppw01/claude2api and the two that it lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.errors import Refusals, Refused, unreadable
from isthmus.providers.claude_web.models import FREE
from isthmus.providers.claude_web.reset_time import moment_of

CHAT: Final = "chat"
TIERS: Final = frozenset(
    (
        "default_claude_ai",
        "default_claude_max_5x",
        "default_claude_max_20x",
        "default_raven",
        "default_raven_enterprise",
    )
)
_PLANS: Final = (("max", "max"), ("enterprise", "enterprise"), ("raven", "team"), ("pro", "pro"))
"""A part of a capability's name → the plan."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that is held against an account."""

    type: str
    ends_s: float | None
    """None: it does not end."""


@dataclass(frozen=True, slots=True)
class Organization:
    id: str
    name: str = ""
    capabilities: frozenset[str] | None = None
    """None: the list does not say."""
    tier: str = ""
    flags: tuple[Flag, ...] = ()

    @property
    def plan(self) -> str | None:
        """`free`, `pro`, `max`, `team` or `enterprise`; None when that is not known."""
        if self.capabilities is None:
            return None
        return next((plan for part, plan in _PLANS if any(part in each for each in self.capabilities)), FREE)

    @property
    def is_paid(self) -> bool:
        return self.plan not in (None, FREE)

    @property
    def chats(self) -> bool:
        return self.tier in TIERS if self.capabilities is None else CHAT in self.capabilities


def read_organizations(body: bytes) -> list[Organization]:
    """Raises `UpstreamProtocolError` when it is no list of them."""
    try:
        rows = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        rows = None
    if not isinstance(rows, list):
        raise unreadable("list of organizations")
    return [found for row in rows if (found := read_organization(row)) is not None]


def read_organization(row: object) -> Organization | None:
    if not isinstance(row, dict) or not isinstance(id := row.get("uuid"), str) or not id:
        return None
    capabilities = row.get("capabilities")
    return Organization(
        id,
        str(row.get("name") or ""),
        frozenset(map(str, capabilities)) if isinstance(capabilities, list) else None,
        str(row.get("rate_limit_tier") or ""),
        read_flags(row.get("active_flags")),
    )


def read_flags(rows: object) -> tuple[Flag, ...]:
    return tuple(
        Flag(str(row.get("type") or ""), moment_of(row.get("expires_at")))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict)
    )


def choose_organization(
    organizations: Iterable[Organization], wanted: str | None = None
) -> Organization | None:
    """The wanted one if it is there. Else one that chats: a paid one before others, then the one with most capabilities,
    then the first."""
    listed = list(organizations)
    for each in listed:
        if each.id == wanted:
            return each
    able = [each for each in listed if each.chats]
    return max(able, key=lambda each: (each.is_paid, len(each.capabilities or ())), default=None)


def live_flags(flags: Iterable[Flag], now_s: float) -> list[Flag]:
    return [each for each in flags if each.ends_s is None or each.ends_s > now_s]


def held_against(organization: Organization, refusals: Refusals) -> Refused | None:
    """What its flags mean for whoever would ask it. Warnings mean nothing yet: they are shown, not acted upon."""
    now_s = refusals.now_s()
    for flag in live_flags(organization.flags, now_s):
        if "banned" in flag.type:
            return refusals.refused(cases.ORG_DISABLED, detail=f"flag {flag.type}")
        if "restricted" in flag.type:
            error = refusals.refused(cases.RESTRICTED, detail=f"flag {flag.type}")
            if flag.ends_s is not None:
                error.cooldown_s = flag.ends_s - now_s
            return error
    return None


def profile_of(organization: Organization) -> Mapping[str, Any]:
    """As a survey tells it."""
    return {
        "id": organization.id,
        "name": organization.name or organization.id,
        "capabilities": sorted(organization.capabilities or ()),
        "plan": organization.plan,
    }
