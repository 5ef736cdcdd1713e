"""Settings become providers: what the operator wrote is what goes over the wire."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from isthmus import registry
from isthmus.config.settings import ProviderSettings
from isthmus.core.abilities import SystemTurns
from isthmus.core.commands import Call, ClientRequest, Forward, Stream
from isthmus.core.conversation import ThinkingMode
from isthmus.core.interfaces import CHAT, MESSAGES, Provider, Target

KEY = "sk-test-0123456789"


def built(**settings: Any) -> Provider:
    return registry.build("mine", ProviderSettings.model_validate(settings))


def asked(provider: Provider, path: str = "/v1/messages") -> Forward:
    """What the provider sends for a request in its own dialect."""
    request = ClientRequest(path, b'{"model":"m","messages":[]}', "m", stream=False)
    command = next(provider.forward(request, Target("other", provider.abilities("other"))))
    assert isinstance(command, Forward)
    return command


def test_every_type_of_the_configuration_has_its_provider() -> None:
    assert set(get_args(ProviderSettings.model_fields["type"].annotation)) == registry.PROVIDERS.keys()


def test_an_openai_compatible_provider() -> None:
    settings = {"base_url": "https://llm.example/v1", "api_key": KEY, "headers": {"X-Team": "a"}}
    provider = built(**settings)
    command = asked(provider, "/v1/chat/completions")
    assert provider.name == "mine"
    assert CHAT in provider.native
    assert command.url == "https://llm.example/v1/chat/completions"
    assert json.loads(command.body)["model"] == "other"
    assert dict(command.headers)["authorization"] == f"Bearer {KEY}"
    assert dict(command.headers)["x-team"] == "a"


def test_without_a_key_no_credential_is_sent() -> None:
    command = asked(built(base_url="http://127.0.0.1:9/v1"), "/v1/chat/completions")
    assert "authorization" not in dict(command.headers)


def test_a_vendor_by_name_brings_its_address() -> None:
    provider = built(vendor="deepseek", api_key=KEY)
    exchange = provider.list_models()
    assert exchange is not None
    command = next(exchange)
    assert isinstance(command, Call)
    assert command.url == "https://api.deepseek.com/v1/models"


def test_quirks_and_think_tags_correct_the_vendor() -> None:
    plain = built(base_url="https://llm.example/v1")
    corrected = built(base_url="https://llm.example/v1", quirks={"completions": True, "embeddings": False})
    assert plain.native == {CHAT, "openai_embeddings"}
    assert corrected.native == {CHAT, "openai_completions"}
    for wanted in (True, False):
        provider = built(base_url="https://llm.example/v1", think_tags=wanted)
        assert isinstance(provider, registry.OpenAICompatible)
        assert provider.vendor.think_tags is wanted


def test_an_anthropic_provider() -> None:
    provider = built(type="anthropic", api_key=KEY, headers={"X-Team": "a"})
    command = asked(provider)
    assert provider.name == "mine"
    assert provider.native == {MESSAGES}
    assert command.url == "https://api.anthropic.com/v1/messages"
    assert dict(command.headers)["x-api-key"] == KEY
    assert dict(command.headers)["x-team"] == "a"


def test_an_anthropic_provider_elsewhere() -> None:
    command = asked(built(type="anthropic", base_url="https://claude.example", api_key=KEY))
    assert command.url == "https://claude.example/v1/messages"


def test_the_dummy() -> None:
    provider = built(type="dummy")
    assert provider.name == "mine"
    assert "dummy-echo" in {model.id for model in provider.read_models(b"")}


@pytest.mark.parametrize(
    "settings",
    [
        {"type": "openai-compatible", "base_url": "https://llm.example/v1"},
        {"type": "anthropic", "api_key": KEY},
        {"type": "dummy"},
    ],
)
def test_the_operators_word_on_what_a_model_carries(settings: dict[str, Any]) -> None:
    written = {
        "vision": False,
        "thinking": True,
        "effort": ["low", "high"],
        "stop": False,
        "system_in_messages": "refused",
        "context_window": 12_345,
    }
    provider = built(**settings, capabilities={"small-*": {"vision": True}, "small-model": written})
    record = provider.abilities("small-model")
    assert record.vision is False
    assert record.thinking == {ThinkingMode.ENABLED, ThinkingMode.DISABLED}
    assert record.efforts == ("low", "high")
    assert record.max_stop_sequences == 0
    assert record.system_turns is SystemTurns.REFUSED
    assert record.context_window == 12_345
    assert provider.abilities("small-other").vision is True
    assert provider.abilities("another").context_window != 12_345


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"vendor": "nobody"}, "unknown vendor 'nobody'"),
        ({"base_url": "https://llm.example/v1", "quirks": {"no_such": 1}}, "unknown quirk 'no_such'"),
        ({}, "base_url is missing"),
        ({"type": "anthropic", "vendor": "openai"}, "`vendor` means nothing to type 'anthropic'"),
        ({"type": "anthropic", "think_tags": False}, "`think_tags` means nothing"),
        ({"type": "dummy", "pass_through": ["files"]}, "there is no vendor behind it"),
        ({"type": "dummy", "quirks": {"completions": True}}, "`quirks` means nothing to type 'dummy'"),
    ],
)
def test_what_cannot_be_built_names_the_provider_and_the_reason(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"^providers\.mine: ") as caught:
        built(**settings, api_key=KEY)
    assert said in str(caught.value)
    assert KEY not in str(caught.value)


def test_the_dialects_by_name() -> None:
    known = registry.dialects()
    assert known.keys() == {MESSAGES, CHAT, "openai_completions"}
    assert all(dialect.name == name for name, dialect in known.items())


@pytest.mark.parametrize("auto_cache", [True, False])
def test_anthropic_is_asked_to_cache_only_where_the_operator_allows(auto_cache: bool) -> None:
    settings = ProviderSettings.model_validate({"type": "anthropic", "api_key": KEY})
    provider = registry.build("mine", settings, auto_cache=auto_cache)
    body = b'{"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "Hi"}]}'
    conversation = registry.dialects()[CHAT].parse(body, {}).conversation
    target = Target("claude-sonnet-4-5", provider.abilities("claude-sonnet-4-5"))
    command = next(provider.exchange(conversation, target))
    assert isinstance(command, Stream)
    assert ("cache_control" in json.loads(command.body)) is auto_cache


def test_endpoints_to_pass_through_are_the_operators_choice() -> None:
    vendor = built(base_url="https://llm.example/v1", pass_through=["files"])
    assert vendor.pass_through(ClientRequest("/v1/files", b"", "", stream=False)) is not None
    assert vendor.pass_through(ClientRequest("/v1/moderations", b"", "", stream=False)) is None
    claude = built(type="anthropic", pass_through=["files"])
    assert claude.pass_through(ClientRequest("/v1/files", b"", "", stream=False)) is not None
