"""Settings of claude-api's console, and what its configuration file says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, Final

from isthmus.migrate.claude_api_files import Stock
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered, one_line
from isthmus.migrate.haul import Haul, Line, NewBlock
from isthmus.migrate.listener import say_listener

_STRATEGIES: Final = {
    "sequential": "priority",
    "round_robin": "round-robin",
    "random": "weighted",
    "weighted_random": "weighted",
    "cooldown": "least-loaded",
    "rpm": "least-loaded",
}
_CHANGED: Final = frozenset(("random", "cooldown", "rpm"))
"""What they become is not quite the same."""
_CONSOLE: Final = "belongs to the other program's console"
_PROXY_POOL: Final = "there is no pool of proxies: set `proxy` of an account"
_COOLING: Final = "accounts rest until the service's own reset time here: see `accounts.max_cooldown_s`"
_QUOTA: Final = "quotas are asked for when they are needed"
_REPORTED: Final[Mapping[tuple[str, ...], str]] = {
    ("admin_password", "adminPassword"): "not carried: the set-up token makes an administrator",
    ("account_cooldown_seconds", "accountCooldownSeconds"): _COOLING,
    ("account_rpm_limit", "accountRpmLimit"): "set `requests_per_minute` of the accounts",
    ("account_rpm_failure_cooldown_seconds", "accountRpmFailureCooldownSeconds"): _COOLING,
    ("max_error_count", "maxErrorCount"): "what a failure means is judged one by one here, not counted",
    ("port",): "had no effect there: write `server.port` into isthmus.yaml",
    ("proxy_pool_enabled", "proxyPoolEnabled"): _PROXY_POOL,
    ("proxy_pool_strategy", "proxyPoolStrategy"): _PROXY_POOL,
    ("quota_refresh_concurrency", "quotaRefreshConcurrency"): _QUOTA,
    ("quota_refresh_interval", "quotaRefreshInterval"): _QUOTA,
    ("announcement_enabled", "announcementEnabled"): _CONSOLE,
    ("announcement_text", "announcementText"): _CONSOLE,
    ("layout_full_width", "layoutFullWidth"): _CONSOLE,
    (
        "free_request_count",
        "freeRequestCount",
    ): "requests are limited by API key: set `requests_per_day` there",
    ("schema_version", "schemaVersion"): "says how the other program's tables are built",
}
_HAIKU: Final = ("*haiku", "claude-haiku-*", "claude-3-haiku-*", "claude-3-5-haiku-*")
"""Names that the program left as they were; one `*` each, as that is what a map can repeat."""
_DEFAULT_THRESHOLD: Final = 180_000
_LEAST_THRESHOLD: Final = 1000
_MAX_KEPT: Final = 2000
_MAX_DAYS: Final = 3650


def add_settings(haul: Haul, provider: Gathered, settings: Entry) -> None:
    _log(haul, settings)
    _ip_limit(haul, settings)
    _strategy(haul, settings)
    if proxy := settings.text("http_proxy", "httpProxy"):
        provider.keep_proxy(settings, "http_proxy", proxy)
    _compression(provider, settings)
    _forced_model(provider, settings)
    for names, reason in _REPORTED.items():
        if any(name in settings for name in names):
            settings.left_out(names[0], reason)
        settings.take(*names)
    settings.rest_is_unknown()


def add_blocks(haul: Haul, stock: Stock, settings: Entry) -> None:
    """The table and the setting together."""
    entries = [(str(row.get("ip") or ""), one_line(str(row.get("reason") or ""))) for row in stock.blocked]
    listed = settings.take("blocked_ips", "blockedIps", "blockedIPs")
    try:
        listed = json.loads(listed) if isinstance(listed, str) and listed.strip() else listed
    except (ValueError, RecursionError):
        settings.left_out("blocked_ips", "is no list: block the addresses by hand")
    entries += [(str(each), "") for each in listed] if isinstance(listed, list) else []
    for ip, reason in entries:
        _block(haul, ip.strip(), reason)
    for table, said in (
        ("ip_configs", "limits of single addresses: here `ip_limit` is the same for all"),
        ("proxies", f"{_PROXY_POOL}; a `%` in an address stood for a number made from the account's id"),
    ):
        if count := stock.counts.get(table):
            haul.report.left_out.append(Line(f"table {table}", f"{count} rows: {said}"))


def add_config(haul: Haul, config: Mapping[str, Any]) -> None:
    """Call it once the keys are there."""
    root = Entry(config, haul.report)
    server = root.below("server")
    is_old = "host" in root or "port" in root
    at = root if is_old else server
    say_listener(
        haul, host=at.text("host"), port=at.integer("port"), host_at=at.at("host"), port_at=at.at("port")
    )
    server.rest_is_unknown()
    _database(root.below("database"))
    debug = root.flag("debug", words=True)
    if debug is not None:
        _say_level(haul, root, "debug", debug)
    root.leave_out(
        {
            "test": "guarded exports by a password that stands in the program's code: exports need an administrator here",
            "compression_enabled": "the console's own setting counts",
        }
    )
    root.rest_is_unknown()


def _database(database: Entry) -> None:
    kind = database.text("type")
    if kind:
        database.carried(
            "type", f"{kind!r} said where to read; the database of this gateway is `storage.url`"
        )
    sqlite = database.below("sqlite")
    if "path" in sqlite:
        sqlite.carried("path", "said where to read")
        sqlite.take("path")
    sqlite.rest_is_unknown()
    mysql = database.below("mysql")
    if kind != "mysql":
        mysql.leave_out(dict.fromkeys(mysql.names(), "was not in use"))
    else:
        list(mysql.given())
    database.rest_is_unknown()


def _log(haul: Haul, settings: Entry) -> None:
    debug = settings.flag("debug_log", "debugLog", words=True)
    if debug is not None:
        _say_level(haul, settings, "debug_log", debug)
    enabled = settings.flag("enable_request_log", "enableRequestLog", words=True)
    if enabled is not None:
        haul.settings["request_log.enabled"] = enabled
        settings.carried("enable_request_log", f"`request_log.enabled` {str(enabled).lower()}")
    days = settings.integer("log_retention_days", "logRetentionDays")
    if days is not None and 1 <= days <= _MAX_DAYS:
        haul.settings["request_log.retention_days"] = days
        settings.carried("log_retention_days", f"`request_log.retention_days` {days}")
    elif days is not None:
        settings.left_out(
            "log_retention_days",
            f"{days} is no number of days between 1 and {_MAX_DAYS}: set `request_log.retention_days`",
        )


def _say_level(haul: Haul, entry: Entry, name: str, debug: bool) -> None:
    if not debug and haul.settings.get("logging.level") == "debug":
        entry.left_out(name, "false, but the debug log was switched on elsewhere")
        return
    level = haul.settings["logging.level"] = "debug" if debug else "info"
    entry.carried(name, f"`logging.level` {level!r}")


def _ip_limit(haul: Haul, settings: Entry) -> None:
    enabled = settings.flag("enable_ip_rate_limit", "enableIPRateLimit", words=True)
    if enabled is not None:
        haul.settings["ip_limit.enabled"] = enabled
        settings.carried("enable_ip_rate_limit", f"`ip_limit.enabled` {str(enabled).lower()}")
    minutes = settings.integer("ip_rate_limit_window", "ipRateLimitWindow")
    if minutes is not None and 1 <= minutes <= 1440:
        haul.settings["ip_limit.window_s"] = minutes * 60
        settings.changed("ip_rate_limit_window", f"{minutes} min become `ip_limit.window_s` {minutes * 60}")
    elif minutes is not None:
        settings.left_out(
            "ip_rate_limit_window", f"{minutes} min are no window here: set `ip_limit.window_s`"
        )
    most = settings.integer("ip_rate_limit_max", "ipRateLimitMax")
    if most is not None and 1 <= most <= 2**53:
        haul.settings["ip_limit.max_requests"] = most
        settings.carried("ip_rate_limit_max", f"`ip_limit.max_requests` {most}")
    elif most is not None:
        settings.left_out("ip_rate_limit_max", f"{most} would let nobody in: set `ip_limit.max_requests`")


def _strategy(haul: Haul, settings: Entry) -> None:
    older = settings.flag("random_account_selection", "randomAccountSelection", words=True)
    mode = settings.text("account_selection_mode", "accountSelectionMode")
    name = "account_selection_mode" if mode else "random_account_selection"
    if mode and older is not None:
        settings.left_out("random_account_selection", "account_selection_mode counts")
    wanted = mode or ("random" if older else None if older is None else "sequential")
    if wanted is None:
        return
    ours = _STRATEGIES.get(wanted)
    if ours is None:
        settings.left_out(
            name, f"{one_line(wanted)!r} is none of {', '.join(_STRATEGIES)}: set `accounts.strategy`"
        )
        return
    haul.settings["accounts.strategy"] = ours
    tell = settings.changed if wanted in _CHANGED else settings.carried
    tell(name, f"{wanted!r} becomes `accounts.strategy` {ours!r}")


def _compression(provider: Gathered, settings: Entry) -> None:
    enabled = settings.flag("compression_enabled", "compressionEnabled", words=True)
    if enabled is not None:
        provider.keep(
            settings, "compression_enabled", "compression.method", "summarise" if enabled else "off"
        )
    if model := settings.text("compression_model", "compressionModel"):
        ours = f"{provider.type}/{model}"
        provider.put("compression.model", ours)
        settings.changed("compression_model", f"{model!r} becomes `compression.model` {ours!r}")
    _compression_limits(provider, settings)


def _compression_limits(provider: Gathered, settings: Entry) -> None:
    threshold = settings.integer("compression_token_limit", "compressionTokenLimit")
    if threshold is not None and threshold >= _LEAST_THRESHOLD:
        provider.keep(settings, "compression_token_limit", "compression.threshold_tokens", threshold)
    elif threshold is not None and threshold <= 0:
        provider.put("compression.threshold_tokens", _DEFAULT_THRESHOLD)
        said = f"{threshold} meant {_DEFAULT_THRESHOLD}; becomes `compression.threshold_tokens` {_DEFAULT_THRESHOLD}"
        settings.changed("compression_token_limit", said)
    elif threshold is not None:
        said = f"{threshold} is less than the least, {_LEAST_THRESHOLD}: set `compression.threshold_tokens` of the provider"
        settings.left_out("compression_token_limit", said)
    keep = settings.integer("compression_keep_messages", "compressionKeepMessages")
    if keep is not None and 0 < keep <= _MAX_KEPT:
        turns = (keep + 1) // 2
        provider.put("compression.keep_turns", turns)
        said = f"{keep} messages become `compression.keep_turns` {turns}: the user's alone are counted"
        settings.changed("compression_keep_messages", said)
    elif keep is not None:
        said = f"{keep} is no number of messages: set `compression.keep_turns` of the provider"
        settings.left_out("compression_keep_messages", said)
    if (limit := settings.integer("compression_message_limit", "compressionMessageLimit")) is not None:
        said = (
            f"{limit} messages; here tokens are counted: set `compression.threshold_tokens` of the provider"
        )
        settings.left_out("compression_message_limit", said)


def _forced_model(provider: Gathered, settings: Entry) -> None:
    forced = settings.flag("force_model_enabled", "forceModelEnabled", words=True)
    model = settings.text("force_model", "forceModel")
    if forced and model:
        provider.put("models", {**{name: name for name in _HAIKU}, "*": model})
        settings.carried("force_model_enabled", "`models` of the provider")
        settings.changed(
            "force_model", f"every name but those of haiku becomes {model!r}, by `models` of the provider"
        )
    elif forced:
        settings.left_out("force_model_enabled", "no model was named: set `models` of the provider")
    elif forced is not None:
        settings.carried("force_model_enabled", "off: names go through as they are")
    if model and not forced:
        settings.left_out("force_model", "was switched off: set `models` of the provider to use it")


def _block(haul: Haul, ip: str, reason: str) -> None:
    try:
        network = str(ip_network(ip, strict=False))
    except ValueError:
        haul.report.left_out.append(Line(f"blocked_ips: {one_line(ip)}", "no address: block it by hand"))
        return
    if all(block.network != network for block in haul.blocks):
        haul.blocks.append(NewBlock(network, reason))
        haul.report.carried.append(Line(f"blocked_ips: {network}", "is refused here, too"))
