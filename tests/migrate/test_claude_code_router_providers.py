"""Providers of claude-code-router."""

from pathlib import Path
from typing import Any

import pytest

from isthmus.core.secret import Secret
from isthmus.migrate.claude_code_router_providers import add_providers
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul
from migrate.reading import keys_of, provider, read, said


def of(env: dict[str, str] | None = None, **values: Any) -> Haul:
    haul = Haul("claude-code-router")
    entry = {"name": "a", "models": ["m"], **values}
    add_providers(haul, Entry({"Providers": [entry]}, haul.report), env or {}, None)
    return haul


@pytest.mark.parametrize(
    ("url", "type", "base", "is_on"),
    [
        ("https://a.example/v1/chat/completions", "openai-compatible", "https://a.example/v1", True),
        ("https://a.example/chat/completions/", "openai-compatible", "https://a.example", True),
        ("https://a.example/v1/messages", "anthropic", "https://a.example", True),
        ("https://a.example/v1/responses", "openai-compatible", "https://a.example/v1", False),
        ("https://g.example/v1beta/models/", "openai-compatible", "https://g.example/v1beta/models", False),
        ("https://a.example/v1", "openai-compatible", "https://a.example/v1", True),
    ],
)
def test_the_endpoint_tells_the_type(url: str, type: str, base: str, is_on: bool) -> None:
    (found,) = of(api_base_url=url, api_key="sk-a-123456").providers
    assert (found.type, found.settings["base_url"], found.enabled) == (type, base, is_on)


@pytest.mark.parametrize(
    ("transformer", "type", "is_on"),
    [
        ("Anthropic", "anthropic", True),
        ("gemini", "openai-compatible", False),
        ("vertex-gemini", "openai-compatible", False),
        ("vertex-claude", "openai-compatible", False),
        ("openai-responses", "openai-compatible", False),
        ("deepseek", "openai-compatible", True),
    ],
)
def test_so_does_the_transformer(transformer: str, type: str, is_on: bool) -> None:
    (found,) = of(
        api_base_url="https://a.example", api_key="sk-a-1", transformer={"use": [transformer]}
    ).providers
    assert (found.type, found.enabled) == (type, is_on)


@pytest.mark.parametrize(
    ("capabilities", "type", "base", "is_on"),
    [
        (["openai_chat_completions", "anthropic_messages"], "anthropic", "https://1.example", True),
        (["openai_responses", "openai_chat_completions"], "openai-compatible", "https://1.example", True),
        (["gemini_generate_content"], "openai-compatible", "https://a.example", False),
    ],
)
def test_capabilities_of_version_3(capabilities: list[str], type: str, base: str, is_on: bool) -> None:
    listed = [{"type": each, "baseUrl": f"https://{at}.example"} for at, each in enumerate(capabilities)]
    (found,) = of(baseurl="https://a.example", apikey="sk-a-1", capabilities=listed).providers
    assert (found.type, found.settings["base_url"], found.enabled) == (type, base, is_on)


@pytest.mark.parametrize(
    ("protocol", "type", "is_on"),
    [
        ("anthropic_messages", "anthropic", True),
        ("openai_chat_completions", "openai-compatible", True),
        ("gemini_interactions", "openai-compatible", False),
    ],
)
def test_protocol_of_version_3(protocol: str, type: str, is_on: bool) -> None:
    (found,) = of(baseUrl="https://a.example", apiKey="sk-a-1", protocol=protocol).providers
    assert (found.type, found.enabled) == (type, is_on)


def test_every_credential_of_version_3_is_an_account() -> None:
    haul = of(
        baseUrl="https://a.example/v1",
        credentials=[
            {
                "apiKey": "sk-one-1234",
                "label": "one",
                "priority": 2,
                "weight": 5,
                "limits": {"rpm": 10, "rph": 5},
            },
            {"token": "sk-two-1234", "id": "two", "enabled": False},
            {"key": "sk-three-12", "invented": 1},
        ],
        extraHeaders={"X-A": "b"},
        extraBody={"a": 1},
        modelMetadata={"m": {"contextWindow": 1000}},
        account={},
        billing={},
        icon="x",
        modelDescriptions={"m": "x"},
    )
    assert keys_of(haul, "a") == ["sk-one-1234", "sk-two-1234", "sk-three-12"]
    one, two, three = haul.accounts
    assert (one.label, one.priority, one.weight, one.requests_per_minute) == ("one", 2, 5, 10)
    assert (two.label, two.enabled, three.label) == ("two", False, "a 3")
    settings = haul.providers[0].settings
    assert settings["headers"] == {"X-A": Secret("b")}
    assert settings["capabilities"] == {"m": {"context_window": 1000}}
    left_out = [line.what for line in haul.report.left_out]
    assert left_out == [
        "Providers[0].credentials[0].limits.rph",
        *(
            f"Providers[0].{each}"
            for each in ("extraBody", "account", "billing", "icon", "modelDescriptions")
        ),
    ]
    assert [line.what for line in haul.report.unknown] == ["Providers[0].credentials[2].invented"]


def test_switched_off_there_is_switched_off_here() -> None:
    (found,) = of(baseUrl="https://a.example", apiKey="sk-a-1", enabled=False).providers
    assert not found.enabled


@pytest.mark.parametrize(("written", "key"), [("$K", "sk-env-1"), ("${K}", "sk-env-1"), ("x$K", "xsk-env-1")])
def test_variables_are_replaced(written: str, key: str) -> None:
    haul = of({"K": "sk-env-1"}, api_base_url="https://a.example", api_key=written)
    assert keys_of(haul, "a") == [key]
    assert "K has now" in said(haul.report, "changed", "Providers[0].api_key")[0]
    haul = of({}, api_base_url="https://a.example", api_key=written)
    assert keys_of(haul, "a") == []
    assert not haul.providers[0].enabled
    assert "K is not set" in said(haul.report, "left_out", "Providers[0].api_key")[0]


@pytest.mark.parametrize(
    ("where", "what", "text"),
    [
        ("carried", "Providers[0]", "https://openrouter.ai/api/v1"),
        ("carried", "Providers[0].models", "google/gemini-2.5-pro-preview"),
        ("changed", "Providers[0].api_key", "OPENROUTER_API_KEY"),
        ("changed", "Providers[7]", "no key"),
        ("left_out", "Providers[1].tokenizer", "upstream"),
        ("left_out", "Providers[6].api_key", "NOT_SET is not set"),
        ("left_out", "Providers[7].api_key", "is masked"),
        ("left_out", "Providers[8]", "skips it, too"),
        ("left_out", "Providers[9]", "login"),
        ("unknown", "Providers[1].invented", ""),
    ],
)
def test_what_the_report_says(where: str, what: str, text: str) -> None:
    (line,) = said(read("claude-code-router").report, where, what)
    assert text in line


def test_names_with_a_comma_go_on_working() -> None:
    assert read("claude-code-router").aliases["deepseek,deepseek-chat"] == "deepseek/deepseek-chat"


def test_a_list_in_small_letters_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(
        "{providers: [{name: 'a', api_base_url: 'https://a.example', api_key: 'sk-a-1', models: []}]}"
    )
    assert provider(read("claude-code-router", path), "a").enabled
