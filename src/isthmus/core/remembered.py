"""Conversations that the gateway remembers for its callers, and what whoever keeps them promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from isthmus.core.conversation import Turn


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a client says of a conversation when it begins one."""

    model: str | None = None
    """A note for the client: every request names its own."""
    system: str | None = None
    title: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remembered:
    id: str
    said: Particulars
    created_s: int
    used_s: int
    """Unix time of its last complete answer, or of its beginning."""
    messages: int


@dataclass(frozen=True, slots=True)
class Recalled:
    """A conversation with all that is remembered of it, as it stands at one moment."""

    remembered: Remembered
    turns: tuple[Turn, ...]
    revision: int
    """Counts its answers. Whoever adds to a conversation says which one they go on from."""
    session: bytes = field(default=b"", repr=False)
    """What the provider of its last answer wanted to find again; b"" for nothing."""


class Memory(Protocol):
    """Keeps conversations. `owner` is whose they are: to anybody else there is no such conversation.

    Raises `BadRequest` (not found) for one that is not there, is somebody else's or has expired, and `GatewayError` (overloaded)
    while nothing can be read or written.
    """

    @property
    def enabled(self) -> bool: ...

    @property
    def max_messages(self) -> int:
        """How many of a conversation's messages a model is told."""
        ...

    async def begin(self, owner: str, said: Particulars) -> Remembered:
        """Raises `BadRequest` (conflict) when the owner has as many as may be."""
        ...

    async def page(self, owner: str, limit: int, after: str | None) -> tuple[Sequence[Remembered], bool]:
        """The newest first, those behind `after`, and whether there are more."""
        ...

    async def recall(self, owner: str, id: str) -> Recalled: ...

    async def add(
        self, owner: str, recalled: Recalled, forget: int, turns: Sequence[Turn], session: bytes = b""
    ) -> None:
        """Puts `turns` behind what was recalled and forgets its `forget` oldest. `session` takes the place of the one before.

        Raises `BadRequest` (conflict) when something else was added meanwhile; then nothing is changed.
        """
        ...

    async def forget(self, owner: str, id: str) -> None: ...
