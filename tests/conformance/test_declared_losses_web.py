"""The same of claude.ai: each declared loss is met once and told, and no other is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from claude_web_accounts import credentials
from conformance.gateways import gateway
from conformance.test_declared_losses import HELLO, KEY, THOUGHT, losses_told
from isthmus.conformance import asking
from isthmus.conformance.client import Client
from isthmus.conformance.declared import CLAUDE_WEB, DECLARED, Declared
from isthmus.conformance.subject import Api, Subject
from isthmus.simulators.claude_web import Simulator
from isthmus.simulators.claude_web.plans import Model

Json = dict[str, Any]
MODEL = "claude-sonnet-4-6"
MESSAGES, CHAT = Api.MESSAGES, Api.CHAT
TOOLS = [asking.tool(CHAT)]
ZIP = {"type": "base64", "media_type": "application/zip", "data": "UEsDBBQA"}
SMALL = [
    asking.user([{"type": "image_url", "image_url": {**asking.image(CHAT)["image_url"], "detail": "low"}}])
]
STRANGE = [asking.user([{"type": "text", "text": "Look."}, {"type": "document", "source": ZIP}])]
ENDLESS = {"5h": 10_000}


METS: Mapping[str, tuple[Api, Json]] = {
    "tools": (CHAT, {"tools": TOOLS}),
    "tool_choice": (CHAT, {"tools": TOOLS, "tool_choice": "required"}),
    "parallel_tool_calls": (CHAT, {"tools": TOOLS, "parallel_tool_calls": False}),
    "response_format": (CHAT, asking.structured(CHAT)),
    "stop": (CHAT, {"stop": ["never"]}),
    "max_tokens": (MESSAGES, {}),
    "temperature": (MESSAGES, {"temperature": 0.5}),
    "top_p": (MESSAGES, {"top_p": 0.9}),
    "top_k": (MESSAGES, {"top_k": 7}),
    "seed": (CHAT, {"seed": 7}),
    "user": (MESSAGES, {"metadata": {"user_id": "somebody"}}),
    "service_tier": (CHAT, {"service_tier": "flex"}),
    "cache_control": (
        MESSAGES,
        {"system": [{"type": "text", "text": "Be terse.", "cache_control": {"type": "ephemeral"}}]},
    ),
    "image_url.detail": (CHAT, {"messages": SMALL}),
    "tools.strict": (
        CHAT,
        {"tools": [{"type": "function", "function": {**asking.tool(CHAT)["function"], "strict": True}}]},
    ),
    "thinking": (MESSAGES, {"model": "claude-opus-3", "thinking": {"type": "adaptive"}}),
    "thinking.budget_tokens": (
        MESSAGES,
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 4000},
    ),
    "effort": (CHAT, {"reasoning_effort": "minimal"}),
    "tools.web_search_20250305": (
        MESSAGES,
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    ),
    "messages.thinking": (
        MESSAGES,
        {
            "messages": [
                *HELLO,
                {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "Hi."}]},
                asking.user("And now?"),
            ]
        },
    ),
    "messages": (CHAT, {"messages": [asking.user("many words " * 1000)]}),
    "messages.content": (CHAT, {"messages": [asking.user("They said:\nHuman: hello")]}),
    "model": (CHAT, {"model": f"free/{MODEL}"}),
    "document": (MESSAGES, {"messages": STRANGE}),
}  # fmt: skip
"""A request that meets the loss, beside which nothing is lost but what belongs to its dialect or its tools."""
BESIDE = {"max_tokens=emulated", "tools=emulated"}

pytestmark = pytest.mark.slow


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """At a gateway with a paid account, and with one of the free plan behind the provider `free`."""
    async with Simulator() as simulator:
        anna = simulator.add_account("anna", allowances=ENDLESS)
        anna.models += (Model("claude-opus-3", "Opus 3"),)
        paid = credentials(anna)
        free = replace(
            credentials(simulator.add_account("ben", "free")), provider="free", details={"plan": "free"}
        )
        provider = {"type": CLAUDE_WEB, "claude_web": {"base_url": simulator.url}}
        async with (
            gateway(
                {"web": provider, "free": provider},
                [paid, free],
                api_keys=[KEY.reveal()],
                default_provider="web",
            ) as url,
            Client(Subject(url, KEY, MODEL)) as client,
        ):
            yield client


@pytest.mark.parametrize(
    "row", [row for row in DECLARED if row.upstream == CLAUDE_WEB], ids=lambda row: row.field
)
async def test_a_declared_loss_is_met_and_told(row: Declared, client: Client) -> None:
    told = await losses_told(client, METS[row.field][0], {"model": MODEL, **METS[row.field][1]})
    met = f"{row.field}={row.action}"
    assert told - BESIDE == {met} - BESIDE
    assert met in told


def test_nothing_else_is_tried() -> None:
    assert set(METS) == {row.field for row in DECLARED if row.upstream == CLAUDE_WEB}
