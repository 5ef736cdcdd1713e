"""What the gateway remembers of conversations: kept for their owners, for as long as they are used, and no longer."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from isthmus.config import ConversationSettings
from isthmus.control.clock import now_ms
from isthmus.core.conversation import Turn
from isthmus.core.errors import BadRequest, GatewayError, Kind
from isthmus.core.remembered import Particulars, Recalled, Remembered
from isthmus.storage.conversations import PURGED_AT_ONCE, ConversationStore, StoredConversation
from isthmus.storage.errors import StorageError

log = structlog.get_logger("isthmus")

PREFIX: Final = "conv_"
_ID: Final = re.compile(PREFIX + "[0-9a-f]{32}")
EVERY_S: Final = 300.0
MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
GRACE_MS: Final = 60 * MINUTE_MS
"""What has expired is not found any more, and deleted this much later: an answer may be under way since before."""


@dataclass(frozen=True, slots=True)
class ConversationFigures:
    """What is remembered at this moment."""

    kept: int
    messages: int
    begun_today: int
    """Of those kept, since midnight, UTC."""


@dataclass(frozen=True, slots=True)
class Conversations:
    """`core.remembered.Memory` over the database."""

    store: ConversationStore
    settings: Callable[[], ConversationSettings]
    """Those in force at any moment."""
    now_ms: Callable[[], int] = now_ms

    @property
    def enabled(self) -> bool:
        return self.settings().enabled

    @property
    def max_messages(self) -> int:
        return self.settings().max_history_messages

    async def begin(self, owner: str, said: Particulars) -> Remembered:
        now, most = self.now_ms(), self.settings().max_per_key
        new = StoredConversation(PREFIX + secrets.token_hex(16), owner, said, 0, 0, now, now)
        with _told():
            added = await self.store.add(new, most, self._since_ms)
        if not added:
            raise BadRequest(
                f"this API key has {most} conversations already, and no more are kept (conversations.max_per_key): delete one",
                kind=Kind.CONFLICT,
                should_retry=False,
            )
        return _shown(new)

    async def page(self, owner: str, limit: int, after: str | None) -> tuple[Sequence[Remembered], bool]:
        if after is not None:
            _check(after)
        with _told():
            found = await self.store.page(owner, limit + 1, after, self._since_ms)
        return [_shown(each) for each in found[:limit]], len(found) > limit

    async def recall(self, owner: str, id: str) -> Recalled:
        _check(id)
        with _told():
            found = await self.store.find(owner, id, self._since_ms)
        if found is None:
            raise _unknown(id)
        return Recalled(_shown(found.stored), found.turns, found.stored.revision, found.session)

    async def add(
        self, owner: str, recalled: Recalled, forget: int, turns: Sequence[Turn], session: bytes = b""
    ) -> None:
        id, revision = recalled.remembered.id, recalled.revision
        with _told():
            added = await self.store.append(owner, id, revision, forget, turns, self.now_ms(), session)
        if not added:
            raise BadRequest(
                f"conversation {id} was changed by another request while this answer was made, which is not kept: ask again",
                kind=Kind.CONFLICT,
            )

    async def forget(self, owner: str, id: str) -> None:
        _check(id)
        with _told():
            deleted = await self.store.delete(owner, id, self._since_ms)
        if not deleted:
            raise _unknown(id)

    async def figures(self, owners: Collection[str] | None = None) -> ConversationFigures | None:
        """Of these owners; None for everybody's. None where there are no conversations, or nobody can tell at present."""
        if not self.enabled:
            return None
        now = self.now_ms()
        try:
            counts = await self.store.count(owners, self._since_ms, now - now % DAY_MS)
        except StorageError as error:
            log.warning("conversations cannot be counted", error=str(error))
            return None
        return ConversationFigures(counts.conversations, counts.messages, counts.begun)

    async def run(self, every_s: float = EVERY_S) -> None:
        """Deletes what has expired, until it is cancelled. Several gateways may do it at once."""
        while True:
            try:
                await self.forget_old()
            except StorageError as error:
                log.warning("expired conversations cannot be deleted", error=str(error))
            await asyncio.sleep(every_s)

    async def forget_old(self) -> int:
        """How many conversations were deleted."""
        total = 0
        while True:
            deleted = await self.store.purge(self._since_ms - GRACE_MS)
            total += deleted
            if deleted < PURGED_AT_ONCE:
                return total

    @property
    def _since_ms(self) -> int:
        return self.now_ms() - self.settings().session_timeout_minutes * MINUTE_MS


@contextmanager
def _told() -> Iterator[None]:
    """The database's failures in words for clients; what they were is for the log."""
    try:
        yield
    except StorageError as error:
        log.warning("conversations cannot be read or written", error=str(error))
        raise GatewayError(
            "conversations cannot be read or written at present: ask again in a moment", kind=Kind.OVERLOADED
        ) from None


def _check(id: str) -> None:
    """What is no id of ours is not looked for: databases do not take every text."""
    if _ID.fullmatch(id) is None:
        raise _unknown(id)


def _unknown(id: str) -> BadRequest:
    return BadRequest(
        f"no conversation {id[:80]!r}: it never was, has ended, or belongs to another API key. Begin one with "
        "POST /v1/conversations",
        kind=Kind.NOT_FOUND,
        field="conversation_id",
        should_retry=False,
    )


def _shown(stored: StoredConversation) -> Remembered:
    return Remembered(
        stored.id, stored.said, stored.created_ms // 1000, stored.used_ms // 1000, stored.messages
    )
