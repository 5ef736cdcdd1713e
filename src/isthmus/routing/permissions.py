"""What an API key may be used for, and how much.

A key's models are names with `*` for anything, upper or lower case. A request passes when one of them fits the model that
is used, with or without its provider in front, or the name that the client asked for: an operator's own name for a model is
as good as the vendor's. A name made of a foreign model for Claude Code's list (`claude-PROVIDER-MODEL`) passes by its whole
spelling alone or as the model behind it, so that `claude-*` does not let every model of every provider in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from isthmus.routing.directory import Directory
from isthmus.routing.ip_rules import Block, IpRules, read_network
from isthmus.routing.limits import Calendar, Limit, Sliding, Unit

MINUTE: Final = Sliding(60)


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """None: no restriction."""

    providers: tuple[str, ...] | None = None
    """Names, with `*` for anything."""
    models: tuple[str, ...] | None = None
    ips: tuple[str, ...] | None = None
    """Networks (CIDR) that the key may be used from."""
    mcp: tuple[str, ...] | None = None
    """Servers and tools, as `core.mcp` writes them, that a program may use for it; none where it is empty."""
    requests_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_minute: int | None = None
    tokens_per_day: int | None = None
    tokens_per_month: int | None = None
    max_concurrency: int | None = None
    nano_usd_per_day: int | None = None
    nano_usd_per_month: int | None = None


def key_hash(secret: str) -> str:
    """How a key is known here: the secret itself is kept nowhere. Enough for what has the entropy of a key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def allows_provider(terms: KeyTerms, provider: str) -> bool:
    return terms.providers is None or _names(terms.providers).fit(provider)


def allows(terms: KeyTerms, provider: str, asked: str, used: str) -> bool:
    """Whether a key may use the model `used` of `provider`, which the client called `asked`."""
    if not allows_provider(terms, provider):
        return False
    if terms.models is None:
        return True
    names = _names(terms.models)
    return names.spell(asked) or any(names.fit(name) for name in _ways_to_say(provider, asked, used))


def allows_address(terms: KeyTerms, address: str) -> bool:
    """Whether the key may be used from there. What is no address may not use a key that names networks."""
    return terms.ips is None or _networks(terms.ips).match(address, 0.0) is not None


def limits_of(terms: KeyTerms) -> tuple[Limit, ...]:
    """Rates first: they free themselves soonest, so theirs is the first refusal a client hears."""
    rows = (
        (Unit.CONCURRENCY, terms.max_concurrency, None),
        (Unit.REQUESTS, terms.requests_per_minute, MINUTE),
        (Unit.TOKENS, terms.tokens_per_minute, MINUTE),
        (Unit.REQUESTS, terms.requests_per_day, Calendar.DAY),
        (Unit.TOKENS, terms.tokens_per_day, Calendar.DAY),
        (Unit.COST, terms.nano_usd_per_day, Calendar.DAY),
        (Unit.TOKENS, terms.tokens_per_month, Calendar.MONTH),
        (Unit.COST, terms.nano_usd_per_month, Calendar.MONTH),
    )
    return tuple(Limit(unit, maximum, window) for unit, maximum, window in rows if maximum is not None)


@dataclass(frozen=True, slots=True)
class _Names:
    literals: frozenset[str]
    patterns: re.Pattern[str] | None

    def spell(self, name: str) -> bool:
        return name.lower() in self.literals

    def fit(self, name: str) -> bool:
        return self.spell(name) or (self.patterns is not None and self.patterns.fullmatch(name) is not None)


@lru_cache(maxsize=4096)
def _names(names: tuple[str, ...]) -> _Names:
    literals = frozenset(name.lower() for name in names if "*" not in name)
    patterns = [".*".join(map(re.escape, name.split("*"))) for name in names if "*" in name]
    return _Names(literals, re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL) if patterns else None)


@lru_cache(maxsize=4096)
def _networks(texts: tuple[str, ...]) -> IpRules:
    return IpRules(Block(read_network(text)) for text in texts)


def _ways_to_say(provider: str, asked: str, used: str) -> Iterator[str]:
    yield used
    yield f"{provider}/{used}"
    listed = Directory.discovery_alias(provider, "")
    if asked.startswith(listed):
        yield asked[len(listed) :]
        return
    yield asked
    if asked.startswith((f"{provider}/", f"{provider}:")):
        yield asked[len(provider) + 1 :]
