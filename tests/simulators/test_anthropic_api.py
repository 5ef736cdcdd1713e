"""The simulated Messages API is proven by raw HTTP and by the official client: tests elsewhere may then trust it."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import anthropic
import msgspec
import pytest

from simulators.anthropic_api import AnthropicApi
from simulators.anthropic_behaviours import MARKERS, REFUSAL, TEXT, THINKING
from simulators.anthropic_signatures import redacted_data, signature

Json = dict[str, Any]
OLD, NEW = "2023-06-01", "2026-10-21"
SONNET_4_5, OPUS_4_6, OPUS_4_8 = "claude-sonnet-4-5-20250929", "claude-opus-4-6", "claude-opus-4-8"
SONNET_5_5, OPUS_5_5 = "claude-sonnet-5-5", "claude-opus-5-5"
WEATHER: Json = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()


def user(*content: str | Json) -> Json:
    if len(content) == 1 and isinstance(content[0], str):
        return {"role": "user", "content": content[0]}
    return {"role": "user", "content": list(content)}


def assistant(*content: Json) -> Json:
    return {"role": "assistant", "content": list(content)}


def text(words: str, **more: object) -> Json:
    return {"type": "text", "text": words} | more


def use(call_id: str, **more: object) -> Json:
    return {"type": "tool_use", "id": call_id, "name": "get_weather", "input": {}} | more


def result(call_id: str, content: object = "sunny") -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content}


def image(media_type: str = "image/png", data: str = PNG) -> Json:
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def thought(words: str, model: str) -> Json:
    return {"type": "thinking", "thinking": words, "signature": signature(model, words)}


def later_system(**more: object) -> Json:
    return {"role": "system", "content": "noted"} | more


async def post(
    api: AnthropicApi, body: Json, *, version: str = OLD, path: str = "/v1/messages", **headers: str
) -> tuple[int, Any, Any]:
    sent = {"x-api-key": api.key, "anthropic-version": version} | {
        k.replace("_", "-"): v for k, v in headers.items()
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(api.base_url + path, json=body, headers=sent) as response,
    ):
        raw = await response.read()
        answer = msgspec.json.decode(raw) if response.content_type == "application/json" else raw
        return response.status, answer, response.headers


def asking(said: str = "hi", model: str = OPUS_5_5, **more: object) -> Json:
    return {"model": model, "max_tokens": 4000, "messages": [user(said)]} | more


async def streamed(api: AnthropicApi, said: str, **more: object) -> list[Json]:
    status, raw, _ = await post(api, asking(said, stream=True) | more)
    assert status == 200, raw
    return events_of(raw)


def events_of(raw: bytes) -> list[Json]:
    events = []
    for frame in raw.replace(b"\r\n", b"\n").strip().split(b"\n\n"):
        named, data = frame.split(b"\n")
        parsed = msgspec.json.decode(data.removeprefix(b"data: "))
        assert named == b"event: " + parsed["type"].encode()
        events.append(parsed)
    return events


# what it refuses ------------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, Json, str]] = [
    (OPUS_5_5, {"frobnicate": 1}, "frobnicate: Extra inputs are not permitted"),
    (OPUS_5_5, {"context_management": {"edits": []}}, "context_management: Extra inputs are not permitted"),
    (
        OPUS_5_5,
        {"max_tokens": 128_001},
        "max_tokens: 128001 > 128000, which is the maximum allowed number of output",
    ),
    (OPUS_5_5, {"max_tokens": "many"}, "max_tokens: Input should be a valid integer"),
    (OPUS_5_5, {"messages": []}, "at least one message is required"),
    (OPUS_5_5, {"messages": [assistant(text("x")), user("y")]}, 'first message must use the "user" role'),
    (OPUS_5_5, {"messages": [user("")]}, "all messages must have non-empty content"),
    (OPUS_5_5, {"messages": [user(text(""))]}, "text content blocks must be non-empty"),
    (OPUS_5_5, {"messages": [user(text(" \n"))]}, "text content blocks must contain non-whitespace text"),
    (OPUS_5_5, {"system": [text("")]}, "system: text content blocks must be non-empty"),
    (OPUS_5_5, {"messages": [user({"type": "input_audio"})]}, "Input tag 'input_audio' found"),
    (
        OPUS_5_5,
        {"messages": [user(text("x", colour="red"))]},
        "messages.0.content.0.text.colour: Extra inputs",
    ),
    (OPUS_5_5, {"messages": [user(image("image/bmp"))]}, "Input should be 'image/jpeg', 'image/png'"),
    (OPUS_5_5, {"messages": [user(image("image/jpeg"))]}, "the image appears to be a image/png image"),
    (OPUS_5_5, {"messages": [user(image(data="####"))]}, "invalid base64 data"),
    (OPUS_5_5, {"messages": [user(image(data="aGVsbG8="))]}, "Could not process image"),
    (OPUS_5_5, {"messages": [user("x"), assistant(use("a"))]}, "does not support assistant message prefill"),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant(use("a")), user("y")]},
        "`tool_use` ids were found without `tool_result` blocks immediately after: a",
    ),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant(use("a"), use("b")), user(result("a"), text("y"), result("b"))]},
        "without `tool_result` blocks immediately after: b",
    ),
    (
        OPUS_5_5,
        {"messages": [user(result("a"))]},
        "unexpected `tool_use_id` found in `tool_result` blocks: a",
    ),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant(use("a")), user(result("a"), result("a"))]},
        "each tool_use must have a single result",
    ),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant(use("a"), use("a")), user(result("a"))]},
        "ids must be unique",
    ),
    (OPUS_5_5, {"messages": [user("x"), assistant(use("a b")), user(result("a b"))]}, "should match pattern"),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant(use("a", input="{}")), user(result("a"))]},
        "valid dictionary",
    ),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant(thought("t", SONNET_5_5)), user("y")]},
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant(thought("t", OPUS_5_5) | {"thinking": "u"}), user("y")]},
        "Invalid `signature` in `thinking` block",
    ),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant({"type": "redacted_thinking", "data": "c2lt"}), user("y")]},
        "Invalid `data` in `redacted_thinking` block",
    ),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant(thought("t", OPUS_5_5) | {"cache_control": {}}), user("y")]},
        "thinking.cache_control: Extra inputs",
    ),
    (
        OPUS_5_5,
        {"messages": [user(*(text("x", cache_control={"type": "ephemeral"}) for _ in range(5)))]},
        "Found 5",
    ),
    (OPUS_5_5, {"thinking": {"type": "disabled"}}, '"thinking.type.disabled" is not supported'),
    (
        OPUS_5_5,
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        '"thinking.type.enabled" is not supported',
    ),
    (OPUS_5_5, {"thinking": {"type": "between_tools"}}, '"thinking.type.between_tools" is not supported'),
    (SONNET_4_5, {"thinking": {"type": "adaptive"}}, "adaptive thinking is not supported"),
    (
        SONNET_4_5,
        {"thinking": {"type": "enabled", "budget_tokens": 4000}},
        "must be greater than `thinking.budget",
    ),
    (SONNET_4_5, {"thinking": {"type": "enabled", "budget_tokens": 1000}}, "greater than or equal to 1024"),
    (SONNET_4_5, {"output_config": {"effort": "low"}}, "does not support the effort parameter"),
    (OPUS_4_6, {"output_config": {"effort": "xhigh"}}, "does not support effort level 'xhigh'"),
    (
        "claude-sonnet-5",
        {"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}},
        "not supported with effort",
    ),
    (SONNET_4_5, {"temperature": 1.5}, "temperature: Input should be less than or equal to 1"),
    (SONNET_4_5, {"temperature": 0.5, "top_p": 0.5}, "cannot both be specified"),
    (
        SONNET_4_5,
        {"temperature": 0.5, "thinking": {"type": "enabled", "budget_tokens": 2000}},
        "may only be set to 1",
    ),
    (OPUS_4_8, {"temperature": 0.5}, "`temperature` is deprecated for this model"),
    (SONNET_4_5, {"stop_sequences": [" "]}, "each stop sequence must contain non-whitespace"),
    (OPUS_5_5, {"tools": [WEATHER, WEATHER]}, "Tool names must be unique"),
    (OPUS_5_5, {"tools": [WEATHER | {"name": "a b"}]}, "tools.0.custom.name: String should match pattern"),
    (
        OPUS_5_5,
        {"tools": [WEATHER | {"input_schema": {}}]},
        "tools.0.custom.input_schema.type: Input should be 'object'",
    ),
    (OPUS_5_5, {"tools": [WEATHER | {"parameters": {}}]}, "tools.0.custom.parameters: Extra inputs"),
    (
        OPUS_5_5,
        {"tools": [WEATHER | {"input_schema": {"type": "object", "oneOf": []}}]},
        "does not support oneOf, allOf, or anyOf at the top level",
    ),
    (OPUS_5_5, {"tools": [{"type": "function", "name": "x"}]}, "Input tag 'function' found"),
    (OPUS_5_5, {"tool_choice": {"type": "auto"}}, "may only be specified while providing tools"),
    (OPUS_5_5, {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "x"}}, "Tool 'x' not found"),
    (OPUS_5_5, {"tools": [WEATHER], "tool_choice": "auto"}, "tool_choice: Input tag"),
    (
        OPUS_4_6,
        {"tools": [WEATHER], "tool_choice": {"type": "any"}, "thinking": {"type": "adaptive"}},
        "Thinking may not be enabled when tool_choice forces tool use",
    ),
    (OPUS_4_6, {"messages": [user("x"), assistant(text("y"))]}, "does not support assistant message prefill"),
    (SONNET_4_5, {"messages": [user("x"), assistant(text("y "))]}, "cannot end with trailing whitespace"),
    (
        SONNET_4_5,
        {"messages": [user("x"), later_system()]},
        'messages.1.role: Input should be "user" or "assistant"',
    ),
    (OPUS_4_8, {"messages": [later_system(), user("x")]}, "must directly follow a `user` message"),
    (OPUS_4_8, {"messages": [user("x"), later_system(), later_system()]}, "must be last or be followed by"),
    (
        OPUS_4_8,
        {"messages": [user("x"), later_system(output_config={"effort": "low"})]},
        "messages.1.output_config: Extra",
    ),
    (
        SONNET_4_5,
        {
            "thinking": {"type": "enabled", "budget_tokens": 2000},
            "messages": [user("x"), assistant(use("a")), user(result("a"))],
        },
        "Expected `thinking` or `redacted_thinking`, but found `tool_use`",
    ),
    (SONNET_4_5, {"messages": [user("x" * 900_000)]}, "tokens > 200000 maximum"),
]


@pytest.mark.parametrize(("model", "change", "phrase"), REFUSED)
async def test_it_refuses_what_the_api_refuses(model: str, change: Json, phrase: str) -> None:
    async with AnthropicApi() as api:
        status, body, headers = await post(api, asking(model=model) | change)
    assert (status, body["type"], body["error"]["type"]) == (400, "error", "invalid_request_error")
    assert phrase in body["error"]["message"]
    assert headers["request-id"] == body["request_id"]


ACCEPTED: list[tuple[str, Json]] = [
    (OPUS_5_5, {"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "max"}}),
    (SONNET_5_5, {"thinking": {"type": "between_tools"}}),
    (SONNET_4_5, {"thinking": {"type": "enabled", "budget_tokens": 1024}, "temperature": 1}),
    (SONNET_4_5, {"temperature": 0.3, "messages": [user("x"), assistant(text("y"))]}),
    (OPUS_4_8, {"temperature": 1, "thinking": {"type": "disabled"}}),
    (
        OPUS_4_8,
        {"messages": [user("x"), later_system(), assistant(text("y")), user("z"), later_system(content=[])]},
    ),
    (
        OPUS_5_5,
        {"messages": [user("x"), user(image()), assistant(text("y")), assistant(text("z")), user("!")]},
    ),
    (
        OPUS_5_5,
        {"messages": [user("x"), assistant(use("a"), use("b")), user(result("b"), result("a"), text("y"))]},
    ),
    (OPUS_5_5, {"messages": [user("x"), assistant(use("a")), user(result("a", [text("y"), image()]))]}),
    (OPUS_5_5, {"messages": [user("x"), assistant(thought("t", OPUS_5_5), text("y")), user("z")]}),
    (
        OPUS_5_5,
        {
            "messages": [
                user("x"),
                assistant({"type": "redacted_thinking", "data": redacted_data(OPUS_5_5, "t")}),
                user("y"),
            ]
        },
    ),
    (
        OPUS_5_5,
        {"tools": [WEATHER, {"type": "bash_20250124", "name": "bash"}], "tool_choice": {"type": "none"}},
    ),
]


@pytest.mark.parametrize(("model", "change"), ACCEPTED)
async def test_it_accepts_what_the_api_accepts(model: str, change: Json) -> None:
    async with AnthropicApi() as api:
        status, body, _ = await post(api, asking(model=model) | change)
    assert status == 200, body


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ({"temperature": 1}, "temperature: Extra inputs are not permitted"),
        (
            {"messages": [user(text("x", citations=[{"type": "char_location"}]))]},
            "text.citations: Extra inputs",
        ),
        (
            {"messages": [user("x"), assistant({"type": "document", "source": {"type": "text"}}), user("y")]},
            "`document` blocks are not permitted",
        ),
    ],
)
async def test_the_newer_version_takes_less(change: Json, phrase: str) -> None:
    async with AnthropicApi() as api:
        older, _, _ = await post(api, asking(model=OPUS_4_6) | change, version=OLD)
        newer, body, _ = await post(api, asking(model=OPUS_4_6) | change, version=NEW)
    assert (older, newer) == (200, 400)
    assert phrase in body["error"]["message"]


async def test_a_beta_header_opens_its_fields() -> None:
    managed = asking(context_management={"edits": []})
    told = asking(messages=[user("x"), later_system(output_config={"effort": "low"})])
    async with AnthropicApi() as api:
        betas = "claude-code-20250219,context-management-2025-06-27"
        assert (await post(api, managed, anthropic_beta=betas))[0] == 200
        assert (await post(api, told, anthropic_beta="per-turn-control-2026-07-01"))[0] == 200


async def test_who_may_ask_and_what_for() -> None:
    async with AnthropicApi() as api, aiohttp.ClientSession() as session:

        async def status(**headers: str) -> int:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            response = await session.post(api.base_url + "/v1/messages", json=asking(), headers=sent)
            return response.status

        assert await status(anthropic_version=OLD) == 401
        assert await status(anthropic_version=OLD, x_api_key="wrong") == 401
        assert (
            await status(anthropic_version=OLD, x_api_key="wrong", authorization=f"Bearer {api.key}") == 200
        )
        assert await status(anthropic_version=OLD, authorization=f"Bearer {api.key}") == 200
        assert await status(x_api_key=api.key) == 400
        assert await status(x_api_key=api.key, anthropic_version="2022-01-01") == 400
        assert (await post(api, asking(model="gpt-4")))[:2] == (
            404,
            api_error("not_found_error", "model: gpt-4", api),
        )
        assert (await post(api, {"model": OPUS_5_5, "messages": [user("x")]}))[0] == 400


def api_error(kind: str, message: str, api: AnthropicApi) -> Json:
    last = f"req_sim{len(api.requests):08d}"
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": last}


# what it answers ------------------------------------------------------------------------------------------------------


def client(api: AnthropicApi) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=api.base_url, api_key=api.key, max_retries=0)


@pytest.mark.parametrize(
    "said",
    [
        "hi",
        "[[sim: thinking]] [[sim: text so]] [[sim: parallel]]",
        '[[sim: redacted]] [[sim: tool get_weather {"city": "東京", "days": [1, 2]}]]',
        "[[sim: cache 15 75 10]]",
        "[[sim: max_tokens]]",
        "[[sim: refusal]]",
    ],
)
async def test_the_official_client_sees_the_same_message_plain_and_streamed(said: str) -> None:
    async with AnthropicApi() as api, client(api) as sdk:
        asked: Json = {"model": OPUS_5_5, "max_tokens": 1000, "messages": [user(said)], "tools": [WEATHER]}
        plain = await sdk.messages.create(**asked)
        async with sdk.messages.stream(**asked) as stream:
            final = await stream.get_final_message()
    same = {"id": True, "content": {"__all__": {"id"}}}
    assert final.model_dump(exclude=same) == plain.model_dump(exclude=same)  # type: ignore[arg-type]


async def test_a_stream_keeps_the_grammar() -> None:
    async with AnthropicApi() as api:
        events = await streamed(api, "[[sim: thinking]] [[sim: text so]] [[sim: parallel]]", tools=[WEATHER])
    kinds = [event["type"] for event in events if event["type"] != "ping"]
    assert (kinds[0], kinds[-2], kinds[-1]) == ("message_start", "message_delta", "message_stop")
    starts = [event for event in events if event["type"] == "content_block_start"]
    assert [event["index"] for event in starts] == [0, 1, 2, 3]
    assert [event["content_block"]["type"] for event in starts] == [
        "thinking",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert starts[2]["content_block"]["input"] == {}
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(delta.get("thinking", "") for delta in deltas) == THINKING
    assert [delta for delta in deltas if delta["type"] == "signature_delta"] == [
        {"type": "signature_delta", "signature": signature(OPUS_5_5, THINKING)}
    ]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    assert events[0]["message"]["usage"]["input_tokens"] == events[-2]["usage"]["input_tokens"] > 0


async def test_its_thinking_may_come_back_and_only_unchanged() -> None:
    async with AnthropicApi() as api:
        body = asking(
            "[[sim: thinking]] [[sim: tool]]",
            tools=[WEATHER],
            thinking={"type": "adaptive", "display": "omitted"},
        )
        _, first, _ = await post(api, body)
        body["messages"] += [assistant(*first["content"]), user(result(first["content"][1]["id"]))]
        status, second, _ = await post(api, body)
        shown = first["content"][0]["thinking"]
        first["content"][0]["thinking"] = "invented"
        refused, _, _ = await post(api, body)
    assert shown == ""
    assert (status, second["content"]) == (200, [text("The tool said: sunny")])
    assert refused == 400


async def test_thinking_only_where_it_is_on() -> None:
    async with AnthropicApi() as api:
        _, off, _ = await post(api, asking("[[sim: thinking]]", model=OPUS_4_8))
        _, on, _ = await post(api, asking("[[sim: thinking]]", model=OPUS_4_8, thinking={"type": "adaptive"}))
        _, always, _ = await post(api, asking("[[sim: thinking]]", model=OPUS_5_5))
    kinds = [[block["type"] for block in answer["content"]] for answer in (off, on, always)]
    assert kinds == [["text"], ["thinking", "text"], ["thinking", "text"]]


async def test_the_request_limits_the_answer() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    titled = {"format": {"type": "json_schema", "schema": schema}}
    async with AnthropicApi() as api:
        _, short, _ = await post(api, asking(max_tokens=2))
        _, none, _ = await post(api, asking(max_tokens=0))
        _, stopped, _ = await post(api, asking(stop_sequences=["Claude"]))
        _, structured, _ = await post(api, asking(output_config=titled))
    assert (short["content"], short["stop_reason"]) == ([text("Hello from")], "max_tokens")
    assert (none["content"], none["stop_reason"]) == ([], "end_turn")
    assert (stopped["content"][0]["text"], stopped["stop_sequence"]) == ("Hello from ", "Claude")
    assert structured["content"] == [text('{"title":"sim"}')]


async def test_usage_and_refusals_are_as_asked() -> None:
    async with AnthropicApi() as api:
        _, cached, _ = await post(api, asking("[[sim: cache 15 75 10]]"))
        _, refused, _ = await post(api, asking("[[sim: refusal]]"))
        _, echoed, _ = await post(api, asking("[[sim: echo]]"))
        _, empty, _ = await post(api, asking("[[sim: empty]]"))
    usage = cached["usage"]
    counts = [usage[f"{kind}input_tokens"] for kind in ("", "cache_read_", "cache_creation_")]
    assert counts == [15, 75, 10]
    assert (refused["stop_reason"], refused["stop_details"]["explanation"]) == ("refusal", REFUSAL)
    assert msgspec.json.decode(echoed["content"][0]["text"]) == asking("[[sim: echo]]")
    assert (empty["content"], empty["stop_reason"]) == ([], "end_turn")


# misbehaviour ---------------------------------------------------------------------------------------------------------


async def test_errors_before_and_inside_a_stream() -> None:
    async with AnthropicApi() as api:
        limited, body, headers = await post(api, asking("[[sim: 429 30]]"))
        late = await streamed(api, "[[sim: error overloaded_error]]")
        first = await streamed(api, "[[sim: error-first rate_limit_error]]")
        plain, _, _ = await post(api, asking("[[sim: error overloaded_error]]"))
        over, told, _ = await post(api, asking("[[sim: overflow]]"))
        twice = [(await post(api, asking("[[sim: once 529]]")))[0] for _ in range(2)]
        page, html, _ = await post(api, asking("[[sim: html]]"))
    assert (limited, body["error"]["type"], headers["retry-after"]) == (429, "rate_limit_error", "30")
    assert (late[0]["type"], late[-1]["error"]["type"]) == ("message_start", "overloaded_error")
    assert "message_stop" not in [event["type"] for event in late]
    assert [event["error"]["type"] for event in first] == ["rate_limit_error"]
    assert plain == 529
    assert (over, told["error"]["message"]) == (400, "prompt is too long: 1005000 tokens > 1000000 maximum")
    assert twice == [529, 200]
    assert (page, html[:6]) == (502, b"<html>")


@pytest.mark.parametrize("marker", ["cut", "cut-first"])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_cut_is_an_incomplete_body(marker: str, stream: bool) -> None:
    async with AnthropicApi() as api:
        with pytest.raises(aiohttp.ClientPayloadError):
            await post(api, asking(f"[[sim: {marker}]]", stream=stream))


async def test_framing_and_pauses() -> None:
    async with AnthropicApi() as api:
        regular = [event["type"] for event in await streamed(api, "hi")]
        assert [event["type"] for event in await streamed(api, "[[sim: bytewise]]")] == regular
        assert [event["type"] for event in await streamed(api, "[[sim: crlf]]")] == regular
        for marker in ("silent 0.3", "stall 0.3"):
            for stream in (True, False):
                began = time.monotonic()
                await post(api, asking(f"[[sim: {marker}]]", stream=stream))
                assert 0.25 < time.monotonic() - began < 2


@pytest.mark.parametrize("marker", ["hang", "slow 0.5", "silent 30"])
async def test_it_notices_a_client_that_leaves(marker: str) -> None:
    async with AnthropicApi() as api:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(streamed(api, f"[[sim: {marker}]]"), 0.3)
        await until(lambda: len(api.disconnects) == 1)
        assert (api.disconnects[0].path, api.disconnects[0].model) == ("/v1/messages", OPUS_5_5)


async def until(happened: Callable[[], bool]) -> None:
    for _ in range(200):
        if happened():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen within two seconds")


@pytest.mark.parametrize("marker", sorted(MARKERS.keys() - {"hang", "cut", "cut-first"}))
@pytest.mark.parametrize("stream", [True, False])
async def test_every_marker_answers(marker: str, stream: bool) -> None:
    arguments = {
        "cache": " 1 2 3",
        "silent": " 0",
        "stall": " 0",
        "slow": " 0.01",
        "once": " 500",
        "long": " 20",
    }
    async with AnthropicApi() as api:
        status, answer, _ = await post(
            api, asking(f"[[sim: {marker}{arguments.get(marker, '')}]]", stream=stream)
        )
    failing = {"html": 502, "overflow": 400, "once": 500} | (
        {} if stream else {"error": 529, "error-first": 529}
    )
    assert status == failing.get(marker, 200)
    assert answer


# other endpoints ------------------------------------------------------------------------------------------------------


async def test_counting_and_models() -> None:
    async with AnthropicApi() as api, client(api) as sdk:
        short = await sdk.messages.count_tokens(model=OPUS_5_5, messages=[{"role": "user", "content": "hi"}])
        longer = await sdk.messages.count_tokens(
            model=OPUS_5_5, messages=[{"role": "user", "content": "hi" * 401}]
        )
        refused, told, _ = await post(api, asking(), path="/v1/messages/count_tokens")
        ids = [model.id async for model in sdk.models.list(limit=2)]
        undated = await sdk.models.retrieve("claude-sonnet-4-5")
        newest = await sdk.models.retrieve(OPUS_5_5)
    assert longer.input_tokens - short.input_tokens == 800 // 4
    assert (refused, told["error"]["message"]) == (400, "max_tokens: Extra inputs are not permitted")
    assert ids[0] == OPUS_5_5
    assert len(ids) == len(set(ids)) == 9
    assert undated.id == SONNET_4_5
    assert newest.capabilities is not None
    assert newest.capabilities.thinking.types.adaptive.supported
    assert not newest.capabilities.thinking.types.disabled.supported


async def test_it_says_what_only_the_real_api_says() -> None:
    async with AnthropicApi() as api:
        _, body, headers = await post(api, asking())
        recorded = api.requests[-1]
    assert body["content"] == [text(TEXT)]
    assert {"request-id", "anthropic-organization-id", "cf-ray"} <= {name.lower() for name in headers}
    assert (recorded.path, recorded.headers["anthropic-version"], recorded.model) == (
        "/v1/messages",
        OLD,
        OPUS_5_5,
    )
