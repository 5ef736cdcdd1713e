"""What a start without a configuration finds. The model servers are real, on free ports of loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from isthmus.config.problems import ConfigError
from isthmus.discovery import FOR_CLAUDE_NAMES, MODEL_SERVERS, PROBE_S, Found, ModelServer, discover
from isthmus.routing.directory import Directory
from isthmus.routing.model_map import ModelMap
from isthmus.transport.http import Http

KEY = "sk-ant-api03-aaaabbbbcccc"
OPENAI_KEY = "sk-proj-ddddeeeeffff"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Start = Callable[[Handler], Awaitable[int]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a server that answers everything with one handler; gives its port."""
    runners: list[web.AppRunner] = []

    async def starting(handler: Handler) -> int:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port: int = runner.addresses[0][1]
        return port

    yield starting
    for runner in runners:
        await runner.cleanup()


def listing(*ids: str) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.path == "/v1/models"
        return web.json_response({"object": "list", "data": [{"id": id, "object": "model"} for id in ids]})

    return answer


async def found_in(
    env: dict[str, str], servers: list[ModelServer] | None = None, own_port: int | None = None
) -> list[Found]:
    async with Http() as http:
        return await discover(env, http, own_port, servers or [])


def directory_of(found: list[Found]) -> Directory:
    maps = {each.name: ModelMap(each.settings.models, each.settings.default_model) for each in found}
    return Directory(maps, {}, found[0].name)


def chosen(found: list[Found], model: str) -> str:
    choice = directory_of(found).choose(model)
    return f"{choice.provider}/{choice.model}"


async def test_the_dummy_is_always_there_and_alone_takes_every_name() -> None:
    (dummy,) = found = await found_in({})
    assert (dummy.name, dummy.settings.type) == ("dummy", "dummy")
    assert chosen(found, "claude-opus-5-5") == "dummy/claude-opus-5-5"


async def test_a_key_of_anthropic() -> None:
    anthropic, dummy = found = await found_in({"ANTHROPIC_API_KEY": f" {KEY}\n"})
    assert anthropic.name == anthropic.settings.type == "anthropic"
    assert anthropic.settings.api_key.reveal() == KEY
    assert anthropic.settings.base_url == "https://api.anthropic.com"
    assert anthropic.why == "ANTHROPIC_API_KEY is set"
    assert dummy.name == "dummy"
    assert chosen(found, "claude-opus-5-5") == "anthropic/claude-opus-5-5"
    assert chosen(found, "dummy-echo") == "dummy/dummy-echo"


async def test_a_key_of_openai_answers_claudes_names_too_when_nobody_else_can() -> None:
    openai, _ = found = await found_in({"OPENAI_API_KEY": OPENAI_KEY})
    assert (openai.name, openai.settings.type) == ("openai", "openai-compatible")
    assert openai.settings.base_url == "https://api.openai.com/v1"
    assert FOR_CLAUDE_NAMES in openai.why
    assert chosen(found, "claude-opus-5-5") == f"openai/{FOR_CLAUDE_NAMES}"
    assert chosen(found, "o3-mini") == "openai/o3-mini"
    assert chosen(found, "dummy-echo") == "dummy/dummy-echo"


async def test_with_both_keys_each_name_goes_home() -> None:
    found = await found_in({"OPENAI_API_KEY": OPENAI_KEY, "ANTHROPIC_API_KEY": KEY})
    assert [each.name for each in found] == ["anthropic", "openai", "dummy"]
    assert chosen(found, "claude-haiku-4-5") == "anthropic/claude-haiku-4-5"
    assert directory_of(found).choose("claude-haiku-4-5", "dummy").model == "dummy"
    assert chosen(found, "gpt-4o") == "openai/gpt-4o"


async def test_base_urls_of_the_environment_are_used_and_their_names_not_judged() -> None:
    env = {
        "ANTHROPIC_API_KEY": "other",
        "ANTHROPIC_BASE_URL": "https://claude.example/",
        "OPENAI_API_KEY": "other",
        "OPENAI_BASE_URL": "http://127.0.0.1:9999/v1",
    }
    anthropic, openai, _ = found = await found_in(env, own_port=8000)
    assert anthropic.settings.base_url == "https://claude.example"
    assert openai.settings.base_url == "http://127.0.0.1:9999/v1"
    assert anthropic.why == "ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL are set"
    assert chosen(found, "openai/qwen3") == "openai/qwen3"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_a_base_url_that_is_this_gateway_is_no_upstream(host: str) -> None:
    env = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": f"http://{host}:8000/hf"}
    found = await found_in(env, own_port=8000)
    assert found[0].settings.base_url == "https://api.anthropic.com"
    assert found[0].why == "ANTHROPIC_API_KEY is set"


async def test_a_key_made_up_for_this_gateway_goes_to_nobody() -> None:
    env = {
        "ANTHROPIC_API_KEY": "word",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:8000",
        "OPENAI_API_KEY": "word",
        "OPENAI_BASE_URL": "http://127.0.0.1:8000/v1",
    }
    assert [each.name for each in await found_in(env, own_port=8000)] == ["dummy"]


async def test_an_empty_key_is_none() -> None:
    assert len(await found_in({"ANTHROPIC_API_KEY": "", "OPENAI_API_KEY": "  "})) == 1


async def test_keys_are_never_shown() -> None:
    found = await found_in({"OPENAI_API_KEY": OPENAI_KEY, "ANTHROPIC_API_KEY": KEY})
    assert KEY not in repr(found)
    assert OPENAI_KEY not in repr(found)


@pytest.mark.parametrize(
    ("env", "name", "secret"),
    [
        ({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "claude.example"}, "ANTHROPIC_BASE_URL", KEY),
        ({"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "http://u:pw7@h/v1"}, "OPENAI_BASE_URL", "pw7"),
        ({"OPENAI_API_KEY": "sk-a\nsk-b"}, "OPENAI_API_KEY", "sk-a"),
    ],
)
async def test_what_cannot_be_used_is_named_and_not_shown(
    env: dict[str, str], name: str, secret: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        await found_in(env)
    (problem,) = caught.value.problems
    assert problem.place == name
    assert secret not in str(caught.value)


async def test_a_model_server_takes_its_models_and_every_name_nobody_knows(start: Start) -> None:
    port = await start(listing("nomic-embed-text", "llama3.2:3b", "qwen3"))
    server, _ = found = await found_in({}, [ModelServer("ollama", "Ollama", port)])
    assert (server.name, server.settings.type) == ("ollama", "openai-compatible")
    assert server.settings.base_url == f"http://127.0.0.1:{port}/v1"
    assert not server.settings.api_key
    assert (
        server.why == f"Ollama answers on port {port} with 3 models; names it does not know get llama3.2:3b"
    )
    assert chosen(found, "qwen3") == "ollama/qwen3"
    assert chosen(found, "claude-opus-5-5") == "ollama/llama3.2:3b"
    assert chosen(found, "dummy-echo") == "dummy/dummy-echo"
    assert directory_of(found).names("ollama") == ["nomic-embed-text", "llama3.2:3b", "qwen3"]


async def test_beside_a_key_a_model_server_takes_only_its_own(start: Start) -> None:
    port = await start(listing("qwen3"))
    found = await found_in({"ANTHROPIC_API_KEY": KEY}, [ModelServer("vllm", "vLLM", port)])
    assert [each.name for each in found] == ["anthropic", "vllm", "dummy"]
    assert found[1].why == f"vLLM answers on port {port} with 1 model"
    assert chosen(found, "qwen3") == "vllm/qwen3"
    assert chosen(found, "claude-opus-5-5") == "anthropic/claude-opus-5-5"


async def test_no_credential_is_sent_to_a_port(start: Start) -> None:
    seen: list[web.Request] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append(request)
        return await listing("m")(request)

    port = await start(answer)
    env = {"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": OPENAI_KEY}
    await found_in(env, [ModelServer("vllm", "vLLM", port)])
    (request,) = seen
    assert (request.method, request.path_qs) == ("GET", "/v1/models")
    sent = str(request.headers)
    assert KEY not in sent
    assert OPENAI_KEY not in sent
    assert not {"authorization", "x-api-key", "cookie"} & {name.lower() for name in request.headers}


async def test_the_gateways_own_port_is_not_asked(start: Start) -> None:
    async def unexpected(_: web.Request) -> web.StreamResponse:
        raise AssertionError("asked")

    port = await start(unexpected)
    assert len(await found_in({}, [ModelServer("vllm", "vLLM", port)], own_port=port)) == 1


async def page(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>a router's status page</html>", content_type="text/html")


async def other_json(_: web.Request) -> web.StreamResponse:
    return web.json_response({"models": [{"name": "x"}]})


async def wants_a_key(_: web.Request) -> web.StreamResponse:
    return web.json_response({"data": [{"id": "m"}]}, status=401)


async def elsewhere(_: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"location": "http://127.0.0.1:1/"})


@pytest.mark.parametrize("handler", [page, other_json, wants_a_key, elsewhere, listing()])
async def test_what_is_no_model_server_is_left_alone(start: Start, handler: Handler) -> None:
    port = await start(handler)
    assert [each.name for each in await found_in({}, [ModelServer("vllm", "vLLM", port)])] == ["dummy"]


async def test_silent_ports_are_waited_for_together_and_not_long(start: Start) -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    ports = [await start(silent) for _ in range(4)]
    started = time.monotonic()
    found = await found_in({}, [ModelServer(f"s{port}", "Silent", port) for port in ports])
    assert len(found) == 1
    assert PROBE_S <= time.monotonic() - started < 3 * PROBE_S


def test_the_usual_ports() -> None:
    assert {server.name: server.port for server in MODEL_SERVERS} == {
        "ollama": 11434,
        "lmstudio": 1234,
        "llamacpp": 8080,
        "vllm": 8000,
    }


async def test_another_gateway_is_no_model_server(start: Start) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        named = {"request-id": "req_1", "x-request-id": "req_1"}
        return web.json_response({"object": "list", "data": [{"id": "dummy"}]}, headers=named)

    port = await start(answer)
    assert [each.name for each in await found_in({}, [ModelServer("vllm", "vLLM", port)])] == ["dummy"]
