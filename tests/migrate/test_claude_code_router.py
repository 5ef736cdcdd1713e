"""claude-code-router, both shapes of its configuration."""

from pathlib import Path
from typing import Any

import pytest

from migrate.reading import read, said


def of(folder: Path, text: str, **options: Any) -> Any:
    path = folder / "config.json"
    path.write_text(text)
    return read("claude-code-router", path, **options)


PROVIDER = "Providers: [{name: 'a', api_base_url: 'https://a.example/v1/chat/completions', api_key: 'sk-a-123456', models: ['m']}]"


def test_key_and_settings() -> None:
    haul = read("claude-code-router")
    assert [key.secret.reveal() for key in haul.keys if key.secret] == ["ccr-CANARY-key"]
    assert haul.settings == {
        "default_provider": "deepseek",
        "defaults.timeout_s": 600.0,
        "logging.level": "warning",
    }


@pytest.mark.parametrize(
    ("where", "what", "text"),
    [
        ("changed", "HOST", "`server.host: 0.0.0.0`"),
        ("changed", "PORT", "3456"),
        ("changed", "API_TIMEOUT_MS", "600000 ms becomes `defaults.timeout_s` 600"),
        ("carried", "APIKEY", "'claude-code-router'"),
        ("carried", "PROXY_URL", "every provider"),
        ("carried", "LOG_LEVEL", "'warning'"),
        ("left_out", "LOG", "standard error"),
        ("left_out", "CUSTOM_ROUTER_PATH", "never run"),
        ("left_out", "transformers", "never run"),
        ("left_out", "plugins", "never run"),
        ("left_out", "REWRITE_SYSTEM_PROMPT", "never run"),
        ("left_out", "StatusLine, NON_INTERACTIVE_MODE, CLAUDE_PATH, forceUseImageAgent", "client"),
        ("left_out", "*/*.json", "1 files with routes"),
        ("left_out", "presets", "1 presets"),
        ("unknown", "invented", ""),
    ],
)
def test_what_the_report_says(where: str, what: str, text: str) -> None:
    (line,) = said(read("claude-code-router").report, where, what)
    assert text in line


def test_the_first_proxy_that_is_set_counts(tmp_path: Path) -> None:
    haul = of(tmp_path, f"{{{PROVIDER}, PROXY_URL: 'http://c.example:1', https_proxy: 'http://b.example:1'}}")
    assert haul.providers[0].settings["proxy"].reveal() == "http://b.example:1"
    assert len(said(haul.report, "carried", "https_proxy")) == 1


def test_without_a_key_it_is_loopback(tmp_path: Path) -> None:
    haul = of(tmp_path, f"{{{PROVIDER}, HOST: '0.0.0.0'}}")
    assert "`server.host: 127.0.0.1`" in said(haul.report, "changed", "HOST")[0]


def test_the_port_may_stand_in_the_environment(tmp_path: Path) -> None:
    haul = of(tmp_path, f"{{{PROVIDER}}}", env={"SERVICE_PORT": "4000"})
    assert haul.report.closing == ["Write into isthmus.yaml: server: {port: 4000}"]


def test_a_key_may_stand_in_the_environment(tmp_path: Path) -> None:
    text = f"{{{PROVIDER}, APIKEY: '$CCR_KEY'}}"
    haul = of(tmp_path, text, env={"CCR_KEY": "ccr-from-environment"})
    assert [key.secret.reveal() for key in haul.keys] == ["ccr-from-environment"]
    assert of(tmp_path, text, env={}).keys == []


def test_variables_stand_in_other_texts_too(tmp_path: Path) -> None:
    text = (
        "{Providers: [{name: 'a', api_base_url: 'https://$WHERE/v1', api_key: 'sk-a-123456', models: []}],"
        " PROXY_URL: '${PROXY}'}"
    )
    haul = of(tmp_path, text, env={"WHERE": "a.example", "PROXY": "http://p.example:1"})
    settings = haul.providers[0].settings
    assert (settings["base_url"], settings["proxy"].reveal()) == (
        "https://a.example/v1",
        "http://p.example:1",
    )
