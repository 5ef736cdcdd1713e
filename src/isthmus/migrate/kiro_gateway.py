"""kiro-gateway: logins of Kiro and Amazon Q, from its `.env`, its `credentials.json` and the token files they name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from isthmus.migrate import source
from isthmus.migrate.client_keys import add_client_key
from isthmus.migrate.detect import TELLTALES, Glimpse, not_that_program
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered, say_stop_first
from isthmus.migrate.haul import Haul
from isthmus.migrate.kiro_gateway_accounts import Accounts, Place, Regions
from isthmus.migrate.listener import say_listener
from isthmus.migrate.source import Options, Unreadable
from isthmus.migrate.upstreams import AMAZON_Q

PROGRAM: Final = "kiro-gateway"
_RAW: Final = ("KIRO_CREDS_FILE", "KIRO_CLI_DB_FILE")
"""Read as they stand in the file, and counting for more there than in the environment."""
_TRUE: Final = frozenset(("true", "1", "yes"))
_LEVELS: Final = {
    "TRACE": "debug",
    "DEBUG": "debug",
    "INFO": "info",
    "SUCCESS": "info",
    "WARNING": "warning",
    "ERROR": "error",
    "CRITICAL": "error",
}
_MAX_ATTEMPTS: Final = 20
_MAX_TIMEOUT_S: Final = 86_400
_COOLING: Final = "accounts rest until the service's own reset time here: see `accounts.max_cooldown_s`"
_THINKING: Final = "thinking is the service's own here, not asked for in the prompt"
_INJECTED: Final = "nothing is put into requests unseen here"
_BODIES: Final = "bodies are never logged here"
_REPORTED: Final = {
    "SQLITE_READONLY": "nothing is ever written to the token files here",
    "KIRO_ALLOW_LEGACY_SSL_RENEGOTIATION": "weaker TLS is never carried: repair the proxy that needs it",
    **dict.fromkeys(
        (
            "ACCOUNT_RECOVERY_TIMEOUT",
            "ACCOUNT_MAX_BACKOFF_MULTIPLIER",
            "ACCOUNT_PROBABILISTIC_RETRY_CHANCE",
        ),
        _COOLING,
    ),
    "ACCOUNT_CACHE_TTL": "the list of models is kept by the gateway's own rules",
    "ACCOUNTS_STATE_FILE": "failures and cached models of the other program are not read",
    "STATE_SAVE_INTERVAL_SECONDS": "the state of accounts is stored at once",
    **dict.fromkeys(
        (
            "FAKE_REASONING",
            "FAKE_REASONING_MAX_TOKENS",
            "FAKE_REASONING_BUDGET_CAP",
            "FAKE_REASONING_HANDLING",
            "FAKE_REASONING_INITIAL_BUFFER_SIZE",
        ),
        _THINKING,
    ),
    "WEB_SEARCH_ENABLED": _INJECTED,
    "TRUNCATION_RECOVERY": _INJECTED,
    "TOOL_DESCRIPTION_MAX_LENGTH": "descriptions of tools stay where they are: one too long is a clear error",
    "DEBUG_MODE": _BODIES,
    "DEBUG_DIR": _BODIES,
}
_SELECTION: Final = ("ACCOUNT_SYSTEM", "ACCOUNTS_CONFIG_FILE")
_LOGINS: Final = ("KIRO_CLI_DB_FILE", "KIRO_CREDS_FILE", "REFRESH_TOKEN")
"""In the order in which one of them counts."""
_READ: Final = (
    *_RAW,
    *_REPORTED,
    *_SELECTION,
    *_LOGINS,
    *"PROXY_API_KEY PROFILE_ARN KIRO_REGION KIRO_API_REGION SERVER_HOST SERVER_PORT VPN_PROXY_URL".split(),
    *"FIRST_TOKEN_TIMEOUT FIRST_TOKEN_MAX_RETRIES STREAMING_READ_TIMEOUT".split(),
    *"AUTO_TRIM_PAYLOAD KIRO_MAX_PAYLOAD_BYTES LOG_LEVEL".split(),
)


def read(path: Path, options: Options) -> Haul:
    haul = Haul(PROGRAM)
    provider = Gathered(haul, AMAZON_Q)
    folder = path if path.is_dir() else path.parent
    accounts = Accounts(haul, provider, Place(folder.absolute(), options.home))
    variables, entries = _in_directory(path, options.env) if path.is_dir() else _in_file(path)
    telltale = TELLTALES[PROGRAM]
    if not telltale.matches(Glimpse(entries)) and not telltale.matches(Glimpse(variables=variables)):
        raise not_that_program(PROGRAM, path)
    root = Entry({name: text for name, text in variables.items() if text.strip()}, haul.report)
    _client_key(haul, root)
    if entries is None:
        _login_of_variables(accounts, root)
    else:
        _leave_logins(root)
        accounts.of_entries(Entry({"credentials.json": entries}, haul.report).each_below("credentials.json"))
    _settings(haul, provider, root)
    provider.add("credentials.json" if entries is not None else "KIRO_…")
    say_stop_first(haul)
    return haul


def _in_file(path: Path) -> tuple[Mapping[str, str], Any]:
    source.file_in(path)
    if path.suffix == ".json":
        return {}, source.read_json(path)
    try:
        return source.read_dotenv(path, _RAW), None
    except Unreadable:
        raise not_that_program(PROGRAM, path) from None


def _in_directory(path: Path, env: Mapping[str, str]) -> tuple[Mapping[str, str], Any]:
    """As the program finds it when it is started there."""
    dotenv = path / ".env"
    written = source.read_dotenv(dotenv, _RAW) if dotenv.is_file() else {}
    own = {name: text for name, text in env.items() if name in _READ}
    variables = {**written, **own, **{name: written[name] for name in _RAW if written.get(name)}}
    is_list = variables.get("ACCOUNT_SYSTEM", "").strip().lower() in _TRUE
    file = path / (variables.get("ACCOUNTS_CONFIG_FILE") or "credentials.json")
    # Without a `.env` the list is all there is.
    if file.is_file() and (is_list or not written):
        return variables, source.read_json(file)
    return variables, None


def _client_key(haul: Haul, root: Entry) -> None:
    key = root.text("PROXY_API_KEY")
    if key is None or not add_client_key(haul, "PROXY_API_KEY", key, PROGRAM):
        haul.report.closing.append("Clients need an API key: create one with `isthmus keys create`")


def _login_of_variables(accounts: Accounts, root: Entry) -> None:
    """One alone counts there."""
    regions = Regions(root.text("PROFILE_ARN"), root.text("KIRO_REGION"), root.text("KIRO_API_REGION"))
    given = [name for name in _LOGINS if name in root]
    if not given:
        root.left_out("KIRO_CREDS_FILE", "no login is named: give the path of `credentials.json` instead")
        return
    chosen, *others = given
    text = root.text(chosen) or ""
    if chosen == "REFRESH_TOKEN":
        accounts.of_token(chosen, text, regions)
    else:
        accounts.of_file(chosen, text, regions)
    root.leave_out(dict.fromkeys(others, f"{chosen} counts alone: add this login as another account"))
    for name in ("PROFILE_ARN", "KIRO_REGION", "KIRO_API_REGION"):
        if name in root:
            root.carried(name, f"{root.text(name)!r}, with the account")


def _leave_logins(root: Entry) -> None:
    named = (*_LOGINS, "PROFILE_ARN", "KIRO_REGION", "KIRO_API_REGION")
    root.leave_out(
        dict.fromkeys(named, "credentials.json counts: give the path of the `.env` to read this one")
    )


def _settings(haul: Haul, provider: Gathered, root: Entry) -> None:
    for name in _SELECTION:
        if name in root:
            root.carried(name, f"{root.text(name)!r} said what to read")
    if proxy := root.text("VPN_PROXY_URL"):
        provider.keep_proxy(root, "VPN_PROXY_URL", proxy if "://" in proxy else f"http://{proxy}")
    host, port = root.text("SERVER_HOST"), root.integer("SERVER_PORT")
    say_listener(haul, host=host, port=port, host_at="SERVER_HOST", port_at="SERVER_PORT")
    _timeouts(haul, provider, root)
    _compression(provider, root)
    if level := root.text("LOG_LEVEL"):
        ours = _LEVELS.get(level.strip().upper())
        if ours is None:
            root.left_out("LOG_LEVEL", f"{level!r} is none of {', '.join(_LEVELS)}: set `logging.level`")
        else:
            haul.settings["logging.level"] = ours
            root.carried("LOG_LEVEL", f"{level!r} becomes `logging.level` {ours!r}")
    root.leave_out(_REPORTED)
    root.rest_is_unknown()


def _timeouts(haul: Haul, provider: Gathered, root: Entry) -> None:
    for name, setting in (
        ("FIRST_TOKEN_TIMEOUT", "first_byte_timeout_s"),
        ("STREAMING_READ_TIMEOUT", "idle_timeout_s"),
    ):
        seconds = root.number(name)
        if seconds is not None and 0 < seconds <= _MAX_TIMEOUT_S:
            provider.keep(root, name, setting, seconds)
        elif seconds is not None:
            root.left_out(name, f"{seconds:g} s is no time-out here: set `{setting}` of the provider")
    attempts = root.integer("FIRST_TOKEN_MAX_RETRIES")
    if attempts is not None:
        ours = min(max(attempts, 1), _MAX_ATTEMPTS)
        haul.settings["accounts.max_attempts"] = ours
        said = (
            f"{attempts} becomes `accounts.max_attempts` {ours}: each with another account, never one twice"
        )
        root.changed("FIRST_TOKEN_MAX_RETRIES", said)


def _compression(provider: Gathered, root: Entry) -> None:
    written = root.text("AUTO_TRIM_PAYLOAD")
    if written is not None:
        method = "drop" if written.strip().lower() in _TRUE else "off"
        provider.keep(root, "AUTO_TRIM_PAYLOAD", "compression.method", method)
    if (limit := root.integer("KIRO_MAX_PAYLOAD_BYTES")) is not None:
        said = f"{limit} bytes; here the model's context window in tokens is the limit"
        root.left_out("KIRO_MAX_PAYLOAD_BYTES", said)
