"""Answers a request from the cache, or has it answered and keeps what may be given again.

Only whole answers in words are: no error, nothing that was cut short, no turn in which a tool is called or heard. Such a turn belongs
to a task that goes on, and what the tool found may be different a moment later. A request that goes on with something kept elsewhere
does not say all that it asks, so the same words ask for something else the next time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from isthmus.core.conversation import Conversation, Role, ToolResult
from isthmus.core.errors import BadRequest
from isthmus.server.cache import AnswerCache, KeptAnswer, Tape, key_of
from isthmus.server.loss_header import tell_losses
from isthmus.server.records import Record
from isthmus.server.reply import HeaderList, StreamReply
from isthmus.server.visit import Visit

HEADER: Final = b"x-isthmus-cache"
LANE: Final = "cache"
"""What log lines say in the place of a lane."""
PIECE_BYTES: Final = 64 * 1024

_WHOLE: Final = frozenset({"end_turn", "stop_sequence", "stop"})
"""How answers stop that are complete, in the words of every dialect."""
_UNFIT: Final = re.compile(
    rb'"(?:stop|finish)_reason"\s*:\s*"(?!(?:end_turn|stop_sequence|stop)")'
    rb'|"tool_calls"\s*:\s*\[\s*\{|"function_call"\s*:\s*\{|"type"\s*:\s*"[a-z_]*tool_use"'
    rb'|"(?:conversation_id|container)"\s*:\s*["{]'
)
"""A call of a tool, one of several answers that was cut short, or the name of something that is kept elsewhere. Inside strings every
quote is escaped: no text is taken for one."""


class _Elsewhere(msgspec.Struct):
    """What a request names that is kept elsewhere, or asks to have kept there."""

    conversation_id: msgspec.Raw = msgspec.Raw()
    container: msgspec.Raw = msgspec.Raw()
    store: msgspec.Raw = msgspec.Raw()

    @property
    def is_named(self) -> bool:
        return any(bytes(each) not in {b"", b"null", b"false"} for each in msgspec.structs.astuple(self))


async def answer_once(
    cache: AnswerCache,
    visit: Visit,
    model: str,
    body: bytes,
    answer: Callable[[Tape | None], Awaitable[None]],
) -> None:
    """Gives the answer that the same caller got for the same request; else that of `answer`, which records it on the tape.

    `model` is the upstream's. A client that says `cache-control: no-store` has nothing to do with the cache; with `no-cache` it gets a
    new answer, which takes the place of the old one.
    """
    wishes = _wishes(visit.request.headers)
    if "no-store" in wishes or _goes_on_elsewhere(body):
        await answer(None)
        return
    key = key_of(visit.caller.subject, visit.dialect.name, model, visit.request.headers, body)
    if "no-cache" not in wishes and (kept := cache.find(key, time.monotonic())) is not None:
        await _replay(kept, visit)
        return
    visit.headers.append((HEADER, b"miss"))
    tape = Tape(cache.rules.max_answer_bytes)
    await answer(tape)
    given = tape.body
    if given is not None and _may_be_repeated(visit.record, given) and not _hears_a_tool(visit, body):
        record = visit.record
        cache.keep(
            key,
            KeptAnswer(
                given, tape.content_type, record.request_id, record.stop, record.losses, time.monotonic()
            ),
        )


def _goes_on_elsewhere(body: bytes) -> bool:
    try:
        return msgspec.json.decode(body, type=_Elsewhere).is_named
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True


async def _replay(kept: KeptAnswer, visit: Visit) -> None:
    """It used nothing of the upstream's, and its row says so; the answer itself has the figures that were measured first."""
    record, now_s = visit.record, time.monotonic()
    record.lane, record.stop, record.losses, record.status = LANE, kept.stop, kept.losses, 200
    record.notes.append(f"cached: the answer to {kept.request_id}")
    visit.headers += _told(kept, now_s)
    if kept.content_type is not None:
        await visit.reply(200, kept.body, kept.content_type)
        return
    record.first_token_s = now_s
    reply = StreamReply(visit.send, visit.headers)
    for at in range(0, len(kept.body), PIECE_BYTES):
        await reply.write(kept.body[at : at + PIECE_BYTES])
    await reply.finish(b"")


def _told(kept: KeptAnswer, now_s: float) -> HeaderList:
    headers = [(HEADER, b"hit"), (b"age", b"%d" % max(0, int(now_s - kept.kept_s)))]
    tell_losses(headers, kept.losses)
    return headers


def _may_be_repeated(record: Record, given: bytes) -> bool:
    is_good = record.status == 200 and record.error is None and not record.client_left
    return is_good and record.stop in _WHOLE and _UNFIT.search(given) is None


def _hears_a_tool(visit: Visit, body: bytes) -> bool:
    """Whether the request ends in what a tool found; also true for one that nobody here can read."""
    try:
        return ends_in_a_result(visit.dialect.parse(body, visit.request.headers).conversation)
    except BadRequest:
        return True


def ends_in_a_result(conversation: Conversation) -> bool:
    """Whether a tool has been heard since the model last spoke."""
    for turn in reversed(conversation.turns):
        if turn.role is Role.ASSISTANT:
            return False
        if any(isinstance(block, ToolResult) for block in turn.blocks):
            return True
    return False


def _wishes(headers: Mapping[str, str]) -> set[str]:
    return {each.strip().lower() for each in headers.get("cache-control", "").split(",")}
