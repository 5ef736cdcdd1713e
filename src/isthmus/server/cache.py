"""Answers that were given, by what was asked: whole, exact and in memory, for a while.

Two requests are the same when nothing in them differs: every byte of the body, and what headers say of it. So nobody has to know
which fields matter, and a field that is invented tomorrow is part of the key already.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.core.losses import Loss

LARGEST_SHARE: Final = 10
"""An answer larger than this part of the room is not kept: it would push out too many others."""
ENTRY_BYTES: Final = 512
"""About what an entry takes beside its answer."""
_HEADERS: Final = ("anthropic-", "openai-")
"""Beginnings of the headers that change what a body means: versions and betas."""


@dataclass(frozen=True, slots=True)
class CacheRules:
    ttl_s: float
    max_entries: int
    max_bytes: int

    @property
    def max_answer_bytes(self) -> int:
        return self.max_bytes // LARGEST_SHARE


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    body: bytes
    """As the client got it."""
    content_type: bytes | None
    """None for a stream."""
    request_id: str
    """Of the request that it was the answer to."""
    stop: str | None = None
    losses: tuple[Loss, ...] = ()
    kept_s: float = 0.0
    """When it was kept, on the clock of whoever asks."""

    @property
    def size(self) -> int:
        return len(self.body) + ENTRY_BYTES


@dataclass(frozen=True, slots=True)
class CacheState:
    entries: int
    bytes: int
    hits: int
    misses: int


class AnswerCache:
    """Of one provider. What was not used for longest goes first; what is too old goes whenever anything is asked."""

    def __init__(self, rules: CacheRules, made_of: object = None) -> None:
        """`made_of`: what its answers depend on beside the requests. Whoever builds caches compares it."""
        self.rules = rules
        self.made_of = made_of
        self._kept: OrderedDict[bytes, KeptAnswer] = OrderedDict()
        """Least recently used first."""
        self._ages: OrderedDict[bytes, None] = OrderedDict()
        """The same keys, oldest first."""
        self._bytes = self._hits = self._misses = 0

    def find(self, key: bytes, now_s: float) -> KeptAnswer | None:
        self._expire(now_s)
        answer = self._kept.get(key)
        if answer is None:
            self._misses += 1
            return None
        self._hits += 1
        self._kept.move_to_end(key)
        return answer

    def keep(self, key: bytes, answer: KeptAnswer) -> None:
        """In the place of what was kept under that key. What is too large is not kept."""
        self._expire(answer.kept_s)
        self._drop(key)
        if answer.size > self.rules.max_answer_bytes:
            return
        self._kept[key] = answer
        self._ages[key] = None
        self._bytes += answer.size
        while len(self._kept) > self.rules.max_entries or self._bytes > self.rules.max_bytes:
            self._drop(next(iter(self._kept)))

    def state(self, now_s: float) -> CacheState:
        self._expire(now_s)
        return CacheState(len(self._kept), self._bytes, self._hits, self._misses)

    def _expire(self, now_s: float) -> None:
        while self._ages:
            oldest = next(iter(self._ages))
            if now_s - self._kept[oldest].kept_s < self.rules.ttl_s:
                return
            self._drop(oldest)

    def _drop(self, key: bytes) -> None:
        answer = self._kept.pop(key, None)
        if answer is not None:
            del self._ages[key]
            self._bytes -= answer.size


class Tape:
    """What a client is given of an answer, as long as that is not too much to keep."""

    __slots__ = ("_max_bytes", "_pieces", "_size", "content_type")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pieces: list[bytes] = []
        self._size = 0
        self.content_type: bytes | None = None
        """Of a plain answer."""

    def add(self, data: bytes) -> None:
        self._size += len(data)
        if self._size <= self._max_bytes:
            self._pieces.append(data)
        else:
            self._pieces.clear()

    @property
    def body(self) -> bytes | None:
        """None when it was nothing, or too much."""
        return b"".join(self._pieces) if 0 < self._size <= self._max_bytes else None


def key_of(subject: str, dialect: str, model: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """The name of a request: who asks, in which dialect, the upstream's model, and all that is asked.

    `headers`: lower-case names.
    """
    meant = sorted(f"{name}:{value}" for name, value in headers.items() if name.startswith(_HEADERS))
    digest = hashlib.sha256()
    for part in (subject, dialect, model, *meant):
        written = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(written) + written)
    digest.update(b"body:")
    digest.update(body)
    return digest.digest()
