"""CLIProxyAPI's vendor keys and compatible providers."""

from pathlib import Path

import pytest

from isthmus.core.secret import Secret
from migrate.reading import keys_of, of_yaml, provider, read, said

COMPATIBLE = "openai-compatibility[0]"
GLOBAL_PROXY = Secret("socks5://user:CANARY@127.0.0.1:1080")


def test_entries_that_agree_are_accounts_of_one_provider() -> None:
    haul = read("cliproxyapi")
    assert keys_of(haul, "anthropic") == ["sk-ant-api03-CANARY-one"]
    assert keys_of(haul, "anthropic-2") == ["sk-ant-api03-CANARY-two", "sk-ant-api03-CANARY-three"]
    assert keys_of(haul, "anthropic-3") == ["sk-ant-api03-CANARY-four"]
    assert keys_of(haul, "openrouter") == ["sk-or-v1-CANARY-one", "sk-or-v1-CANARY-two"]
    assert keys_of(haul, "my-server") == [""]
    assert provider(haul, "anthropic-3").settings["base_url"] == "https://claude.example.com"


def test_models_and_capabilities() -> None:
    settings = provider(read("cliproxyapi"), "openrouter").settings
    assert settings["models"] == {"kimi-k2": "moonshotai/kimi-k2"}
    assert settings["capabilities"] == {"moonshotai/kimi-k2": {"context_window": 131_072, "vision": True}}
    assert settings["headers"] == {"X-Title": Secret("CANARY")}


def test_priority_is_turned_round_and_a_weight_of_nothing_switches_off() -> None:
    accounts = {each.label: each for each in read("cliproxyapi").accounts}
    assert (accounts["openrouter 1"].priority, accounts["openrouter 1"].weight) == (-3, 5)
    assert accounts["openrouter 2"].weight == 1
    assert not accounts["anthropic-2 2"].enabled


def test_the_common_proxy_is_the_providers_unless_an_account_wants_none() -> None:
    haul = read("cliproxyapi")
    proxies = {each.label: each.proxy for each in haul.accounts}
    assert provider(haul, "anthropic").settings["proxy"] == GLOBAL_PROXY
    assert proxies["anthropic"] is None
    assert "proxy" not in provider(haul, "anthropic-2").settings
    assert (proxies["anthropic-2 1"], proxies["anthropic-2 2"]) == (GLOBAL_PROXY, None)
    assert (proxies["openrouter 1"], proxies["openrouter 2"]) == (
        None,
        Secret("http://u:CANARY@127.0.0.1:8080"),
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("codex", "Responses API"),
        ("xai", "Responses API"),
        ("gemini", "Google's OpenAI endpoint"),
        ("gemini-2", "Google's OpenAI endpoint"),
        ("OpenRouter-2", "disabled there"),
    ],
)
def test_what_is_not_to_be_used_is_stored_switched_off(name: str, reason: str) -> None:
    found = provider(read("cliproxyapi"), name)
    assert not found.enabled
    assert reason in (found.reason or "")


@pytest.mark.parametrize(
    ("where", "what", "text"),
    [
        ("carried", "claude-api-key[0].models[0].name", "sonnet → claude-sonnet-4-5-20250929"),
        ("carried", "claude-api-key[0].excluded-models", "claude-3-*"),
        ("carried", "claude-api-key[0].prefix", "`teama/MODEL`"),
        ("carried", "claude-api-key[2].proxy-url", "no proxy"),
        ("carried", f"{COMPATIBLE}.headers.X-Title", "header"),
        ("carried", f"{COMPATIBLE}.models[0].max-context-length", "131072"),
        ("carried", f"{COMPATIBLE}.models[0].input-modalities", "vision true"),
        ("carried", f"{COMPATIBLE}.api-key-entries[0].weight", "5"),
        ("changed", f"{COMPATIBLE}.priority", "3 becomes -3"),
        ("changed", f"{COMPATIBLE}.api-key-entries[1].weight", "1.5 becomes 1"),
        ("changed", "claude-api-key[2].weight", "switched off"),
        ("changed", "openai-compatibility[2]", "'my server' becomes provider 'my-server'"),
        ("left_out", "claude-api-key[0].models[1].alias", "'claude-opus-4-5' was tried in turn"),
        ("left_out", "claude-api-key[0].request-retry", "max_attempts"),
        ("left_out", "claude-api-key[0].disable-cooling", "rest"),
        ("left_out", "claude-api-key[0].request-scoped-errors", "table"),
        ("left_out", "claude-api-key[0].cloak", "disguise"),
        ("left_out", "claude-api-key[0].fingerprint-profile", "disguise"),
        ("left_out", "claude-api-key[2].excluded-models", "`models`"),
        ("left_out", "claude-api-key[3].prefix", "`anthropic-3/MODEL`"),
        ("left_out", "codex-api-key[0].websockets", "plain requests"),
        ("left_out", "codex-api-key[0].alpha-search", "no such thing"),
        ("left_out", f"{COMPATIBLE}.headers.X-User", "not handed on"),
        ("left_out", f"{COMPATIBLE}.support-prompt-cache-key", "quirks"),
        ("left_out", f"{COMPATIBLE}.models[0].display-name", "listed"),
        ("left_out", f"{COMPATIBLE}.models[0].force-mapping", "asked for"),
        ("left_out", f"{COMPATIBLE}.models[0].thinking", "capabilities"),
        ("left_out", f"{COMPATIBLE}.models[0].output-modalities", "text"),
        ("left_out", f"{COMPATIBLE}.models[0].image", "pass_through"),
        ("left_out", f"{COMPATIBLE}.models[0].is-compat", "no such thing"),
        ("left_out", f"{COMPATIBLE}.models[1].name", "needs a name"),
        ("left_out", "openai-compatibility[3].base-url", "drops it, too"),
        ("unknown", "claude-api-key[0].invented", ""),
        ("unknown", f"{COMPATIBLE}.api-key-entries[1].invented", ""),
        ("unknown", f"{COMPATIBLE}.models[0].invented", ""),
    ],
)
def test_what_the_report_says(where: str, what: str, text: str) -> None:
    (line,) = said(read("cliproxyapi").report, where, what)
    assert text in line


def test_a_prefix_makes_aliases() -> None:
    assert read("cliproxyapi").aliases == {"teama/sonnet": "anthropic/sonnet"}


def test_a_forced_prefix_is_told(tmp_path: Path) -> None:
    text = "force-model-prefix: true\nclaude-api-key: [{api-key: sk-ant-1234567, prefix: a, models: [{name: m}]}]"
    haul = of_yaml("cliproxyapi", tmp_path, text)
    assert haul.aliases == {"a/m": "anthropic/m"}
    assert "names alone" in said(haul.report, "changed", "claude-api-key[0].prefix")[0]


def test_a_provider_without_a_usable_key_is_switched_off(tmp_path: Path) -> None:
    haul = of_yaml("cliproxyapi", tmp_path, "claude-api-key: [{api-key: sk-ant-...x}]")
    assert haul.accounts == []
    assert not provider(haul, "anthropic").enabled
