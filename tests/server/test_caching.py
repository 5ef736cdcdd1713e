"""Through the whole application: what is answered from the cache, what never is, and what a client and the log are told."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
from aiohttp import web

from asgi import Reply, ask
from isthmus.core.conversation import Conversation, Role, Text, ToolResult, Turn
from isthmus.providers.dummy.provider import Dummy
from isthmus.routing.limits import Unit
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.server.cache import AnswerCache, CacheRules, CacheState, Tape
from isthmus.server.caching import ends_in_a_result
from isthmus.server.callers import Caller, Callers
from isthmus.server.gateway import Gateway
from isthmus.server.records import Record
from isthmus.server.reply import StreamReply
from isthmus.server.sources import Source
from isthmus.transport.http import Http, Limits
from plainly import Upstream, Wordy, lines, upstream
from whole import gateway

MESSAGES, CHAT = "/v1/messages", "/v1/chat/completions"
HELLO = {"model": "m", "max_tokens": 1000, "messages": [{"role": "user", "content": "hello"}]}
TOOL = {"name": "look", "input_schema": {"type": "object", "properties": {}}}
ANSWER = '{"type":"message","content":[%s],"stop_reason":"%s","end":0}'
TEXT = '{"type":"text","text":"hi"}'
RULES = CacheRules(60, 100, 10 << 20)


class Foreign(Wordy):
    native = frozenset[str]()


def cached(source: Source, rules: CacheRules = RULES, **fields: Any) -> tuple[Gateway, list[Record]]:
    app, records = gateway(source, **fields), list[Record]()
    app.endpoints.offer.suppliers[source.name].cache = AnswerCache(rules)
    app.note = records.append
    return app, records


def state(app: Gateway) -> CacheState:
    (supplier,) = app.endpoints.offer.suppliers.values()
    assert supplier.cache is not None
    return supplier.cache.state(time.monotonic())


def whole(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=text, content_type="application/json")


def marks(*replies: Reply) -> list[str | None]:
    return [each.headers.get("x-isthmus-cache") for each in replies]


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


@pytest.fixture
async def up() -> AsyncIterator[Upstream]:
    """Each answer is another one."""
    async with upstream(
        *(lines("begin", f"answer {at} ", "ping", "of many", "end") for at in range(9))
    ) as played:
        yield played


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
async def test_the_same_request_gets_the_same_bytes(
    path: str, stream: bool, http: Http, up: Upstream
) -> None:
    app, records = cached(Source(Wordy(up.url), http.channel(Limits())))
    first, again = [await ask(app, "POST", path, HELLO | {"stream": stream}) for _ in range(2)]
    assert first.body == again.body and len(first.body) > 20
    assert first.headers["content-type"] == again.headers["content-type"]
    assert marks(first, again) == ["miss", "hit"]
    assert "age" in again.headers and "age" not in first.headers
    assert first.headers["request-id"] != again.headers["request-id"]
    assert up.asked == 1
    assert [each.lane for each in records] == ["raw" if path == MESSAGES else "translated", "cache"]
    assert records[0].usage is not None
    assert records[1].usage is None, "nothing was used"
    assert records[1].notes == [f"cached: the answer to {first.headers['request-id']}"]
    assert (records[1].stop, records[1].status, records[1].streamed) == (records[0].stop, 200, stream)
    assert (records[1].account, records[1].attempts, records[1].provider) == (None, 0, "wordy")
    assert (records[1].first_token_s is None) == (not stream)
    assert (state(app).hits, state(app).misses, state(app).entries) == (1, 1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"stream": True},
        {"temperature": 0.5},
        {"max_tokens": 8},
        {"model": "n"},
        {"messages": [{"role": "user", "content": "hello "}]},
        {"metadata": {"user_id": "x"}},
        {"tools": [{"type": "function", "function": {"name": "look", "parameters": {}}}]},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_another_request_gets_another_answer(change: dict[str, Any], http: Http, up: Upstream) -> None:
    app, _ = cached(Source(Wordy(up.url), http.channel(Limits())))
    replies = [await ask(app, "POST", CHAT, body) for body in (HELLO, HELLO | change)]
    assert marks(*replies) == ["miss", "miss"]
    assert up.asked == 2


async def test_versions_and_betas_are_part_of_a_request(http: Http, up: Upstream) -> None:
    app, _ = cached(Source(Wordy(up.url), http.channel(Limits())))
    for beta, mark in (("a", "miss"), ("b", "miss"), ("a", "hit")):
        assert marks(await ask(app, "POST", MESSAGES, HELLO, {"anthropic-beta": beta})) == [mark]


async def test_a_stream_is_not_the_answer_to_a_plain_request_and_chat_none_to_messages(
    http: Http, up: Upstream
) -> None:
    app, _ = cached(Source(Wordy(up.url), http.channel(Limits())))
    for path in (CHAT, MESSAGES):
        for stream in (True, False):
            assert marks(await ask(app, "POST", path, HELLO | {"stream": stream})) == ["miss"]


async def test_one_keys_answers_never_reach_another(http: Http, up: Upstream) -> None:
    words = {name: f"sk-isthmus-{name * 30}" for name in "ab"}
    terms = KeyTerms(tokens_per_day=100_000, requests_per_day=100)
    known = {key_hash(word): Caller(f"key_{name}", name, terms=terms) for name, word in words.items()}
    source = Source(Wordy(up.url), http.channel(Limits()))
    app, records = cached(source, callers=Callers(known, required=True))
    replies = {
        asked: await ask(app, "POST", CHAT, HELLO, {"x-api-key": words[asked[0]]})
        for asked in ("a1", "b1", "a2", "b2")
    }
    assert marks(*replies.values()) == ["miss", "miss", "hit", "hit"]
    assert replies["a1"].body == replies["a2"].body != replies["b1"].body == replies["b2"].body
    limits = known[key_hash(words["a"])].limits
    standing = await app.admission.limiter.standing("key:key_a", limits, time.time())
    used = {each.limit.unit: each.limit.maximum - each.remaining for each in standing}
    assert used == {Unit.REQUESTS: 2, Unit.TOKENS: 10}, "a hit is a request, and costs no tokens"
    assert [each.cost_nano_usd for each in records if each.lane == "cache"] == [None, None]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
@pytest.mark.parametrize(
    ("model", "more", "stop"),
    [
        ("dummy-tool", {"tools": [TOOL]}, "tool_use"),
        ("dummy-parallel-tools", {"tools": [TOOL]}, "tool_use"),
        ("dummy-cut-text", {}, None),
        ("dummy-429", {}, None),
        ("dummy-overflow", {}, None),
        ("dummy-max-tokens", {}, "max_tokens"),
    ],
)
async def test_tools_and_failures_are_never_repeated(
    model: str, more: dict[str, Any], stop: str | None, stream: bool, http: Http
) -> None:
    app, records = cached(Source(Dummy("dummy"), http.channel(Limits())))
    for _ in range(2):
        reply = await ask(app, "POST", MESSAGES, {**HELLO, **more, "model": model, "stream": stream})
        assert marks(reply) == ["miss"]
    assert state(app).entries == 0
    assert {each.lane for each in records} == {"translated"}
    assert {each.stop for each in records} == {stop}


@pytest.mark.parametrize(
    ("reply", "mark"),
    [
        (whole(ANSWER % (TEXT, "end_turn")), "hit"),
        (whole(ANSWER % ('{"type":"text","text":"{\\"type\\":\\"tool_use\\"}"}', "end_turn")), "hit"),
        (whole(ANSWER % ('{"type":"tool_use","id":"a","name":"b","input":{}}', "end_turn")), "miss"),
        (whole(ANSWER % ('{"type":"server_tool_use","id":"a","name":"b","input":{}}', "end_turn")), "miss"),
        (whole(ANSWER % (TEXT, "max_tokens")), "miss"),
        (whole('{"choices":[{"finish_reason":"stop"},{"finish_reason": "length"}],"end":0}'), "miss"),
        (whole('{"choices":[{"message":{"tool_calls": [{"id":1}]}}],"end":0}'), "miss"),
        (whole('{"choices":[{"message":{"tool_calls":[]},"finish_reason":"stop"}],"end":0}'), "hit"),
        (whole('{"choices":[{"message":{"function_call":{"name":1}}}],"end":0}'), "miss"),
        (whole('{"choices":[{"finish_reason":"stop"}],"conversation_id":"conv_1","end":0}'), "miss"),
        (whole('{"choices":[{"finish_reason":"stop"}],"container":null,"end":0}'), "hit"),
        (whole('{"error":{"message":"no"}}', 400), "miss"),
    ],
)
async def test_bytes_that_go_through_untouched_are_looked_at(
    reply: web.Response, mark: str, http: Http
) -> None:
    async with upstream(reply) as up:
        app, _ = cached(Source(Wordy(up.url), http.channel(Limits())))
        first, again = [await ask(app, "POST", MESSAGES, HELLO) for _ in range(2)]
    assert marks(first, again) == ["miss", mark]
    if mark == "hit":
        assert first.body == again.body


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
async def test_a_conversation_that_hears_a_tool_is_not_kept(path: str, http: Http, up: Upstream) -> None:
    call, result = {"id": "c1", "name": "look"}, "seen"
    chat = [
        {
            "role": "assistant",
            "tool_calls": [{**call, "type": "function", "function": {**call, "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": result},
    ]
    messages = [
        {"role": "assistant", "content": [{**call, "type": "tool_use", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": result}]},
    ]
    app, _ = cached(Source(Wordy(up.url), http.channel(Limits())))
    said: list[Any] = HELLO["messages"] + (chat if path == CHAT else messages)  # type: ignore[operator]
    for _ in range(2):
        assert marks(await ask(app, "POST", path, HELLO | {"messages": said})) == ["miss"]
    said += [{"role": "assistant", "content": "I see."}, {"role": "user", "content": "And?"}]
    for mark in ("miss", "hit"):
        assert marks(await ask(app, "POST", path, HELLO | {"messages": said})) == [mark]


def test_a_remark_behind_a_result_changes_nothing() -> None:
    turns = (
        Turn(Role.ASSISTANT, (Text("look"),)),
        Turn(Role.USER, (ToolResult("c1"),)),
        Turn(Role.USER, (Text("well?"),)),
    )
    assert ends_in_a_result(Conversation("m", turns=turns))
    assert not ends_in_a_result(Conversation("m", turns=turns[2:]))


async def test_a_request_that_only_its_vendor_can_read_is_not_kept(http: Http, up: Upstream) -> None:
    app, _ = cached(Source(Wordy(up.url), http.channel(Limits())))
    odd = HELLO | {"messages": [{"role": "from tomorrow", "content": "hello"}]}
    assert marks(*[await ask(app, "POST", MESSAGES, odd) for _ in range(2)]) == ["miss", "miss"]
    assert up.asked == 2


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize(
    ("more", "mark"),
    [
        ({"conversation_id": "conv_1"}, None),
        ({"container": "container_1"}, None),
        ({"container": {"id": "x"}}, None),
        ({"store": True}, None),
        ({"store": False, "conversation_id": None, "container": None}, "hit"),
    ],
)
async def test_what_goes_on_elsewhere_has_to_go_on(
    path: str, more: dict[str, Any], mark: str | None, http: Http, up: Upstream
) -> None:
    app, _ = cached(Source(Wordy(up.url), http.channel(Limits())))
    for _ in range(2):
        reply = await ask(app, "POST", path, HELLO | more)
    assert reply.status == 200
    assert marks(reply) == [mark]
    assert up.asked == (1 if mark else 2)


async def test_a_client_may_ask_for_a_new_answer_or_none_of_this(http: Http, up: Upstream) -> None:
    app, records = cached(Source(Wordy(up.url), http.channel(Limits())))

    async def asked(wish: str = "") -> Reply:
        return await ask(app, "POST", CHAT, HELLO, {"cache-control": wish} if wish else {})

    secret = await asked("No-Store, max-age=0")
    assert marks(secret) == [None]
    first, newer = await asked(), await asked("no-cache")
    assert marks(first, newer) == ["miss", "miss"]
    assert len({secret.body, first.body, newer.body}) == 3
    assert (await asked()).body == newer.body
    assert up.asked == 3
    assert records[-1].lane == "cache"


async def test_what_was_lost_is_told_again(http: Http, up: Upstream) -> None:
    app, records = cached(Source(Foreign(up.url), http.channel(Limits())))
    first, again = [await ask(app, "POST", MESSAGES, HELLO | {"top_k": 3}) for _ in range(2)]
    assert marks(first, again) == ["miss", "hit"]
    assert first.headers["x-isthmus-loss"] == again.headers["x-isthmus-loss"] == "top_k=dropped"
    assert records[0].losses == records[1].losses


async def test_a_large_stream_comes_back_whole(http: Http) -> None:
    async with upstream(lines("begin", *("word " * 2000 for _ in range(20)), "end")) as up:
        app, _ = cached(Source(Wordy(up.url), http.channel(Limits())))
        first, again = [await ask(app, "POST", CHAT, HELLO | {"stream": True}) for _ in range(2)]
    assert marks(first, again) == ["miss", "hit"]
    assert first.body == again.body and len(first.body) > 200_000


async def test_what_is_too_large_is_not_kept(http: Http) -> None:
    async with upstream(lines("begin", *("x" * 1000 for _ in range(20)), "end")) as up:
        app, _ = cached(Source(Wordy(up.url), http.channel(Limits())), CacheRules(60, 100, 100_000))
        for stream in (True, False):
            replies = [await ask(app, "POST", CHAT, HELLO | {"stream": stream}) for _ in range(2)]
            assert marks(*replies) == ["miss", "miss"]
    assert state(app).bytes == 0


async def test_a_keep_alive_is_no_part_of_an_answer() -> None:
    sent: list[bytes] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message.get("body", b""))

    tape = Tape(100)
    reply = StreamReply(send, [], tape)
    reply.hold(b"dropped")
    reply.drop_held()
    reply.hold(b"begun, ")
    await reply.keep_alive(b"ping ")
    await reply.write(b"said, ")
    await reply.keep_alive(b"ping ")
    await reply.finish(b"done")
    assert b"".join(sent) == b"ping begun, said, ping done"
    assert tape.body == b"begun, said, done"
