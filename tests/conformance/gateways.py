"""A real gateway in this process, on a loopback port, as the command line would build it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from isthmus.cli.compose import Credentials, Stock, build, open_hands
from isthmus.config.settings import Settings

PACE = {"commit_after_s": 1.0, "keepalive_s": 0.3}


@asynccontextmanager
async def gateway(
    providers: dict[str, Any], accounts: Sequence[Credentials] = (), *, rests: bool = False, **settings: Any
) -> AsyncIterator[str]:
    """The address of a gateway with these providers, and with accounts of those that take no key in the configuration."""
    # Cases that make an upstream fail must not keep the next ones from it.
    values = {"providers": providers, "streams": PACE, "accounts": {"cooldowns": rests}, **settings}
    loaded = Settings.model_validate(values)
    async with open_hands(loaded.images) as hands:
        config = uvicorn.Config(
            build(loaded, hands, Stock(accounts)), host="127.0.0.1", port=0, log_level="error", lifespan="on"
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
