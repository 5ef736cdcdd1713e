"""A provider together with the hands that reach it."""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.core.interfaces import Provider
from isthmus.core.losses import Policy
from isthmus.transport.http import Channel


@dataclass(frozen=True, slots=True)
class Source:
    provider: Provider
    channel: Channel
    policy: Policy = Policy.REPAIR

    @property
    def name(self) -> str:
        return self.provider.name
