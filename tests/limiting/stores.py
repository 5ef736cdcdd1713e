"""Both stores of meters, the shared one on a real Redis under a prefix of its own, gone afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from isthmus.core.secret import Secret
from isthmus.limiting.memory import MemoryLimiter
from isthmus.limiting.redis import RedisLimiter
from isthmus.routing.limits import Limiter

REDIS_URL: Final = os.environ.get("ISTHMUS_TEST_REDIS", "redis://127.0.0.1:6379/0")
STORES: Final = ("memory", "redis")


@asynccontextmanager
async def opened(store: str) -> AsyncIterator[Limiter]:
    if store == "memory":
        yield MemoryLimiter()
        return
    async with shared() as limiter:
        yield limiter


@asynccontextmanager
async def shared(prefix: str | None = None) -> AsyncIterator[RedisLimiter]:
    """Connected for certain: a limiter that works without Redis would make a test of Redis worthless."""
    prefix = prefix or f"isthmus-test:{secrets.token_hex(6)}:"
    limiter = RedisLimiter.connect(Secret(REDIS_URL), prefix=prefix, timeout_s=5)
    try:
        await limiter._client.ping()
    except (RedisError, OSError) as error:
        await limiter.close()
        pytest.skip(f"needs redis at {REDIS_URL.rpartition('@')[2]}: {type(error).__name__}")
    try:
        yield limiter
        assert limiter.reachable, "the test lost Redis on its way and went on in memory"
    finally:
        await sweep(limiter._client, prefix)
        await limiter.close()


async def sweep(client: Redis, prefix: str) -> None:
    keys = [key async for key in client.scan_iter(f"{prefix}*", count=1000)]
    if keys:
        await client.delete(*keys)
