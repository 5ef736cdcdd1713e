"""Put together once, when it is first asked for."""

from __future__ import annotations

import asyncio
from typing import Any

from asgi import ask
from isthmus.cli.late_site import LateSite
from isthmus.server.reply import send_whole


async def test_it_is_built_once_and_for_everybody() -> None:
    built = []

    def build() -> Any:
        built.append("built")

        async def site(scope: Any, receive: Any, send: Any) -> None:
            await send_whole(send, 200, [], scope["path"].encode())

        return site

    late = LateSite(build)
    assert built == []
    replies = await asyncio.gather(*(ask(late, "GET", f"/{number}") for number in range(5)))
    assert [reply.body for reply in replies] == [b"/0", b"/1", b"/2", b"/3", b"/4"]
    assert built == ["built"]


async def test_what_could_not_be_built_is_tried_again() -> None:
    tries = []

    def build() -> Any:
        tries.append("try")
        raise MemoryError

    late = LateSite(build)
    for _ in range(2):
        try:
            await ask(late, "GET", "/")
        except MemoryError:
            continue
    assert len(tries) == 2
