"""Settings become providers: what the operator wrote is what goes over the wire."""

from __future__ import annotations

import json
from dataclasses import fields
from itertools import pairwise
from typing import Any, get_args

import pytest

from isthmus import registry
from isthmus.config.sections.amazon_q import AmazonQSettings
from isthmus.config.sections.claude_code import ClaudeCodeSettings
from isthmus.config.sections.claude_web import ClaudeWebSettings
from isthmus.config.sections.provider import ProviderSettings
from isthmus.core.abilities import SystemTurns
from isthmus.core.commands import Authorize, Call, ClientRequest, Forward, Grant, Stream
from isthmus.core.conversation import ThinkingMode
from isthmus.core.interfaces import CHAT, MESSAGES, Provider, Target
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.claude_code.options import FileAccess, Mcp
from isthmus.providers.claude_code.options import Options as ClaudeCodeOptions
from isthmus.providers.claude_web.options import Options as ClaudeWebOptions

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
        {"type": "amazon-q"},
        {"type": "claude-web"},
        {"type": "claude-code"},
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
        ({"type": "amazon-q", "base_url": "https://q.example"}, "set `amazon_q.chat_url`"),
        ({"type": "amazon-q", "pass_through": ["files"]}, "speaks no client's dialect"),
        ({"type": "amazon-q", "vendor": "openai"}, "`vendor` means nothing to type 'amazon-q'"),
        ({"type": "amazon-q", "quirks": {"completions": True}}, "`quirks` means nothing to type 'amazon-q'"),
        ({"type": "amazon-q", "think_tags": True}, "`think_tags` means nothing to type 'amazon-q'"),
        ({"type": "claude-web"}, "`api_key` means nothing to type 'claude-web'"),
        ({"type": "claude-web", "base_url": "https://c.example"}, "set `claude_web.base_url`"),
        ({"type": "claude-web", "pass_through": ["files"]}, "speaks no client's dialect"),
        ({"type": "claude-web", "vendor": "openai"}, "`vendor` means nothing to type 'claude-web'"),
        (
            {"type": "claude-web", "amazon_q": {"origin": "CLI"}},
            "`amazon_q` means nothing to type 'claude-web'",
        ),
        (
            {"type": "amazon-q", "claude_web": {"locale": "de-DE"}},
            "`claude_web` means nothing to type 'amazon-q': remove it, or set `type: claude-web`",
        ),
        ({"type": "claude-code", "pass_through": ["files"]}, "speaks no client's dialect"),
        ({"type": "claude-code", "headers": {"x": "y"}}, "`headers` means nothing to type 'claude-code'"),
        ({"type": "claude-code", "vendor": "openai"}, "`vendor` means nothing to type 'claude-code'"),
        ({"type": "claude-code", "amazon_q": {"origin": "CLI"}}, "`amazon_q` means nothing"),
        ({"type": "claude-code", "proxy": "socks5://p:1"}, "no SOCKS proxy: name one of http://"),
        ({"type": "claude-code", "claude_code": {"mcp": {"enabled": True}}}, "`mcp.enabled` needs"),
        ({"type": "dummy", "claude_code": {"mode": "one_shot"}}, "set `type: claude-code`"),
        ({"type": "anthropic", "claude_web": {"locale": "de-DE"}}, "`claude_web` means nothing"),
        ({"type": "dummy", "amazon_q": {"origin": "CLI"}}, "`amazon_q` means nothing to type 'dummy'"),
        (
            {"base_url": "https://llm.example/v1", "amazon_q": {"opt_out": False}},
            "`amazon_q` means nothing to type 'openai-compatible'",
        ),
    ],
)
def test_what_cannot_be_built_names_the_provider_and_the_reason(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"^providers\.mine: ") as caught:
        built(**settings, api_key=KEY)
    assert said in str(caught.value)
    assert KEY not in str(caught.value)


def test_an_amazon_q_provider() -> None:
    written = {"chat_url": "http://127.0.0.1:9/q", "opt_out": False}
    provider = built(type="amazon-q", amazon_q=written, headers={"X-Team": "a"})
    assert isinstance(provider, registry.AmazonQ)
    assert (provider.name, provider.native) == ("mine", frozenset())
    conversation = registry.dialects()[CHAT].parse(
        b'{"model": "claude-sonnet-4.5", "messages": [{"role": "user", "content": "Hi"}]}', {}
    )
    exchange = provider.exchange(
        conversation.conversation, Target("claude-sonnet-4.5", provider.abilities("claude-sonnet-4.5"))
    )
    assert next(exchange) == Authorize()
    command = exchange.send(Grant("builder_id", Secret("aoa-1")))
    assert isinstance(command, Stream)
    assert command.url == "http://127.0.0.1:9/q/generateAssistantResponse"
    assert dict(command.headers)["x-team"] == "a"
    assert dict(command.headers)["x-amzn-codewhisperer-optout"] == "false"


def test_every_option_of_amazon_q_is_a_setting() -> None:
    options = {each.name: each.default for each in fields(Options)}
    assert options == AmazonQSettings().model_dump()


def test_a_claude_web_provider() -> None:
    written = {"base_url": "http://127.0.0.1:9", "send_origin": True}
    provider = built(type="claude-web", claude_web=written, headers={"X-Team": "a"})
    assert isinstance(provider, registry.ClaudeWeb)
    assert (provider.name, provider.native) == ("mine", frozenset())
    conversation = registry.dialects()[CHAT].parse(
        b'{"model": "claude-sonnet-4-6", "messages": [{"role": "user", "content": "Hi"}]}', {}
    )
    exchange = provider.exchange(
        conversation.conversation, Target("claude-sonnet-4-6", provider.abilities("claude-sonnet-4-6"))
    )
    assert next(exchange) == Authorize()
    command = exchange.send(Grant("session_key", Secret("sk-ant-sid01-made-up")))
    assert isinstance(command, Call)
    assert command.url == "http://127.0.0.1:9/api/organizations"


def test_every_option_of_claude_web_is_a_setting() -> None:
    options = {each.name: each.default for each in fields(ClaudeWebOptions)}
    assert options == ClaudeWebSettings().model_dump()


def test_a_claude_code_provider() -> None:
    written = {
        "mode": "interactive",
        "file_access": {"allowed_tools": ["Read"], "additional_dirs": ["/srv"]},
        "mcp": {"enabled": True, "config_file": "/srv/mcp.json"},
    }
    provider = built(
        type="claude-code",
        api_key="sk-ant-1",
        base_url="http://127.0.0.1:9",
        claude_code=written,
        proxy="http://p:1",
    )
    assert isinstance(provider, registry.ClaudeCode)
    assert (provider.name, provider.native) == ("mine", frozenset())
    (program,) = provider.usual_programs
    assert {"--restricted", "--strict-mcp-config", "--bare"} <= {*program.arguments}
    assert ("--add-dir", "/srv") in pairwise(program.arguments)
    assert ("--mcp-config", "/srv/mcp.json") in pairwise(program.arguments)
    assert program.environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:9"
    assert program.environment["ANTHROPIC_API_KEY"] == Secret("sk-ant-1")
    assert program.environment["HTTPS_PROXY"] == Secret("http://p:1")


def test_every_option_of_claude_code_is_a_setting() -> None:
    settings = ClaudeCodeSettings()
    assert settings.model_fields_set == set()
    for options, section, own in (
        (ClaudeCodeOptions(), settings, {"cli_path", "pool", "file_access", "mcp"}),
        (FileAccess(), settings.file_access, {"allow_on_network", "image_dirs"}),
        (Mcp(), settings.mcp, set[str]()),
    ):
        known = {each.name: getattr(options, each.name) for each in fields(options)}
        others = {"file_access", "mcp", "environment", "for_caller"}
        assert {name: each for name, each in known.items() if name not in others} == section.model_dump(
            exclude=own
        )


def test_accounts_that_sign_in() -> None:
    logins = registry.logins("mine", ProviderSettings.model_validate({"type": "amazon-q"}))
    assert logins is not None
    assert {"builder_id", "idc", "social", "api_key", "external_idp"} == logins.kinds.keys()
    sessions = registry.logins("mine", ProviderSettings.model_validate({"type": "claude-web"}))
    assert sessions is not None
    assert (sessions.kinds.keys(), sessions.methods) == ({"session_key"}, {})
    assert registry.logins("mine", ProviderSettings.model_validate({"type": "dummy"})) is None


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
