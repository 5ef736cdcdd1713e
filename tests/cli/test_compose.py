"""What is written in the settings arrives where it works."""

import json
from typing import Any

import pytest

from isthmus.cli.compose import Hands, build, directory, open_hands
from isthmus.config import Settings
from isthmus.core.commands import Stream
from isthmus.core.conversation import Conversation, Role, Text, Turn
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import CHAT, MESSAGES, ModelInfo, Target
from isthmus.core.losses import Policy
from isthmus.server.gateway import Gateway

SETTINGS: dict[str, Any] = {
    "server": {
        "max_body_mib": 3,
        "allowed_hosts": ["gateway.example.com"],
        "cors_origins": ["https://chat.example.com"],
    },
    "api_keys": ["key-of-a-client"],
    "providers": {
        "near": {
            "type": "dummy",
            "models": {"claude-*": "dummy-text"},
            "default_model": "dummy-echo",
            "loss_policy": "strict",
            "connect_timeout_s": 1,
            "first_byte_timeout_s": 2,
            "idle_timeout_s": 3,
            "timeout_s": 4,
            "capabilities": {"dummy-text": {"vision": False}},
        },
        "far": {"type": "dummy", "proxy": "http://127.0.0.1:9"},
    },
    "default_provider": "near",
    "aliases": {"fast": "far/dummy-long"},
    "streams": {"commit_after_s": 5, "keepalive_s": 6},
}


async def built(**changes: Any) -> Gateway:
    settings = Settings.model_validate(SETTINGS | changes)
    async with open_hands(settings.images) as hands:
        return build(settings, hands)


async def test_limits_and_policy_reach_the_sources() -> None:
    gateway = await built()
    near = gateway.endpoints.offer.suppliers["near"].face
    limits = near.channel.limits
    assert (limits.connect_s, limits.first_byte_s, limits.idle_s, limits.whole_s) == (1, 2, 3, 4)
    assert near.policy is Policy.STRICT
    assert near.name == "near"
    assert not near.provider.abilities("dummy-text").vision
    assert gateway.endpoints.offer.suppliers["far"].policy is Policy.REPAIR


async def test_the_listener_has_its_rules() -> None:
    gateway = await built()
    assert gateway.endpoints.max_body_bytes == 3 << 20
    assert (gateway.endpoints.offer.pace.commit_after_s, gateway.endpoints.offer.pace.keepalive_s) == (5, 6)
    gateway.guard.check_host({"host": "gateway.example.com"})
    gateway.guard.check_origin({"origin": "https://chat.example.com"})
    gateway.admission.callers.find({"x-api-key": "key-of-a-client"}, "", 0.0)
    with pytest.raises(BadRequest):
        gateway.admission.callers.find({"x-api-key": "another"}, "", 0.0)


async def test_every_dialect_is_there() -> None:
    gateway = await built()
    assert {MESSAGES, CHAT, "openai_completions"} <= set(gateway.dialects)
    page = json.loads(
        gateway.endpoints.model_pages.page([ModelInfo("a")], limit=None, after_id=None, before_id=None)
    )
    assert [model["id"] for model in page["data"]] == ["a"]
    assert json.loads(gateway.endpoints.model_pages.one(ModelInfo("a")))["id"] == "a"
    counted = gateway.endpoints.parse_count(b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}', {})
    assert counted.conversation.model == "m"


def test_models_find_their_provider() -> None:
    found = directory(Settings.model_validate(SETTINGS))
    assert [
        (found.choose(name).provider, found.choose(name).model) for name in ("claude-x", "other", "fast")
    ] == [
        ("near", "dummy-text"),
        ("near", "dummy-echo"),
        ("far", "dummy-long"),
    ]


async def test_settings_that_do_not_fit_together_are_a_value_error() -> None:
    with pytest.raises(ValueError, match="circle"):
        await built(aliases={"a": "b", "b": "a"})


async def test_hands_are_closed_after_use() -> None:
    async with open_hands(Settings().images) as hands:
        assert isinstance(hands, Hands)
        channel = hands.http.channel(
            limits=(await built()).endpoints.offer.suppliers["near"].face.channel.limits
        )
    assert channel._session.closed


@pytest.mark.parametrize("wanted", [True, False])
async def test_auto_cache_reaches_anthropic(wanted: bool) -> None:
    gateway = await built(
        providers={"claude": {"type": "anthropic", "api_key": "sk-ant-x"}},
        default_provider="claude",
        aliases={},
        auto_cache=wanted,
    )
    provider = gateway.endpoints.offer.suppliers["claude"].face.provider
    hello = Conversation("claude-sonnet-5", (Turn(Role.USER, (Text("Hello" * 9999),)),), max_tokens=9)
    command = next(provider.exchange(hello, Target("claude-sonnet-5", provider.abilities("claude-sonnet-5"))))
    assert isinstance(command, Stream)
    assert (b"cache_control" in command.body) is wanted
