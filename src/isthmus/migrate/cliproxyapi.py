"""CLIProxyAPI: API keys, keys of vendors and OpenAI-compatible providers of its YAML. Vendor logins stay where they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from isthmus.migrate.client_keys import add_client_key
from isthmus.migrate.cliproxyapi_providers import Setting, add_openai_compatible, add_vendor_keys
from isthmus.migrate.detect import value_of
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.listener import say_listener
from isthmus.migrate.source import Options, Unreadable, file_in, read_text, read_yaml
from isthmus.migrate.upstreams import fit_weights

PROGRAM: Final = "cliproxyapi"
_FILES: Final = ("config.yaml", "config.yml")
_STRATEGIES: Final = {
    "round-robin": "round-robin",
    "weighted-round-robin": "weighted",
    "fill-first": "priority",
}
_MAX_ATTEMPTS: Final = 20
_OFFICIAL: Final = {
    "claude": "an Anthropic API key",
    "codex": "an OpenAI API key",
    "antigravity": "a Gemini API key",
    "gemini": "a Gemini API key",
    "gemini-cli": "a Gemini API key",
    "aistudio": "a Gemini API key",
    "kimi": "a Moonshot API key",
    "xai": "an xAI API key",
    "qwen": "a DashScope API key",
    "iflow": "an API key of the vendor",
    "vertex": "a Gemini API key, as Google service accounts have no provider here",
}
_STORES: Final = ("PGSTORE_", "GITSTORE_", "OBJECTSTORE_")
"""Variables that put configuration and logins elsewhere."""
_DISGUISE: Final = (
    "disable-claude-cloak-mode",
    "claude-header-defaults",
    "codex",
    "codex-header-defaults",
    "antigravity",
)
_FOR_LOGINS: Final = "only for vendor logins, which are not carried"
_COOLING: Final = "accounts rest until the vendor's own reset time here: see `accounts.max_cooldown_s`"
_NO_COUNTERPART: Final = "there is no such thing here"
_REPORTED: Final = {
    "remote-management": "the management password is not carried: the set-up token makes an administrator",
    "tls": "write certificates into a reverse proxy in front of the gateway",
    "disable-cooling": _COOLING,
    "transient-error-cooldown-seconds": _COOLING,
    "max-retry-interval": "how long a request waits is `accounts.queue_timeout_s`",
    "request-log": "it stores bodies; the request log here never does, and is on by itself",
    "logging-to-file": "the log goes to standard error: let the service manager keep it",
    "logs-max-total-size-mb": "the log goes to standard error: let the service manager keep it",
    "error-logs-max-files": "bodies of failed requests are never stored",
    "usage-statistics-enabled": "usage is in the request log: see `request_log.enabled`",
    "interactions-api-key": "this version does not speak Google's Interactions API",
    "vertex-api-key": "this version does not speak Vertex: use Google's OpenAI endpoint",
    **dict.fromkeys(
        ("oauth-model-alias", "oauth-excluded-models", "oauth-request-scoped-errors", "quota-exceeded"),
        _FOR_LOGINS,
    ),
    **dict.fromkeys(
        ("payload", "plugins", "pprof", "ws-auth", "save-cooldown-status", "ampcode", "commercial-mode"),
        _NO_COUNTERPART,
    ),
}


def read(path: Path, options: Options) -> Haul:
    haul = Haul(PROGRAM)
    root = Entry(value_of(PROGRAM, path, _FILES, read_yaml), haul.report)
    _client_keys(haul, root)
    shared = Setting(root.text("proxy-url"), bool(root.flag("force-model-prefix", words=True)))
    if shared.proxy:
        root.carried("proxy-url", "proxy of every provider")
    if "force-model-prefix" in root:
        root.carried(
            "force-model-prefix", "models with a prefix " + ("only" if shared.forced else "or without")
        )
    add_vendor_keys(haul, root, shared)
    add_openai_compatible(haul, root, shared)
    fit_weights(haul)
    _routing(haul, root)
    _logging_and_streams(haul, root)
    say_listener(haul, host=root.text("host"), port=root.integer("port"), host_at="host", port_at="port")
    _logins(haul, root, file_in(path, *_FILES) or path, options.home)
    _disguise(haul, root)
    _elsewhere(haul, options)
    root.leave_out(_REPORTED | {name: _NO_COUNTERPART for name in root.names() if name.startswith("amp-")})
    root.rest_is_unknown()
    return haul


def _client_keys(haul: Haul, root: Entry) -> None:
    places = [(root.at("api-keys"), root.texts("api-keys"))]
    for provider in root.below("auth").each_below("providers"):
        provider.take("name", "type")
        places.append((provider.at("api-keys"), provider.texts("api-keys")))
        provider.rest_is_unknown()
    for at, texts in places:
        for place, text in enumerate(texts):
            add_client_key(haul, f"{at}[{place}]", text, f"{PROGRAM}-{len(haul.keys) + 1}")
    if haul.keys:
        haul.report.closing.append(
            "Clients that send their key as `?key=` or `?auth_token=` must send it as a header: "
            "Authorization, x-api-key or x-goog-api-key"
        )


def _routing(haul: Haul, root: Entry) -> None:
    routing = root.below("routing")
    strategy = routing.text("strategy")
    affinity = routing.flag("session-affinity", words=True)
    if affinity:
        haul.settings["accounts.strategy"] = "affinity"
        routing.carried("session-affinity", "`accounts.strategy` 'affinity'")
    elif affinity is not None:
        routing.carried("session-affinity", "off: as the strategy says")
    if strategy is not None:
        _strategy(haul, routing, strategy, affinity=bool(affinity))
    routing.leave_out(
        {
            "session-affinity-ttl": "a conversation stays with its account as long as there is room to remember it"
        }
    )
    routing.rest_is_unknown()
    _attempts(haul, root)


def _strategy(haul: Haul, routing: Entry, strategy: str, *, affinity: bool) -> None:
    ours = _STRATEGIES.get(strategy)
    if ours is None:
        choices = ", ".join(_STRATEGIES)
        routing.left_out("strategy", f"{strategy!r} is none of {choices}: set `accounts.strategy`")
    elif affinity:
        routing.left_out(
            "strategy", f"{strategy!r} gives way to session-affinity: set `accounts.strategy` {ours!r}"
        )
    else:
        haul.settings["accounts.strategy"] = ours
        routing.carried("strategy", f"`accounts.strategy` {ours!r}")


def _attempts(haul: Haul, root: Entry) -> None:
    retries, credentials = root.integer("request-retry"), root.integer("max-retry-credentials")
    wanted = credentials or (retries + 1 if retries is not None else None)
    if wanted is not None:
        attempts = min(max(wanted, 1), _MAX_ATTEMPTS)
        haul.settings["accounts.max_attempts"] = attempts
        name = "max-retry-credentials" if credentials else "request-retry"
        count = credentials or retries
        root.changed(name, f"{count} becomes `accounts.max_attempts` {attempts}: each with another account")
    if credentials and retries is not None:
        root.left_out("request-retry", "max-retry-credentials counts: no account is tried twice here")
    elif credentials == 0:
        root.left_out("max-retry-credentials", f"0 means all there; here at most {_MAX_ATTEMPTS} are tried")


def _logging_and_streams(haul: Haul, root: Entry) -> None:
    debug = root.flag("debug", words=True)
    if debug is not None:
        haul.settings["logging.level"] = "debug" if debug else "info"
        root.carried("debug", f"`logging.level` {haul.settings['logging.level']!r}")
    streaming = root.below("streaming")
    for entry, name in ((streaming, "keepalive-seconds"), (root, "nonstream-keepalive-interval")):
        seconds = entry.integer(name)
        if seconds is not None and seconds > 15:
            entry.left_out(
                name, f"{seconds} s; here a stream is never silent for more than `streams.keepalive_s` (15)"
            )
        elif seconds is not None:
            entry.carried(name, "keep-alives are always on")
    streaming.leave_out(
        {"bootstrap-retries": "a stream is tried again until its first event: see `accounts.max_attempts`"}
    )
    streaming.rest_is_unknown()


def _disguise(haul: Haul, root: Entry) -> None:
    found = [name for name in _DISGUISE if name in root]
    root.take(*_DISGUISE)
    if found:
        said = "settings that make requests look like another client's are never carried"
        haul.report.left_out.append(Line(", ".join(found), said))


def _elsewhere(haul: Haul, options: Options) -> None:
    if found := sorted({name.partition("_")[0] for name in options.env if name.startswith(_STORES)}):
        haul.report.closing.append(
            f"{', '.join(found)} is set: the program may keep its configuration in a store of its own, which is not read. "
            "Export it to a file and run again"
        )


def _logins(haul: Haul, root: Entry, file: Path, home: Path) -> None:
    written = root.text("auth-dir")
    if written is None:
        return
    folder = home / written[2:] if written.startswith("~/") else file.parent / written
    kinds = Counter(_kinds(folder))
    if not kinds:
        root.left_out("auth-dir", f"no logins are at {folder}; they would not be carried")
    for kind, count in sorted(kinds.items()):
        instead = _OFFICIAL.get(kind, "an API key of the vendor")
        said = f"{count} of type {kind!r}: logins made for a vendor's own client are not carried"
        root.left_out("auth-dir", f"{said}; make {instead} and add an account")


def _kinds(folder: Path) -> Iterable[str]:
    """The type of each login. Nothing else of the files is kept."""
    for file in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            found = json.loads(read_text(file), object_pairs_hook=_type_alone)
        except (Unreadable, ValueError, RecursionError):
            continue
        if isinstance(found, dict) and isinstance(found.get("type"), str):
            yield found["type"]


def _type_alone(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return {name: value for name, value in pairs if name == "type"}
