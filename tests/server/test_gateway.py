"""The whole application on the dummy provider and on an upstream of the tests' own."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from asgi import ask
from isthmus.core.abilities import Abilities
from isthmus.core.commands import ClientRequest, Exchange, Fetch, Fetched
from isthmus.core.conversation import Conversation
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import Target
from isthmus.dialects import anthropic, openai_chat
from isthmus.providers.dummy import Dummy
from isthmus.routing.model_map import ModelMap
from isthmus.routing.permissions import key_hash
from isthmus.server.callers import Caller, Callers
from isthmus.server.gateway import Gateway
from isthmus.server.guard import Guard
from isthmus.server.job import Job
from isthmus.server.records import Record
from isthmus.server.sources import Source
from isthmus.transport.http import Http, Limits
from plainly import Wordy, lines, upstream
from whole import PNG, gateway

HELLO = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
CHAT_HELLO = {"model": "gpt-x", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


@pytest.fixture
async def dummy(http: Http) -> Gateway:
    return gateway(Source(Dummy(), http.channel(Limits())))


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as entries:
        yield entries


@pytest.mark.parametrize(
    "path", ["/v1/messages", "/v1/v1/messages/", "/hf/v1/messages", "/dummy/v1/messages?beta=true"]
)
async def test_messages_are_answered_on_every_form_of_the_path(dummy: Gateway, path: str) -> None:
    reply = await ask(dummy, "POST", path, HELLO)
    assert reply.status == 200
    assert reply.json["type"] == "message"
    assert reply.json["model"] == "claude-x"
    assert reply.headers["request-id"] == reply.headers["x-request-id"]
    assert reply.headers["request-id"].startswith("req_")


async def test_chat_and_completions_are_answered(dummy: Gateway) -> None:
    chat = await ask(dummy, "POST", "/v1/chat/completions", CHAT_HELLO)
    assert chat.json["object"] == "chat.completion"
    legacy = await ask(dummy, "POST", "/v1/completions", {"model": "gpt-x", "prompt": "hello"})
    assert legacy.json["object"] == "text_completion"


async def test_streams_obey_their_grammar(dummy: Gateway) -> None:
    messages = await ask(dummy, "POST", "/v1/messages", HELLO | {"stream": True, "model": "dummy-thinking"})
    assert anthropic.lint(messages.body) == []
    chat = await ask(
        dummy, "POST", "/v1/chat/completions", CHAT_HELLO | {"stream": True, "model": "dummy-thinking"}
    )
    assert openai_chat.lint(chat.body) == []


@pytest.mark.parametrize(
    ("model", "messages_status", "chat_status"),
    [("dummy-429", 429, 429), ("dummy-529", 529, 503), ("dummy-500", 502, 502), ("dummy-overflow", 400, 400)],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_early_failures_keep_their_status(
    dummy: Gateway, model: str, messages_status: int, chat_status: int, stream: bool
) -> None:
    messages = await ask(dummy, "POST", "/v1/messages", HELLO | {"model": model, "stream": stream})
    assert messages.status == messages_status
    assert messages.json["type"] == "error"
    assert "message" not in messages.json
    assert messages.json["request_id"] == messages.headers["request-id"]
    chat = await ask(dummy, "POST", "/v1/chat/completions", CHAT_HELLO | {"model": model, "stream": stream})
    assert chat.status == chat_status
    assert set(chat.json["error"]) == {"message", "type", "param", "code"}
    if model == "dummy-429":
        assert float(messages.headers["retry-after"]) > 0


async def test_an_unknown_model_is_a_404_in_the_words_clients_know(dummy: Gateway) -> None:
    reply = await ask(dummy, "POST", "/v1/messages", HELLO | {"model": "dummy-nonsense"})
    assert reply.status == 404
    assert reply.json["error"]["type"] == "not_found_error"
    assert reply.json["error"]["message"].startswith("model: dummy-nonsense")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/nobody/v1/messages", 404),
        ("GET", "/v1/messages", 404),
        ("POST", "/v1/nothing", 404),
        ("POST", "/v1/messages/batches", 501),
        ("POST", "/v1/embeddings", 501),
        ("GET", "/managed/settings", 404),
        ("GET", "/v1/models/none", 404),
    ],
)
@pytest.mark.parametrize("version", [{}, {"anthropic-version": "2023-06-01"}])
async def test_what_is_not_here_says_so_in_the_clients_dialect(
    dummy: Gateway, method: str, path: str, status: int, version: dict[str, str]
) -> None:
    reply = await ask(dummy, method, path, HELLO if method == "POST" else b"", version)
    assert reply.status == status
    spoken = "request_id" in reply.json
    assert spoken is (bool(version) or path.endswith("/messages"))


@pytest.mark.parametrize(
    ("method", "path"), [("HEAD", "/"), ("GET", "/"), ("HEAD", "/api/hello"), ("HEAD", "/dummy/api/hello")]
)
async def test_probes_need_no_key_and_leave_no_line(
    http: Http, logged: list[Any], method: str, path: str
) -> None:
    keyed = gateway(
        Source(Dummy(), http.channel(Limits())),
        callers=Callers({key_hash("k" * 20): Caller("key_1")}, required=True),
    )
    reply = await ask(keyed, method, path)
    assert (reply.status, reply.body) == (200, b"")
    assert logged == []


async def console(scope: Any, receive: Any, send: Any) -> None:
    """A page that says which one it is."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/keys", "/admin/assets/a.js"])
async def test_the_console_is_below_admin_and_leaves_no_line(
    dummy: Gateway, logged: list[Any], path: str
) -> None:
    assert (await ask(dummy, "GET", path)).status == 404
    logged.clear()
    dummy.console = console
    assert (await ask(dummy, "GET", path)).body == path.encode()
    assert (await ask(dummy, "GET", "/administration")).status == 404
    assert [line["status"] for line in logged] == [404]


async def test_a_name_pointed_at_this_machine_does_not_get_the_console(dummy: Gateway) -> None:
    dummy.console = console
    reply = await ask(dummy, "GET", "/admin/", headers={"host": "evil.example"})
    assert (reply.status, reply.headers["content-type"]) == (403, "text/plain; charset=utf-8")
    assert b"allowed_hosts" in reply.body
    dummy.admission.blocked = lambda address, now_s: "too curious"
    reply = await ask(dummy, "GET", "/admin/")
    assert (reply.status, b"too curious" in reply.body) == (403, True)


async def test_a_browser_at_the_front_door_is_shown_to_the_console(dummy: Gateway) -> None:
    browser = {"accept": "text/html,application/xhtml+xml"}
    assert (await ask(dummy, "GET", "/", headers=browser)).status == 200
    dummy.console = console
    shown = await ask(dummy, "GET", "/", headers=browser)
    assert (shown.status, shown.headers["location"]) == (302, "/admin/")
    for path, headers in (("/", {"accept": "*/*"}), ("/", {}), ("/api/hello", browser)):
        assert (await ask(dummy, "GET", path, headers=headers)).status == 200


async def test_health_and_readiness(dummy: Gateway) -> None:
    for path in ("/health", "/healthz"):
        assert (await ask(dummy, "GET", path)).json == {"status": "ok"}
    assert (await ask(dummy, "GET", "/readyz")).status == 200
    dummy.draining = True
    assert (await ask(dummy, "GET", "/readyz")).status == 503
    assert (await ask(dummy, "GET", "/healthz")).status == 200


async def test_nothing_new_begins_while_draining(dummy: Gateway) -> None:
    dummy.draining = True
    refused = await ask(dummy, "POST", "/v1/messages", HELLO)
    assert (refused.status, refused.json["error"]["type"]) == (529, "overloaded_error")
    assert "shutting down" in refused.json["error"]["message"]
    assert (await ask(dummy, "GET", "/v1/models")).status == 503


async def test_telemetry_is_taken_and_forgotten(dummy: Gateway, logged: list[Any]) -> None:
    assert (await ask(dummy, "POST", "/v1/traces", {"secret": "x"})).status == 200
    assert logged == []


async def test_a_key_is_asked_for_and_a_bad_one_stops_clients_at_once(http: Http) -> None:
    keyed = gateway(
        Source(Dummy(), http.channel(Limits())),
        callers=Callers({key_hash("k" * 20): Caller("key_1")}, required=True),
    )
    refused = await ask(keyed, "POST", "/v1/messages", HELLO, {"x-api-key": "wrong"})
    assert refused.status == 401
    assert refused.json["error"]["type"] == "authentication_error"
    assert refused.headers["x-should-retry"] == "false"
    chat = await ask(keyed, "POST", "/v1/chat/completions", CHAT_HELLO, {"authorization": "Bearer wrong"})
    assert chat.json["error"]["code"] == "invalid_api_key"
    both = {"authorization": "Bearer wrong", "x-api-key": "k" * 20}
    assert (await ask(keyed, "POST", "/v1/messages", HELLO, both)).status == 200


async def test_a_web_page_cannot_drive_the_gateway(dummy: Gateway) -> None:
    page = {"origin": "https://evil.example"}
    assert (await ask(dummy, "POST", "/v1/messages", HELLO, page)).status == 403
    assert (await ask(dummy, "GET", "/v1/models", b"", {"host": "evil.example"})).status == 403
    preflight = await ask(dummy, "OPTIONS", "/v1/messages", b"", page)
    assert preflight.status == 204
    assert "access-control-allow-origin" not in preflight.headers


async def test_an_allowed_origin_is_let_in_also_with_its_errors(http: Http) -> None:
    trusted = Guard(origins=frozenset({"https://chat.example.org"}))
    app = gateway(Source(Dummy(), http.channel(Limits())), guard=trusted)
    page = {"origin": "https://chat.example.org"}
    assert (await ask(app, "OPTIONS", "/v1/messages", b"", page)).headers[
        "access-control-allow-origin"
    ] == page["origin"]
    failed = await ask(app, "POST", "/v1/messages", HELLO | {"model": "dummy-529"}, page)
    assert failed.headers["access-control-allow-origin"] == page["origin"]


async def test_a_body_over_the_limit_is_a_413(http: Http) -> None:
    small = gateway(Source(Dummy(), http.channel(Limits())), max_body_bytes=10)
    reply = await ask(small, "POST", "/v1/messages", HELLO)
    assert reply.status == 413
    assert reply.json["error"]["type"] == "request_too_large"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"messages":[]}', b'{"model":1,"messages":[]}', b"\xff\xfe"]
)
@pytest.mark.parametrize(
    "path", ["/v1/messages", "/v1/chat/completions", "/v1/completions", "/v1/messages/count_tokens"]
)
async def test_bad_bodies_are_the_clients_fault(dummy: Gateway, path: str, body: bytes) -> None:
    reply = await ask(dummy, "POST", path, body)
    assert reply.status == 400
    assert reply.json["error"]["type"] == "invalid_request_error"


async def test_tokens_are_estimated_where_nobody_counts(dummy: Gateway) -> None:
    body = {"model": "claude-x", "messages": [{"role": "user", "content": "hello " * 100}]}
    reply = await ask(dummy, "POST", "/v1/messages/count_tokens?beta=true", body)
    assert 50 < reply.json["input_tokens"] < 400


async def test_models_are_listed_in_one_shape_for_everybody(dummy: Gateway) -> None:
    listed = (await ask(dummy, "GET", "/v1/models")).json
    assert listed["object"] == "list"
    assert listed["has_more"] is False
    assert {"id", "object", "type", "created", "created_at", "owned_by", "display_name"} <= set(
        listed["data"][0]
    )
    one = await ask(dummy, "GET", "/v1/models/dummy-text")
    assert one.json["id"] == "dummy-text"
    assert (await ask(dummy, "GET", "/v1/models?limit=0")).status == 400
    assert len((await ask(dummy, "GET", "/v1/models?limit=2")).json["data"]) == 2


async def test_losses_are_told_in_header_and_log(dummy: Gateway, logged: list[Any]) -> None:
    body = CHAT_HELLO | {"seed": 1, "logit_bias": {"1": 2}}
    async with upstream(lines("begin", "x", "end")):
        reply = await ask(
            dummy,
            "POST",
            "/v1/chat/completions",
            body | {"messages": [{"role": "user", "name": "n", "content": "x"}]},
        )
    assert reply.status == 200
    assert "name=dropped" in reply.headers["x-isthmus-loss"]
    (line,) = [entry for entry in logged if entry["event"] == "request"]
    assert any("name" in loss for loss in line["losses"])


async def test_one_line_per_request_and_never_a_body(dummy: Gateway, logged: list[Any]) -> None:
    await ask(
        dummy,
        "POST",
        "/v1/messages",
        HELLO | {"messages": [{"role": "user", "content": "very private"}], "stream": True},
    )
    (line,) = logged
    assert line["event"] == "request"
    assert line["provider"] == "dummy"
    assert line["dialect"] == "anthropic"
    assert line["status"] == 200
    assert line["input_tokens_are"] == "estimated"
    assert line["ttft_ms"] >= 0
    assert "private" not in str(line)


async def test_the_raw_lane_forwards_the_very_body(http: Http) -> None:
    async with upstream(web.Response(body=b'{"end" : 1}', content_type="application/json")) as up:
        wordy = Wordy(up.url)
        app = gateway(Source(wordy, http.channel(Limits())))
        body = b'{ "model":"m",  "stream":false, "odd": [1.50] }'
        headers = {"x-api-key": "client-key", "anthropic-beta": "b", "cookie": "c", "user-agent": "cli/1"}
        reply = await ask(app, "POST", "/wordy/v1/messages", body, headers)
    assert reply.body == b'{"end" : 1}'
    (request,) = wordy.heard
    assert isinstance(request, ClientRequest)
    assert request.body == body
    assert request.path == "/v1/messages"
    assert request.headers == {"anthropic-beta": "b", "user-agent": "cli/1"}


@pytest.mark.parametrize(("stream", "kind"), [(False, "application/json"), (True, "text/event-stream")])
async def test_nothing_of_a_request_waits_for_the_garbage_collector(
    http: Http, stream: bool, kind: str
) -> None:
    """Whatever refers to itself stays until then, and costs the collector time for each request."""
    gc.collect()
    before = {id(each): each for each in gc.get_objects() if isinstance(each, Job | Record)}
    gc.disable()
    try:
        async with upstream(web.Response(body=b'{"end" : 1}', content_type=kind)) as up:
            app = gateway(Source(Wordy(up.url), http.channel(Limits())))
            reply = await ask(app, "POST", "/v1/messages", HELLO | {"stream": stream})
        assert reply.status == 200
        # What an ended task or a cancelled timer still holds is let go of a moment later.
        for _ in range(100):
            kinds = [type(each) for each in gc.get_objects() if id(each) not in before]
            if not {Job, Record} & set(kinds):
                break
            await asyncio.sleep(0.02)
        assert not {Job, Record} & set(kinds)
    finally:
        gc.enable()


async def test_a_plain_answer_to_a_stream_request_becomes_a_stream(http: Http) -> None:
    body = b"begin\nhello\nend\n"
    async with upstream(web.Response(body=body, content_type="application/json")) as up:
        app = gateway(Source(Wordy(up.url), http.channel(Limits())))
        reply = await ask(app, "POST", "/v1/messages", HELLO | {"stream": True})
    assert anthropic.lint(reply.body) == []
    assert b'"text":"hello"' in reply.body
    assert b'"model":"claude-x"' in reply.body


async def test_embeddings_pass_where_the_provider_has_them(http: Http) -> None:
    async with upstream(web.Response(body=b'{"end" : 1}', content_type="application/json")) as up:
        app = gateway(Source(Wordy(up.url), http.channel(Limits())))
        reply = await ask(app, "POST", "/v1/embeddings", {"model": "m", "input": "x"})
    assert reply.status == 200


async def test_a_vendors_own_endpoint_passes_where_it_is_offered(http: Http) -> None:
    async with upstream(web.Response(body=b'{"end" : 1}', content_type="application/json")) as up:
        wordy = Wordy(up.url)
        app = gateway(Source(wordy, http.channel(Limits())), maps={"wordy": ModelMap({"asked": "mapped"})})
        body = b'{ "model": "asked", "input": "x" }'
        reply = await ask(app, "POST", "/v1/moderations?a=b", body, {"authorization": "Bearer client"})
        other = await ask(app, "GET", "/wordy/v1/files/f%201", b"")
    assert reply.body == b'{"end" : 1}'
    asked, _again, refused = wordy.heard
    assert isinstance(asked, ClientRequest)
    assert (asked.method, asked.path, asked.query) == ("POST", "/v1/moderations", "a=b")
    assert asked.body == b'{ "model": "mapped", "input": "x" }'
    assert asked.headers == {}
    assert isinstance(refused, ClientRequest)
    assert refused.path == "/v1/files/f%25201"
    assert other.status == 501
    assert "pass_through" in other.json["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/moderations/../files", "/nobody/v1/files"])
async def test_no_path_leads_past_what_is_offered(http: Http, path: str) -> None:
    wordy = Wordy("http://127.0.0.1:1/")
    app = gateway(Source(wordy, http.channel(Limits())))
    assert (await ask(app, "POST", path, {})).status == 404
    assert wordy.heard == []


async def test_the_other_lane_is_translated(http: Http) -> None:
    async with upstream(lines("begin", "hello", "end")) as up:
        wordy = Wordy(up.url)
        app = gateway(Source(wordy, http.channel(Limits())))
        reply = await ask(app, "POST", "/v1/chat/completions", CHAT_HELLO)
    assert reply.json["choices"][0]["message"]["content"] == "hello"
    assert reply.json["usage"]["total_tokens"] == 10
    assert isinstance(wordy.heard[0], Conversation)


async def test_images_are_fetched_only_for_upstreams_that_cannot(http: Http) -> None:
    message = {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}],
    }
    for able, inlined in ((True, False), (False, True)):
        async with upstream(lines("begin", "hello", "end")) as up:
            wordy = Wordy(up.url, record=Abilities(fetches_urls=able))
            app = gateway(Source(wordy, http.channel(Limits())))
            await ask(app, "POST", "/v1/chat/completions", CHAT_HELLO | {"messages": [message]})
        assert ("InlineData" in str(wordy.heard[0])) is inlined


@pytest.mark.parametrize("path", ["/srv/x.png", "file:///srv/x.png"])
async def test_an_image_by_path_is_read_for_a_provider_that_has_some(path: str, http: Http) -> None:
    asked: list[Fetch] = []

    async def read_file(command: Fetch) -> Fetched:
        asked.append(command)
        return Fetched("image/png", PNG)

    async def refuse(command: Fetch) -> Fetched:
        raise BadRequest(f"cannot be fetched: {command.url}", field=command.field)

    urls = (path, "https://a.example/x.png")
    content = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    body = CHAT_HELLO | {"messages": [{"role": "user", "content": content}]}
    async with upstream(lines("begin", "hello", "end")) as up:
        wordy = Wordy(up.url, record=Abilities(fetches_urls=False))
        channel = http.channel(Limits())
        reply = await ask(
            gateway(Source(wordy, channel, read_file=read_file)), "POST", "/v1/chat/completions", body
        )
        assert reply.status == 200
        assert [each.url for each in asked] == [path]
        without = gateway(Source(wordy, channel))
        without.endpoints.fetch = refuse
        reply = await ask(without, "POST", "/v1/chat/completions", body)
        assert (reply.status, len(wordy.heard)) == (400, 1)


async def test_a_bug_is_told_by_request_id_alone(http: Http, logged: list[Any]) -> None:
    class Broken(Wordy):
        def forward(self, request: ClientRequest, target: Target) -> Exchange:
            raise KeyError("sk-secret")

    app = gateway(Source(Broken("http://127.0.0.1:1/"), http.channel(Limits())))
    reply = await ask(app, "POST", "/v1/messages", HELLO)
    assert reply.status == 500
    assert reply.headers["request-id"] in reply.json["error"]["message"]
    assert b"sk-secret" not in reply.body
    assert [entry["event"] for entry in logged] == ["bug", "request"]


async def test_other_kinds_of_connection_are_closed(dummy: Gateway) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    await dummy({"type": "websocket"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_start_and_stop_are_acknowledged(dummy: Gateway) -> None:
    waiting = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await dummy({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
