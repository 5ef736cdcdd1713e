"""Accounts in a file: what an export writes, and an import on any installation reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from isthmus.control.account_input import Written
from isthmus.storage.accounts import Account

FORMAT: Final = "isthmus-accounts"
VERSION: Final = 1
MAX_ACCOUNTS: Final = 100_000

_COPIED: Final = (
    "id provider kind label enabled off_reason priority weight max_concurrency requests_per_minute "
    "tokens_per_minute requests_per_day tokens_per_day"
).split()


class AccountFile(Written):
    """The entries are checked one by one when they are imported."""

    format: Literal["isthmus-accounts"] = FORMAT
    version: Literal[1] = VERSION
    exported_at: Annotated[str, Field(max_length=64)] | None = None
    with_secrets: bool = Field(default=False, description="Whether the entries hold their credentials.")
    accounts: Annotated[Sequence[Mapping[str, Any]], Field(max_length=MAX_ACCOUNTS)] = Field(
        description="As in the body of `POST /v2/accounts`, with `id` and `off_reason`."
    )


def account_file(accounts: Sequence[Account], *, with_secrets: bool) -> dict[str, Any]:
    """JSON values of the shape of `AccountFile`."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "with_secrets": with_secrets,
        "accounts": [_entry(each, with_secrets=with_secrets) for each in accounts],
    }


def _entry(account: Account, *, with_secrets: bool) -> dict[str, Any]:
    """Nulls are written, too: an import that overwrites shall lift a limit that the file does not have."""
    entry: dict[str, Any] = {name: getattr(account, name) for name in _COPIED}
    entry["details"] = dict(account.details)
    proxy = None if account.proxy is None else account.proxy.reveal()
    if with_secrets:
        entry["credential"] = {name: value.reveal() for name, value in account.credential.items()}
    if with_secrets or proxy is None or "@" not in proxy:
        entry["proxy"] = proxy  # Left out where it holds a password, so that an import leaves it as it is.
    return entry
