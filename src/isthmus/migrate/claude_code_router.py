"""claude-code-router: `config.json` of versions 1 and 2, `config.sqlite` of version 3."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from isthmus.migrate.claude_code_router_database import archived_config, read_settings, take_api_keys
from isthmus.migrate.claude_code_router_providers import add_providers
from isthmus.migrate.claude_code_router_routes import take_routes, take_rules
from isthmus.migrate.claude_code_router_variables import expanded, filled
from isthmus.migrate.client_keys import add_client_key
from isthmus.migrate.detect import not_that_program, value_of
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.listener import say_listener
from isthmus.migrate.source import Options, file_in, read_json5
from isthmus.migrate.sqlite_copy import copied, is_sqlite, tables

PROGRAM: Final = "claude-code-router"
ARCHIVED: Final = "archived"
"""The profile that takes the routes of the `config.json` which version 3 keeps in its database."""
_FILES: Final = ("config.json", "config.sqlite")
_PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "httpsProxy", "PROXY_URL")
_LEVELS: Final = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "warn": "warning",
    "error": "error",
    "fatal": "error",
}
_NEVER_RUN: Final = "code and prompts of the user's are never run here: keep them outside the gateway"
_CLIENT_SIDE: Final = ("StatusLine", "NON_INTERACTIVE_MODE", "CLAUDE_PATH", "forceUseImageAgent")
_REPORTED: Final = {
    **dict.fromkeys(("CUSTOM_ROUTER_PATH", "transformers", "plugins", "REWRITE_SYSTEM_PROMPT"), _NEVER_RUN),
    "LOG": "the log goes to standard error: see `logging.level`",
    "APIKEYS": "client keys of version 3 are in a table of their own, which is read",
}


def read(path: Path, options: Options) -> Haul:
    file = file_in(path, *_FILES)
    haul = _from_database(file, path, options) if file and is_sqlite(file) else _from_file(path, options)
    if path.is_dir():
        _say_other_files(haul, path)
    return haul


def _from_file(path: Path, options: Options) -> Haul:
    haul = Haul(PROGRAM)
    root = Entry(filled(value_of(PROGRAM, path, _FILES, read_json5), options.env), haul.report)
    _common(haul, root, options.env, add_providers(haul, root, options.env, _proxy(root)))
    _listener(haul, root, options.env)
    root.rest_is_unknown()
    return haul


def _from_database(file: Path, path: Path, options: Options) -> Haul:
    """The database says no `$NAME`: version 3 replaces those only when it takes in a `config.json`."""
    haul = Haul(PROGRAM)
    with copied(file) as connection:
        if "app_config" not in tables(connection):
            raise not_that_program(PROGRAM, path)
        root = Entry(read_settings(connection), haul.report, "app_config")
        archived = archived_config(connection)
        take_api_keys(haul, connection)
    names = add_providers(haul, root, {}, _proxy(root))
    take_rules(haul, root.below("Router"), names)
    _common(haul, root, {}, names)
    if archived is not None:
        _archived(haul, archived, options, names)
    _listener(haul, root, options.env)
    root.rest_is_unknown()
    return haul


def _common(haul: Haul, root: Entry, env: Mapping[str, str], names: Mapping[str, str]) -> None:
    if key := root.text("APIKEY"):
        add_client_key(haul, root.at("APIKEY"), _client_key(key, env), PROGRAM)
    take_routes(haul, root, names)
    _timeout(haul, root)
    if level := root.text("LOG_LEVEL"):
        ours = _LEVELS.get(level.lower(), "info")
        haul.settings["logging.level"] = ours
        root.carried("LOG_LEVEL", f"{level!r} becomes `logging.level` {ours!r}")
    root.leave_out(_REPORTED)
    found = [name for name in _CLIENT_SIDE if name in root]
    root.take(*_CLIENT_SIDE)
    if found:
        haul.report.left_out.append(Line(", ".join(found), "settings of the client: keep them there"))


def _client_key(text: str, env: Mapping[str, str]) -> str:
    """A variable that is not set is no key, and must not be taken for one."""
    found = expanded(text, env)
    return found.text if found.unset is None else ""


def _timeout(haul: Haul, root: Entry) -> None:
    milliseconds = root.number("API_TIMEOUT_MS")
    if milliseconds is None:
        return
    seconds = milliseconds / 1000
    if not 0 < seconds <= 86_400:
        root.left_out("API_TIMEOUT_MS", f"{seconds:g} s is no time-out here: set `defaults.timeout_s`")
        return
    haul.settings["defaults.timeout_s"] = seconds
    said = f"{milliseconds:g} ms becomes `defaults.timeout_s` {seconds:g}; the program gave it to the client alone"
    root.changed("API_TIMEOUT_MS", said)


def _proxy(root: Entry) -> str | None:
    """The first of several names that is set."""
    given = next((name for name in _PROXIES if name in root), None)
    proxy = root.text(*_PROXIES)
    if given and proxy:
        root.carried(given, "proxy of every provider")
    return proxy


def _listener(haul: Haul, root: Entry, env: Mapping[str, str]) -> None:
    gateway = root.below("gateway")
    host = gateway.text("host") or root.text("HOST")
    port = gateway.integer("port")
    written = root.integer("PORT")
    port = port if port is not None else written
    if port is None and env.get("SERVICE_PORT", "").isdecimal():
        port = int(env["SERVICE_PORT"])
    gateway.rest_is_unknown()
    say_listener(haul, host=host, port=port, host_at=root.at("HOST"), port_at=root.at("PORT"))


def _archived(haul: Haul, archived: dict[str, Any], options: Options, names: Mapping[str, str]) -> None:
    if options.profile != ARCHIVED:
        haul.report.closing.append(
            "The database keeps a config.json of version 2 with routes that version 3 dropped: add "
            f"`--profile {ARCHIVED}` to carry them"
        )
        return
    take_routes(haul, Entry(archived, haul.report, ARCHIVED), names)


def _say_other_files(haul: Haul, folder: Path) -> None:
    overrides = [each for each in folder.glob("*/*.json") if each.parent.name != "presets"]
    presets = list(folder.glob("presets/*/manifest.json"))
    if overrides:
        said = f"{len(overrides)} files with routes of projects and sessions: requests are not routed by project here"
        haul.report.left_out.append(
            Line("*/*.json", f"{said}; give a project an API key with its own models")
        )
    if presets:
        said = (
            f"{len(presets)} presets: they hold placeholders instead of keys, so install them and run again"
        )
        haul.report.left_out.append(Line("presets", said))
    if (folder / _FILES[0]).exists() and (folder / _FILES[1]).exists():
        said = "config.json is read, as it is there: give the path of the database to read that instead"
        haul.report.left_out.append(Line(_FILES[1], said))
