from __future__ import annotations

import pytest

from isthmus.core.commands import Call, Exchange
from isthmus.core.errors import UpstreamError
from isthmus.server.job import Once


def exchange() -> Exchange:
    yield Call("GET", "http://127.0.0.1/")


async def test_one_exchange_is_tried_once() -> None:
    only = exchange()
    once = Once(only)
    assert await once.begin(None) is only
    failure = UpstreamError("no")
    with pytest.raises(UpstreamError) as raised:
        await once.begin(failure)
    assert raised.value is failure
