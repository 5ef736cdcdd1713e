"""claude2api: sessions of claude.ai, from its YAML, its variables or an export of its panel."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from isthmus.config.fields import is_mirror_prefix
from isthmus.migrate.claude2api_files import PROGRAM, VARIABLES, as_yaml, found_at
from isthmus.migrate.claude2api_models import add_models
from isthmus.migrate.claude2api_sessions import Session, add_sessions, from_entries, from_variable
from isthmus.migrate.client_keys import add_client_key
from isthmus.migrate.detect import not_that_program
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered, one_line
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.listener import say_listener
from isthmus.migrate.source import Options

__all__ = ["PROGRAM", "read"]

CLAUDE_WEB: Final = "claude-web"
_REPORTED: Final = {
    "maxGlobalConcurrency": "no limit of all accounts together: `max_concurrency` of each account is one",
    "adminPassword": "not carried: the set-up token makes an administrator",
    "requestLogRetention": "counts rows there; here days: set `request_log.retention_days`",
}
_OUR_HISTORY_CHARS: Final = 10_000
_MOST_HISTORY_CHARS: Final = 1_000_000
_MAX_ATTEMPTS: Final = 20


def read(path: Path, options: Options) -> Haul:
    haul = Haul(PROGRAM)
    found = found_at(haul, path, options.env)
    if not found.matches:
        raise not_that_program(PROGRAM, path)
    if found.has_export and not found.sessions:
        haul.report.left_out.append(Line(path.name, "an export of no sessions: export them again"))
    if found.yaml is not None:
        root = Entry(found.yaml, haul.report)
        _settings(haul, root, [*found.sessions, *from_entries(root.each_below("sessions"))], is_yaml=True)
    elif found.variables or found.sessions:
        root = Entry(as_yaml(haul, found.variables), haul.report)
        _settings(haul, root, [*from_variable(root.text("sessions") or ""), *found.sessions], is_yaml=False)
        if found.variables:
            _name_variables(haul)
    return haul


def _name_variables(haul: Haul) -> None:
    """In the report, a variable is called as whoever set it calls it."""
    names = {name: variable for variable, name in VARIABLES.items()}
    report = haul.report
    for lines in (report.carried, report.changed, report.left_out, report.unknown):
        lines[:] = [replace(line, what=names.get(line.what, line.what)) for line in lines]


def _settings(haul: Haul, root: Entry, sessions: list[Session], *, is_yaml: bool) -> None:
    provider = Gathered(haul, CLAUDE_WEB)
    _client_key(haul, root)
    _listener(haul, root)
    per_session = _in_range(root, "maxConcurrentPerKey", 10)
    if per_session:
        root.carried("maxConcurrentPerKey", f"`max_concurrency` {per_session} of each account")
    add_sessions(haul, provider, sessions, per_session)
    if proxy := root.text("proxy"):
        provider.keep_proxy(root, "proxy", proxy)
    _chats(provider, root, is_yaml=is_yaml)
    for name, setting in (
        ("noRolePrefix", "no_role_prefix"),
        ("promptDisableArtifacts", "prompt_disable_artifacts"),
    ):
        if (flag := root.flag(name, words=True)) is not None:
            provider.keep(root, name, f"claude_web.{setting}", flag)
    _mirror(haul, root)
    _attempts(haul, root)
    add_models(provider, root)
    _prompt(root)
    root.leave_out(_REPORTED)
    root.rest_is_unknown()
    provider.add("sessions")


def _client_key(haul: Haul, root: Entry) -> None:
    if key := root.text("apiKey"):
        add_client_key(haul, "apiKey", key.removeprefix("Bearer "), PROGRAM)
    elif root.names():
        haul.report.closing.append(
            "The program asked clients for no key: create one with `isthmus keys create`"
        )


def _listener(haul: Haul, root: Entry) -> None:
    address = root.text("address")
    if address is None:
        return
    host, colon, port = address.strip().rpartition(":")
    if not colon or not port.isdecimal():
        root.left_out("address", "not host:port: write `server.host` and `server.port` into isthmus.yaml")
        return
    host = host.strip("[]") or "0.0.0.0"  # noqa: S104 - what an empty host means there
    say_listener(haul, host=host, port=int(port), host_at="address", port_at="address")


def _chats(provider: Gathered, root: Entry, *, is_yaml: bool) -> None:
    delete = root.flag("chatDelete", words=True)
    if delete is not None:
        provider.keep(root, "chatDelete", "claude_web.chat_delete", delete)
    elif is_yaml:
        provider.put("claude_web.chat_delete", False)
        root.changed(
            "chatDelete",
            "absent, which meant false; kept as `claude_web.chat_delete` false, as deleting cannot be undone",
        )
    length = root.integer("maxChatHistoryLength")
    setting = "claude_web.max_chat_history_length"
    if length is not None and length > 0:
        ours = min(length, _MOST_HISTORY_CHARS)
        provider.put(setting, ours)
        root.changed("maxChatHistoryLength", f"{length} bytes become `{setting}` {ours} characters")
    elif is_yaml or length is not None:
        was = "absent" if length is None else str(length)
        root.changed("maxChatHistoryLength", f"{was} becomes `{setting}` {_OUR_HISTORY_CHARS} characters")


def _mirror(haul: Haul, root: Entry) -> None:
    """It lets strangers in, so that only the configuration file can switch it on."""
    enabled = root.flag("enableMirrorApi", words=True)
    prefix = (root.text("mirrorApiPrefix") or "").strip()
    ours = f"/{prefix.strip('/')}"
    is_path = is_mirror_prefix(ours)
    where = "into isthmus.yaml, as mirror mode is not stored"
    if prefix.strip("/"):
        if is_path:
            root.changed("mirrorApiPrefix", f"{prefix!r}: write `mirror.prefix: {ours}` {where}")
        else:
            root.left_out(
                "mirrorApiPrefix", f"{prefix!r} cannot be a prefix here: choose one such as `/mirror`"
            )
    if enabled and not prefix.strip("/"):
        said = "true with an empty prefix took every path and asked nobody for a key; here it stays off: set a prefix first"
        root.changed("enableMirrorApi", said)
    elif enabled and is_path:
        root.changed("enableMirrorApi", f"true: write `mirror.enabled: true` {where}")
        haul.report.closing.append(f"Write into isthmus.yaml: mirror: {{enabled: true, prefix: {ours}}}")
    elif enabled:
        root.changed("enableMirrorApi", "true, but it stays off until it has a prefix that can be one")
    elif enabled is not None:
        root.carried("enableMirrorApi", "false, as it is here")


def _attempts(haul: Haul, root: Entry) -> None:
    newer, older = root.integer("internalRetryCount"), root.integer("retryCount")
    name, wanted = ("internalRetryCount", newer) if newer is not None else ("retryCount", older)
    if newer is not None and older is not None:
        root.left_out("retryCount", "internalRetryCount counts")
    if wanted is None:
        return
    if wanted < 1:
        root.changed(
            name, f"{wanted} meant that nothing is tried; becomes the default of `accounts.max_attempts`"
        )
        return
    attempts = min(wanted, _MAX_ATTEMPTS)
    haul.settings["accounts.max_attempts"] = attempts
    tell = root.carried if attempts == wanted else root.changed
    tell(name, f"{wanted} becomes `accounts.max_attempts` {attempts}")


def _prompt(root: Entry) -> None:
    mode = root.text("globalPromptOverrideMode")
    text = root.text("globalSystemPromptOverride")
    if text:
        said = f"a system prompt ({mode or 'append'}) is not put into requests unseen. It begins: "
        root.left_out("globalSystemPromptOverride", said + json.dumps(one_line(text), ensure_ascii=False))
    if mode:
        root.left_out("globalPromptOverrideMode", "belongs to the prompt: set it with your own system prompt")


def _in_range(root: Entry, name: str, most: int) -> int | None:
    """Out of it, the value the program itself brought it to."""
    count = root.integer(name)
    if count is None:
        return None
    if not 1 <= count <= most:
        root.changed(name, f"{count} becomes {min(max(count, 1), most)}: the program allowed 1 to {most}")
    return min(max(count, 1), most)
