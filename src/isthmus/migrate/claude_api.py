"""claude-api, the Amazon Q gateway in Go: accounts, users, settings and log of its database, a backup or an export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from isthmus.migrate import source
from isthmus.migrate.claude_api_accounts import add_accounts
from isthmus.migrate.claude_api_files import Stock, config_of, is_config, of_database, of_json, stock_in
from isthmus.migrate.claude_api_logs import OurRows, named
from isthmus.migrate.claude_api_settings import add_blocks, add_config, add_settings
from isthmus.migrate.claude_api_users import PROGRAM, add_own_key, add_users
from isthmus.migrate.detect import looks_like, not_that_program
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered, say_stop_first
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.source import Options, Unreadable
from isthmus.migrate.sqlite_copy import is_sqlite
from isthmus.migrate.upstreams import AMAZON_Q

__all__ = ["PROGRAM", "read"]

_LESS: Final = {
    "backup": "A backup lacks proxies, limits of addresses, quotas, expiry of users and the request log: the database has them",
    "export": "An export of accounts lacks their region, e-mail and kind of login, and all users and settings: the database "
    "or a backup has them",
}


def read(path: Path, options: Options) -> Haul:
    haul = Haul(PROGRAM)
    config, stock = _found(haul, path)
    if stock is None and not config:
        raise not_that_program(PROGRAM, path)
    provider = Gathered(haul, AMAZON_Q)
    if stock is not None:
        _carry(haul, provider, stock, options)
    add_config(haul, config)
    if stock is not None:
        provider.add("accounts")
    else:
        haul.report.closing.append(
            "No database and no export was found: give the path of one to carry accounts"
        )
    say_stop_first(haul)
    return haul


def _found(haul: Haul, path: Path) -> tuple[Mapping[str, Any], Stock | None]:
    if path.is_dir():
        config = config_of(haul, path)
        return config, stock_in(haul, path, config)
    source.file_in(path)
    if is_sqlite(path):
        return {}, of_database(haul, path)
    try:
        value = source.read_json(path) if path.suffix == ".json" else source.read_yaml(path)
    except Unreadable:
        if looks_like(path) in (None, PROGRAM):
            raise
        raise not_that_program(PROGRAM, path) from None
    if is_config(value):
        return value, stock_in(haul, path.parent, value)
    return {}, of_json(haul, value)


def _carry(haul: Haul, provider: Gathered, stock: Stock, options: Options) -> None:
    settings = Entry(stock.settings, haul.report, "settings")
    add_accounts(haul, provider, stock, options.now_ms)
    add_users(haul, stock, options.now_ms)
    add_own_key(haul, stock, settings.text("api_key", "apiKey"))
    add_blocks(haul, stock, settings)
    add_settings(haul, provider, settings)
    if stock.logs and options.with_logs:
        users, accounts = named(stock.users, "name", "email"), named(stock.accounts, "email", "label")
        haul.log_rows = OurRows(stock.logs, provider.type, users, accounts)
        haul.report.carried.append(Line("request_logs", "its rows, with token counts marked as estimates"))
    elif stock.logs:
        haul.report.left_out.append(Line("request_logs", "not asked for: carry them with `--with-logs`"))
    if said := _LESS.get(stock.kind):
        haul.report.closing.append(said)
