"""claude_proxy.py, key by key."""

import json
from pathlib import Path
from typing import Any

import pytest

from isthmus.migrate.source import Unreadable
from migrate.reading import keys_of, provider, read, said


def of(folder: Path, **value: Any) -> Any:
    path = folder / "config.json"
    path.write_text(json.dumps(value))
    return read("claude-proxy", path)


VENDOR = {
    "base_url": "https://api.example.com/v1",
    "api_key": "sk-example-1",
    "models": {"claude-haiku": "small"},
}


def test_vendors_become_providers_with_their_maps_and_keys() -> None:
    haul = read("claude-proxy")
    assert [each.name for each in haul.providers] == ["siliconflow", "DeepSeek", "local", "masked"]
    assert provider(haul, "siliconflow").settings == {
        "base_url": "https://api.siliconflow.cn/v1",
        "models": {
            "claude-3-5-sonnet-20241022": "Qwen/Qwen2.5-14B-Instruct",
            "claude-3-opus-20240229": "Qwen/Qwen2.5-72B-Instruct",
        },
    }
    assert keys_of(haul, "siliconflow") == ["sk-siliconflow-CANARY-1"]
    assert keys_of(haul, "local") == [""]
    assert haul.settings == {"default_provider": "DeepSeek"}
    assert haul.keys == []


@pytest.mark.parametrize(
    ("where", "what", "text"),
    [
        ("changed", "server.host", "'0.0.0.0' becomes `server.host: 127.0.0.1`, because without an API key"),
        ("changed", "server.port", "`server.port: 8000`"),
        ("changed", "providers.DeepSeek.api_key", "switched off: its key is a placeholder"),
        ("carried", "providers.siliconflow", "https://api.siliconflow.cn/v1"),
        ("carried", "providers.siliconflow.models", "2 names"),
        ("carried", "providers.local.api_key", "without a key"),
        ("carried", "default_provider", "'DeepSeek'"),
        ("left_out", "providers.v1", "rename it"),
        ("left_out", "providers.password", "must not hold credentials"),
        ("left_out", "providers.masked.api_key", "is masked: add an account"),
        ("left_out", "providers.DeepSeek.models.odd", "expected text, found a number"),
        ("left_out", "CORS", "`server.cors_origins`"),
        ("unknown", "invented", ""),
        ("unknown", "server.invented", ""),
        ("unknown", "providers.siliconflow.invented", ""),
    ],
)
def test_what_the_report_says(where: str, what: str, text: str) -> None:
    (line,) = said(read("claude-proxy").report, where, what)
    assert text in line


def test_a_placeholder_is_carried_switched_off() -> None:
    (account,) = [each for each in read("claude-proxy").accounts if each.provider == "DeepSeek"]
    assert not account.enabled
    assert "placeholder" in (account.off_reason or "")


def test_the_end_says_what_to_write_and_to_know() -> None:
    closing = read("claude-proxy").report.closing
    assert "Write into isthmus.yaml: server: {host: 127.0.0.1, port: 8000}" in closing
    assert any("providers.siliconflow maps no haiku model" in line for line in closing)
    assert any("isthmus keys create" in line for line in closing)


def test_without_a_default_the_first_provider_is_it(tmp_path: Path) -> None:
    haul = of(tmp_path, providers={"a": VENDOR, "b": VENDOR})
    assert haul.settings == {"default_provider": "a"}
    assert said(haul.report, "changed", "default_provider") == [
        "nothing becomes 'a', the first provider that can be used"
    ]


def test_a_default_that_is_not_there_is_an_error_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="'c' is not among `providers`: write one of a, b"):
        of(tmp_path, providers={"a": VENDOR, "b": VENDOR}, default_provider="c")


def test_the_file_itself_may_be_named(tmp_path: Path) -> None:
    assert of(tmp_path, providers={"a": VENDOR}).providers == read("claude-proxy", tmp_path).providers


def test_a_vendor_without_a_usable_key_is_switched_off() -> None:
    found = provider(read("claude-proxy"), "masked")
    assert (found.enabled, found.reason) == (False, "it has no key: add an account and switch it on")
