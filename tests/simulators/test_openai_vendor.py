"""The simulated vendor is proven by raw HTTP and by the official client: tests elsewhere may then trust it."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import aiohttp
import msgspec
import openai
import pytest

from simulators.openai_behaviours import OVERFLOW_MESSAGES, REASONING, REFUSAL, TEXT
from simulators.openai_deviations import SHAPES
from simulators.openai_models import FAILING, MODELS, model_named
from simulators.openai_profiles import PROFILES, Profile
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]
USER: Json = {"role": "user", "content": "hi"}
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()
SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER: Json = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}


def call(call_id: str, **function: object) -> Json:
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": "get_weather", "arguments": "{}"} | function,
    }


def said(*calls: Json, **more: object) -> Json:
    return {"role": "assistant", "content": None, "tool_calls": list(calls)} | more


def result(call_id: str, content: object = "ok") -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def image(url: str = PNG) -> Json:
    return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}


async def post(vendor: OpenAIVendor, body: Json, path: str = "/chat/completions") -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {vendor.key}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(vendor.base_url + path, json=body, headers=headers) as response,
    ):
        raw = await response.read()
    try:
        return response.status, msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return response.status, raw


async def stream(vendor: OpenAIVendor, model: str, **more: object) -> bytes:
    body = {"model": model, "messages": [USER], "stream": True} | more
    headers = {"authorization": f"Bearer {vendor.key}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(vendor.base_url + "/chat/completions", json=body, headers=headers) as response,
    ):
        assert response.status == 200, await response.text()
        return await response.read()


async def until(happened: Callable[[], bool]) -> None:
    for _ in range(200):
        if happened():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen within two seconds")


def chunks_of(raw: bytes) -> list[Json]:
    lines = [line.removeprefix(b"data: ") for line in raw.split(b"\n") if line.startswith(b"data: {")]
    return [msgspec.json.decode(line) for line in lines]


def deltas_of(raw: bytes) -> list[Json]:
    return [choice["delta"] for chunk in chunks_of(raw) for choice in chunk["choices"]]


# what it refuses -------------------------------------------------------------------------------------

REFUSED: list[tuple[str, Json, str]] = [
    ("openai", {"frobnicate": 1}, "Unknown parameter: 'frobnicate'"),
    ("openai", {"max_tokens": 5, "max_completion_tokens": 5}, "at the same time is not supported"),
    (
        "openai",
        {"max_tokens": 200_000},
        "max_tokens is too large: 200000. This model supports at most 131072",
    ),
    ("openai", {"max_tokens": 0}, "below minimum value"),
    ("openai", {"temperature": 2.1}, "decimal above maximum value"),
    ("openai", {"stop": list("abcde")}, "array too long"),
    ("openai", {"stream_options": {"include_usage": True}}, "only allowed when 'stream' is enabled"),
    ("openai", {"messages": []}, "empty array"),
    ("openai", {"messages": [{"role": "wizard", "content": "x"}]}, "Invalid value: 'wizard'"),
    ("openai", {"messages": [{"role": "user"}]}, "Missing required parameter: 'messages[0].content'"),
    ("openai", {"messages": [{"role": "user", "content": None}]}, "expected a string, got null"),
    (
        "openai",
        {"messages": [USER | {"cache_control": {}}]},
        "Unknown parameter: 'messages[0].cache_control'",
    ),
    (
        "openai",
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}]},
        "Unknown parameter: 'messages[0].content[0].cache_control'",
    ),
    (
        "openai",
        {"messages": [USER, {"role": "assistant", "content": [{"type": "thinking", "thinking": "x"}]}]},
        "Invalid value: 'thinking'",
    ),
    ("openai", {"messages": [image("data:image/png;base64,####")]}, "valid URL or base64-encoded data URI"),
    ("openai", {"messages": [image("data:image/png;base64,aGVsbG8=")]}, "unsupported image"),
    ("openai", {"messages": [USER, said(call("a"))]}, "must be followed by tool messages"),
    ("openai", {"messages": [USER, said(call("a")), USER, result("a")]}, "did not have response messages: a"),
    ("openai", {"messages": [USER, said(call("a"), call("b")), result("b")]}, "response messages: a"),
    ("openai", {"messages": [USER, result("a")]}, "must be a response to a preceeding message"),
    ("openai", {"messages": [USER, said(call("a")), result("a"), result("a")]}, "must be a response"),
    ("openai", {"messages": [USER, said(call("a"), call("a")), result("a")]}, "Duplicate value"),
    (
        "openai",
        {"messages": [USER, said(call("a")), result("a", image()["content"])]},
        "Image URLs are only allowed for messages with role 'user'",
    ),
    (
        "openai",
        {"messages": [USER, said(call("a", arguments={})), result("a")]},
        "expected a string, but got an object",
    ),
    ("openai", {"messages": [USER, said(call("a", name="x" * 65)), result("a")]}, "maximum length 64"),
    (
        "openai",
        {"messages": [USER, said(call("a"), reasoning_content="x"), result("a")]},
        "Unknown parameter",
    ),
    ("openai", {"tools": []}, "empty array"),
    ("openai", {"tools": [{"type": "function", "function": {"name": "a b"}}]}, "does not match pattern"),
    (
        "openai",
        {"tools": [{"type": "function", "function": {"name": "a", "parameters": {}}}]},
        "got 'type: \"None\"'",
    ),
    ("openai", {"tools": [{"name": "bash", "type": "bash_20250124"}]}, "Invalid value: 'bash_20250124'"),
    ("openai", {"tools": [WEATHER | {"cache_control": {}}]}, "Unknown parameter: 'tools[0].cache_control'"),
    ("openai", {"tool_choice": "auto"}, "only allowed when 'tools' are specified"),
    (
        "openai",
        {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "other"}}},
        "Tool choice 'other' not found",
    ),
    (
        "openai",
        {"messages": [{"role": "user", "content": "x" * 600_000}]},
        "maximum context length is 131072 tokens",
    ),
    ("openai_reasoning", {"max_tokens": 9}, "Use 'max_completion_tokens' instead"),
    ("openai_reasoning", {"temperature": 0.5}, "'temperature' does not support 0.5"),
    ("openai_reasoning", {"stop": "x"}, "'stop' is not supported"),
    ("deepseek", {"messages": [{"role": "developer", "content": "x"}, USER]}, "Invalid value: 'developer'"),
    ("deepseek", {"messages": [image()]}, "unknown variant `image_url`"),
    ("deepseek_thinking", {"messages": [USER, said(call("a")), result("a")]}, "must be passed back"),
    ("deepseek_thinking", {"tools": [WEATHER], "tool_choice": "required"}, "does not support tool_choice"),
    (
        "siliconflow",
        {"messages": [USER, said(call("a"), call("b")), result("b"), result("a")]},
        "must follow the order",
    ),
    ("strict_template", {"messages": [USER, USER]}, "roles must alternate"),
    ("strict_template", {"messages": [{"role": "assistant", "content": "x"}, USER]}, "roles must alternate"),
    ("strict_template", {"messages": [USER, {"role": "system", "content": "x"}]}, "must be at the beginning"),
    ("strict_template", {"messages": [USER, said(call("a", arguments="{")), result("a")]}, "Failed to parse"),
    ("moonshot", {"messages": [USER, {"role": "assistant", "content": ""}, USER]}, "must not be empty"),
    ("mistral", {"messages": [USER, said(call("call_1")), result("call_1")]}, "with a length of 9"),
    (
        "mistral",
        {"messages": [USER, said(call("abcdefghi")), result("abcdefghi"), USER]},
        "'user' after role 'tool'",
    ),
    (
        "mistral",
        {"messages": [USER, {"role": "assistant", "content": "x"}]},
        "Expected last role User or Tool",
    ),
]


@pytest.mark.parametrize(("profile", "change", "phrase"), REFUSED)
async def test_it_refuses_what_the_vendor_refuses(profile: str, change: Json, phrase: str) -> None:
    async with OpenAIVendor(profile) as vendor:
        status, body = await post(vendor, {"model": "sim-text", "messages": [USER]} | change)
    assert status == 400
    assert phrase in msgspec.json.encode(body).decode().replace('\\"', '"')


async def test_mistral_refuses_fields_it_does_not_know_with_422() -> None:
    async with OpenAIVendor("mistral") as vendor:
        for extra in ({"max_completion_tokens": 5}, {"user": "x"}, {"stream": True, "stream_options": {}}):
            status, body = await post(vendor, {"model": "sim-text", "messages": [USER]} | extra)
            assert status == 422
            assert body["message"]["detail"][0]["type"] == "extra_forbidden"


ACCEPTED: list[tuple[str, Json]] = [
    ("openai", {"messages": [USER, USER, {"role": "system", "content": "later"}]}),
    ("openai", {"messages": [image(), image("https://example.com/a.png")]}),
    ("openai", {"messages": [USER, said(call("a"), call("b")), result("b"), result("a"), USER]}),
    ("openai", {"tools": [WEATHER], "tool_choice": "none", "parallel_tool_calls": False}),
    (
        "openai_reasoning",
        {"max_completion_tokens": 50, "messages": [{"role": "developer", "content": "x"}, USER]},
    ),
    ("deepseek_thinking", {"messages": [USER, said(call("a"), reasoning_content=""), result("a")]}),
    ("deepseek_thinking", {"tools": [WEATHER], "tool_choice": "required", "thinking": {"type": "disabled"}}),
    (
        "deepseek_thinking",
        {"thinking": {"type": "disabled"}, "messages": [USER, said(call("a")), result("a")]},
    ),
    (
        "strict_template",
        {
            "messages": [
                {"role": "system", "content": "x"},
                USER,
                said(call("a"), call("b")),
                result("a"),
                result("b"),
                USER,
                {"role": "assistant", "content": "x"},
                USER,
            ]
        },
    ),
    ("mistral", {"messages": [USER, said(call("abcdefghi"), content=""), result("abcdefghi")]}),
]


@pytest.mark.parametrize(("profile", "change"), ACCEPTED)
async def test_it_accepts_what_the_vendor_accepts(profile: str, change: Json) -> None:
    async with OpenAIVendor(profile) as vendor:
        status, body = await post(vendor, {"model": "sim-text", "messages": [USER]} | change)
    assert status == 200, body


async def test_strictness_can_be_changed_for_one_test() -> None:
    profile: Profile = replace(PROFILES["openai"], null_content_with_calls=False)
    body = {"model": "sim-text", "messages": [USER, said(call("a")), result("a")], "frobnicate": 1}
    async with OpenAIVendor(profile, allow_fields=["frobnicate"]) as vendor:
        status, answer = await post(vendor, body)
    assert (status, answer["error"]["message"]) == (
        400,
        "Invalid value for 'messages[1].content': expected a string, got null.",
    )


@pytest.mark.parametrize(
    ("profile", "body"),
    [
        ("openai", {"error": {"type": "invalid_request_error", "code": "invalid_api_key"}}),
        ("siliconflow", "Invalid token"),
        ("mistral", {"detail": "Unauthorized"}),
        ("strict_template", {"error": "Unauthorized"}),
    ],
)
async def test_a_wrong_key_is_refused_in_the_vendors_own_words(profile: str, body: Any) -> None:
    async with OpenAIVendor(profile) as vendor:
        async with aiohttp.ClientSession(headers={"authorization": "Bearer wrong"}) as session:
            response = await session.get(vendor.base_url + "/models")
            said_body = await response.json()
        async with aiohttp.ClientSession() as session:
            keyless = await session.get(vendor.base_url + "/models")
    assert (response.status, keyless.status) == (401, 401)
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        assert body["error"].items() <= said_body["error"].items()
    else:
        assert said_body == body


# what it answers -------------------------------------------------------------------------------------


def client(vendor: OpenAIVendor) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=vendor.base_url, api_key=vendor.key, max_retries=0)


async def test_the_official_client_reads_text_plain_and_streamed() -> None:
    async with OpenAIVendor() as vendor, client(vendor) as sdk:
        plain = await sdk.chat.completions.create(
            model="sim-text", messages=[{"role": "user", "content": "hi"}]
        )
        streamed = await sdk.chat.completions.create(
            model="sim-text",
            messages=[{"role": "user", "content": "hi"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in streamed]
    assert plain.choices[0].message.content == TEXT
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == TEXT
    assert chunks[-1].usage == plain.usage
    assert plain.usage is not None
    assert (plain.usage.prompt_tokens, plain.usage.completion_tokens) == (100, 20)


async def test_the_official_client_finishes_a_round_of_parallel_tools() -> None:
    messages: list[Any] = [USER]
    tools: list[Any] = [WEATHER]
    async with OpenAIVendor() as vendor, client(vendor) as sdk:
        first = await sdk.chat.completions.create(model="sim-parallel-tools", messages=messages, tools=tools)
        calls = first.choices[0].message.tool_calls or []
        messages += [first.choices[0].message.model_dump(exclude_none=True)]
        messages += [result(each.id, f"sunny {n}") for n, each in enumerate(calls)]
        second = await sdk.chat.completions.create(model="sim-parallel-tools", messages=messages, tools=tools)
    assert [each.function.arguments for each in calls if each.type == "function"] == [
        '{"city":"Paris","days":1}',
        '{"city":"東京","days":2}',
    ]
    assert first.choices[0].finish_reason == "tool_calls"
    assert second.choices[0].message.content == "The tool said: sunny 1"


async def test_the_request_limits_the_answer() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    structured = {"type": "json_schema", "json_schema": {"name": "t", "schema": schema}}
    async with OpenAIVendor() as vendor:
        _, short = await post(vendor, {"model": "sim-text", "messages": [USER], "max_tokens": 2})
        _, stopped = await post(vendor, {"model": "sim-text", "messages": [USER], "stop": ["the"]})
        _, titled = await post(
            vendor, {"model": "sim-text", "messages": [USER], "response_format": structured}
        )
    assert (short["choices"][0]["message"]["content"], short["choices"][0]["finish_reason"]) == (
        "Hello from",
        "length",
    )
    assert stopped["choices"][0]["message"]["content"] == "Hello from "
    assert titled["choices"][0]["message"]["content"] == '{"title":"sim"}'


async def test_echo_tells_what_was_received() -> None:
    async with OpenAIVendor() as vendor:
        body = {"model": "sim-echo", "messages": [USER], "seed": 7}
        _, answer = await post(vendor, body)
    assert msgspec.json.decode(answer["choices"][0]["message"]["content"]) == body


async def test_the_agent_looks_around_writes_and_reports() -> None:
    tools = [
        {"type": "function", "function": {"name": name, "parameters": SCHEMA}}
        for name in ("Agent", "Bash", "Write")
    ]
    prompt = {"role": "user", "content": "Please. [[file=/tmp/x/out.txt content=two words]]"}
    body: Json = {"model": "sim-agent", "messages": [prompt], "tools": tools}
    rounds = []
    message: Json = {}
    async with OpenAIVendor("strict_template") as vendor:
        for _ in range(3):
            status, answer = await post(vendor, body)
            assert status == 200, answer
            message = answer["choices"][0]["message"]
            rounds.append(
                [
                    (each["function"]["name"], each["function"]["arguments"])
                    for each in message.get("tool_calls", ())
                ]
            )
            results = [result(each["id"]) for each in message.get("tool_calls", ())]
            body["messages"] = [*body["messages"], message, *results]
    assert [name for name, _ in rounds[0]] == ["Bash", "Bash"]
    assert rounds[1] == [("Write", '{"file_path":"/tmp/x/out.txt","content":"two words"}')]
    assert rounds[2] == []
    assert message["content"] == "Done: /tmp/x/out.txt is written."


# deviations ------------------------------------------------------------------------------------------


TOOL_DEVIATIONS = tuple(
    f"sim-{word}"
    for word in ("no-index", "index", "inter", "cumul", "doubled", "repeated", "args", "names", "glued")
)


async def test_each_tool_deviation_is_on_the_wire_as_named() -> None:
    async with OpenAIVendor() as vendor:
        seen = {
            name: [
                d["tool_calls"] for d in deltas_of(await stream(vendor, name)) if d and d.get("tool_calls")
            ]
            for name in SHAPES
            if name.startswith(TOOL_DEVIATIONS)
        }
    assert all("index" not in call for calls in seen["sim-no-index"] for call in calls)
    assert {call["index"] for calls in seen["sim-index-zero-twice"] for call in calls} == {0}
    assert len({call["id"] for calls in seen["sim-index-zero-twice"] for call in calls if "id" in call}) == 2
    assert [[call["index"] for call in calls] for calls in seen["sim-interleaved"]][:2] == [[0, 1], [0, 1]]
    texts = [call["function"]["arguments"] for (call,) in seen["sim-cumulative"] if call["index"] == 0]
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert texts[-1] == '{"city":"Paris","days":1}'
    assert [call["function"]["arguments"] for (call,) in seen["sim-doubled-args"] if call["index"] == 0][
        -1
    ] == texts[-1]
    assert all(call["function"]["name"] and call["id"] for (call,) in seen["sim-repeated-names"])
    assert seen["sim-args-object"][0][0]["function"]["arguments"] == {"city": "Paris", "days": 1}
    assert seen["sim-args-null"][0][0]["function"]["arguments"] is None
    assert "arguments" not in seen["sim-args-null"][1][0]["function"]
    assert [call["function"]["name"] for (call,) in seen["sim-names-growing"] if "name" in call["function"]][
        :2
    ] == [
        "get_w",
        "get_weather",
    ]
    assert seen["sim-glued-args"][1][0]["function"]["arguments"].count("}{") == 1


async def test_reasoning_comes_in_the_field_the_name_says() -> None:
    async with OpenAIVendor() as vendor:
        content = deltas_of(await stream(vendor, "sim-reasoning"))
        in_field = deltas_of(await stream(vendor, "sim-reasoning-field"))
        tags = [d["content"] for d in deltas_of(await stream(vendor, "sim-think-tags")) if "content" in d]
        unclosed = "".join(
            d.get("content", "") for d in deltas_of(await stream(vendor, "sim-think-tags-unclosed"))
        )
        turned = [next(iter(d), "") for d in deltas_of(await stream(vendor, "sim-text-then-reasoning"))]
        whole = deltas_of(await stream(vendor, "sim-all-in-one-chunk"))
    assert "".join(d.get("reasoning_content", "") for d in content) == REASONING
    assert "".join(d.get("reasoning", "") for d in in_field) == REASONING
    assert "<thi" in tags
    assert "".join(tags) == f"<think>{REASONING}</think>\n{TEXT}"
    assert unclosed == f"<think>{REASONING}"
    assert turned.index("content") < turned.index("reasoning_content") < turned.index("tool_calls")
    assert turned[-2] == "reasoning_content"
    assert {"reasoning_content", "content", "tool_calls"} <= whole[0].keys()


@pytest.mark.parametrize(
    ("model", "carriers"),
    [
        ("sim-usage-last", ["last"]),
        ("sim-usage-finish", ["finish"]),
        ("sim-usage-after-empty", ["last"]),
        ("sim-usage-none", []),
    ],
)
async def test_usage_is_where_the_name_says(model: str, carriers: list[str]) -> None:
    async with OpenAIVendor() as vendor:
        chunks = chunks_of(await stream(vendor, model, stream_options={"include_usage": True}))
    with_usage = ["finish" if chunk["choices"] else "last" for chunk in chunks if chunk.get("usage")]
    assert with_usage == carriers


async def test_usage_in_every_chunk() -> None:
    async with OpenAIVendor() as vendor:
        chunks = chunks_of(await stream(vendor, "sim-usage-every"))
    assert all(chunk["usage"]["prompt_tokens"] == 100 for chunk in chunks)


async def test_framing_mishaps() -> None:
    async with OpenAIVendor() as vendor:
        regular = await stream(vendor, "sim-text")
        assert regular.endswith(b"data: [DONE]\n\n")
        assert b"[DONE]" not in await stream(vendor, "sim-no-done")
        assert b"\n" not in (await stream(vendor, "sim-crlf")).replace(b"\r\n", b"")
        assert b'data: {"type":"ping"}\n\ndata:\n\n' in await stream(vendor, "sim-heartbeat-json")
        assert deltas_of(await stream(vendor, "sim-bytewise")) == deltas_of(regular)
        assert await stream(vendor, "sim-zero-chunks") == b""
        assert (await stream(vendor, "sim-json-for-stream")).startswith(b'{"id"')
        assert (await stream(vendor, "sim-html-200")).startswith(b"<!DOCTYPE")
        assert b"[DONE]" not in await stream(vendor, "sim-end-mid-text")
        with pytest.raises(msgspec.DecodeError):
            chunks_of(await stream(vendor, "sim-malformed-json"))
        finishes = [
            c["choices"][0]["finish_reason"] for c in chunks_of(await stream(vendor, "sim-finish-twice"))
        ]
        assert finishes[-2:] == ["stop", "stop"]
        unfinished = [
            c["choices"][0]["finish_reason"] for c in chunks_of(await stream(vendor, "sim-missing-finish"))
        ]
        assert set(unfinished) == {None}


@pytest.mark.parametrize(
    "model", ["sim-cut-mid-text", "sim-cut-mid-tool", "sim-cut-before-first", "sim-cut-inside-frame"]
)
@pytest.mark.parametrize("streamed", [True, False])
async def test_a_cut_is_an_incomplete_body(model: str, streamed: bool) -> None:
    async with OpenAIVendor() as vendor:
        asked = stream(vendor, model) if streamed else post(vendor, {"model": model, "messages": [USER]})
        with pytest.raises(aiohttp.ClientPayloadError):
            await asked
        assert not vendor.disconnects


async def test_errors_inside_a_200_stream() -> None:
    async with OpenAIVendor() as vendor:
        late = chunks_of((await stream(vendor, "sim-error-in-stream")).replace(b"event: error\n", b""))
        first = chunks_of(await stream(vendor, "sim-error-first-frame"))
        overflow = chunks_of(await stream(vendor, "sim-overflow-in-stream"))
    assert late[-1]["error"]["type"] == "server_error"
    assert late[0]["choices"]
    assert first == [{"error": first[0]["error"]}]
    assert "maximum context length" in overflow[0]["error"]["message"]


@pytest.mark.parametrize(
    ("model", "status"),
    [
        (name, int(name.split("-")[1]))
        for name in FAILING
        if name.split("-")[1].isdigit() and "then" not in name
    ]
    + [("sim-nothing-of-the-kind", 404), ("sim-overflow", 400), ("sim-overflow-413", 413)],
)
async def test_failures_have_their_status(model: str, status: int) -> None:
    async with OpenAIVendor() as vendor:
        assert (await post(vendor, {"model": model, "messages": [USER]}))[0] == status
        assert (await post(vendor, {"model": model, "messages": [USER], "stream": True}))[0] == status


async def test_then_ok_fails_once_per_server() -> None:
    body = {"model": "sim-429-then-ok", "messages": [USER]}
    async with OpenAIVendor() as vendor:
        assert [(await post(vendor, body))[0] for _ in range(3)] == [429, 200, 200]
        vendor.forget()
        assert (await post(vendor, body))[0] == 429


@pytest.mark.parametrize("k", range(1, len(OVERFLOW_MESSAGES) + 1))
async def test_every_overflow_wording_plain_and_in_a_stream(k: int) -> None:
    async with OpenAIVendor() as vendor:
        status, body = await post(vendor, {"model": f"sim-overflow-{k}", "messages": [USER]})
        chunks = chunks_of(await stream(vendor, f"sim-overflow-{k}-in-stream"))
    assert (status, body["error"]["message"]) == (400, OVERFLOW_MESSAGES[k - 1])
    assert chunks[0]["error"]["message"] == OVERFLOW_MESSAGES[k - 1]


async def test_windows() -> None:
    long: Json = {"role": "user", "content": "x" * 40_000}
    ask = {"role": "user", "content": "x" * 40_000 + " Write a summary of it all."}
    async with OpenAIVendor() as vendor:
        assert (await post(vendor, {"model": "sim-compact", "messages": [long]}))[0] == 400
        assert (await post(vendor, {"model": "sim-compact", "messages": [ask]}))[0] == 200
        assert (await post(vendor, {"model": "sim-compact", "messages": [USER]}))[0] == 200
        assert (await post(vendor, {"model": "sim-window-1000", "messages": [long]}))[0] == 400
        assert (await post(vendor, {"model": "sim-shared-window", "messages": [long], "max_tokens": 32_000}))[
            0
        ] == 400
        assert (await post(vendor, {"model": "sim-shared-window", "messages": [long], "max_tokens": 9_000}))[
            0
        ] == 200
        assert (
            await post(vendor, {"model": "sim-max-tokens-too-large", "messages": [USER], "max_tokens": 8193})
        )[0] == 400
        assert (await post(vendor, {"model": "sim-no-vision", "messages": [image()]}))[0] == 400


async def test_silences_last_as_long_as_the_name_says() -> None:
    async with OpenAIVendor() as vendor:
        for model in ("sim-silent-0.3", "sim-stall-0.3", "sim-silent-headers-0.3"):
            for streamed in (True, False):
                began = time.monotonic()
                await post(vendor, {"model": model, "messages": [USER], "stream": streamed})
                assert 0.25 < time.monotonic() - began < 2


@pytest.mark.parametrize("name", sorted(MODELS.keys() - {"sim-hang"}))
@pytest.mark.parametrize("streamed", [True, False])
async def test_every_model_answers_with_something(name: str, streamed: bool) -> None:
    assert model_named(name) is not None
    async with OpenAIVendor() as vendor:
        body = {"model": name, "messages": [USER], "stream": streamed}
        try:
            status, answer = await asyncio.wait_for(post(vendor, body), 5)
        except aiohttp.ClientPayloadError:
            assert "cut" in name
            return
        assert status >= 200
        assert answer or name == "sim-zero-chunks"


async def test_refusals_and_legacy_calls() -> None:
    async with OpenAIVendor() as vendor:
        _, refused = await post(vendor, {"model": "sim-refusal", "messages": [USER]})
        _, legacy = await post(vendor, {"model": "sim-legacy-function-call", "messages": [USER]})
    assert refused["choices"][0]["message"] == {"role": "assistant", "content": None, "refusal": REFUSAL}
    assert legacy["choices"][0]["message"]["function_call"]["name"] == "get_weather"
    assert legacy["choices"][0]["finish_reason"] == "function_call"


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("openai", "call_" + "0" * 23 + "1"), ("mistral", "000000001"), ("moonshot", "functions.get_weather:1")],
)
async def test_tool_ids_look_like_the_vendors(profile: str, expected: str) -> None:
    async with OpenAIVendor(profile) as vendor:
        _, answer = await post(vendor, {"model": "sim-tool", "messages": [USER], "tools": [WEATHER]})
    assert answer["choices"][0]["message"]["tool_calls"][0]["id"] == expected


# records and other endpoints -------------------------------------------------------------------------


async def test_it_records_requests_byte_for_byte() -> None:
    raw = b'{ "model":"sim-text",\n "messages":[{"role":"user","content":"hi"}] }'
    async with OpenAIVendor() as vendor:
        headers = {"authorization": "Bearer sk-sim", "content-type": "application/json", "X-Trace": "7"}
        async with aiohttp.ClientSession() as session:
            await session.post(vendor.base_url + "/chat/completions?a=b", data=raw, headers=headers)
            shown = await (await session.get(vendor.origin + "/sim/requests")).json()
        recorded = vendor.requests[-1]
    assert (recorded.method, recorded.path, recorded.query) == ("POST", "/v1/chat/completions", "a=b")
    assert recorded.body == raw
    assert recorded.headers["x-trace"] == "7"
    assert recorded.model == "sim-text"
    assert [each["path"] for each in shown] == ["/v1/chat/completions"]


@pytest.mark.parametrize("model", ["sim-hang", "sim-slow", "sim-silent-30"])
async def test_it_notices_a_client_that_leaves(model: str) -> None:
    async with OpenAIVendor() as vendor:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stream(vendor, model), 0.3)
        left = time.monotonic()
        await until(lambda: len(vendor.disconnects) == 1)
        assert [(each.path, each.model) for each in vendor.disconnects] == [("/v1/chat/completions", model)]
        assert vendor.disconnects[0].at - left < 0.5
        assert vendor.open_answers == 0


async def test_other_endpoints() -> None:
    async with (
        OpenAIVendor(aliases={"Qwen/Qwen2.5-14B-Instruct": "sim-text"}) as vendor,
        client(vendor) as sdk,
    ):
        embedded = await sdk.embeddings.create(model="sim-text", input=["a", "b"])
        again = await sdk.embeddings.create(model="sim-text", input="a", encoding_format="float")
        completed = await sdk.completions.create(model="sim-text", prompt="Say hello")
        streamed = await sdk.completions.create(model="sim-text", prompt="Say hello", stream=True)
        text = "".join([chunk.choices[0].text async for chunk in streamed])
        models = [model.id async for model in sdk.models.list()]
        one = await sdk.models.retrieve("Qwen/Qwen2.5-14B-Instruct")
        aliased = await sdk.chat.completions.create(
            model="Qwen/Qwen2.5-14B-Instruct", messages=[{"role": "user", "content": "hi"}]
        )
        assert (await post(vendor, {"model": "sim-text", "input": ""}, "/embeddings"))[0] == 400
        assert (await post(vendor, {"model": "sim-text", "prompt": "x", "frob": 1}, "/completions"))[0] == 400
    assert embedded.data[0].embedding == pytest.approx(again.data[0].embedding)
    assert embedded.data[0].embedding != embedded.data[1].embedding
    assert completed.choices[0].text == text == TEXT
    assert "sim-text" in models
    assert one.id == aliased.model == "Qwen/Qwen2.5-14B-Instruct"
