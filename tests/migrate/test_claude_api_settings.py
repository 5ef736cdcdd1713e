"""Every setting of the console under both of its names, and values that mean something else here."""

from typing import Any

import pytest

from isthmus.config.live import with_changes
from isthmus.config.settings import Settings
from isthmus.migrate.claude_api_files import Stock
from isthmus.migrate.claude_api_settings import add_blocks, add_config, add_settings
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered
from isthmus.migrate.haul import Haul
from isthmus.routing.model_map import ModelMap
from migrating import in_all


def added(**settings: Any) -> tuple[Haul, dict[str, Any]]:
    haul = Haul("claude-api")
    provider = Gathered(haul, "amazon-q")
    add_settings(haul, provider, Entry(settings, haul.report, "settings"))
    provider.add("settings")
    return haul, dict(haul.providers[0].settings)


@pytest.mark.parametrize(
    ("older", "name", "value", "ours"),
    [
        ("debugLog", "debug_log", "true", {"logging.level": "debug"}),
        ("debugLog", "debug_log", "false", {"logging.level": "info"}),
        ("enableRequestLog", "enable_request_log", "false", {"request_log.enabled": False}),
        ("logRetentionDays", "log_retention_days", "7", {"request_log.retention_days": 7}),
        ("logRetentionDays", "log_retention_days", "0", {}),
        ("enableIPRateLimit", "enable_ip_rate_limit", "true", {"ip_limit.enabled": True}),
        ("ipRateLimitWindow", "ip_rate_limit_window", "5", {"ip_limit.window_s": 300}),
        ("ipRateLimitWindow", "ip_rate_limit_window", "5000", {}),
        ("ipRateLimitMax", "ip_rate_limit_max", "10", {"ip_limit.max_requests": 10}),
        ("ipRateLimitMax", "ip_rate_limit_max", "0", {}),
        ("accountSelectionMode", "account_selection_mode", "sequential", {"accounts.strategy": "priority"}),
        (
            "accountSelectionMode",
            "account_selection_mode",
            "round_robin",
            {"accounts.strategy": "round-robin"},
        ),
        ("accountSelectionMode", "account_selection_mode", "random", {"accounts.strategy": "weighted"}),
        (
            "accountSelectionMode",
            "account_selection_mode",
            "weighted_random",
            {"accounts.strategy": "weighted"},
        ),
        ("accountSelectionMode", "account_selection_mode", "rpm", {"accounts.strategy": "least-loaded"}),
        ("accountSelectionMode", "account_selection_mode", "guess", {}),
        ("randomAccountSelection", "random_account_selection", "true", {"accounts.strategy": "weighted"}),
        ("randomAccountSelection", "random_account_selection", "false", {"accounts.strategy": "priority"}),
    ],
)
def test_run_time_settings(older: str, name: str, value: str, ours: dict[str, Any]) -> None:
    for written in (older, name):
        haul, _ = added(**{written: value})
        assert haul.settings == ours
        assert len(in_all(haul, f"settings.{name}") | in_all(haul, f"settings.{older}")) == 1
        assert haul.report.unknown == []
        with_changes(Settings(), haul.settings)


@pytest.mark.parametrize(
    ("settings", "ours"),
    [
        (
            {
                "compressionEnabled": "true",
                "compressionModel": "m",
                "compression_token_limit": "90000",
                "compression_keep_messages": "5",
            },
            {
                "compression": {
                    "method": "summarise",
                    "model": "amazon-q/m",
                    "threshold_tokens": 90_000,
                    "keep_turns": 3,
                }
            },
        ),
        ({"compression_enabled": "false"}, {"compression": {"method": "off"}}),
        ({"compression_token_limit": "0"}, {"compression": {"threshold_tokens": 180_000}}),
        ({"compressionTokenLimit": "9", "compressionKeepMessages": "0", "compressionMessageLimit": "5"}, {}),
        ({"force_model_enabled": "true", "force_model": ""}, {}),
        ({"force_model_enabled": "false", "force_model": "m"}, {}),
        ({"httpProxy": ""}, {}),
        ({"httpProxy": "127.0.0.1:1"}, {}),
    ],
)
def test_settings_of_the_provider(settings: dict[str, Any], ours: dict[str, Any]) -> None:
    haul, found = added(**settings)
    assert found == ours
    assert not [line for line in haul.report.left_out if line.what.startswith("settings (")], (
        "it would be refused"
    )


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"),
        ("claude-3-5-haiku-20241022", "claude-3-5-haiku-20241022"),
        ("claude-haiku-4.5", "claude-haiku-4.5"),
        ("claude-3-5-haiku", "claude-3-5-haiku"),
        ("claude-opus-4-6", "forced"),
        ("gpt-5", "forced"),
    ],
)
def test_a_forced_model_spares_haiku(asked: str, used: str) -> None:
    _, settings = added(force_model_enabled="true", force_model="forced")
    assert ModelMap(settings["models"]).resolve(asked) == used


def test_blocks_of_table_and_setting_are_joined() -> None:
    haul = Haul("claude-api")
    stock = Stock(
        "database", blocked=[{"ip": " 10.0.0.9 ", "reason": "a\nb"}, {"ip": None}], counts={"proxies": 2}
    )
    settings = Entry({"blocked_ips": '["10.0.0.9", "10.1.2.3/16"]'}, haul.report, "settings")
    add_blocks(haul, stock, settings)
    assert [(block.network, block.reason) for block in haul.blocks] == [
        ("10.0.0.9/32", "a b"),
        ("10.1.0.0/16", ""),
    ]
    assert in_all(haul, "table proxies") == {"left_out"}
    settings.rest_is_unknown()
    assert haul.report.unknown == []


@pytest.mark.parametrize("listed", ["no list", '{"a": 1}', "", "[]", []])
def test_a_list_of_nothing_blocks_nobody(listed: Any) -> None:
    haul = Haul("claude-api")
    add_blocks(haul, Stock("database"), Entry({"blocked_ips": listed}, haul.report, "settings"))
    assert haul.blocks == []


def test_the_debug_log_is_on_when_either_place_says_so() -> None:
    for level, console in (("debug", "true"), ("debug", None), ("info", "false")):
        haul = Haul("claude-api")
        if console:
            add_settings(
                haul, Gathered(haul, "amazon-q"), Entry({"debug_log": console}, haul.report, "settings")
            )
        add_config(haul, {"debug": console is None})
        assert haul.settings == {"logging.level": level}
