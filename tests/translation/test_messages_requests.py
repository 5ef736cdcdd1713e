"""Messages client, Chat vendor: REQ rows of the translation table, judged by what a strict vendor received."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from asgi import Reply
from isthmus.core import thought_tag
from translation.room import Json, Vendor, opened, said_in_stream
from translation.rows import ABSENT, Refused, Row, by_messages, check_refused, parametrized, refusals
from translation.words import (
    CLOSED,
    LONG_NAME,
    PDF,
    PNG,
    PNG_URI,
    SCHEMA,
    assistant,
    call,
    calling,
    image,
    kinds,
    pdf,
    system,
    text,
    told,
    tool,
    tool_result,
    tool_use,
    user,
)

ANY = Vendor()
OPENAI = Vendor(model="gpt-4o", behaviour="sim-text", settings={"vendor": "openai"})
REASONING = Vendor("openai_reasoning", "gpt-5", "sim-text", {"vendor": "openai"})
DEEPSEEK = Vendor("deepseek_thinking", "deepseek-v4", "sim-text", {"vendor": "deepseek"})
QWEN3 = Vendor("siliconflow", "Qwen/Qwen3-14B", "sim-text", {"vendor": "siliconflow"})
VLLM = Vendor("strict_template", "qwen3-8b", "sim-text", {"vendor": "vllm"})
MISTRAL = Vendor("mistral", "mistral-large", "sim-text", {"vendor": "mistral"})
KIMI = Vendor("moonshot", "kimi-k2.5", "sim-text", {"vendor": "moonshot"})
BLIND = Vendor("deepseek", "deepseek-chat", "sim-text", {"vendor": "deepseek"})
STRICT = Vendor("deepseek", "deepseek-chat", "sim-text", {"vendor": "deepseek", "loss_policy": "strict"})
EIGHT_K = Vendor(
    model="sim-max-tokens-too-large",
    settings={"capabilities": {"*": {"max_output_tokens": 8192}}},
)
BILLING = "x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=cli;"
TWO_CALLS = assistant([text("I look."), tool_use("a", city="Paris"), tool_use("b", city="Rome")])
TOOLS = [tool()]
REMINDED = "<system-reminder>\nBe brief.\n</system-reminder>"
SEARCH = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {"query": "rain"},
}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [
        {
            "type": "web_search_result",
            "url": "https://example.com/a",
            "title": "T",
            "encrypted_content": "c2VjcmV0",
        }
    ],
}
TAGGED = {"type": "thinking", "thinking": "I wonder.", "signature": thought_tag.mint("upstream")}
HIDDEN = {"type": "thinking", "thinking": "", "signature": thought_tag.mint("upstream", "I wonder.")}
UNTAGGED = {"type": "thinking", "thinking": "I wonder.", "signature": "c2lnbmVkIGJ5IHNvbWVib2R5IGVsc2U="}
ROUND = [user("Weather?"), assistant([TAGGED, tool_use("a", city="Paris")]), user([tool_result("a")])]


def thought_back(sent: Json, _: Reply) -> None:
    assert sent["messages"][1]["reasoning_content"] == "I wonder."


def one_name_everywhere(sent: Json, _: Reply) -> None:
    name = sent["tools"][0]["function"]["name"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name)
    assert name != LONG_NAME
    assert sent["tool_choice"]["function"]["name"] == name
    assert sent["messages"][1]["tool_calls"][0]["function"]["name"] == name


def paired_ids(sent: Json, _: Reply) -> None:
    calls = [each["id"] for each in sent["messages"][1]["tool_calls"]]
    assert len(set(calls)) == len(calls)
    assert [each["tool_call_id"] for each in sent["messages"][2:]] == calls


def published_parameters(sent: Json, _: Reply) -> None:
    functions = {each["function"]["name"]: each["function"]["parameters"] for each in sent["tools"]}
    assert functions["bash"]["properties"].keys() == {"command", "restart"}
    assert functions["str_replace_based_edit_tool"]["properties"].keys() >= {"command", "path", "old_str"}


def results_in_the_order_of_calls(sent: Json, _: Reply) -> None:
    assert sent["messages"][2:] == [told("a", "fine"), told("b", "wet"), user("Go on.")]


def text_joined_to_the_last_result(sent: Json, _: Reply) -> None:
    results = [(each["role"], each["content"]) for each in sent["messages"][2:]]
    assert results == [("tool", "fine"), ("tool", "wet\n\nGo on.")]


def image_after_the_results(sent: Json, _: Reply) -> None:
    first, second, after = sent["messages"][2:]
    assert first == told("a", "Look:")
    assert second == told("b", "rainy")
    assert kinds(after) == ["text", "image_url"]
    assert "a" in after["content"][0]["text"]


def repaired(sent: Json, _: Reply) -> None:
    asked, calls, first, second, rest = sent["messages"]
    assert "stray" in asked["content"]
    assert asked["content"].endswith("Weather?")
    ids = [each["id"] for each in calls["tool_calls"]]
    assert len(set(ids)) == 2
    assert [first, second] == [told(ids[0]), told(ids[1], "(no result recorded)")]
    assert rest == user("Go on.")


ODD_IDS = ("functions.Bash:0", "call_" + "0123456789" * 8)

ROWS = [
    # system text
    Row(
        "REQ-01-string",
        ANY,
        {"system": "Be kind."},
        {"messages": [system("Be kind."), user("hello")]},
    ),
    Row(
        "REQ-01-billing-block",
        ANY,
        {"system": [text(BILLING), text("Be kind."), text("Be brief.")]},
        {"messages": [system("Be kind.\n\nBe brief."), user("hello")]},
    ),
    Row(
        "REQ-01-developer-for-reasoning-models",
        REASONING,
        {"system": "Be kind."},
        {"messages": [{"role": "developer", "content": "Be kind."}, user("hello")]},
    ),
    Row(
        "REQ-02-after-user",
        ANY,
        {"messages": [user("One."), system("Be brief."), assistant("Two."), user("Three.")]},
        {"messages": [user(f"One.\n\n{REMINDED}"), assistant("Two."), user("Three.")]},
        losses=("messages.role:system=converted",),
    ),
    Row(
        "REQ-02-after-results",
        VLLM,
        {
            "messages": [
                user("One."),
                assistant([tool_use("a")]),
                user([tool_result("a")]),
                system("Be brief."),
            ],
            "tools": TOOLS,
        },
        {"messages": [user("One."), calling(call("a")), told("a"), user(REMINDED)]},
    ),
    # tool results
    Row(
        "REQ-04",
        ANY,
        {
            "messages": [
                user("?"),
                TWO_CALLS,
                user([tool_result("b", "wet"), tool_result("a", "fine"), text("Go on.")]),
            ]
        }
        | {"tools": TOOLS},
        judge=results_in_the_order_of_calls,
    ),
    Row(
        "REQ-04-mistral-has-no-user-after-tool",
        MISTRAL,
        {
            "messages": [
                user("?"),
                TWO_CALLS,
                user([tool_result("b", "wet"), tool_result("a", "fine"), text("Go on.")]),
            ]
        }
        | {"tools": TOOLS},
        judge=text_joined_to_the_last_result,
    ),
    Row(
        "REQ-05",
        ANY,
        {
            "messages": [
                user("?"),
                TWO_CALLS,
                user([tool_result("a", [text("Look:"), image()]), tool_result("b", "rainy")]),
            ],
            "tools": TOOLS,
        },
        judge=image_after_the_results,
    ),
    Row(
        "REQ-06",
        ANY,
        {
            "messages": [
                user("?"),
                TWO_CALLS,
                user(
                    [
                        tool_result("a", "no such city", is_error=True),
                        tool_result("b", "Error: none either", is_error=True),
                    ]
                ),
            ],
            "tools": TOOLS,
        },
        judge=lambda sent, _: _equal(
            [each["content"] for each in sent["messages"][2:]], ["Error: no such city", "Error: none either"]
        ),
    ),
    # content
    Row(
        "REQ-09",
        ANY,
        {"messages": [user([text("What is it?"), image("image/jpeg")])]},
        {"messages": [user([text("What is it?"), {"type": "image_url", "image_url": {"url": PNG_URI}}])]},
        losses=("image.media_type=converted",),
    ),
    Row(
        "REQ-10-the-vendor-fetches",
        ANY,
        {
            "messages": [
                user([{"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}])
            ]
        },
        {
            "messages": [
                user([{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]),
            ]
        },
    ),
    Row(
        "REQ-11-repair",
        BLIND,
        {"messages": [user([text("Read it."), pdf()])]},
        losses=("document=replaced",),
        judge=lambda sent, _: _holds(sent["messages"][0]["content"], "note.pdf", "application/pdf"),
    ),
    Row(
        "REQ-11-files",
        OPENAI,
        {"messages": [user([text("Read it."), pdf()])]},
        judge=lambda sent, _: _equal(kinds(sent["messages"][0]), ["text", "file"]),
    ),
    # tools
    Row(
        "REQ-12",
        ANY,
        {
            "messages": [user("?"), assistant([tool_use("a", LONG_NAME)]), user([tool_result("a")])],
            "tools": [tool(LONG_NAME)],
            "tool_choice": {"type": "tool", "name": LONG_NAME},
        },
        judge=one_name_everywhere,
    ),
    *(
        Row(
            f"REQ-13-{target.profile}",
            target,
            {
                "messages": [
                    user("?"),
                    assistant([tool_use(id) for id in ODD_IDS]),
                    user([tool_result(id) for id in ODD_IDS]),
                ],
                "tools": TOOLS,
            },
            judge=paired_ids,
        )
        for target in (ANY, MISTRAL, KIMI, VLLM)
    ),
    Row(
        "REQ-14",
        ANY,
        {
            "tools": [
                {"type": "bash_20250124", "name": "bash"},
                {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
            ]
        },
        judge=published_parameters,
    ),
    Row(
        "REQ-15-dropped",
        ANY,
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}, tool()]},
        {"tool_choice": ABSENT, "web_search_options": ABSENT},
        losses=("tools.web_search_20250305=dropped",),
        judge=lambda sent, _: _equal([each["function"]["name"] for each in sent["tools"]], ["get_weather"]),
    ),
    Row(
        "REQ-15-alone",
        ANY,
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}], "tool_choice": {"type": "auto"}},
        {"tools": ABSENT, "tool_choice": ABSENT},
    ),
    Row(
        "schemas-have-properties",
        ANY,
        {"tools": [tool() | {"input_schema": {"type": "object"}}]},
        judge=lambda sent, _: _equal(
            sent["tools"][0]["function"]["parameters"], {"type": "object", "properties": {}}
        ),
    ),
    Row(
        "searches-of-the-past-are-told",
        ANY,
        {"messages": [user("?"), assistant([text("I search."), SEARCH, FOUND, text("So.")]), user("And?")]},
        losses=("server_tool_use=converted", "web_search_tool_result=converted"),
        judge=lambda sent, _: _equal(
            sent["messages"][1]["content"],
            "I search.\n[used web_search: query: rain]\n\n"
            "[web_search result]\ntitle: T\nurl: https://example.com/a\nSo.",
        ),
    ),
    # limits
    Row(
        "REQ-19-clamped",
        EIGHT_K,
        {"max_tokens": 128_000},
        {"max_tokens": 8192, "max_completion_tokens": ABSENT},
        losses=("max_tokens=clamped",),
    ),
    Row(
        "REQ-19-one-name-for-the-limit",
        REASONING,
        {"max_tokens": 500},
        {"max_completion_tokens": 500, "max_tokens": ABSENT},
    ),
    # thinking
    Row(
        "REQ-20-budget",
        REASONING,
        {"max_tokens": 20_000, "thinking": {"type": "enabled", "budget_tokens": 10_000}},
        {"reasoning_effort": "high", "thinking": ABSENT},
    ),
    Row(
        "REQ-20-small-budget",
        REASONING,
        {"max_tokens": 20_000, "thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"reasoning_effort": "low"},
    ),
    Row(
        "REQ-20-adaptive-max-folds",
        REASONING,
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        {"reasoning_effort": "high", "output_config": ABSENT},
        losses=("effort=clamped",),
    ),
    Row(
        "REQ-20-adaptive-max-known",
        DEEPSEEK,
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        {"reasoning_effort": "max"},
    ),
    Row(
        "REQ-20-adaptive-without-effort",
        REASONING,
        {"thinking": {"type": "adaptive"}},
        {"reasoning_effort": ABSENT, "thinking": ABSENT},
    ),
    Row(
        "REQ-20-disabled-deepseek",
        DEEPSEEK,
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "disabled"}},
    ),
    Row("REQ-20-disabled-qwen", QWEN3, {"thinking": {"type": "disabled"}}, {"enable_thinking": False}),
    Row(
        "REQ-20-disabled-vllm",
        VLLM,
        {"thinking": {"type": "disabled"}},
        {"chat_template_kwargs": {"enable_thinking": False}},
    ),
    Row(
        "REQ-20-disabled-openai",
        Vendor("openai_reasoning", "gpt-5.1", "sim-text", {"vendor": "openai"}),
        {"thinking": {"type": "disabled"}},
        {"reasoning_effort": "none"},
    ),
    Row(
        "REQ-20-unknown-models-are-not-told",
        ANY,
        {"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}},
        {"thinking": ABSENT, "reasoning_effort": ABSENT, "output_config": ABSENT},
    ),
    *(
        Row(
            f"REQ-23-{name}",
            DEEPSEEK,
            {"messages": [ROUND[0], assistant([thought, tool_use("a")]), ROUND[2]], "tools": TOOLS},
            judge=thought_back,
        )
        for name, thought in (("shown", TAGGED), ("hidden", HIDDEN), ("foreign-signature", UNTAGGED))
    ),
    Row(
        "REQ-23-lost",
        DEEPSEEK,
        {"messages": [ROUND[0], assistant([tool_use("a")]), ROUND[2]], "tools": TOOLS},
        judge=lambda sent, _: _equal(sent["messages"][1]["reasoning_content"], ""),
    ),
    Row(
        "REQ-23-not-wanted",
        ANY,
        {"messages": ROUND, "tools": TOOLS},
        judge=lambda sent, _: _equal(sent["messages"][1].keys(), {"role", "content", "tool_calls"}),
    ),
    # structured output
    Row(
        "REQ-25",
        ANY,
        {"output_config": {"format": {"type": "json_schema", "schema": CLOSED}}},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "response", "schema": CLOSED, "strict": True},
            }
        },
    ),
    Row(
        "REQ-25-open-schemas-are-not-strict",
        ANY,
        {"output_format": {"type": "json_schema", "schema": SCHEMA}},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "response", "schema": SCHEMA},
            }
        },
    ),
    Row(
        "REQ-25-json-object-only",
        DEEPSEEK,
        {"output_config": {"format": {"type": "json_schema", "schema": CLOSED}}},
        {"response_format": {"type": "json_object"}},
        losses=("response_format=emulated",),
        judge=lambda sent, _: _holds(sent["messages"][0]["content"], "JSON Schema", json.dumps(CLOSED)),
    ),
    # knobs
    Row(
        "who-asks-and-in-which-conversation",
        OPENAI,
        {"metadata": {"user_id": "somebody@example.com"}, "service_tier": "standard_only", "speed": "fast"},
        {"prompt_cache_key": "5e55", "service_tier": "default", "metadata": ABSENT, "speed": ABSENT},
        losses=("speed=dropped",),
        headers={"x-claude-code-session-id": "5e55"},
        judge=lambda sent, _: _equal(bool(re.fullmatch("[0-9a-f]{64}", sent["safety_identifier"])), True),
    ),
    Row(
        "an-unknown-vendor-is-not-told-who-asks",
        ANY,
        {"metadata": {"user_id": "somebody@example.com"}},
        {"safety_identifier": ABSENT, "user": ABSENT, "metadata": ABSENT},
        losses=("user=dropped",),
    ),
    Row(
        "sampling",
        ANY,
        {"temperature": 0.5, "top_p": 0.9, "top_k": 5, "stop_sequences": ["END", " "]},
        {"temperature": 0.5, "top_p": 0.9, "top_k": ABSENT, "stop": ["END"]},
        losses=("top_k=dropped", "stop=dropped"),
    ),
    Row("sampling-top_k", VLLM, {"top_k": 5}, {"top_k": 5}),
    Row(
        "sampling-none-for-reasoning-models",
        REASONING,
        {"temperature": 0.5, "stop_sequences": ["END"]},
        {"temperature": ABSENT, "stop": ABSENT},
        losses=("temperature=dropped", "stop=emulated"),
    ),
    Row(
        "one-call-at-a-time",
        ANY,
        {"tools": TOOLS, "tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        {"tool_choice": "required", "parallel_tool_calls": False},
    ),
    Row(
        "mistrals-word-for-any",
        MISTRAL,
        {"tools": TOOLS, "tool_choice": {"type": "any"}},
        {"tool_choice": "any"},
    ),
    Row(
        "none-keeps-the-tools",
        ANY,
        {"tools": TOOLS, "tool_choice": {"type": "none"}},
        {"tool_choice": "none"},
        judge=lambda sent, _: _equal(len(sent["tools"]), 1),
    ),
    Row(
        "forced-choice-while-thinking",
        DEEPSEEK,
        {"tools": TOOLS, "tool_choice": {"type": "any"}},
        {"tool_choice": "auto"},
        losses=("tool_choice=converted",),
    ),
    Row("usage-is-asked-for", ANY, {"stream": True}, {"stream_options": {"include_usage": True}}),
    Row("usage-comes-unasked", MISTRAL, {"stream": True}, {"stream_options": ABSENT}),
    Row(
        "prefill-with-a-switch",
        BLIND,
        {"messages": [user("?"), assistant("The answer is ")]},
        {"messages": [user("?"), assistant("The answer is") | {"prefix": True}]},
    ),
    Row(
        "calls-without-words",
        ANY,
        {"messages": [user("?"), assistant([tool_use("a")]), user([tool_result("a", None)])], "tools": TOOLS},
        {"messages": [user("?"), calling(call("a")), told("a", "")]},
    ),
    Row(
        "empty-results-where-they-are-refused",
        KIMI,
        {"messages": [user("?"), assistant([tool_use("a")]), user([tool_result("a", "")])], "tools": TOOLS},
        judge=lambda sent, _: _equal(sent["messages"][2], told("a", "(no output)")),
    ),
    Row(
        "a-turn-of-thoughts-alone",
        MISTRAL,
        {"messages": [user("a"), assistant([UNTAGGED]), user("b")]},
        {"messages": [user("a"), assistant("(no content)"), user("b")]},
        losses=("messages.thinking=dropped",),
    ),
    # tolerance
    Row(
        "REQ-27",
        ANY,
        {"a_field_of_tomorrow": {"on": True}, "context_management": {"edits": []}},
        {"a_field_of_tomorrow": ABSENT, "context_management": ABSENT},
        losses=("a_field_of_tomorrow=dropped", "context_management=dropped"),
        headers={"anthropic-beta": "of-tomorrow-2027-01-01", "x-of-tomorrow": "1"},
    ),
    *(
        Row(
            f"REQ-28-{target.profile}",
            target,
            {
                "messages": [
                    user([tool_result("nobody", "stray"), text("Weather?")]),
                    assistant([tool_use("a", city="Paris"), tool_use("a", city="Rome")]),
                    user([tool_result("a"), text("Go on."), text(" ")]),
                ],
                "tools": TOOLS,
            },
            losses=("tool_result=converted", "tool_result=emulated", "tool_use.id=converted"),
            judge=repaired,
        )
        for target in (ANY, QWEN3, VLLM)
    ),
    Row(
        "REQ-28-blank-texts",
        ANY,
        {"messages": [user([text("hello"), text(""), text("  \n")]), assistant([text(" ")]), user("so?")]},
        {"messages": [user("hello\n\nso?")]},
    ),
    Row("REQ-28-nothing-left", ANY, {"messages": [user(" ")]}, {"messages": [user("(no content)")]}),
]

REFUSED = [
    Refused("REQ-11-strict", STRICT, {"messages": [user([pdf()])]}, ("capability_rejected: document_block",)),
    Refused(
        "REQ-15-forced",
        ANY,
        {
            "tools": [{"type": "web_search_20250305", "name": "web_search"}, tool()],
            "tool_choice": {"type": "tool", "name": "web_search"},
        },
        ("tool_choice", "web_search"),
    ),
    Refused(
        "REQ-10-private-address",
        Vendor(settings={"capabilities": {"*": {"fetches_urls": False}}}),
        {
            "messages": [
                user([{"type": "image", "source": {"type": "url", "url": "http://127.0.0.1:9/a.png"}}])
            ]
        },
        ("127.0.0.1",),
    ),
    Refused("prefill", ANY, {"messages": [user("?"), assistant("The answer is")]}, ("prefill",)),
]


def _equal(left: object, right: object) -> None:
    assert left == right


def _holds(content: str, *words: str) -> None:
    for word in words:
        assert word in content


@parametrized(ROWS)
async def test_what_the_vendor_gets(row: Row) -> None:
    await by_messages(row)


@refusals(REFUSED)
async def test_what_is_refused(row: Refused) -> None:
    await check_refused(row, lambda room: room.messages(**row.asks))


@pytest.fixture
async def picture() -> AsyncIterator[str]:
    """The address of a PNG on this machine; beside it lies a PDF."""
    app = web.Application()

    async def png(_: web.Request) -> web.Response:
        return web.Response(body=base64.b64decode(PNG), content_type="image/png")

    async def document(_: web.Request) -> web.Response:
        return web.Response(body=base64.b64decode(PDF), content_type="application/pdf")

    app.router.add_get("/a.png", png)
    app.router.add_get("/a.pdf", document)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/a.png"
    await runner.cleanup()


async def test_req_10_an_image_is_fetched_for_a_vendor_that_cannot(picture: str) -> None:
    settings = {"capabilities": {"*": {"fetches_urls": False}}}
    target = Vendor(settings=settings, images={"allow_private_networks": True})
    async with opened(target) as room:
        source = {"type": "url", "url": picture}
        reply = await room.messages(messages=[user([text("What?"), {"type": "image", "source": source}])])
        assert reply.status == 200
        assert room.sent["messages"][0]["content"][1]["image_url"]["url"] == PNG_URI


async def test_req_11_a_document_is_fetched_for_a_vendor_that_wants_the_file(picture: str) -> None:
    target = Vendor("openai", "gpt-4o", "sim-text", {"vendor": "openai"}, {"allow_private_networks": True})
    async with opened(target) as room:
        source = {"type": "url", "url": picture.replace(".png", ".pdf")}
        reply = await room.messages(messages=[user([{"type": "document", "source": source}, text("?")])])
        assert reply.status == 200
        file = room.sent["messages"][0]["content"][0]["file"]
        assert file == {"filename": "document.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}


@pytest.mark.parametrize("stream", [True, False])
async def test_req_12_the_answer_uses_the_clients_own_name(stream: bool) -> None:
    async with opened(Vendor(model="sim-tool")) as room:
        reply = await room.messages(tools=[tool(LONG_NAME)], stream=stream)
        started = said_in_stream(reply) if stream else []
        blocks = [each["content_block"] for each in started if "content_block" in each]
        assert [each["name"] for each in blocks or reply.json["content"]] == [LONG_NAME]
        assert room.sent["tools"][0]["function"]["name"] != LONG_NAME


async def test_req_13_ids_are_the_same_in_every_turn() -> None:
    async with opened(MISTRAL) as room:
        talk = [user("?"), assistant([tool_use(ODD_IDS[0])]), user([tool_result(ODD_IDS[0])])]
        await room.messages(messages=talk, tools=TOOLS)
        short = room.sent["messages"]
        await room.messages(messages=[*talk, assistant("Sunny."), user("Thanks.")], tools=TOOLS)
        assert room.sent["messages"][: len(short)] == short


async def test_a_request_to_warm_the_cache_asks_nobody() -> None:
    async with opened(ANY) as room:
        reply = await room.messages(max_tokens=0)
        assert (reply.status, reply.json["content"], reply.json["stop_reason"]) == (200, [], "end_turn")
        assert not room.upstream.requests


async def test_req_19_an_unknown_limit_is_learnt_from_the_refusal() -> None:
    async with opened(Vendor(model="sim-max-tokens-too-large")) as room:
        reply = await room.messages(max_tokens=128_000)
        assert reply.status == 200
        sent = [json.loads(each.body)["max_tokens"] for each in room.upstream.requests]
        assert sent == [128_000, 8192]
