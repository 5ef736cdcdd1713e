"""A gateway in this process with a database of its own, as `serve` would run it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from isthmus.cli.compose import open_hands
from isthmus.cli.running import Running, run_gateway
from isthmus.cli.stores import Stores, open_stores
from isthmus.config import Settings
from isthmus.observability.redaction import Redaction

DUMMY = {"providers": {"dummy": {"type": "dummy"}}}


@asynccontextmanager
async def gateway(
    folder: Path,
    configuration: dict[str, Any] | None = None,
    *,
    database: str | None = None,
    default_is_guessed: bool = False,
) -> AsyncIterator[tuple[Running, Stores]]:
    """With the dummy provider unless configured otherwise. A second one over the same folder shares its SQLite database,
    and `database` is the address of another."""
    values = {**(configuration or DUMMY)}
    values["storage"] = {"data_dir": str(folder), "url": database, **values.get("storage", {})}
    settings = Settings.model_validate(values)
    if settings.default_provider is None:
        settings = settings.model_copy(update={"default_provider": next(iter(settings.providers))})
    async with AsyncExitStack() as stack:
        hands = await stack.enter_async_context(open_hands(settings.images))
        stores = await stack.enter_async_context(open_stores(settings))
        running = await stack.enter_async_context(
            run_gateway(settings, hands, stores, Redaction(), default_is_guessed=default_is_guessed)
        )
        yield running, stores
