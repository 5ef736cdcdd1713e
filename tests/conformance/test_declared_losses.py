"""Each declared loss is met once, through a real gateway, and told to the client; a loss without a declaration is a fault."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from conformance.gateways import gateway
from isthmus.conformance import asking
from isthmus.conformance.client import Client, credentials
from isthmus.conformance.declared import AMAZON_Q, DECLARED, Declared
from isthmus.conformance.subject import ENDPOINT, Api, Subject
from isthmus.core.secret import Secret
from isthmus.simulators.amazon_q import Simulator
from isthmus.wire.json_text import to_json

Json = dict[str, Any]
KEY = Secret("a-key-of-the-gateways-own")
MODEL = "claude-sonnet-4.5"
MESSAGES, CHAT = Api.MESSAGES, Api.CHAT
THOUGHT: Json = {"type": "thinking", "thinking": "Hm.", "signature": "of somebody else"}
HELLO = [asking.user("Hello.")]
RESULT_WITH_IMAGE = asking.user([asking.result("call_1", [asking.image(MESSAGES)])])
CALL = asking.called(MESSAGES, ("call_1", "get_weather", {"city": "Paris"}))

METS: Mapping[str, tuple[Api, Json]] = {
    "tool_choice": (CHAT, {"tools": [asking.tool(CHAT)], "tool_choice": "required"}),
    "parallel_tool_calls": (CHAT, {"tools": [asking.tool(CHAT)], "parallel_tool_calls": False}),
    "response_format": (CHAT, asking.structured(CHAT)),
    "stop": (CHAT, {"stop": ["never"]}),
    "max_tokens": (MESSAGES, {}),
    "temperature": (MESSAGES, {"temperature": 0.5}),
    "top_p": (MESSAGES, {"top_p": 0.9}),
    "top_k": (MESSAGES, {"top_k": 7}),
    "seed": (CHAT, {"seed": 7}),
    "user": (MESSAGES, {"metadata": {"user_id": "somebody"}}),
    "image_url.detail": (
        CHAT,
        {
            "messages": [
                asking.user(
                    [{"type": "image_url", "image_url": {**asking.image(CHAT)["image_url"], "detail": "low"}}]
                )
            ]
        },
    ),
    "tools.strict": (
        CHAT,
        {
            "tools": [
                {"type": "function", "function": {**asking.tool(CHAT)["function"], "strict": True}}
            ]
        },
    ),
    "thinking": (MESSAGES, {"thinking": {"type": "adaptive"}}),
    "effort": (CHAT, {"reasoning_effort": "high"}),
    "cache_control": (
        MESSAGES,
        {"system": [{"type": "text", "text": "Be terse.", "cache_control": {"type": "ephemeral"}}]},
    ),
    "tools.web_search_20250305": (
        MESSAGES,
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    ),
    "messages.role:system": (
        CHAT,
        {"messages": [*HELLO, {"role": "system", "content": "Be terse."}, asking.user("And now?")]},
    ),
    "messages.role:assistant": (
        MESSAGES,
        {"messages": [*HELLO, {"role": "assistant", "content": "Once upon"}]},
    ),
    "messages.tool_use": (
        MESSAGES,
        {"messages": [*HELLO, CALL, asking.user([asking.result("call_1")])]},
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
    "image": (MESSAGES, {"messages": [*HELLO, CALL, RESULT_WITH_IMAGE], "tools": [asking.tool(MESSAGES)]}),
    "document": (MESSAGES, {"messages": [asking.user([asking.document(MESSAGES)])]}),
}  # fmt: skip
"""A request that meets the loss, beside which nothing is lost but the output limit that Messages must name."""

pytestmark = pytest.mark.slow


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """At a gateway whose account is a Kiro API key, of which no list of models is known."""
    async with Simulator(["api_key"]) as simulator:
        [account] = simulator.people.accounts.values()
        places = {"chat_url": simulator.kiro_url, "profile_arn": account.profile_arn}
        provider = {"type": AMAZON_Q, "api_key": account.api_key, "amazon_q": places}
        async with (
            gateway({AMAZON_Q: provider}, api_keys=[KEY.reveal()]) as url,
            Client(Subject(url, KEY, MODEL)) as client,
        ):
            yield client


async def losses_told(client: Client, api: Api, fields: Json) -> set[str]:
    """What a request with these fields is said to have lost."""
    limit = {"max_tokens": 1000} if api is MESSAGES else {}
    body = {"messages": HELLO, **limit, **fields}
    answer = await client.send("POST", ENDPOINT[api], to_json(body), headers=credentials(api, KEY))
    assert answer.status == 200, answer.shown
    return {loss.partition("(")[0] for loss in answer.headers["x-isthmus-loss"].split(", ")}


@pytest.mark.parametrize(
    "row", [row for row in DECLARED if row.upstream == AMAZON_Q], ids=lambda row: row.field
)
async def test_a_declared_loss_is_met_and_told(row: Declared, client: Client) -> None:
    api, fields = METS[row.field]
    told = await losses_told(client, api, {"model": MODEL, **fields})
    assert told - {"max_tokens=emulated"} == {f"{row.field}={row.action}"} - {"max_tokens=emulated"}
    assert f"{row.field}={row.action}" in told


def test_nothing_else_is_tried() -> None:
    assert set(METS) == {row.field for row in DECLARED if row.upstream == AMAZON_Q}
