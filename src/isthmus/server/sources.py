"""A provider together with the hands that reach it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from isthmus.core.abilities import Abilities
from isthmus.core.commands import Authorize, Call, Exchange, Fetch, Fetched, Grant, Keep, Reply
from isthmus.core.interfaces import Provider
from isthmus.core.losses import Policy
from isthmus.core.secret import Secret
from isthmus.transport.crew import Crew
from isthmus.transport.http import Channel

MAX_KNOWN: Final = 512
"""Models whose record is remembered. Clients choose names, so there must be an end to them."""


Authorizing = Callable[[Secret | None], Awaitable[Grant]]
"""The account's access at this moment. Shown a token that was refused, it gives another. Raises `UpstreamError`."""


Keeping = Callable[[Keep], None]
"""Keeps what an upstream told of the account. Neither waits nor raises."""


Reading = Callable[[Fetch], Awaitable[Fetched]]
"""Raises `BadRequest` naming the field."""


class Keeper(Protocol):
    """Keeps accounts signed in, for every request that asks."""

    async def grant(self, account: str, refused: Secret | None) -> Grant:
        """Raises `UpstreamError`: with scope `CREDENTIAL` for an account that must sign in again."""
        ...

    def keep(self, account: str, told: Keep) -> None:
        """Stores behind the request what its upstream told of the account. Neither waits nor raises."""
        ...


async def unauthorized(refused: Secret | None) -> Grant:
    """For providers that hold their credential themselves."""
    raise AssertionError("this provider has no accounts that sign in")


def nothing_kept(told: Keep) -> None:
    """For accounts of which nothing is stored."""


@dataclass(frozen=True, slots=True)
class Source:
    provider: Provider
    channel: Channel
    policy: Policy = Policy.REPAIR
    authorize: Authorizing = unauthorized
    keep: Keeping = nothing_kept
    crew: Crew | None = None
    """The processes of a provider that talks with programs."""
    read_file: Reading | None = None
    """Reads a file of this machine that a client names by path. None: there is none that it may have."""
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

    async def ask(self, exchange: Exchange) -> Reply:
        """The reply to an exchange's one `Call`. Raises `UpstreamError`."""
        try:
            command = next(exchange)
            while isinstance(command, Authorize):
                command = exchange.send(await self.authorize(command.refused))
            assert isinstance(command, Call)
            return await self.channel.call(command)
        finally:
            exchange.close()

    def forget(self) -> None:
        """The provider has learned more about its models."""
        self._known.clear()
