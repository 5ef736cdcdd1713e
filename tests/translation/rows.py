"""One row of the translation table as a test: what a client asks, and what must reach the upstream for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from asgi import Reply
from translation.room import Claude, Json, Room, Vendor, opened

ABSENT = object()
"""Stands for a field that must not be sent."""
Judge = Callable[[Json, Reply], None]


@dataclass(frozen=True, slots=True)
class Row:
    """`id` begins with the rule's id. `sends` is what the upstream's request must hold, field by field."""

    id: str
    target: Vendor | Claude
    asks: Json
    sends: Json = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    """What the loss header must say."""
    headers: dict[str, str] = field(default_factory=dict)
    judge: Judge | None = None


def parametrized(rows: Iterable[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in rows])


async def check(row: Row, ask: Callable[[Room], Any]) -> None:
    async with opened(row.target) as room:
        reply: Reply = await ask(room)
        assert reply.status == 200, reply.body.decode()
        assert len(room.upstream.requests) == 1, "one request makes one request"
        sent = room.sent
        for name, wanted in row.sends.items():
            assert sent.get(name, ABSENT) == wanted or (wanted is ABSENT and name not in sent), (
                f"{name}: {sent.get(name, 'absent')!r}"
            )
        lost = reply.headers.get("x-isthmus-loss", "")
        for word in row.losses:
            assert word in lost
        if row.judge is not None:
            row.judge(sent, reply)


async def by_messages(row: Row) -> None:
    await check(row, lambda room: room.messages(row.headers, **row.asks))


async def by_chat(row: Row) -> None:
    await check(row, lambda room: room.chat(row.headers, **row.asks))


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that is refused before anybody is asked, with a message that holds these words."""

    id: str
    target: Vendor | Claude
    asks: Json
    words: tuple[str, ...]


def refusals(rows: Iterable[Refused]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in rows])


async def check_refused(row: Refused, ask: Callable[[Room], Any]) -> None:
    async with opened(row.target) as room:
        reply: Reply = await ask(room)
        assert reply.status == 400, reply.body.decode()
        assert not room.upstream.requests
        error = reply.json["error"]
        assert error["type"] == "invalid_request_error"
        for word in row.words:
            assert word in error["message"]
