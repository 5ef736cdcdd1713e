"""The same of Claude Code. As each answer costs a process, one request of each dialect meets all that can be lost in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from conformance.gateways import gateway
from conformance.test_claude_code import MODEL, provider
from conformance.test_declared_losses import HELLO, KEY, losses_told
from isthmus.conformance import asking
from isthmus.conformance.client import Client
from isthmus.conformance.declared import CLAUDE_CODE, DECLARED
from isthmus.conformance.subject import Api, Subject
from simulators.anthropic_api import AnthropicApi

Json = dict[str, Any]
MESSAGES, CHAT = Api.MESSAGES, Api.CHAT
NOTE = {"type": "text", "media_type": "text/plain", "data": "A note."}
KEPT = {"type": "file", "file_id": "file_011CNha8iCJcU1wXNR6q4V8w"}
SMALL = {"type": "image_url", "image_url": {**asking.image(CHAT)["image_url"], "detail": "low"}}

ASKED: Mapping[Api, Json] = {
    MESSAGES: {
        "system": [{"type": "text", "text": "Be terse.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            asking.user(
                [
                    {"type": "document", "source": NOTE, "citations": {"enabled": True}},
                    {"type": "document", "source": KEPT},
                    {"type": "text", "text": "Look."},
                ]
            )
        ],
        "tools": [
            {**asking.tool(MESSAGES), "input_examples": [{"city": "Paris"}]},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
        "container": "container_1",
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "inference_geo": "us",
        "mcp_servers": [{"type": "url", "url": "https://tools.example/mcp", "name": "tools"}],
        "metadata": {"user_id": "somebody"},
    },
    CHAT: {
        "messages": [
            *HELLO,
            {"role": "system", "content": "Be terse."},
            asking.user([{"type": "text", "text": "And now?"}, SMALL]),
        ],
        "tools": [
            {"type": "function", "function": {**asking.tool(CHAT)["function"], "strict": True}}
        ],
        "seed": 7,
    },
}  # fmt: skip
OF_CHAT = {"seed", "image_url.detail", "tools.strict", "messages.role:system"}

pytestmark = [pytest.mark.judge, pytest.mark.slow]


async def test_every_declared_loss_is_met_and_told_and_no_other() -> None:
    declared = {f"{row.field}={row.action}": row.field for row in DECLARED if row.upstream == CLAUDE_CODE}
    async with (
        AnthropicApi() as upstream,
        gateway({"claude": provider(upstream)}, api_keys=[KEY.reveal()]) as url,
        Client(Subject(url, KEY, MODEL)) as client,
    ):
        for api, fields in ASKED.items():
            told = await losses_told(client, api, {"model": MODEL, **fields})
            wanted = {loss for loss, field in declared.items() if (field in OF_CHAT) is (api is CHAT)}
            assert told == wanted
