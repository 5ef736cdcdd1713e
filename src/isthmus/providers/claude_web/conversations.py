"""Conversations at claude.ai that clients' sessions go on in: as many as are worth it, and none for longer than it rests.

A conversation goes on only if the client tells it as it was told before, with the answer that was given, and something new behind
it. Anything else, an edited turn for instance, begins a new one. Whoever takes one has it alone until it is put back.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from isthmus.core.conversation import Conversation, Role, Text, Thinking, ToolResult, Turn
from isthmus.providers.claude_web.request import Continued

MAX_HELD: Final = 1000

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """One that may go on."""

    organization: str
    continued: Continued
    turns: int
    """So many of the client's turns it has been told."""
    told: str
    said: str
    """Digests of those turns, and of the answer to them."""
    since_s: float


class Conversations:
    """Of one account."""

    def __init__(self, most: int = MAX_HELD) -> None:
        self._most = most
        self._held: OrderedDict[Key, Held] = OrderedDict()
        self._over: list[Held] = []

    def __len__(self) -> int:
        return len(self._held)

    def take(self, asked: Conversation, now_s: float, idle_s: float) -> Held | None:
        """The one that this request goes on with. It is the caller's until it is put back."""
        self._expire(now_s, idle_s)
        key = key_of(asked)
        held = self._held.pop(key, None) if key is not None else None
        if held is not None and not _goes_on(held, asked.turns):
            self._over.append(held)
            return None
        return held

    def put(self, asked: Conversation, held: Held) -> None:
        if (key := key_of(asked)) is None:
            return
        if (former := self._held.pop(key, None)) is not None:
            self._over.append(former)
        self._held[key] = held
        while len(self._held) > self._most:
            self._over.append(self._held.popitem(last=False)[1])

    def leave(self, held: Held) -> None:
        """Nobody will go on with it."""
        self._over.append(held)

    def over(self) -> list[Held]:
        """Those that nobody will go on with, each once: they can be deleted."""
        over, self._over = self._over, []
        return over

    def _expire(self, now_s: float, idle_s: float) -> None:
        while self._held:
            key, held = next(iter(self._held.items()))
            if now_s - held.since_s < idle_s:
                return
            self._over.append(self._held.pop(key))


def key_of(asked: Conversation) -> Key | None:
    """A session's own, as clients use one for several conversations; None without a session."""
    if not asked.session or not asked.turns:
        return None
    return asked.session, digest(asked.turns[:1])


def digest(turns: Iterable[Turn]) -> str:
    """Of what was said; marks for caches, and thoughts, may come and go."""
    said = hashlib.sha256()
    for turn in turns:
        blocks = [_bare(block) for block in turn.blocks if not isinstance(block, Thinking)]
        said.update(repr((turn.role.value, blocks)).encode("utf-8", "replace"))
    return said.hexdigest()


def digest_of_answer(text: str) -> str:
    """White space apart, which clients trim."""
    return hashlib.sha256("".join(text.split()).encode("utf-8", "replace")).hexdigest()


def _goes_on(held: Held, turns: Sequence[Turn]) -> bool:
    if len(turns) < held.turns + 2 or digest(turns[: held.turns]) != held.told:
        return False
    answer, *new = turns[held.turns :]
    if answer.role is not Role.ASSISTANT or any(turn.role is Role.ASSISTANT for turn in new):
        return False
    text = "".join(block.text for block in answer.blocks if isinstance(block, Text))
    return digest_of_answer(text) == held.said


def _bare(block: Any) -> Any:
    if isinstance(block, ToolResult):
        return replace(block, cache=None, parts=tuple(map(_bare, block.parts)))
    return replace(block, cache=None) if getattr(block, "cache", None) is not None else block
