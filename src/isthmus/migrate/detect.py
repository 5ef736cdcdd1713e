"""What a path looks like: the tell-tales of each program, so that a wrong FROM is refused with the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from isthmus.migrate import source
from isthmus.migrate.haul import NotThatProgram
from isthmus.migrate.source import Unreadable
from isthmus.migrate.sqlite_copy import copied, is_sqlite, tables

_FILES: Final = (
    "config.json",
    "config.yaml",
    "config.yml",
    "credentials.json",
    "config.sqlite",
    "data.sqlite3",
    "config/local.toml",
    "config/development.toml",
    ".env",
)
"""Looked at when the path is a directory."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one file shows at a glance. Parts that it does not have are empty."""

    value: Any = None
    """The parsed text."""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of a `.env`."""
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of a database, with their columns."""

    def has(self, *names: str) -> bool:
        """Whether the top level is a mapping with all of these."""
        return isinstance(self.value, dict) and all(self.value.get(name) is not None for name in names)

    def has_any(self, *names: str) -> bool:
        return any(self.has(name) for name in names)

    def items(self, name: str | None = None) -> list[dict[str, Any]]:
        """The mappings of a list: the whole value, or the one under a name."""
        found = self.value if name is None else self.value.get(name) if isinstance(self.value, dict) else None
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def has_variable(self, *beginnings: str) -> bool:
        return any(name.upper().startswith(beginnings) for name in self.variables)


class Telltale(NamedTuple):
    words: str
    """What is looked for, for whoever gave the wrong path."""
    matches: Callable[[Glimpse], bool]


def _claude_proxy(seen: Glimpse) -> bool:
    providers = seen.value.get("providers") if isinstance(seen.value, dict) else None
    entries = list(providers.values()) if isinstance(providers, dict) else []
    return bool(entries) and all(isinstance(each, dict) and each.get("base_url") for each in entries)


def _claude2api(seen: Glimpse) -> bool:
    sessions = seen.variables.get("SESSIONS", "").strip()
    return any("sessionKey" in each for each in seen.items("sessions")) or sessions.startswith("sk-ant-sid")


def _claude_api(seen: Glimpse) -> bool:
    columns = seen.tables.get("accounts", ())
    database = seen.value.get("database") if isinstance(seen.value, dict) else None
    exported = [*seen.items(), *seen.items("accounts")]
    return (
        "clientId" in columns
        or seen.has("backup_version")
        or (isinstance(database, dict) and database.get("type") in ("sqlite", "mysql"))
        or any(each.get("refreshToken") and "clientId" in each for each in exported)
    )


def _claude_code_api(seen: Glimpse) -> bool:
    claude = seen.value.get("claude") if isinstance(seen.value, dict) else None
    return (isinstance(claude, dict) and "command" in claude) or seen.has_variable("CLAUDE_CODE__")


def _cliproxyapi(seen: Glimpse) -> bool:
    return seen.has_any("auth-dir", "openai-compatibility", "claude-api-key", "api-keys", "remote-management")


def _claude_code_router(seen: Glimpse) -> bool:
    listed = [*seen.items("Providers"), *seen.items("providers")]
    return "app_config" in seen.tables or any("name" in each for each in listed) or seen.has("Router")


def _litellm(seen: Glimpse) -> bool:
    return any("litellm_params" in each for each in seen.items("model_list"))


def _kiro_gateway(seen: Glimpse) -> bool:
    is_list = any(each.get("type") in ("json", "sqlite", "refresh_token") for each in seen.items())
    named = "PROXY_API_KEY" in seen.variables and seen.has_variable(
        "KIRO_", "REFRESH_TOKEN", "ACCOUNT_SYSTEM"
    )
    return named or is_list


TELLTALES: Final[Mapping[str, Telltale]] = {
    "claude-proxy": Telltale("`providers`, each with a `base_url`", _claude_proxy),
    "litellm": Telltale("`model_list` with `litellm_params`", _litellm),
    "claude-code-router": Telltale(
        "a list `Providers`, `Router`, or a table `app_config`", _claude_code_router
    ),
    "cliproxyapi": Telltale(
        "`auth-dir`, `api-keys`, `openai-compatibility` or `claude-api-key`", _cliproxyapi
    ),
    "claude2api": Telltale("`sessions` with `sessionKey`, or `SESSIONS=sk-ant-sid…`", _claude2api),
    "claude-api": Telltale("accounts with `clientId`, or `backup_version`", _claude_api),
    "claude-code-api": Telltale("`[claude]` with `command`, or `CLAUDE_CODE__…`", _claude_code_api),
    "kiro-gateway": Telltale(
        "`PROXY_API_KEY` beside `KIRO_…`, or entries of type json, sqlite or refresh_token", _kiro_gateway
    ),
}


def looks_like(path: Path) -> str | None:
    """The program whose tell-tale the file shows, or one of the usual files in the directory; None for none."""
    for seen in _glimpses(path):
        for program, telltale in TELLTALES.items():
            if telltale.matches(seen):
                return program
    return None


def value_of(program: str, path: Path, names: Sequence[str], read: Callable[[Path], object]) -> Any:
    """The parsed file at the path, or the first of `names` in the directory that it is, once it shows the tell-tale of
    `program`. Raises `NotThatProgram` and `Unreadable`."""
    file = source.file_in(path, *names)
    try:
        value = read(file) if file else None
    except Unreadable:
        if looks_like(path) in (None, program):
            raise
        raise not_that_program(program, path) from None
    if not TELLTALES[program].matches(Glimpse(value)):
        raise not_that_program(program, path)
    return value


def not_that_program(program: str, path: Path) -> NotThatProgram:
    """To be raised when the tell-tale of `program` is missing."""
    other = looks_like(path)
    said = f"{path} holds nothing of {program}: {TELLTALES[program].words} is missing"
    if other is None or other == program:
        return NotThatProgram(f"{said}; give the path of its configuration, or another program")
    return NotThatProgram(f"{said}; it looks like {other}: try `isthmus migrate {other} {path}`")


def _glimpses(path: Path) -> Iterator[Glimpse]:
    files = [path / name for name in _FILES] if path.is_dir() else [path]
    for file in files:
        if file.is_file():
            with suppress(Unreadable):
                yield _glimpse(file)


def _glimpse(path: Path) -> Glimpse:
    if is_sqlite(path):
        with copied(path) as connection:
            return Glimpse(tables=tables(connection))
    if path.name == ".env" or path.suffix == ".env":
        return Glimpse(variables=source.read_dotenv(path))
    match path.suffix:
        case ".toml":
            return Glimpse(source.read_toml(path))
        case ".json" | ".json5":
            return Glimpse(source.read_json5(path))
        case _:
            return Glimpse(source.read_yaml(path))
