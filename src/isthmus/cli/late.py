"""What is put together when it is first asked for, because its libraries take as long to load as all the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Late(Generic[Thing]):
    """`build` runs once, in a thread, so that requests under way do not wait for it. If it fails it is tried again."""

    def __init__(self, build: Callable[[], Thing]) -> None:
        self._build = build
        self._building = asyncio.Lock()
        self._built: tuple[Thing] | None = None

    async def get(self) -> Thing:
        if self._built is None:
            async with self._building:
                if self._built is None:
                    self._built = (await asyncio.to_thread(self._build),)
        return self._built[0]
