"""claude-code-api: how it drives the Claude Code command line. It has no accounts and no keys."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from isthmus.migrate.claude_code_api_files import Found, found_at
from isthmus.migrate.claude_code_api_mcp import add_mcp
from isthmus.migrate.detect import TELLTALES, Glimpse, looks_like, not_that_program
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered
from isthmus.migrate.haul import Haul
from isthmus.migrate.listener import say_listener
from isthmus.migrate.source import Options, Unreadable
from isthmus.migrate.upstreams import CLAUDE_CODE

PROGRAM: Final = "claude-code-api"
_LEVELS: Final = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
}
_MAX_TIMEOUT_S: Final = 86_400
_MAX_COUNT: Final = 1_000_000
_MAX_PROCESSES: Final = 1000
_MAX_SPARES: Final = 100
_SPARES: Final = "claude_code.pool.size"
_DEFAULT_SPARES: Final = 2
_NO_BOUND: Final = (
    "becomes nothing: processes are started as they are wanted, `claude_code.pool.max_processes` bounds their number and "
    "`claude_code.pool.max_idle_s` the time that they wait"
)
_DATABASE: Final = "there is nothing of the program in it: the database of this gateway is `storage.url`"
_AUTH: Final = "the program asked nobody for a key; create one with `isthmus keys create`"
_HISTORY: Final = "the program never read it: set what you want of `conversations`"
_NOT_READ: Final = "which the program wrote about and never read"


def read(path: Path, options: Options) -> Haul:
    haul = Haul(PROGRAM)
    try:
        found = found_at(haul, path, options)
    except Unreadable:
        if path.exists() and looks_like(path) not in (None, PROGRAM):
            raise not_that_program(PROGRAM, path) from None
        raise
    telltale = TELLTALES[PROGRAM]
    if not (telltale.matches(Glimpse(found.values)) or telltale.matches(Glimpse(variables=found.variables))):
        raise not_that_program(PROGRAM, path)
    provider = Gathered(haul, CLAUDE_CODE)
    root = Entry(found.values, haul.report)
    _listener(haul, root.below("server"))
    _command_line(provider, root.below("claude"), found, options.env)
    _file_access(provider, root.below("file_access"), found.folder)
    add_mcp(provider, root.below("mcp"), found.folder)
    _pool(provider, root)
    _cache(provider, root)
    _conversation(root.below("conversation"))
    _unused(root)
    _variables(haul, Entry(found.variables, haul.report))
    root.rest_is_unknown()
    provider.add("claude")
    haul.report.closing.append(
        "Its clients sent no key, or any: give them one of `isthmus keys create`, or let only this machine ask. "
        "The command line's own login is not used here: give provider 'claude-code' an account with `isthmus accounts add "
        "claude-code`, and read docs/claude-code.md first"
    )
    return haul


def _listener(haul: Haul, server: Entry) -> None:
    host, port = server.text("host"), server.integer("port")
    if host is not None and host != "0.0.0.0":  # noqa: S104 - what the program did
        server.changed("host", "was read and not used: the program listened on 0.0.0.0")
    say_listener(haul, host=host, port=port)
    server.rest_is_unknown()


def _command_line(provider: Gathered, claude: Entry, found: Found, env: Mapping[str, str]) -> None:
    if command := claude.text("command"):
        _command(provider, claude, command, found.folder, env)
    seconds = claude.integer("timeout_seconds")
    if seconds is not None and 0 < seconds <= _MAX_TIMEOUT_S:
        provider.keep(claude, "timeout_seconds", "timeout_s", seconds)
    elif seconds is not None:
        claude.left_out(
            "timeout_seconds", f"{seconds} s is no time-out here: set `timeout_s` of the provider"
        )
    sessions = claude.integer("max_concurrent_sessions")
    if sessions is not None and 0 < sessions <= _MAX_COUNT:
        provider.put("claude_code.pool.max_processes", min(sessions, _MAX_PROCESSES))
        said = f"{sessions}, not observed there; becomes `claude_code.pool.max_processes` {min(sessions, _MAX_PROCESSES)}, which is"
        claude.changed("max_concurrent_sessions", said)
    elif sessions is not None:
        claude.left_out("max_concurrent_sessions", f"{sessions} would let nobody in: set it on the provider")
    if (interactive := claude.flag("use_interactive_sessions", words=True)) is not None:
        mode = "interactive" if interactive else "one_shot"
        provider.keep(claude, "use_interactive_sessions", "claude_code.mode", mode)
    claude.rest_is_unknown()


def _command(provider: Gathered, claude: Entry, command: str, folder: Path, env: Mapping[str, str]) -> None:
    """A name alone is looked for on every start, here as there."""
    if "/" in command or "\\" in command:
        path = folder / command
        if path.is_file():
            provider.keep(claude, "command", "claude_code.cli_path", str(path.absolute()))
            return
        claude.changed("command", f"{command!r} is not on this machine; becomes the `claude` found on PATH")
    elif command == "claude":
        claude.carried("command", "the `claude` found on PATH")
    elif (there := shutil.which(command, path=env.get("PATH"))) is not None:
        provider.keep(claude, "command", "claude_code.cli_path", there)
    else:
        claude.changed("command", f"{command!r} is not on PATH; becomes the `claude` found there")


def _file_access(provider: Gathered, access: Entry, folder: Path) -> None:
    skip = access.flag("skip_permissions", words=True)
    if skip:
        provider.keep(access, "skip_permissions", "claude_code.file_access.skip_permissions", True)
    else:
        was = "absent" if skip is None else "false"
        said = f"{was}, yet skipped there outside interactive mode; here permissions are never skipped unless you say so"
        access.changed("skip_permissions", said)
    here = []
    for text in _directories(access):
        directory = folder / text
        if directory.is_dir():
            here.append(str(directory.absolute()))
        else:
            said = f"{text!r} is no directory here: make it, and add it to `claude_code.file_access.additional_dirs`"
            access.left_out("additional_dirs", said)
    if here:
        provider.keep(access, "additional_dirs", "claude_code.file_access.additional_dirs", here)
    access.rest_is_unknown()


def _directories(access: Entry) -> list[str]:
    """A variable holds them as JSON, or separated by commas."""
    texts = access.texts("additional_dirs")
    if len(texts) != 1:
        return texts
    try:
        found = json.loads(texts[0])
    except (ValueError, RecursionError):
        found = texts[0].split(",")
    entries = found if isinstance(found, list) else [texts[0]]
    return [str(each).strip() for each in entries if str(each).strip()]


def _pool(provider: Gathered, root: Entry) -> None:
    """What the program called the size bounded nothing but its start."""
    if "process_pool" not in root:
        return
    pool = root.below("process_pool")
    for name in ("size", "max_idle"):
        if (count := pool.integer(name)) is not None:
            pool.changed(name, f"{count}, {_NO_BOUND}")
    spares = pool.integer("min_idle")
    if spares is None:
        provider.put(_SPARES, _DEFAULT_SPARES)
        pool.changed("min_idle", f"absent; becomes `{_SPARES}` {_DEFAULT_SPARES}, the program's default")
    elif 0 <= spares <= _MAX_SPARES:
        provider.keep(pool, "min_idle", _SPARES, spares)
    else:
        pool.left_out("min_idle", f"{spares} is no number of processes: set `{_SPARES}` of the provider")
    pool.rest_is_unknown()


def _cache(provider: Gathered, root: Entry) -> None:
    cache = root.below("cache")
    if "cache" not in root:
        cache.changed(
            "", "absent, and on by the program's description, which never had one; here it stays off"
        )
        return
    if (enabled := cache.flag("enabled", words=True)) is not None:
        _keep_unread(provider, cache, "enabled", "cache.enabled", enabled)
    for name, setting in (("max_entries", "cache.max_entries"), ("ttl_seconds", "cache.ttl_s")):
        _keep_count(provider, cache, name, setting)
    cache.rest_is_unknown()


def _conversation(conversation: Entry) -> None:
    """A client brings its whole conversation with each request."""
    conversation.leave_out(dict.fromkeys(("max_history_messages", "session_timeout_minutes"), _HISTORY))
    conversation.rest_is_unknown()


def _keep_count(provider: Gathered, entry: Entry, name: str, setting: str) -> None:
    count = entry.integer(name)
    if count is not None and 0 < count <= 2**31:
        _keep_unread(provider, entry, name, setting, count)
    elif count is not None:
        entry.left_out(name, f"{count} is out of range: set `{setting}` of the provider")


def _keep_unread(provider: Gathered, entry: Entry, name: str, setting: str, value: bool | int) -> None:
    shown = str(value).lower()
    provider.keep(entry, name, setting, value, f"`{setting}` {shown}, {_NOT_READ}")


def _unused(root: Entry) -> None:
    for section, names, reason in (
        ("database", ("url", "max_connections"), _DATABASE),
        ("auth", ("enabled", "secret_key", "token_expiry_hours"), _AUTH),
    ):
        entry = root.below(section)
        entry.leave_out(dict.fromkeys(names, reason))
        entry.rest_is_unknown()


def _variables(haul: Haul, variables: Entry) -> None:
    if "RUN_MODE" in variables:
        variables.carried("RUN_MODE", f"{variables.text('RUN_MODE')!r} said what to read")
    level = variables.text("RUST_LOG")
    if level is None:
        return
    ours = _LEVELS.get(level.strip().lower())
    if ours is None:
        variables.left_out(
            "RUST_LOG", "not one of trace, debug, info, warn, error alone: set `logging.level`"
        )
    else:
        haul.settings["logging.level"] = ours
        variables.carried("RUST_LOG", f"{level.strip()!r} becomes `logging.level` {ours!r}")
