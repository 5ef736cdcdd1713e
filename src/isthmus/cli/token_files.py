"""`isthmus accounts import --from amazon-q`: logins out of token files and lists of other programs, which stay as they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from isthmus.cli.account_desk import open_desk
from isthmus.cli.account_reading import read_text
from isthmus.cli.account_tables import added_row
from isthmus.cli.failure import CommandFailed
from isthmus.cli.tables import print_table
from isthmus.control.account_adding import Fate, summary
from isthmus.control.accounts import AccountService
from isthmus.control.people import OPERATOR
from isthmus.control.providers import ProviderService
from isthmus.control.token_files import Taken, TokenFiles, TokenImport
from isthmus.migrate.amazon_q_files import found_at
from isthmus.migrate.amazon_q_lists import Found, found_in_text
from isthmus.migrate.source import Unreadable

_COLOURS: Final = {Fate.ADDED: "green", Fate.HERE: "", Fate.REPLACED: "yellow", Fate.INVALID: "red"}
_SHARED: Final = (
    "The programs that these logins come from refresh them, too, and a refresh ends the token that the other one has: stop "
    "those programs, or sign in anew for the gateway."
)
_STANDING: Final = (
    "The vendor does not support this use of the service, and may lock accounts for it; its terms and yours with it apply. "
    "Nothing here was tried against the live service."
)


async def import_tokens(
    config: Path | None, found: Sequence[Found], provider: str | None, *, dry_run: bool
) -> TokenImport:
    async with open_desk(config) as service:
        return await token_files(service).take(OPERATOR, found, provider, dry_run=dry_run)


def token_files(service: AccountService) -> TokenFiles:
    providers = ProviderService(service.providers, service.configured, service.note, service.count_states)
    return TokenFiles(service, providers)


def find_tokens(paths: Sequence[Path], home: Path) -> list[Found]:
    """Of files and directories; `-` is standard input. Raises `CommandFailed` when one cannot be read or holds none."""
    found: list[Found] = []
    for path in paths:
        try:
            here = found_in_text(read_text(path)) if str(path) == "-" else found_at(path, home)
        except Unreadable as unreadable:
            raise CommandFailed(str(unreadable), exit_code=2) from None
        if not here:
            raise CommandFailed(
                f"{path} holds no login: sign in there, and give the path of its token file", exit_code=2
            )
        found += [each.below(str(path)) for each in here]
    return found


def show_import(imported: TokenImport, *, dry_run: bool, as_json: bool) -> None:
    """Shows no secret."""
    if as_json:
        print(json.dumps(_as_json(imported, dry_run=dry_run), ensure_ascii=False, indent=2))
        return
    print_table(Console(highlight=False), _table(imported.taken))
    said = Console(stderr=True, highlight=False, soft_wrap=True)
    if imported.is_new:
        made = "would be made" if dry_run else "was made"
        said.print(f"Provider {imported.provider!r} {made} for them.", markup=False)
    ending = ": nothing was changed, run it again without --dry-run" if dry_run else ""
    said.print(f"{summary([each.added for each in imported.taken])}{ending}.", markup=False)
    if any(each.added.fate is not Fate.INVALID for each in imported.taken):
        said.print(_SHARED, markup=False)
        said.print(_STANDING, markup=False)


def _table(taken: Sequence[Taken]) -> Table:
    table = Table("From", "Account", "Kind", "Result", "Why", box=None)
    for each in taken:
        added = each.added
        table.add_row(
            Text(each.at),
            Text(added.label),
            Text(each.kind or ""),
            Text(added.fate.replace("_", " "), _COLOURS[added.fate]),
            Text("; ".join(f"{it.field}: {it.message}" if it.field else it.message for it in added.problems)),
        )
    return table


def _as_json(imported: TokenImport, *, dry_run: bool) -> dict[str, Any]:
    return {
        "provider": imported.provider,
        "provider_is_new": imported.is_new,
        "dry_run": dry_run,
        "items": [{"from": each.at, "kind": each.kind, **added_row(each.added)} for each in imported.taken],
    }
