"""A conversation that has outgrown its model, through the whole application; whoever summarises is an upstream like any other."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from asgi import ask as send
from isthmus.core.abilities import Abilities
from isthmus.core.commands import ClientRequest
from isthmus.core.conversation import Conversation
from isthmus.routing.limits import Limit, Sliding, Unit
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.server.callers import Caller, Callers
from isthmus.server.gateway import Gateway
from isthmus.server.records import Record
from isthmus.server.reply import Pace
from isthmus.server.sources import Source
from isthmus.shaping.compression import Method, Plan
from isthmus.transport.http import Http, Limits
from plainly import Upstream, Wordy, lines, upstream
from whole import gateway

KEY = "k" * 24
WINDOW = 8000
OLD = "many words of an old question " * 300
LONG: dict[str, Any] = {
    "model": "m",
    "max_tokens": 100,
    "messages": [
        *(
            {"role": role, "content": f"{at} {OLD if role == 'user' else 'so it is'}"}
            for at in range(6)
            for role in ("user", "assistant")
        ),
        {"role": "user", "content": "and now?"},
    ],
}
SHORT = LONG | {"messages": LONG["messages"][-1:]}
ANSWER = lines("begin", "the answer", "end")
SUMMARY = lines("begin", "they asked much", "end")
RAW = web.Response(body=b'{"end" : 1}', content_type="application/json")


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


class Stage:
    """Two providers: `near` answers, in a small window, and `far` writes summaries."""

    def __init__(self, http: Http, near: Upstream, far: Upstream, plan: Plan) -> None:
        self.near = Wordy(near.url, "near", Abilities(context_window=WINDOW))
        self.far = Wordy(far.url, "far")
        caller = Caller("key_1", "team", terms=KeyTerms(tokens_per_minute=100_000))
        sources = [Source(each, http.channel(Limits())) for each in (self.near, self.far)]
        self.app: Gateway = gateway(*sources, callers=Callers({key_hash(KEY): caller}, required=True))
        offer = self.app.endpoints.offer
        self.app.endpoints.offer = replace(offer, plans={"near": plan}, pace=Pace())
        self.records: list[Record] = []
        self.app.note = self.records.append

    async def ask(self, body: dict[str, Any], path: str = "/v1/chat/completions") -> Any:
        return await send(self.app, "POST", path, body, {"x-api-key": KEY})

    def heard(self) -> Conversation:
        (conversation,) = self.near.heard
        assert isinstance(conversation, Conversation)
        return conversation


SUMMARISE = Plan(Method.SUMMARISE, keep_turns=1, model="far/scribe", timeout_s=10)


async def test_the_chosen_model_summarises_and_the_log_has_a_row_of_it(http: Http) -> None:
    async with upstream(ANSWER) as near, upstream(SUMMARY) as far:
        stage = Stage(http, near, far, SUMMARISE)
        reply = await stage.ask(LONG)
    assert reply.status == 200
    assert "the answer" in reply.body.decode()
    assert "by a summary" in reply.headers["x-isthmus-loss"]
    assert "they asked much" in str(stage.heard().turns[0])
    assert len(stage.heard().turns) < len(LONG["messages"])
    summary, answer = stage.records
    assert (summary.endpoint, summary.provider, summary.model_used) == ("summary", "far", "scribe")
    assert (summary.status, summary.key, summary.error) == (200, "key_1", None)
    assert summary.usage is not None
    assert summary.notes == [f"for {answer.request_id}"]
    assert f"summarised by {summary.request_id}" in answer.notes
    assert (answer.endpoint, answer.provider) == ("chat/completions", "near")


async def test_a_summary_counts_against_the_limits_of_the_key(http: Http) -> None:
    async with upstream(ANSWER) as near, upstream(SUMMARY) as far:
        stage = Stage(http, near, far, SUMMARISE)
        await stage.ask(LONG)
    limit = Limit(Unit.TOKENS, 100_000, Sliding(60))
    (standing,) = await stage.app.admission.limiter.standing("key:key_1", [limit], time.time())
    assert standing.remaining == 100_000 - 10 - 10


async def test_the_same_beginning_is_summarised_once(http: Http) -> None:
    async with upstream(ANSWER) as near, upstream(SUMMARY) as far:
        stage = Stage(http, near, far, SUMMARISE)
        for _ in range(3):
            assert (await stage.ask(LONG)).status == 200
        assert (near.asked, far.asked) == (3, 1)
    assert len(stage.records) == 4


@pytest.mark.parametrize(
    ("far_says", "why"),
    [(web.Response(status=529, text="busy"), "overloaded"), (lines("begin", "end"), "upstream")],
)
async def test_without_a_summary_the_answer_comes_all_the_same(http: Http, far_says: Any, why: str) -> None:
    async with upstream(ANSWER) as near, upstream(far_says) as far:
        stage = Stage(http, near, far, SUMMARISE)
        reply = await stage.ask(LONG)
    assert reply.status == 200
    assert "no summary" in reply.headers["x-isthmus-loss"]
    assert why in reply.headers["x-isthmus-loss"]
    summary, answer = stage.records
    assert (summary.error, summary.status) == (why, 502)
    assert answer.error is None


async def test_a_summary_that_takes_too_long_is_given_up(http: Http) -> None:
    async with upstream(ANSWER) as near, upstream(lines("begin", 30.0)) as far:
        stage = Stage(http, near, far, replace(SUMMARISE, timeout_s=0.2))
        reply = await stage.ask(LONG)
        await asyncio.wait_for(far.gone.wait(), 10)
    assert reply.status == 200
    assert "no summary timeout" in reply.headers["x-isthmus-loss"]
    assert stage.records[0].error == "timeout"
    assert stage.records[0].error_text == "the answer was not there in time"


async def test_unless_another_is_named_the_model_that_was_asked_summarises(http: Http) -> None:
    async with upstream(SUMMARY, ANSWER) as near:
        stage = Stage(http, near, near, replace(SUMMARISE, model=None))
        reply = await stage.ask(LONG)
        assert near.asked == 2
    assert "the answer" in reply.body.decode()
    assert stage.records[0].provider == "near"


async def test_a_raw_request_is_translated_only_when_it_has_outgrown_its_model(http: Http) -> None:
    async with upstream(RAW, ANSWER) as near:
        stage = Stage(http, near, near, Plan(Method.DROP, keep_turns=1))
        raw = await stage.ask(SHORT, "/v1/messages")
        shortened = await stage.ask(LONG, "/v1/messages")
    assert raw.body == b'{"end" : 1}'
    assert shortened.json["content"][0]["text"] == "the answer"
    assert "oldest turns" in shortened.headers["x-isthmus-loss"]
    first, second = stage.near.heard
    assert isinstance(first, ClientRequest)
    assert isinstance(second, Conversation)
    assert [record.lane for record in stage.records] == ["raw", "translated"]


async def test_a_raw_request_that_cannot_be_read_is_its_vendors_to_judge(http: Http) -> None:
    body = LONG | {"messages": [*LONG["messages"], {"role": "robot", "content": "?"}]}
    async with upstream(RAW) as near:
        stage = Stage(http, near, near, Plan(Method.DROP))
        assert (await stage.ask(body, "/v1/messages")).body == b'{"end" : 1}'


@pytest.mark.parametrize(
    ("path", "code"),
    [("/v1/messages", "invalid_request_error"), ("/v1/chat/completions", "context_length_exceeded")],
)
async def test_what_cannot_be_made_to_fit_is_refused_in_both_dialects(
    http: Http, path: str, code: str
) -> None:
    body = LONG | {"messages": [{"role": "user", "content": OLD * 10}]}
    async with upstream(RAW) as near:
        stage = Stage(http, near, near, Plan(Method.CLIP))
        reply = await stage.ask(body, path)
        assert near.asked == 0
    error = reply.json["error"]
    assert reply.status == 400
    assert code in (error["type"], error.get("code"))
    assert error["message"].startswith("prompt is too long: ")
    assert error["message"].endswith(f" tokens > {WINDOW} maximum")


async def test_a_client_that_leaves_ends_the_summary_too(http: Http) -> None:
    left = asyncio.Event()
    sent: list[Any] = []
    async with upstream(ANSWER) as near, upstream(lines("begin", 30.0)) as far:
        stage = Stage(http, near, far, SUMMARISE)

        async def leave() -> None:
            while not far.asked:
                await asyncio.sleep(0.01)
            left.set()

        leaving = asyncio.create_task(leave())
        await asyncio.wait_for(_visit(stage.app, left, sent), 10)
        await asyncio.wait_for(far.gone.wait(), 10)
        await leaving
        assert near.asked == 0
    assert stage.records[-1].client_left
    assert sent == []


async def _visit(app: Gateway, left: asyncio.Event, sent: list[Any]) -> None:
    waiting = [{"type": "http.request", "body": json.dumps(LONG).encode(), "more_body": False}]

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def keep(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:8000"), (b"x-api-key", KEY.encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
    }
    await app(scope, receive, keep)
