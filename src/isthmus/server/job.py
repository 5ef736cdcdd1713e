"""One answer to give: what is known of it, the exchanges that may be tried for it, and how it reaches whoever asked."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from isthmus.core.commands import Errand, Exchange, Fetch, Fetched, Forward, Headers, Spare, Stream
from isthmus.core.errors import GatewayError, UpstreamError
from isthmus.core.events import Event
from isthmus.core.interfaces import Dialect, Signing
from isthmus.core.losses import Loss
from isthmus.server.cache import Tape
from isthmus.server.records import Record
from isthmus.server.relay import Heard
from isthmus.server.remembering import RememberedTurn
from isthmus.server.reply import HeaderList, Pace
from isthmus.server.sources import Authorizing, Keeping, nothing_kept
from isthmus.transport.crew import Crew
from isthmus.transport.http import Channel, Incoming
from isthmus.transport.talking import Talking


class Attempts(Protocol):
    """The exchanges that may be tried for one answer, one after another."""

    async def begin(self, failure: UpstreamError | None) -> Exchange:
        """The first exchange, or after a failure the next. Raises `GatewayError` when there is none."""
        ...

    def answered(self) -> None:
        """The answer has begun to be said: there will be no other attempt."""
        ...


@dataclass(slots=True)
class Once:
    """One exchange and no other."""

    exchange: Exchange

    async def begin(self, failure: UpstreamError | None) -> Exchange:
        if failure is not None:
            raise failure
        return self.exchange

    def answered(self) -> None:
        pass


@dataclass(slots=True)
class Job:
    """What the two lanes, and streams and plain answers, have in common."""

    dialect: Dialect
    channel: Channel
    """The way to the account that is being asked; attempts change it."""
    record: Record
    headers: HeaderList
    authorize: Authorizing
    """The access of that account."""
    fetch: Callable[[Fetch], Awaitable[Fetched]]
    later: Callable[[Channel, Errand, Keeping], None]
    """Begins something in the background."""
    pace: Pace
    stream: bool
    style: Any = None
    signing: Signing | None = None
    """None in the raw lane."""
    restyle: Callable[[], None] | None = None
    """In the raw lane: fills in style and signing, for an answer that must be encoded here after all."""
    original_tool_names: Mapping[str, str] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    keep: Keeping = nothing_kept
    """Keeps what is told of that account."""
    crew: Crew | None = None
    """The processes of that account's provider, where it has any."""
    rest: UpstreamError | None = None
    """Why the account rests after this attempt, although it did not fail."""
    spare: Spare | None = None
    """How near to its limit the account is after this attempt, when it said."""
    repeated_until_s: float = math.inf
    """Nothing that failed is asked again after this moment, by `time.monotonic`."""
    turn: RememberedTurn | None = None
    """Where the answer belongs to a conversation that is remembered."""
    tape: Tape | None = None
    """Records what the client is given, where that may be kept."""
    sent: Headers = ()
    """The headers of the last request to the upstream, with the credential that nobody else may see."""
    sent_bytes: int = 0
    """The length of its body."""


class Delivery(Protocol):
    """How an answer reaches whoever asked. What it is given may fail: then it raises `UpstreamError`, and may be given another."""

    @property
    def heard(self) -> Heard | None:
        """Of the answer that is under way; None before there is one."""
        ...

    @property
    def has_begun(self) -> bool:
        """Headers have left: what goes wrong can only be told inside the answer."""
        ...

    @property
    def is_bound(self) -> bool:
        """Something of the answer itself has left; a mere keep-alive does not bind anybody to it."""
        ...

    def begin(self) -> None:
        """A request is about to be made: what an earlier one brought counts no more."""
        ...

    async def take(self, command: Stream | Forward, incoming: Incoming) -> None:
        """Reads the answer to a request, to its end."""
        ...

    async def take_turn(self, turn: Talking) -> None:
        """The same with a program's."""
        ...

    async def say(self, events: list[Event]) -> None:
        """What a provider says without an upstream."""
        ...

    async def complete(self) -> None:
        """The exchange is over: the client gets the end of its answer."""
        ...

    async def fail(self, error: GatewayError) -> None:
        """Tells of it inside the answer; raises it where that has not begun."""
        ...
