"""A provider together with the hands that reach it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from isthmus.core.abilities import Abilities
from isthmus.core.interfaces import Provider
from isthmus.core.losses import Policy
from isthmus.transport.http import Channel

MAX_KNOWN: Final = 512
"""Models whose record is remembered. Clients choose names, so there must be an end to them."""


@dataclass(frozen=True, slots=True)
class Source:
    provider: Provider
    channel: Channel
    policy: Policy = Policy.REPAIR
    _known: dict[str, Abilities] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.provider.name

    def abilities(self, model: str) -> Abilities:
        """The provider's record of a model, which is wanted with every request: worked out once, until `forget`."""
        record = self._known.get(model)
        if record is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            record = self._known[model] = self.provider.abilities(model)
        return record

    def forget(self) -> None:
        """The provider has learned more about its models."""
        self._known.clear()
