"""Where claude2api keeps its configuration and its sessions: YAML, variables, and what its panel exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from isthmus.migrate import source
from isthmus.migrate.claude2api_sessions import Session, from_export, from_json, from_variable, is_export
from isthmus.migrate.detect import TELLTALES, Glimpse
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.source import Unreadable

PROGRAM: Final = "claude2api"
_YAML: Final = ("config.yaml", "config.yml")
_EXPORTS: Final = ("sessions.csv", "sessions.txt", "sessions.json")
VARIABLES: Final = {
    "SESSIONS": "sessions",
    "ADDRESS": "address",
    "APIKEY": "apiKey",
    "PROXY": "proxy",
    "CHAT_DELETE": "chatDelete",
    "MAX_CHAT_HISTORY_LENGTH": "maxChatHistoryLength",
    "INTERNAL_RETRY_COUNT": "internalRetryCount",
    "MAX_CONCURRENT_PER_KEY": "maxConcurrentPerKey",
    "MAX_GLOBAL_CONCURRENCY": "maxGlobalConcurrency",
    "NO_ROLE_PREFIX": "noRolePrefix",
    "PROMPT_DISABLE_ARTIFACTS": "promptDisableArtifacts",
    "ENABLE_MIRROR_API": "enableMirrorApi",
    "MIRROR_API_PREFIX": "mirrorApiPrefix",
    "ADMIN_PASSWORD": "adminPassword",
    "REQUEST_LOG_RETENTION": "requestLogRetention",
}
_FLAGS: Final = frozenset(["CHAT_DELETE", "NO_ROLE_PREFIX", "PROMPT_DISABLE_ARTIFACTS", "ENABLE_MIRROR_API"])
_NUMBERS: Final = frozenset(
    "MAX_CHAT_HISTORY_LENGTH INTERNAL_RETRY_COUNT MAX_CONCURRENT_PER_KEY MAX_GLOBAL_CONCURRENCY".split()
)


@dataclass(frozen=True, slots=True)
class Found:
    """What the path holds."""

    yaml: Mapping[str, Any] | None = field(default=None, repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    sessions: tuple[Session, ...] = ()
    """Those of an export, and those that count for more than the YAML's."""
    has_export: bool = False
    """It may be one of no sessions."""

    @property
    def matches(self) -> bool:
        telltale = TELLTALES[PROGRAM]
        shown = telltale.matches(Glimpse(self.yaml)) or telltale.matches(Glimpse(variables=self.variables))
        return shown or self.has_export


def found_at(haul: Haul, path: Path, env: Mapping[str, str]) -> Found:
    """Of a file, that file alone. Raises `Unreadable`."""
    return _in_directory(haul, path, env) if path.is_dir() else _in_file(path)


def _in_file(path: Path) -> Found:
    source.file_in(path)
    if path.suffix == ".env" or path.name.startswith(".env"):
        return Found(variables=_ours(source.read_dotenv(path)))
    text = source.read_text(path)
    if is_export(text):
        return Found(sessions=tuple(from_export(text, path.name)), has_export=True)
    if path.suffix == ".json":
        value = source.read_json(path)
        if isinstance(value, dict) and value.keys() == {"message"}:
            return Found(has_export=True)
        found = from_json(value, path.name)
        return Found(sessions=tuple(found or ()), has_export=found is not None)
    return Found(_yaml(path))


def _in_directory(haul: Haul, path: Path, env: Mapping[str, str]) -> Found:
    """As the program finds it when it is started there: variables that are set count for more than those of the `.env`."""
    dotenv = path / ".env"
    variables = _ours({**(source.read_dotenv(dotenv) if dotenv.is_file() else {}), **env})
    exports = [_in_file(path / name) for name in _EXPORTS if (path / name).is_file()]
    has_export = any(each.has_export for each in exports)
    sessions = [session for each in exports for session in each.sessions]
    file = source.file_in(path, *_YAML)
    try:
        yaml = _yaml(file) if file else None
    except Unreadable as unreadable:
        if not Found(variables=variables, has_export=has_export).matches:
            raise
        haul.report.left_out.append(
            Line(_YAML[0], f"{unreadable}; the variables count alone, as in the program")
        )
        yaml = None
    if yaml is not None and ("SESSIONS" in variables or TELLTALES[PROGRAM].matches(Glimpse(yaml))):
        sessions = [*_beside_yaml(haul, variables), *sessions]
    elif has_export:
        yaml = None
    return Found(yaml, variables, tuple(sessions), has_export)


def _beside_yaml(haul: Haul, variables: Mapping[str, str]) -> list[Session]:
    """Of the variables the program takes sessions alone when it has a YAML; an older one takes none."""
    others = [name for name in variables if name != "SESSIONS"]
    if others:
        said = "the YAML counts where there is one: write there what you need and run again"
        haul.report.left_out.append(Line(", ".join(others), said))
    return from_variable(variables.get("SESSIONS", ""))


def _yaml(path: Path) -> Mapping[str, Any] | None:
    value = source.read_yaml(path)
    return value if isinstance(value, dict) else None


def _ours(variables: Mapping[str, str]) -> dict[str, str]:
    """Those that the program reads. Empty ones count as not set."""
    return {name: value for name, value in variables.items() if name in VARIABLES and value.strip()}


def as_yaml(haul: Haul, variables: Mapping[str, str]) -> dict[str, Any]:
    """Variables in the shape of the file. Truth is spelled exactly; a number that is none counts as not set."""
    values: dict[str, Any] = {}
    for name, text in variables.items():
        if name == "CHAT_DELETE":
            values[VARIABLES[name]] = text != "false"
        elif name in _FLAGS:
            values[VARIABLES[name]] = text == "true"
        elif name in _NUMBERS and not text.strip().lstrip("+-").isdecimal():
            haul.report.left_out.append(Line(name, "no whole number: the program took its default, too"))
        else:
            values[VARIABLES[name]] = text.strip()
    return values
