"""Which provider, and which of its models, a request goes to.

In this order: the provider named in the path; an alias; a provider named in the model (`NAME/model` or `NAME:model`, or
`claude-NAME-model` as listed for Claude Code); the default provider if its map knows the model; the first other provider
whose map does; the default provider's own default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from isthmus.core.errors import BadRequest, Kind
from isthmus.routing.model_map import ModelMap

MAX_NAME_CHARS: Final = 512
"""No vendor's names come near; a longer one is no name, and errors and log lines would repeat it."""


MAX_REMEMBERED: Final = 1024


@dataclass(frozen=True, slots=True)
class Choice:
    provider: str
    model: str
    """In the provider's own words."""


class Directory:
    """All providers' maps, in the order of the configuration. Raises `ValueError` for aliases that lead in a circle."""

    def __init__(
        self, providers: Mapping[str, ModelMap], aliases: Mapping[str, str], default_provider: str
    ) -> None:
        if default_provider not in providers:
            raise ValueError(f"default provider {default_provider!r} is not configured")
        self.default_provider = default_provider
        self._providers = dict(providers)
        self._aliases = {name: _follow(name, aliases) for name in aliases}
        self._chosen: dict[tuple[str, str | None], Choice] = {}

    def check_provider(self, name: str) -> None:
        """Raises `BadRequest` (not found) for a provider nobody configured."""
        if name not in self._providers:
            known = ", ".join(self._providers)
            raise BadRequest(
                f"no provider {name!r}: use one of {known}, or leave it out of the path", kind=Kind.NOT_FOUND
            )

    def choose(self, asked: str, provider: str | None = None) -> Choice:
        """Raises `BadRequest`: unknown provider in the path, or a model nobody serves.

        The maps never change, so a choice is made once per name; there is an end to the names that are remembered.
        """
        choice = self._chosen.get((asked, provider))
        if choice is None:
            if len(self._chosen) >= MAX_REMEMBERED:
                self._chosen.clear()
            choice = self._chosen[asked, provider] = self._choose(asked, provider)
        return choice

    def _choose(self, asked: str, provider: str | None) -> Choice:
        if len(asked) > MAX_NAME_CHARS:
            raise BadRequest(
                f"model: no model has a name of {len(asked)} characters",
                kind=Kind.MODEL_NOT_FOUND,
                field="model",
            )
        if provider is not None:
            self.check_provider(provider)
            return self._within(asked, provider)
        wanted = self._aliases.get(asked, asked)
        return self._named(wanted) or self._mapped(wanted) or self._defaulted(asked, wanted)

    def names(self, provider: str) -> list[str]:
        """Model names to list for a provider; empty when its configuration names none."""
        named = self._providers[provider].names()
        if not named:
            return []
        return named + [
            alias for alias in self._aliases if self.choose(alias).provider == provider and alias not in named
        ]

    def maps(self, provider: str) -> bool:
        """Whether its configuration names its models; else its upstream's own list does."""
        return bool(self._providers[provider].names())

    @staticmethod
    def discovery_alias(provider: str, model: str) -> str:
        """A name for a foreign model under which Claude Code lists it."""
        return f"claude-{provider}-{model}"

    def _within(self, asked: str, provider: str) -> Choice:
        models = self._providers[provider]
        alias = self._aliases.get(asked)
        for name in (self._undiscovered(asked, provider), asked, alias):
            if name is None:
                continue
            bare = _without_prefix(name, provider)
            if (found := models.explicit(bare) or models.explicit(name)) is not None:
                return Choice(provider, found)
        wanted = _without_prefix(self._undiscovered(asked, provider) or alias or asked, provider)
        if (found := models.resolve(wanted)) is not None:
            return Choice(provider, found)
        raise self._unknown(asked, [provider])

    def _named(self, wanted: str) -> Choice | None:
        for name in self._providers:
            if wanted.startswith((f"{name}/", f"{name}:")):
                if self._providers[self.default_provider].explicit(wanted) is not None:
                    return None  # An upstream's own id such as `mistral/large`, mapped as it stands.
                return self._within(wanted, name)
            if self._undiscovered(wanted, name) is not None:
                return self._within(wanted, name)
        return None

    def _mapped(self, wanted: str) -> Choice | None:
        order = [self.default_provider, *(name for name in self._providers if name != self.default_provider)]
        for name in order:
            if (found := self._providers[name].explicit(wanted)) is not None:
                return Choice(name, found)
        return None

    def _defaulted(self, asked: str, wanted: str) -> Choice:
        if (found := self._providers[self.default_provider].resolve(wanted)) is not None:
            return Choice(self.default_provider, found)
        raise self._unknown(asked, list(self._providers))

    def _undiscovered(self, asked: str, provider: str) -> str | None:
        """The model behind a name made by `discovery_alias`. A map's own entry counts for more, unless it is a pattern that
        says less of the name: `claude-*` is not meant to hide what the model list offers."""
        prefix = self.discovery_alias(provider, "")
        if not asked.startswith(prefix) or len(asked) == len(prefix):
            return None
        if any(each.literal_characters(asked) >= len(prefix) for each in self._providers.values()):
            return None
        return asked[len(prefix) :]

    def _unknown(self, asked: str, providers: list[str]) -> BadRequest:
        known = [name for provider in providers for name in self._providers[provider].names()]
        near = get_close_matches(asked, known, n=5, cutoff=0.3) or known[:5]
        pick = f"pick one of {', '.join(near)}" if near else "see /v1/models"
        return BadRequest(
            f"model: {asked} is not known here: add it under `models` of a provider, set `default_model`, or {pick}",
            kind=Kind.MODEL_NOT_FOUND,
            field="model",
        )


def _without_prefix(name: str, provider: str) -> str:
    return name[len(provider) + 1 :] if name.startswith((f"{provider}/", f"{provider}:")) else name


def _follow(name: str, aliases: Mapping[str, str]) -> str:
    seen = [name]
    while (target := aliases[seen[-1]]) in aliases:
        if target in seen:
            raise ValueError(f"aliases lead in a circle: {' -> '.join([*seen, target])}")
        seen.append(target)
    return target
