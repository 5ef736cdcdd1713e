from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from isthmus.core.errors import BadRequest, Kind
from isthmus.server.reply import ClientLeft
from isthmus.server.request import request_from


def receiving(*messages: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    return receive


def scope(**headers: str) -> dict[str, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "method": "POST",
        "path": "/v1/messages",
        "query_string": b"beta=true&limit=5",
        "headers": pairs,
        "client": ("127.0.0.1", 5),
    }


async def test_a_body_arrives_in_pieces() -> None:
    request = request_from(
        scope(),
        receiving(
            {"type": "http.request", "body": b"ab", "more_body": True}, {"type": "http.request", "body": b"c"}
        ),
    )
    assert await request.body(3) == b"abc"


async def test_a_declared_size_over_the_limit_is_refused_unread() -> None:
    request = request_from(scope(content_length="4"), receiving())
    with pytest.raises(BadRequest, match="max_body_mib") as caught:
        await request.body(3)
    assert caught.value.kind is Kind.TOO_LARGE


async def test_an_undeclared_size_over_the_limit_is_refused_on_the_way() -> None:
    request = request_from(scope(), receiving({"type": "http.request", "body": b"abcd", "more_body": True}))
    with pytest.raises(BadRequest):
        await request.body(3)


async def test_a_client_that_leaves_early_is_noticed() -> None:
    request = request_from(scope(), receiving({"type": "http.disconnect"}))
    with pytest.raises(ClientLeft):
        await request.body(3)


def test_ids_are_fresh_and_headers_are_found() -> None:
    first, second = (request_from(scope(anthropic_version="2023-06-01"), receiving()) for _ in range(2))
    assert first.id != second.id
    assert first.id.startswith("req_")
    assert len(first.id) == 28
    assert first.is_messages_client
    assert first.query_value("limit") == "5"
    assert first.query_value("after_id") is None


def test_a_repeated_header_is_one_list() -> None:
    repeated = scope() | {
        "headers": [(b"anthropic-beta", b"a"), (b"host", b"h"), (b"anthropic-beta", b"b,c")]
    }
    assert request_from(repeated, receiving()).headers == {"anthropic-beta": "a, b,c", "host": "h"}


async def test_the_rest_of_a_refused_request_is_thrown_away() -> None:
    more = {"type": "http.request", "body": b"abcd", "more_body": True}
    waiting = [more, more, more, {"type": "http.request", "body": b"e"}]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    request = request_from(scope(), receive)
    with pytest.raises(BadRequest):
        await request.body(3)
    assert not request.received
    await request.discard()
    assert request.received
    assert waiting == []


async def test_a_body_that_never_ends_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.server.request.LINGER_S", 0.05)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"abcd", "more_body": True}

    request = request_from(scope(), receive)
    await request.discard()
    assert request.received
