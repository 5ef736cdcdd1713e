"""What claude-api (the Amazon Q gateway) left behind: its database, a backup, or an export of accounts, brought to one shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Final, TypeGuard

from isthmus.config.problems import kind
from isthmus.migrate import source
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.source import Unreadable
from isthmus.migrate.sqlite_copy import copied, is_sqlite, rows, tables

CONFIGS: Final = ("config.yaml", "config.yml", "config.json")
DATABASE: Final = "data.sqlite3"
_COLUMNS: Final[Mapping[str, str]] = {
    "accounts": "id label clientId clientSecret refreshToken accessToken other last_refresh_time last_refresh_status "
    "created_at updated_at enabled status exhausted_at status_reason error_count success_count q_user_id email auth_method "
    "region machine_id password username usage_current usage_limit subscription_type quota_refreshed_at token_expiry",
    "users": "id name email api_key created_at updated_at enabled is_vip daily_quota monthly_quota request_quota "
    "rate_limit_rpm total_tokens_used total_requests total_cost_usd last_reset_daily last_reset_monthly notes expires_at",
    "settings": "setting_key setting_value key value id created_at updated_at",
    "request_logs": "id timestamp client_ip method path endpoint_type account_id user_id api_key_prefix model "
    "original_model status_code is_success is_stream input_tokens output_tokens duration_ms error_message user_agent",
    "user_token_usage": "id user_id date input_tokens output_tokens total_tokens request_count",
    "blocked_ips": "ip reason created_at id",
    "ip_configs": "ip notes rate_limit_rpm daily_request_limit created_at updated_at id",
    "proxies": "id url name enabled weight created_at updated_at",
    "imported_accounts": "",
}
"""Every column that is known; of the last table none is looked at."""
_OF_BACKUP: Final = frozenset(
    "accounts settings blocked_ips users user_token_usage imported_accounts backup_version backup_time".split()
)
Row = Mapping[str, Any]


@dataclass(slots=True)
class Stock:
    """Everything that one source holds. Rows are as they were stored."""

    kind: str
    """`database`, `backup` or `export`."""
    accounts: list[Row] = field(default_factory=list, repr=False)
    users: list[Row] = field(default_factory=list, repr=False)
    settings: dict[str, Any] = field(default_factory=dict, repr=False)
    usage: list[Row] = field(default_factory=list, repr=False)
    blocked: list[Row] = field(default_factory=list, repr=False)
    logs: Iterable[Row] = field(default=(), repr=False)
    counts: dict[str, int] = field(default_factory=dict)
    """Rows of the tables that are only counted."""

    @property
    def is_whole(self) -> bool:
        """Whether it would hold users and settings, if there were any."""
        return self.kind != "export"


@dataclass(frozen=True, slots=True)
class LogRows:
    """Rows of the request log, read from a copy each time they are gone through."""

    path: Path

    def __iter__(self) -> Iterator[Row]:
        with copied(self.path) as connection:
            for row in rows(connection, "request_logs"):
                yield _plain(row)


def of_database(haul: Haul, path: Path) -> Stock | None:
    """None when it is another program's. Missing tables and columns are normal in older ones."""
    with copied(path) as connection:
        found = tables(connection)
        if "clientId" not in found.get("accounts", ()):
            return None
        _say_unknown(haul, found)
        stored = {
            name: [_plain(row) for row in rows(connection, name)]
            for name in ("accounts", "users", "settings", "user_token_usage", "blocked_ips")
        }
        counts = {name: sum(1 for _ in rows(connection, name)) for name in ("ip_configs", "proxies")}
    return Stock(
        "database",
        stored["accounts"],
        stored["users"],
        _settings_of(stored["settings"]),
        stored["user_token_usage"],
        stored["blocked_ips"],
        LogRows(path) if "request_logs" in found else (),
        counts,
    )


def of_json(haul: Haul, value: Any) -> Stock | None:
    """A backup, or accounts in one of the shapes in which they are exported and taken in; None when it is neither."""
    match value:
        case {"backup_version": _}:
            return _of_backup(haul, value)
        case {"accounts": list(accounts)}:
            return of_json(haul, accounts)
        case dict() if _is_account(value):
            return Stock("export", [value])
        case list() if any(_is_account(each) for each in value):
            return Stock("export", _mappings(haul, "accounts", value))
        case _:
            return None


def _of_backup(haul: Haul, value: Mapping[str, Any]) -> Stock:
    haul.report.unknown += [Line(str(name)) for name in value if name not in _OF_BACKUP]
    blocked = value.get("blocked_ips")
    if isinstance(blocked, list):
        blocked = [{"ip": each} if isinstance(each, str) else each for each in blocked]
    accounts, users, usage, blocked = (
        _mappings(haul, name, found)
        for name, found in (
            ("accounts", value.get("accounts")),
            ("users", value.get("users")),
            ("user_token_usage", value.get("user_token_usage")),
            ("blocked_ips", blocked),
        )
    )
    settings = value.get("settings")
    settings = settings if isinstance(settings, dict) else _mappings(haul, "settings", settings)
    return Stock("backup", accounts, users, _settings_of(settings), usage, blocked)


def config_of(haul: Haul, folder: Path) -> dict[str, Any]:
    """Of its working directory; empty when there is none."""
    file = next((folder / name for name in CONFIGS if (folder / name).is_file()), None)
    if file is None:
        return {}
    try:
        value = source.read_json(file) if file.suffix == ".json" else source.read_yaml(file)
    except Unreadable as unreadable:
        haul.report.left_out.append(Line(file.name, f"{unreadable}; the program's defaults count"))
        return {}
    return value if is_config(value) else {}


def is_config(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a parsed file is its configuration, in the shape of today or the one before."""
    if not isinstance(value, dict):
        return False
    database = value.get("database")
    is_current = isinstance(database, dict) and bool({"type", "sqlite", "mysql"} & database.keys())
    is_old = "compression_enabled" in value and "port" in value
    return is_current or is_old


def count_of(value: object, most: int = 2**53) -> int | None:
    """A number of things; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return int(min(max(value, 0), most))


def stock_in(haul: Haul, folder: Path, config: Mapping[str, Any]) -> Stock | None:
    """Of its working directory: the database, else the newest backup, else an export of accounts."""
    database = config.get("database")
    database = database if isinstance(database, dict) else {}
    sqlite = database.get("sqlite")
    name = str(sqlite.get("path") or DATABASE) if isinstance(sqlite, dict) else DATABASE
    if database.get("type") == "mysql":
        said = "a MySQL server, which is not called: export a backup in the console, and give its path"
        haul.report.left_out.append(Line("database.mysql", said))
    elif (folder / name).is_file() and is_sqlite(folder / name):
        return of_database(haul, folder / name)
    return _best_export(haul, folder)


def _best_export(haul: Haul, folder: Path) -> Stock | None:
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    found: list[tuple[bool, int, Path, Stock, Haul]] = []
    for file in files:
        quiet = Haul(haul.program)
        try:
            stock = of_json(quiet, source.read_json(file))
        except Unreadable:
            continue
        if stock is not None:
            found.append((stock.kind != "backup", len(found), file, stock, quiet))
    if not found:
        return None
    (_, _, chosen, stock, quiet), *others = sorted(found, key=lambda each: each[:2])
    haul.report.unknown += quiet.report.unknown
    haul.report.left_out += [
        Line(other.name, f"{chosen.name} was read: give the path of this one to read it too")
        for _, _, other, _, _ in others
    ]
    return stock


def _say_unknown(haul: Haul, found: Mapping[str, tuple[str, ...]]) -> None:
    for table, columns in found.items():
        known = _COLUMNS.get(table)
        if known is None:
            if not table.startswith("sqlite_"):
                haul.report.unknown.append(Line(f"table {table}"))
        elif known:
            extra = [name for name in columns if name not in known.split()]
            haul.report.unknown += [Line(f"{table}.{name}") for name in extra]


def _settings_of(stored: Mapping[str, Any] | list[Row]) -> dict[str, Any]:
    """One mapping, or rows of a name and a value."""
    if isinstance(stored, Mapping):
        return {str(name): value for name, value in stored.items()}
    found = {}
    for row in stored:
        name = row.get("setting_key") or row.get("key")
        if name:
            found[str(name)] = row.get("setting_value", row.get("value"))
    return found


def _is_account(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("type") in ("json", "sqlite", "refresh_token"):
        return False
    return bool(value.get("refreshToken") or value.get("refresh_token") or value.get("clientId"))


def _mappings(haul: Haul, at: str, value: Any) -> list[Row]:
    """Those of a list; what else is there is reported."""
    if value is None:
        return []
    if not isinstance(value, list):
        haul.report.left_out.append(Line(at, f"expected a list, found {kind(value)}: export it again"))
        return []
    odd = [place for place, each in enumerate(value) if not isinstance(each, dict)]
    haul.report.left_out += [
        Line(f"{at}[{place}]", f"expected a mapping, found {kind(value[place])}") for place in odd
    ]
    return [each for each in value if isinstance(each, dict)]


def _plain(row: Row) -> Row:
    """Some drivers stored text as bytes."""
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for name, value in row.items()
    }
