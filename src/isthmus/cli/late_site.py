"""An application that is put together when it is first asked for: its libraries take as long to load as all the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from isthmus.server.gateway import Site
from isthmus.server.reply import Receive, Send


class LateSite:
    """`build` runs once, in a thread, so that requests under way do not wait for it."""

    def __init__(self, build: Callable[[], Site]) -> None:
        self._build = build
        self._building = asyncio.Lock()
        self._site: Site | None = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await (await self._built())(scope, receive, send)

    async def _built(self) -> Callable[..., Awaitable[None]]:
        if self._site is None:
            async with self._building:
                if self._site is None:
                    self._site = await asyncio.to_thread(self._build)
        return self._site
