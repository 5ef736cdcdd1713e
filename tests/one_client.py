"""One client of an ASGI application, as its server would stand for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Client:
    """What an ASGI server would do for one client: takes messages, and may go away."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    slow_s: float = 0.0

    async def send(self, message: Any) -> None:
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        self.messages.append(dict(message))

    async def receive(self) -> dict[str, Any]:
        await self.leaving.wait()
        return {"type": "http.disconnect"}

    @property
    def status(self) -> int | None:
        return self.messages[0]["status"] if self.messages else None

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def complete(self) -> bool:
        return bool(self.messages) and not self.messages[-1].get("more_body", False)
