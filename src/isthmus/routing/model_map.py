"""From the model name a client asks for to the one its provider knows.

Clients spell one model in many ways: `claude-sonnet-4-5-20250929`, `claude-sonnet-4-5`, `claude-sonnet-4-5-latest`,
`claude-sonnet-4-5@20250929`, `sonnet[1m]`. A map entry for any of them serves the others, exact spelling first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_BRACKETED: Final = re.compile(r"\[[^\[\]]*\]$")
_DATED: Final = re.compile(r"(?P<stem>.+?)(?:[-@](?P<date>20\d{2}-?\d{2}-?\d{2}|latest))$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A map entry with `*` in its name. A `*` in its value stands for what the name's first `*` matched."""

    name: str
    value: str
    expression: re.Pattern[str]

    @property
    def literal_characters(self) -> int:
        return len(self.name.replace("*", ""))

    def apply(self, asked: str) -> str | None:
        found = self.expression.fullmatch(asked)
        if found is None:
            return None
        return self.value.replace("*", found[1], 1)


@dataclass(frozen=True, slots=True)
class ModelMap:
    """One provider's map: name asked for → upstream's name. Empty: names go through as they are."""

    models: Mapping[str, str] = field(default_factory=dict)
    default_model: str | None = None
    _exact: dict[str, str] = field(init=False, repr=False, compare=False)
    _undated: dict[str, str] = field(init=False, repr=False, compare=False)
    _patterns: tuple[Pattern, ...] = field(init=False, repr=False, compare=False)
    _anything: Pattern | None = field(init=False, repr=False, compare=False)
    """The entry for `*` alone: no knowledge of a name, but what to do without any."""
    _values: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        exact = {name: value for name, value in self.models.items() if "*" not in name}
        folded = {name.lower(): value for name, value in exact.items()}
        patterns = [_pattern(name, value) for name, value in self.models.items() if name.strip("*")]
        patterns = [each for each in patterns if "*" in each.name]
        patterns.sort(key=lambda each: each.literal_characters, reverse=True)
        set_field = object.__setattr__
        set_field(self, "_exact", folded | exact)
        set_field(self, "_undated", _newest_by_stem(exact))
        set_field(self, "_patterns", tuple(patterns))
        set_field(
            self,
            "_anything",
            next((_pattern(name, self.models[name]) for name in self.models if not name.strip("*")), None),
        )
        set_field(self, "_values", frozenset(value for value in self.models.values() if "*" not in value))

    def explicit(self, asked: str) -> str | None:
        """The upstream's name if the map says it, by exact name, date rule or pattern (`*` alone is none of them); a name
        that stands on the upstream's side of the map is taken at its word."""
        found = self._known(asked)
        return None if found is None else found[0]

    def literal_characters(self, asked: str) -> int:
        """How much of the name the map spells out: all of it, or what stands beside the `*` of a pattern; 0: unknown."""
        found = self._known(asked)
        return 0 if found is None else found[1]

    def _known(self, asked: str) -> tuple[str, int] | None:
        if (found := self._exact.get(asked)) is not None:
            return found, len(asked)
        bare = _BRACKETED.sub("", asked)
        if (found := self._by_name(bare)) is not None:
            return found, len(asked)
        if asked in self._values:
            return asked, len(asked)
        for pattern in self._patterns:
            if (found := pattern.apply(asked) or pattern.apply(bare)) is not None:
                return found, pattern.literal_characters
        return None

    def resolve(self, asked: str) -> str | None:
        """As `explicit`, then the entry for `*`, then the default model, then the name itself if there is no map; None:
        unknown here."""
        found = self.explicit(asked) or (self._anything and self._anything.apply(asked)) or self.default_model
        if found is None and not self.models:
            return asked
        return found

    def names(self) -> list[str]:
        """Names a client may ask for, as the map spells them; empty when it names none, and the upstream's list counts."""
        named = [name for name in self.models if "*" not in name]
        if named and self.default_model is not None and self.default_model not in named:
            named.append(self.default_model)
        return named

    def _by_name(self, name: str) -> str | None:
        low = name.lower()
        return self._exact.get(low) or self._exact.get(_stem(low)) or self._undated.get(_stem(low))


def _stem(name: str) -> str:
    """`claude-3-5-sonnet-20241022` and `claude-3-5-sonnet-latest` → `claude-3-5-sonnet`."""
    found = _DATED.fullmatch(name)
    return name if found is None else found["stem"]


def _newest_by_stem(exact: Mapping[str, str]) -> dict[str, str]:
    """Stem → value of its newest dated entry; `-latest` beats every date."""
    newest: dict[str, tuple[str, str]] = {}
    for name, value in exact.items():
        found = _DATED.fullmatch(name.lower())
        if found is None:
            continue
        date = "9" if found["date"] == "latest" else found["date"].replace("-", "")
        stem = found["stem"]
        if stem not in newest or date > newest[stem][0]:
            newest[stem] = (date, value)
    return {stem: value for stem, (_, value) in newest.items()}


def _pattern(name: str, value: str) -> Pattern:
    expression = "(.*)".join(re.escape(part) for part in name.split("*"))
    return Pattern(name, value, re.compile(expression, re.IGNORECASE | re.DOTALL))
