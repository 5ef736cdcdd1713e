"""A gateway between a client's body and one strict simulated upstream, all in this process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from asgi import Reply, ask
from isthmus.cli.compose import build, open_hands
from isthmus.config.settings import Settings
from isthmus.dialects import anthropic, openai_chat
from isthmus.server.gateway import Gateway
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor
from simulators.service import RecordedRequest

Json = dict[str, Any]
HELLO: Json = {"role": "user", "content": "hello"}


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor with the Chat API: how strict it is, what the gateway takes it for, and its own names of models."""

    profile: str = "openai"
    model: str = "sim-text"
    """What it is asked for."""
    behaviour: str | None = None
    """The simulator's word for what that model does, where it is not its name."""
    settings: Json = field(default_factory=dict)
    images: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claude:
    """Anthropic's API."""

    model: str = "claude-opus-4-5"
    settings: Json = field(default_factory=dict)
    images: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Room:
    gateway: Gateway
    upstream: OpenAIVendor | AnthropicApi
    model: str

    async def messages(self, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
        body = {"model": self.model, "max_tokens": 100, "messages": [HELLO], **fields}
        return await ask(self.gateway, "POST", "/v1/messages", body, headers)

    async def chat(self, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
        body = {"model": self.model, "messages": [HELLO], **fields}
        return await ask(self.gateway, "POST", "/v1/chat/completions", body, headers)

    @property
    def last(self) -> RecordedRequest:
        return self.upstream.requests[-1]

    @property
    def sent(self) -> Json:
        """What the upstream was asked last."""
        value: Json = json.loads(self.last.body)
        return value


@asynccontextmanager
async def opened(target: Vendor | Claude, **sections: Json) -> AsyncIterator[Room]:
    """`sections` are further ones of the configuration."""
    async with _upstream(target) as upstream:
        provider: Json = {"base_url": upstream.base_url, "api_key": upstream.key, **target.settings}
        if isinstance(target, Claude):
            provider["type"] = "anthropic"
        configuration = {"providers": {"upstream": provider}, "images": target.images, **sections}
        settings = Settings.model_validate(configuration)
        async with open_hands(settings.images) as hands:
            yield Room(build(settings, hands), upstream, target.model)


def _upstream(target: Vendor | Claude) -> OpenAIVendor | AnthropicApi:
    if isinstance(target, Claude):
        return AnthropicApi()
    named = {} if target.behaviour is None else {target.model: target.behaviour}
    return OpenAIVendor(target.profile, aliases=named)


def said_in_stream(reply: Reply) -> list[Json]:
    """The payloads of a stream of either dialect, without keep-alives; `[DONE]` is left out."""
    lines = reply.body.decode().splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    payloads = [json.loads(each) for each in data if each != "[DONE]"]
    return [each for each in payloads if each.get("type") != "ping"]


def legal(reply: Reply) -> Reply:
    """The reply, once the grammar of its dialect has found nothing to say about it."""
    is_messages = reply.body.startswith(b"event:")
    problems = anthropic.lint(reply.body) if is_messages else openai_chat.lint(reply.body)
    assert problems == []
    return reply
