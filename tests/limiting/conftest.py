from collections.abc import AsyncIterator

import pytest

from isthmus.routing.limits import Limiter
from limiting.stores import STORES, opened


@pytest.fixture(params=STORES)
async def limiter(request: pytest.FixtureRequest) -> AsyncIterator[Limiter]:
    """Each store in turn."""
    async with opened(request.param) as limiter:
        yield limiter
