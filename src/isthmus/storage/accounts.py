"""Accounts: a credential for a provider, what the operator decided about it, and what became of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import RowMapping, Select, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.core.logins import EXPIRES_AT, REFRESH_TOKEN, Access
from isthmus.core.secret import Secret
from isthmus.storage import schema
from isthmus.storage.database import Database, touch
from isthmus.storage.texts import storable
from isthmus.storage.vault import Vault

TOPIC: Final = "accounts"
API_KEY: Final = "api_key"
"""The kind of account, and the member of its credential."""
SESSION_KEY: Final = "session_key"
"""The same of sessions on a website."""
LASTING_MEMBERS: Final = (API_KEY, "refresh_token", SESSION_KEY)
"""Members by which a credential is recognised, most telling first: what is fetched with them changes by the hour."""
_AT_ONCE: Final = 500
"""Values in one condition: SQLite takes some thousands of them, others fewer."""

_table: Final = schema.accounts


@dataclass(frozen=True, slots=True)
class Account:
    """One credential of a provider. Limits that are None do not limit."""

    id: str
    provider: str
    kind: str
    """`api_key`, or what the provider calls its logins."""
    label: str
    credential: Mapping[str, Secret]
    """For `api_key`: `{"api_key": …}`."""
    created_ms: int
    updated_ms: int
    enabled: bool = True
    off_reason: str | None = None
    """Why it is switched off, when it was not the operator who did it."""
    priority: int = 0
    """The lower number is preferred."""
    weight: int = 1
    max_concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_day: int | None = None
    proxy: Secret | None = None
    """Proxy to reach the upstream through, instead of the provider's; it may hold a password."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What is known beside (e-mail, region, plan), as JSON; never a secret."""
    successes: int = 0
    failures: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    last_used_ms: int | None = None
    last_error: str | None = None
    last_error_ms: int | None = None
    fingerprint: str = ""
    """Of the credential as an operator gave it. A renewal leaves it as it is: the file that it came from is still recognised."""

    def __post_init__(self) -> None:
        if not self.fingerprint:
            object.__setattr__(self, "fingerprint", fingerprint(self.credential))


@dataclass(frozen=True, slots=True)
class Outline:
    """What lists are filtered and sorted by. Costs no decryption."""

    id: str
    provider: str
    label: str
    enabled: bool
    priority: int
    created_ms: int
    successes: int
    failures: int
    last_used_ms: int | None
    last_error_ms: int | None
    off_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What was added to an account's counters since they were last written."""

    account_id: str
    successes: int = 0
    failures: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    last_used_ms: int | None = None
    last_error: str | None = None
    """None leaves the last error as it is, and so does None for a time."""
    last_error_ms: int | None = None


class AlreadyThere(Exception):
    """Another account of the provider has this credential."""


def fingerprint(credential: Mapping[str, Secret]) -> str:
    """Tells credentials apart without showing them: SHA-256 of the lasting member, else of all members in order.

    The same for every provider and installation, so that an import knows what is here already.
    """
    lasting = next((name for name in LASTING_MEMBERS if credential.get(name)), None)
    members = credential if lasting is None else {lasting: credential[lasting]}
    return hashlib.sha256(_credential_text(members).encode()).hexdigest()


class AccountStore:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def load_all(self) -> list[Account]:
        """Every account, the oldest first. Raises `VaultError`."""
        async with self._database.read() as connection:
            rows = (await connection.execute(_in_order())).mappings().all()
        # Hundreds of credentials take long enough to open that requests would notice.
        return await asyncio.to_thread(lambda: [self._account(row) for row in rows])

    async def outlines(self) -> list[Outline]:
        """Every account, in no order."""
        columns = [_table.c[name] for name in Outline.__dataclass_fields__]
        async with self._database.read() as connection:
            return [Outline(*row) for row in await connection.execute(select(*columns))]

    async def find(self, id: str) -> Account | None:
        return next(iter(await self.find_all([id])), None)

    async def find_all(self, ids: Sequence[str]) -> list[Account]:
        """In the order of `ids`, without those that are not there. Raises `VaultError`."""
        found: dict[str, Account] = {}
        async with self._database.read() as connection:
            for some in _portions(ids):
                rows = await connection.execute(select(_table).where(_table.c.id.in_(some)))
                found |= {row["id"]: self._account(row) for row in rows.mappings()}
        return [found[id] for id in dict.fromkeys(ids) if id in found]

    async def labels(self, ids: Collection[str]) -> dict[str, str]:
        """Id → what people call it, without those that are not there."""
        found: dict[str, str] = {}
        async with self._database.read() as connection:
            for some in _portions(sorted(ids)):
                query = select(_table.c.id, _table.c.label).where(_table.c.id.in_(some))
                found |= {row.id: row.label for row in await connection.execute(query)}
        return found

    async def ids_by_fingerprint(self, fingerprints: Collection[str]) -> dict[tuple[str, str], str]:
        """(provider, fingerprint) → id of the account that has it, or whose credential has it since it was renewed."""
        async with self._database.read() as connection:
            return await self._ids_by_fingerprint(connection, fingerprints)

    async def add_all(self, accounts: Sequence[Account]) -> dict[str, str]:
        """Adds those that are new, all in one write; id of each of the others → id of the account that has its credential.

        Two of one credential among `accounts` count as one: the first.
        """
        rows = await asyncio.to_thread(lambda: [self._row(each) for each in accounts])

        async def add(connection: AsyncConnection) -> dict[str, str]:
            taken = await self._ids_by_fingerprint(connection, {row["fingerprint"] for row in rows})
            here: dict[str, str] = {}
            new: list[dict[str, Any]] = []
            for row in rows:
                first = taken.setdefault((row["provider"], row["fingerprint"]), row["id"])
                if first == row["id"]:
                    new.append(row)
                else:
                    here[row["id"]] = first
            if new:
                await connection.execute(insert(_table), new)
                await touch(connection, TOPIC)
            return here

        try:
            return await self._database.write(add)
        except IntegrityError:  # Another process added one of them meanwhile. Now it is seen.
            return await self._database.write(add)

    async def change(self, id: str, edit: Callable[[Account], Account]) -> Account | None:
        """What an operator decides, read and written in one transaction; counters stay as they are.

        None when there is no such account. Raises `AlreadyThere`, and what `edit` raises; then nothing is changed.
        """

        async def rewrite(connection: AsyncConnection) -> Account | None:
            query = select(_table).where(_table.c.id == id).with_for_update()
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            before = self._account(row)
            edited = edit(before)
            if fingerprint(edited.credential) != fingerprint(before.credential):
                edited = replace(edited, fingerprint=fingerprint(edited.credential))
            values = {name: value for name, value in self._row(edited).items() if name not in _COUNTERS}
            await connection.execute(update(_table).where(_table.c.id == id).values(values))
            await touch(connection, TOPIC)
            return edited

        try:
            return await self._database.write(rewrite)
        except IntegrityError:
            raise AlreadyThere(id) from None

    async def renew(self, id: str, used: Secret | None, access: Access) -> Account | None:
        """Keeps the access that was got with the refresh token `used`, and returns the account as it is now.

        Where another refresh token is here already, by another gateway or an operator, that one stays. None when there is no
        such account. Durable when it returns, on SQLite also against a power cut. Gateways need not read anything anew for it,
        unless it told more than when the access ends.
        """

        def renewed(before: Account) -> Account | None:
            if before.credential.get(REFRESH_TOKEN) != used:
                return None
            details = {**before.details, **access.details}
            return replace(before, credential={**before.credential, **access.credential}, details=details)

        def is_news(before: Account, after: Account) -> bool:
            return {**after.details, EXPIRES_AT: None} != {**before.details, EXPIRES_AT: None}

        return await self._keep(id, renewed, is_news)

    async def keep(self, id: str, used: Secret, members: Mapping[str, Secret]) -> Account | None:
        """Keeps members of a credential that the upstream has exchanged for those it was shown with the token `used`.

        As `renew`, but for accounts that nobody renews: where `used` is not part of the credential any more it stays as it is,
        and all gateways read what is new.
        """

        def exchanged(before: Account) -> Account | None:
            if used not in before.credential.values():
                return None
            return replace(before, credential={**before.credential, **members})

        return await self._keep(id, exchanged, lambda before, after: True)

    async def _keep(
        self,
        id: str,
        edit: Callable[[Account], Account | None],
        is_news: Callable[[Account, Account], bool],
    ) -> Account | None:
        async def keep(connection: AsyncConnection) -> Account | None:
            query = select(_table).where(_table.c.id == id).with_for_update()
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            before = self._account(row)
            after = edit(before)
            if after is None:
                return before
            written = self._row(after)
            values = {name: written[name] for name in ("sealed_credential", "details")}
            await connection.execute(update(_table).where(_table.c.id == id).values(values))
            if is_news(before, after):
                await touch(connection, TOPIC)
            return after

        return await self._database.write(keep, lasting=True)

    async def switch(self, ids: Sequence[str], *, on: bool, reason: str | None, now_ms: int) -> int:
        """Switches accounts on, or off with a reason (None: the operator's own wish). How many there were."""
        values = {"enabled": on, "off_reason": None if on else reason, "updated_ms": now_ms}

        async def write(connection: AsyncConnection) -> int:
            found = 0
            for some in _portions(ids):
                query = select(func.count()).where(_table.c.id.in_(some))
                # Counted, as MySQL reports only rows whose values differ from those they had.
                found += (await connection.execute(query)).scalar_one()
                await connection.execute(update(_table).where(_table.c.id.in_(some)).values(values))
            await touch(connection, TOPIC)
            return found

        return await self._database.write(write)

    async def switch_off(self, id: str, reason: str, now_ms: int) -> None:
        """The upstream's verdict: it will not take this credential again."""
        await self.switch([id], on=False, reason=storable(reason), now_ms=now_ms)

    async def remove(self, ids: Sequence[str]) -> int:
        """Removes accounts with what is known of them beside. How many accounts there were."""

        async def write(connection: AsyncConnection) -> int:
            removed = 0
            for some in _portions(ids):
                for beside in (schema.cooldowns, schema.surveys):
                    await connection.execute(delete(beside).where(beside.c.account_id.in_(some)))
                removed += (await connection.execute(delete(_table).where(_table.c.id.in_(some)))).rowcount
            await touch(connection, TOPIC)
            return removed

        return await self._database.write(write)

    async def add_counts(self, rows: Sequence[Counts]) -> None:
        """Adds to the counters in one write. Gateways need not read anything anew for it."""

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(_ADD_COUNTS, [_counts_row(each) for each in rows])

        if rows:
            await self._database.write(write)

    async def _ids_by_fingerprint(
        self, connection: AsyncConnection, fingerprints: Collection[str]
    ) -> dict[tuple[str, str], str]:
        known = select(_table.c.provider, _table.c.fingerprint, _table.c.id)
        found: dict[tuple[str, str], str] = {}
        for some in _portions(list(fingerprints)):
            rows = await connection.execute(known.where(_table.c.fingerprint.in_(some)))
            found |= {(provider, mark): id for provider, mark, id in rows}
        # Keys are never renewed, and of all the others there are few: their credentials can be opened and looked at.
        renewed = select(_table.c.provider, _table.c.sealed_credential, _table.c.id)
        for provider, sealed, id in await connection.execute(renewed.where(_table.c.kind != API_KEY)):
            mark = fingerprint(_credential(self._vault.open(sealed)))
            if mark in fingerprints:
                found.setdefault((provider, mark), id)
        return found

    def _account(self, row: RowMapping) -> Account:
        fields = {name: row[name] for name in _PLAIN}
        sealed_proxy = row["sealed_proxy"]
        return Account(
            **fields,
            credential=_credential(self._vault.open(row["sealed_credential"])),
            proxy=None if sealed_proxy is None else Secret(self._vault.open(sealed_proxy)),
            details=json.loads(row["details"] or "{}"),
        )

    def _row(self, account: Account) -> dict[str, Any]:
        row = {name: getattr(account, name) for name in _PLAIN}
        proxy = account.proxy
        return row | {
            "sealed_credential": self._vault.seal(_credential_text(account.credential)),
            "sealed_proxy": None if not proxy else self._vault.seal(proxy.reveal()),
            "details": json.dumps(account.details) if account.details else None,
        }


_COUNTERS: Final = frozenset(
    "successes failures input_tokens output_tokens last_used_ms last_error last_error_ms".split()
)
_PLAIN: Final = [name for name in Account.__dataclass_fields__ if name in _table.c and name != "details"]
"""Columns that hold what the field of the same name holds."""

_ADD_COUNTS: Final = (
    update(_table)
    .where(_table.c.id == bindparam("account_id"))
    .values(
        successes=_table.c.successes + bindparam("more_successes"),
        failures=_table.c.failures + bindparam("more_failures"),
        input_tokens=_table.c.input_tokens + bindparam("more_input_tokens"),
        output_tokens=_table.c.output_tokens + bindparam("more_output_tokens"),
        last_used_ms=func.coalesce(bindparam("used_ms"), _table.c.last_used_ms),
        last_error=func.coalesce(bindparam("error"), _table.c.last_error),
        last_error_ms=func.coalesce(bindparam("error_ms"), _table.c.last_error_ms),
    )
)


def _counts_row(counts: Counts) -> dict[str, Any]:
    return {
        "account_id": counts.account_id,
        "more_successes": counts.successes,
        "more_failures": counts.failures,
        "more_input_tokens": counts.input_tokens,
        "more_output_tokens": counts.output_tokens,
        "used_ms": counts.last_used_ms,
        "error": None if counts.last_error is None else storable(counts.last_error),
        "error_ms": counts.last_error_ms,
    }


def _in_order() -> Select[Any]:
    return select(_table).order_by(_table.c.created_ms, _table.c.id)


def _credential(text: str) -> dict[str, Secret]:
    return {name: Secret(value) for name, value in json.loads(text).items()}


def _credential_text(credential: Mapping[str, Secret]) -> str:
    revealed = {name: value.reveal() for name, value in credential.items()}
    return json.dumps(revealed, sort_keys=True, separators=(",", ":"))


def _portions(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))
