"""Limits, budgets and blocked addresses, through the whole application."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from asgi import Reply, ask
from isthmus.core.usage import Usage
from isthmus.providers.dummy import Dummy
from isthmus.routing.limits import Limit, Sliding, Unit
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.server.callers import Caller, Callers
from isthmus.server.gateway import Gateway
from isthmus.server.records import Record
from isthmus.server.sources import Source
from isthmus.transport.http import Http, Limits
from whole import gateway

KEY = "k" * 24
HELLO = {"model": "dummy", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
async def source() -> AsyncIterator[Source]:
    async with Http() as http:
        yield Source(Dummy("mine"), http.channel(Limits()))


def keyed(source: Source, **terms: Any) -> Gateway:
    caller = Caller("key_1", "team", terms=KeyTerms(**terms))
    return gateway(source, callers=Callers({key_hash(KEY): caller}, required=True))


async def say_hello(app: Gateway, path: str = "/v1/messages") -> Reply:
    return await ask(app, "POST", path, HELLO, {"x-api-key": KEY})


async def test_a_rate_limit_is_told_in_the_dialect_with_the_time_to_come_back(source: Source) -> None:
    app = keyed(source, requests_per_minute=2)
    assert [(await say_hello(app)).status for _ in range(2)] == [200, 200]
    refused = await say_hello(app)
    assert (refused.status, refused.json["error"]["type"]) == (429, "rate_limit_error")
    assert "requests per minute: 2 of 2 used" in refused.json["error"]["message"]
    assert 0 < float(refused.headers["retry-after"]) <= 62  # a window moves in small steps
    chat = await say_hello(app, "/v1/chat/completions")
    assert (chat.status, chat.json["error"]["code"]) == (429, "rate_limit_exceeded")


async def test_an_image_counts_as_an_image_and_not_as_text(source: Source) -> None:
    def asked(text: str) -> dict[str, Any]:
        image = {"type": "base64", "media_type": "image/png", "data": "iVBORw0K" * 50_000}
        content = [{"type": "image", "source": image}, {"type": "text", "text": text}]
        return HELLO | {"messages": [{"role": "user", "content": content}]}

    app = keyed(source, tokens_per_minute=5_000)
    statuses = [
        (await ask(app, "POST", "/v1/messages", asked(text), {"x-api-key": KEY})).status
        for text in ("What is this?", "a word, " * 5_000)
    ]
    assert statuses == [200, 429]


async def test_a_budget_that_is_used_up_stops_clients_from_trying_again(source: Source) -> None:
    app = keyed(source, nano_usd_per_day=1000)
    app.admission.cost_of = lambda provider, model, usage: 1000 if model == "dummy" else None
    records: list[Record] = []
    app.note = records.append
    assert (await say_hello(app)).status == 200
    refused = await say_hello(app)
    assert (refused.status, refused.json["error"]["type"]) == (402, "billing_error")
    assert refused.headers["x-should-retry"] == "false"
    assert [record.cost_nano_usd for record in records] == [1000, None]


async def test_tokens_are_settled_to_what_was_used(source: Source) -> None:
    app = keyed(source, tokens_per_minute=100_000)
    records: list[Record] = []
    app.note = records.append
    assert (await say_hello(app)).status == 200
    usage = records[0].usage
    assert usage is not None
    limit = Limit(Unit.TOKENS, 100_000, Sliding(60))
    (standing,) = await app.admission.limiter.standing("key:key_1", [limit], time.time())
    assert standing.remaining == 100_000 - usage.total_tokens


async def test_a_place_comes_back_whatever_became_of_the_request(source: Source) -> None:
    app = keyed(source, max_concurrency=1)
    bad = {**HELLO, "messages": [{"role": "user", "content": [{"type": "nonsense"}]}]}
    for body in (
        HELLO,
        {**HELLO, "model": "dummy-500"},
        bad,
        {**HELLO, "model": "dummy-cut-text", "stream": True},
        HELLO,
    ):
        reply = await ask(app, "POST", "/v1/messages", body, {"x-api-key": KEY})
        assert reply.status != 429
    assert reply.status == 200


async def test_answers_say_how_the_key_stands(source: Source) -> None:
    app = keyed(source, requests_per_minute=3)
    messages, chat, refused = [
        (await say_hello(app, path)).headers
        for path in ("/v1/messages", "/v1/chat/completions", "/v1/messages")
    ]
    assert messages["anthropic-ratelimit-requests-limit"] == "3"
    assert [each["anthropic-ratelimit-requests-remaining"] for each in (messages, refused)] == ["2", "0"]
    assert chat["x-ratelimit-remaining-requests"] == "1"
    assert "anthropic-ratelimit-requests-limit" not in chat


async def test_addresses_are_limited_where_that_is_wanted(source: Source) -> None:
    app = gateway(source)
    app.admission.ip_limits = (Limit(Unit.REQUESTS, 1, Sliding(60)),)
    assert (await say_hello(app)).status == 200
    refused = await say_hello(app)
    assert refused.status == 429
    assert "address 127.0.0.1" in refused.json["error"]["message"]


async def test_a_blocked_address_gets_nothing_but_the_reason(source: Source) -> None:
    app = gateway(source)
    app.admission.blocked = lambda address, now_s: "too loud" if address == "127.0.0.1" else None
    refused = await say_hello(app)
    assert (refused.status, refused.json["error"]["message"]) == (
        403,
        "address 127.0.0.1 is blocked: too loud",
    )
    assert (await ask(app, "GET", "/healthz")).status == 200


async def test_a_key_sees_and_uses_its_own_models_only(source: Source) -> None:
    app = keyed(source, models=("dummy-t*",))
    listed = (await ask(app, "GET", "/v1/models", headers={"x-api-key": KEY})).json["data"]
    assert {model["id"] for model in listed} >= {"dummy-text"}
    assert all(model["id"].startswith("dummy-t") for model in listed)
    refused = await say_hello(app)
    assert (refused.status, refused.json["error"]["type"]) == (403, "permission_error")
    hidden = await ask(app, "GET", "/v1/models/dummy-echo", headers={"x-api-key": KEY})
    assert hidden.status == 404


async def test_a_price_is_asked_for_with_the_usage_of_the_answer(source: Source) -> None:
    asked: list[tuple[str, str, Usage]] = []

    def cost_of(provider: str, model: str, usage: Usage) -> int | None:
        asked.append((provider, model, usage))
        return None

    app = gateway(source)
    app.admission.cost_of = cost_of
    await say_hello(app)
    ((provider, model, usage),) = asked
    assert (provider, model) == ("mine", "dummy")
    assert usage.output_tokens > 0
