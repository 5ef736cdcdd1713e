"""One turn of a remembered conversation: what was said before goes before what is new, and the answer is kept with it.

A client sends what is new. One that sends everything again is understood, too: when the conversation's last answer stands in its
request, right behind what was asked for it, all up to there is known already.

The answer is kept before its end is told: whoever has seen it whole can go on at once, and be remembered. What broke off, or was not
waited for, leaves the conversation as it was, and may be asked again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from isthmus.core.conversation import ANTHROPIC, Block, Role, Text, Thinking, ToolCall, ToolResult, Turn
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.events import BlockStarted, Event, Failed, Finished, ToolHead
from isthmus.core.fold import Folder, Said, SaidCall, SaidOpaque, SaidText, SaidThinking
from isthmus.core.interfaces import Envelope, Parsed
from isthmus.core.losses import Action, Loss
from isthmus.core.remembered import Memory, Recalled
from isthmus.server.visit import Visit
from isthmus.shaping.recent import begin_of_recent

FIELD: Final = "conversation_id"
HEADER: Final = "x-conversation-id"
MAX_BODY_BYTES: Final = 8 << 20
"""Of a request whose messages are kept: what MariaDB and MySQL take in one value, sealed, and a bit less."""
RETRY_AFTER_S: Final = 1.0

Active = set[tuple[str, str]]
"""Owners and ids of the conversations that are being answered."""


def conversation_named(envelope: Envelope, visit: Visit) -> str | None:
    """The id in the body, or else in a header, for clients that cannot add a field."""
    named = envelope.conversation
    return visit.request.headers.get(HEADER) if named is None else named


class Listening:
    """Gathers the answer of one attempt. Calls without an id get one, for the client and for the memory alike."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._folder = Folder()
        self._calls = 0
        self._failed = False
        self.session = b""
        """What its provider wants to find again."""

    def hear(self, events: list[Event]) -> None:
        """Changes what is in the list."""
        for at, event in enumerate(events):
            if isinstance(event, BlockStarted) and isinstance(event.head, ToolHead):
                if not event.head.id:
                    id = f"{self._prefix}{self._calls:04x}"
                    events[at] = BlockStarted(replace(event.head, id=id))
                self._calls += 1
            elif isinstance(event, Finished):
                self.session = event.session or b""
            self._failed = self._failed or isinstance(event, Failed)
        if not self._failed:
            self._folder.feed(events)

    def said(self) -> tuple[Said, ...] | None:
        """None until the answer is complete, and for one that failed."""
        return self._folder.answer().blocks if self._folder.finished and not self._failed else None


@dataclass(slots=True)
class RememberedTurn:
    """The request at hand, as part of its conversation."""

    memory: Memory
    owner: str
    recalled: Recalled
    visit: Visit
    provider: str
    new: tuple[Turn, ...] = ()
    forget: int = 0
    kept: bool = False
    listening: Listening | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        return self.recalled.remembered.id

    def joined(self, parsed: Parsed) -> Parsed:
        """The request with all that its model is told of the conversation. Raises `BadRequest` when nothing in it is new."""
        asked, before = parsed.conversation, self.recalled.turns
        self.new = new_turns(before, asked.turns)
        if not self.new:
            raise BadRequest(
                "messages: nothing in them is new to this conversation: send what comes next",
                field="messages",
            )
        if known := len(asked.turns) - len(self.new):
            self.visit.record.notes.append(f"messages that the conversation has already: {known}")
        turns = (*before, *self.new)
        self.forget = begin_of_recent(turns, self.memory.max_messages, len(self.new))
        losses = parsed.losses
        if self.forget:
            losses += (Loss("messages", Action.DROPPED, f"the oldest {self.forget} of the conversation"),)
        system = self.recalled.remembered.said.system
        conversation = replace(
            asked,
            turns=turns[self.forget :],
            system=asked.system or (() if system is None else (Text(system),)),
            session=self.id,
            session_kept=self.recalled.session,
            knobs={name: value for name, value in asked.knobs.items() if name != FIELD},
        )
        return Parsed(conversation, parsed.style, losses)

    def listen(self) -> Listening:
        """To another attempt: what was heard of the one before counts no more."""
        self.listening = Listening(f"call_{self.visit.request.id.removeprefix('req_')[:20]}")
        return self.listening

    async def keep(self) -> None:
        """Writes the turn down, once its answer is complete; until then does nothing. An answer without a word is not kept."""
        if self.kept or (listening := self.listening) is None or (said := listening.said()) is None:
            return
        if not (blocks := tuple(_blocks(said, self.provider))):
            return
        turns = (*self.new, Turn(Role.ASSISTANT, blocks))
        await self.memory.add(self.owner, self.recalled, self.forget, turns, listening.session)
        self.kept = True


@asynccontextmanager
async def remembered_turn(
    memory: Memory, active: Active, visit: Visit, id: str, provider: str, body_bytes: int
) -> AsyncIterator[RememberedTurn]:
    """The conversation of that id, for this request alone. Raises `BadRequest`."""
    if body_bytes > MAX_BODY_BYTES:
        raise BadRequest(
            f"a request of a conversation may have {MAX_BODY_BYTES >> 20} MiB: send less, or send it without {FIELD}",
            kind=Kind.TOO_LARGE,
        )
    owner = visit.caller.owner
    if (owner, id) in active:
        raise BadRequest(
            f"conversation {id[:80]!r} is being answered: wait for that answer, then ask again",
            kind=Kind.CONFLICT,
            field=FIELD,
            retry_after_s=RETRY_AFTER_S,
        )
    active.add((owner, id))
    try:
        recalled = await memory.recall(owner, id)
        visit.record.notes.append(f"conversation {id}")
        visit.headers.append((HEADER.encode(), id.encode()))
        yield RememberedTurn(memory, owner, recalled, visit, provider)
    finally:
        active.discard((owner, id))


def new_turns(before: Sequence[Turn], asked: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """What of a request its conversation does not have yet."""
    if len(before) >= 2:
        question, answer = _gist(before[-2]), _gist(before[-1])
        for at in range(len(asked) - 1, 0, -1):
            if asked[at].role is Role.ASSISTANT and (_gist(asked[at - 1]), _gist(asked[at])) == (
                question,
                answer,
            ):
                return asked[at + 1 :]
    return asked


def _gist(turn: Turn) -> tuple[Role, str, tuple[str, ...]]:
    """What is the same of a turn in whatever words a client returns it: texts, calls and results, not thoughts or marks."""
    texts, calls = [], []
    for block in turn.blocks:
        match block:
            case Text(text):
                texts.append(text)
            case ToolCall(id, name):
                calls.append(f"{name} {id}")
            case ToolResult(call_id):
                calls.append(call_id)
            case _:
                pass
    return turn.role, "".join(texts), tuple(calls)


def _blocks(said: Iterable[Said], provider: str) -> Iterable[Block]:
    """What was said, as a client that sends it back would have it understood."""
    for each in said:
        match each:
            case SaidText(text):
                if text:
                    yield Text(text)
            case SaidThinking(text, opaque):
                at_home = opaque is not None and opaque.home == ANTHROPIC
                yield Thinking(text, opaque, None if at_home else provider)
            case SaidCall(id, name, arguments):
                yield ToolCall(id, name, arguments)
            case SaidOpaque(opaque):
                yield opaque
