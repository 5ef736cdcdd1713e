"""A client's name of a model → the id that the service knows.

The service writes versions with dots and without dates (`claude-sonnet-4.5`); clients bring Anthropic's ids, those of other
clouds, and the style of older gateways for this service, which put an effort at the end (`claude-4.5-opus-high`). What an
account lists stands above every rule here, and a name that none of them knows goes out as it came: the service says 404.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

KNOWN: Final = (
    "auto",
    "claude-sonnet-4",
    "claude-sonnet-4.5",
    "claude-sonnet-4.5-1m",
    "claude-sonnet-4.6",
    "claude-sonnet-4.6-1m",
    "claude-sonnet-5",
    "claude-haiku-4.5",
    "claude-opus-4.5",
    "claude-opus-4.6",
    "claude-opus-4.7",
    "claude-opus-4.8",
    "claude-opus-5",
    "deepseek-3.2",
    "glm-5",
    "minimax-m2.1",
    "minimax-m2.5",
    "qwen3-coder-next",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "gpt-5.6-luna",
)
"""Seen with third-party clients of the service up to August 2026."""

_LARGE: Final = "-1m"
_CLOUD: Final = re.compile(r"^(?:[a-z]{2,6}(?:-[a-z]+)?\.)?anthropic\.")
_TAILS: Final = tuple(
    map(
        re.compile,
        (r"-v\d+(?:[:-]\d+)?(?::\d+k)?$", r"@[a-z0-9]+$", r"[-_]20\d{6}$", r"-latest$", r"-thinking$"),
    )
)
_EFFORT: Final = re.compile(r"-(minimal|low|medium|high|xhigh|max)$")
_FAMILY_FIRST: Final = re.compile(r"^claude-([a-z]+)-(\d)(?:[.-](\d{1,2}))?(-1m)?$")
_VERSION_FIRST: Final = re.compile(r"^claude-(\d)(?:[.-](\d{1,2}))?-([a-z]+)(-1m)?$")
_OLDEST: Final = 4
"""Major version of the oldest Claude that the service still has; older names are nobody's guess."""


@dataclass(frozen=True, slots=True)
class Resolved:
    id: str
    effort: str | None = None
    """How hard to think, where the name said so."""


def resolve(model: str, listed: Iterable[str] = ()) -> Resolved:
    """`listed` are the ids that the account has; empty when that is not known."""
    have = tuple(listed)
    if model in have or (not have and model in KNOWN):
        return Resolved(model)
    reading = _read(model)
    for ids in (have, KNOWN):
        by_name = {_folded(_read(id).whole): id for id in reversed(ids)}
        for name, effort in reading.candidates():
            if (found := by_name.get(_folded(name))) is not None:
                return Resolved(found, effort)
    known = _claude(reading.stem) is not None
    return Resolved(reading.stem, reading.effort) if known else Resolved(model)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A name without what clients hang on it."""

    stem: str
    large: bool = False
    """The client wants the larger window, as `[1m]` says in Claude Code: a model of its own here, where there is one."""
    effort: str | None = None

    @property
    def whole(self) -> str:
        return f"{self.stem}-{self.effort}" if self.effort else self.stem

    def candidates(self) -> Iterator[tuple[str, str | None]]:
        """Names it may be listed under, the likeliest first, each with the effort that is then left to say."""
        if self.large:
            yield self.stem + _LARGE, self.effort
        yield self.whole, None
        yield self.stem, self.effort


def _read(name: str) -> _Reading:
    """Everything in one spelling: that of the service where it is a Claude it may have."""
    rest = name.strip().lower().rpartition("/")[2].replace("_", "-")
    large = rest.endswith("[1m]")
    rest = _without_tails(_CLOUD.sub("", rest.removesuffix("[1m]")))
    effort = None
    if (found := _EFFORT.search(rest)) is not None:
        rest, effort = _without_tails(rest[: found.start()]), found[1]
    return _Reading(_claude(rest) or rest, large, effort)


def _without_tails(rest: str) -> str:
    before = ""
    while before != rest:
        before = rest
        for tail in _TAILS:
            rest = tail.sub("", rest)
    return rest


def _folded(name: str) -> str:
    return name.replace(".", "-")


def _claude(name: str) -> str | None:
    """As the service spells it; None for what is no Claude, or one of old."""
    if (found := _FAMILY_FIRST.match(name)) is not None:
        family, major, minor, large = found.groups()
    elif (found := _VERSION_FIRST.match(name)) is not None:
        major, minor, family, large = found.groups()
    else:
        return None
    if int(major) < _OLDEST:
        return None
    return f"claude-{family}-{major}{f'.{minor}' if minor and int(minor) else ''}{large or ''}"
