"""Settings of stored providers as earlier versions wrote them. They are sealed, so no migration of the tables can reach them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_OLD_NAMES: Final = frozenset(("enabled", "threshold_messages", "keep_messages"))
_OLD_METHOD: Final = "drop_oldest"
_LEAST_THRESHOLD: Final = 1000


_OF_A_SECTION: Final = (
    "chat_delete",
    "max_chat_history_length",
    "no_role_prefix",
    "prompt_disable_artifacts",
)
_NOT_CARRIED: Final = ("mirror", "max_concurrency", "hidden_models", "model_tiers")


def up_to_date(type: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """As this version knows them. Migrations from other programs once kept what could not run yet under names of its own."""
    match type:
        case "amazon-q":
            return _amazon_q(settings)
        case "claude-web":
            return _claude_web(settings)
        case "claude-code":
            return _claude_code(settings)
        case _:
            return settings


def _claude_web(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its own settings stood among those of all providers, beside some that nothing has come of."""
    if not settings.keys() & {*_OF_A_SECTION, *_NOT_CARRIED}:
        return settings
    own = {name: settings[name] for name in _OF_A_SECTION if name in settings}
    others = {name: each for name, each in settings.items() if name not in (*_OF_A_SECTION, *_NOT_CARRIED)}
    return {**others, "claude_web": own} if own else others


_OF_CLAUDE_CODE: Final = ("cli_path", "mode", "file_access", "mcp", "pool", "max_concurrent_sessions")


def _claude_code(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same, before there was a section for them. Servers that were copied into `mcp.config_json` are where they came from."""
    gone = (*_OF_CLAUDE_CODE, "conversations")
    if not settings.keys() & {*gone}:
        return settings
    own = {name: settings[name] for name in ("cli_path", "file_access") if name in settings}
    if "mode" in settings:
        own["mode"] = str(settings["mode"]).replace("-", "_")
    if isinstance(mcp := settings.get("mcp"), Mapping):
        kept = {name: each for name, each in mcp.items() if name != "config_json"}
        own["mcp"] = kept if kept.get("config_file") else {**kept, "enabled": False}
    if pool := _pool(settings):
        own["pool"] = pool
    others = {name: each for name, each in settings.items() if name not in gone}
    return {**others, "claude_code": own} if own else others


def _pool(settings: Mapping[str, Any]) -> dict[str, int]:
    old = settings.get("pool")
    spares = old.get("prewarmed") if isinstance(old, Mapping) else None
    most = settings.get("max_concurrent_sessions")
    pool = {}
    if isinstance(spares, int):
        pool["size"] = min(max(spares, 0), 100)
    if isinstance(most, int) and most > 0:
        pool["max_processes"] = min(most, 1000)
    return pool


def _amazon_q(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    old = settings.get("compression")
    if not isinstance(old, Mapping):
        return settings
    if not _OLD_NAMES & old.keys() and old.get("method") != _OLD_METHOD:
        return settings
    return {**settings, "compression": {name: each for name, each in _compression(old).items() if each}}


def _compression(old: Mapping[str, Any]) -> dict[str, Any]:
    method, model, threshold = old.get("method"), old.get("model"), old.get("threshold_tokens")
    keep = old.get("keep_messages")
    is_on = old.get("enabled") is True
    return {
        "method": ("drop" if method == _OLD_METHOD else method) if is_on else "off",
        "model": f"amazon-q/{model}" if isinstance(model, str) and "/" not in model else model,
        "threshold_tokens": threshold
        if isinstance(threshold, int) and threshold >= _LEAST_THRESHOLD
        else None,
        "keep_turns": (keep + 1) // 2 if isinstance(keep, int) and 0 < keep <= 2000 else None,
    }
