"""What an earlier version stored is still understood."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.config import ProviderSettings
from isthmus.storage.database import Database
from isthmus.storage.older_settings import up_to_date
from isthmus.storage.providers import ProviderStore, StoredProvider
from isthmus.storage.vault import Vault

OLD = {
    "enabled": True,
    "method": "summarise",
    "model": "claude-sonnet-4-5",
    "threshold_tokens": 180_000,
    "threshold_messages": 100,
    "keep_messages": 5,
}


@pytest.mark.parametrize(
    ("old", "now"),
    [
        (
            OLD,
            {
                "method": "summarise",
                "model": "amazon-q/claude-sonnet-4-5",
                "threshold_tokens": 180_000,
                "keep_turns": 3,
            },
        ),
        ({"method": "drop_oldest", "enabled": True}, {"method": "drop"}),
        ({"method": "drop_oldest", "enabled": False}, {"method": "off"}),
        ({"threshold_tokens": 9, "keep_messages": 0}, {"method": "off"}),
        ({"method": "clip", "keep_turns": 2}, {"method": "clip", "keep_turns": 2}),
        ({"model": "a/b"}, {"model": "a/b"}),
    ],
)
def test_compression_of_migrated_providers(old: dict[str, Any], now: dict[str, Any]) -> None:
    found = up_to_date("amazon-q", {"proxy": None, "compression": old})
    assert found == {"proxy": None, "compression": now}
    ProviderSettings.model_validate({"type": "amazon-q", **found})
    assert up_to_date("amazon-q", found) == found


def test_settings_of_claude_web_that_waited() -> None:
    old = {
        "proxy": "http://127.0.0.1:1",
        "chat_delete": False,
        "max_chat_history_length": 20_000,
        "no_role_prefix": True,
        "prompt_disable_artifacts": True,
        "max_concurrency": 1000,
        "mirror": {"enabled": True, "prefix": "/mirror"},
        "models": {"claude-x": "claude-x"},
        "hidden_models": ["claude-x"],
        "model_tiers": {"claude-x": "free"},
    }
    found = up_to_date("claude-web", old)
    assert found == {
        "proxy": "http://127.0.0.1:1",
        "models": {"claude-x": "claude-x"},
        "claude_web": {
            "chat_delete": False,
            "max_chat_history_length": 20_000,
            "no_role_prefix": True,
            "prompt_disable_artifacts": True,
        },
    }
    ProviderSettings.model_validate({"type": "claude-web", **found})
    assert up_to_date("claude-web", found) == found
    assert up_to_date("claude-web", {"mirror": {}}) == {}


def test_settings_of_claude_code_that_waited() -> None:
    old = {
        "timeout_s": 300,
        "max_concurrent_sessions": 10,
        "mode": "one-shot",
        "cli_path": "/opt/claude",
        "file_access": {"additional_dirs": ["/srv"]},
        "mcp": {"enabled": True, "strict": False, "config_file": "/srv/mcp.json", "config_json": "{}"},
        "pool": {"size": 5, "prewarmed": 2, "max_idle": 5},
        "cache": {"enabled": True, "max_entries": 1000, "ttl_s": 3600},
        "conversations": {"max_history_messages": 20, "session_timeout_minutes": 30},
    }
    found = up_to_date("claude-code", old)
    assert found == {
        "timeout_s": 300,
        "cache": {"enabled": True, "max_entries": 1000, "ttl_s": 3600},
        "claude_code": {
            "mode": "one_shot",
            "cli_path": "/opt/claude",
            "file_access": {"additional_dirs": ["/srv"]},
            "mcp": {"enabled": True, "strict": False, "config_file": "/srv/mcp.json"},
            "pool": {"size": 2, "max_processes": 10},
        },
    }
    ProviderSettings.model_validate({"type": "claude-code", **found})
    assert up_to_date("claude-code", found) == found
    assert up_to_date("claude-code", {"conversations": {}}) == {}
    servers_copied = up_to_date("claude-code", {"mcp": {"enabled": True, "config_json": "{}"}})
    assert servers_copied == {"claude_code": {"mcp": {"enabled": False}}}


def test_other_settings_are_left_alone() -> None:
    for type, settings in (
        ("claude-code", {"compression": OLD}),
        ("amazon-q", {}),
        ("amazon-q", {"compression": 5}),
    ):
        assert up_to_date(type, settings) == settings


async def test_a_provider_is_read_as_this_version_knows_it(sqlite: Database, vault: Vault) -> None:
    store = ProviderStore(sqlite, vault)
    await store.add(StoredProvider("amazon-q", "amazon-q", {"compression": OLD}, 1, 1))
    [found] = await store.load_all()
    ProviderSettings.model_validate({"type": found.type, **found.settings})
