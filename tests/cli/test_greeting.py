"""What an operator reads first: where, what, and lines that can be copied."""

from pathlib import Path

import pytest

from isthmus.cli.greeting import Console, address, example_model, greeting
from isthmus.config import Settings
from isthmus.console.site import ConsoleSite
from isthmus.core.secret import Secret
from isthmus.discovery import Found

KEY = "key-of-a-client"
SETTINGS = Settings.model_validate(
    {
        "providers": {
            "local": {"base_url": "http://127.0.0.1:11434/v1", "models": {"big": "llama", "*": "llama"}},
            "spare": {"type": "dummy"},
        },
        "default_provider": "local",
    }
)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("192.168.1.5", "http://192.168.1.5:8000"),
    ],
)
def test_the_address_is_one_to_connect_to(host: str, url: str) -> None:
    assert address(host, 8000) == url


def test_it_names_the_file_the_providers_and_the_default() -> None:
    text = greeting(SETTINGS, 8001, Path("my.yaml"), [], ["something odd"], with_keys=False)
    assert "is ready at http://127.0.0.1:8001 (configured by my.yaml)" in text
    assert "note: something odd" in text
    assert "openai-compatible at http://127.0.0.1:11434/v1  (default)" in text
    assert "spare  dummy\n" in text


def test_a_provider_without_an_account_says_how_it_gets_one() -> None:
    types = {"q": {"type": "amazon-q"}, "web": {"type": "claude-web"}, "spare": {"type": "dummy"}}
    settings = Settings.model_validate({"providers": types})
    text = greeting(settings, 8000, None, [], [], with_keys=False)
    assert "q      amazon-q\n         answers nothing before it has an account: `isthmus login q`\n" in text
    assert "`isthmus accounts add web`" in text
    text = greeting(settings, 8000, None, [], [], with_keys=False, with_accounts={"q", "web"})
    assert "account" not in text.partition("Claude Code")[0]


def test_mirror_mode_is_not_on_unseen() -> None:
    types = {"web": {"type": "claude-web"}}
    mirror = {"enabled": True, "prefix": "/mirror"}
    settings = Settings.model_validate({"providers": types, "mirror": mirror})
    text = greeting(settings, 8000, None, [], [], with_keys=False, mirrors=True)
    assert "http://127.0.0.1:8000/mirror  takes session keys of claude.ai" in text
    assert "Mirror" not in greeting(settings, 8000, None, [], [], with_keys=False)


def test_the_console_has_its_address_and_the_token_for_the_first_visit() -> None:
    def said(console: Console | None) -> str:
        return greeting(SETTINGS, 8000, None, [], [], with_keys=False, console=console)

    assert "Console\n  http://127.0.0.1:8000/admin/\n" in said(Console.of(ConsoleSite({}), None))
    first = said(Console.of(ConsoleSite({}), Secret("t0ken")))
    assert "  http://127.0.0.1:8000/admin/setup#token=t0ken  makes the first administrator\n" in first
    assert "has not been built: `make console`" in said(Console.of(ConsoleSite({}, is_built=False), None))
    assert "Console" not in said(Console.of(None, None))


def test_it_says_why_something_was_found() -> None:
    found = [Found("local", SETTINGS.providers["local"], "Ollama answers on port 11434")]
    text = greeting(SETTINGS, 8000, None, found, [], with_keys=False)
    assert "(no configuration file)" in text
    assert "local  Ollama answers on port 11434  (default)" in text


def test_clients_get_lines_to_copy() -> None:
    text = greeting(SETTINGS, 8000, None, [], [], with_keys=False)
    for line in (
        "export ANTHROPIC_BASE_URL=http://127.0.0.1:8000\n",
        "export ANTHROPIC_AUTH_TOKEN=isthmus\n",
        'OpenAI(base_url="http://127.0.0.1:8000/v1", api_key="isthmus")\n',
        'new OpenAI({ baseURL: "http://127.0.0.1:8000/v1", apiKey: "isthmus" })\n',
        'Anthropic(base_url="http://127.0.0.1:8000", api_key="isthmus")\n',
        'new Anthropic({ baseURL: "http://127.0.0.1:8000", apiKey: "isthmus" })\n',
        "curl http://127.0.0.1:8000/v1/chat/completions",
        '"model": "big"',
    ):
        assert line in text


def test_keys_are_not_shown() -> None:
    settings = Settings.model_validate({**SETTINGS.model_dump(), "api_keys": [KEY]})
    text = greeting(settings, 8000, None, [], [], with_keys=True)
    assert KEY not in text
    assert "ANTHROPIC_AUTH_TOKEN=YOUR_KEY\n" in text
    assert "isthmus\n" not in text.partition("Claude Code")[2].partition("curl")[0]


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ({"type": "dummy"}, "dummy"),
        ({"type": "dummy", "default_model": "dummy-echo"}, "dummy-echo"),
        ({"type": "dummy", "models": {"claude-*": "dummy-text"}}, "dummy-text"),
        ({"type": "dummy", "models": ["dummy-json"]}, "dummy-json"),
        ({"base_url": "http://127.0.0.1:1/v1"}, "MODEL"),
    ],
)
def test_the_example_asks_for_a_model_there_is(provider: dict[str, object], model: str) -> None:
    settings = Settings.model_validate({"providers": {"only": provider}, "default_provider": "only"})
    assert example_model(settings) == model
