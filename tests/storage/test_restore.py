"""A backup comes back whole, on every engine, under whatever key; or nothing changes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, func, insert, select, text

from isthmus.core.conversation import Opaque, Role, Text, Thinking, Turn
from isthmus.core.remembered import Particulars
from isthmus.core.secret import Secret
from isthmus.storage import restore as restoring
from isthmus.storage.archive import FORMAT, Archive, ArchiveWriter, Manifest
from isthmus.storage.backup import Step, back_up
from isthmus.storage.conversations import ConversationStore, StoredConversation
from isthmus.storage.database import Database, open_database
from isthmus.storage.engine import connected, open_engines
from isthmus.storage.errors import StorageError, VaultError
from isthmus.storage.restore import TOPICS, restore
from isthmus.storage.schema import audit_log, request_logs, sessions, users
from isthmus.storage.sealing import check_key
from isthmus.storage.upgrade import migration_config
from isthmus.storage.vault import Vault
from stocked import CANARY, contents, stock

OLD_KEY, NEW_KEY = Secret("the key of the old machine"), Secret("the key of the new machine")
OLD, NEW = Vault([OLD_KEY]), Vault([NEW_KEY])


@pytest.fixture
async def backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a stocked SQLite database, with its key. Restored in several batches."""
    monkeypatch.setattr(restoring, "ROWS_AT_ONCE", 7)
    source = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'source.db'}")
    await stock(source, OLD, rows=20)
    await back_up(source, tmp_path / "b.zip", 7, [OLD_KEY])
    await source.close()
    return tmp_path / "b.zip"


async def test_it_comes_back_on_every_engine_under_the_keys_there(
    database: Database, backup: Path, tmp_path: Path
) -> None:
    source = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'source.db'}")
    await check_key(database, NEW, 1)
    steps: list[Step] = []
    manifest = await restore(database, backup, NEW, steps.append)
    assert sum(step.rows for step in steps) == manifest.rows
    assert await contents(database, NEW) == await contents(source, OLD)
    await check_key(database, NEW, 1)
    await source.close()


async def test_and_from_every_engine_back(database: Database, tmp_path: Path) -> None:
    await stock(database, OLD)
    before = await contents(database, OLD)
    await back_up(database, tmp_path / "b.zip", 7)
    target = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'target.db'}")
    await restore(target, tmp_path / "b.zip", Vault([NEW_KEY, OLD_KEY]))
    assert await contents(target, NEW) == before
    await target.close()


async def test_conversations_go_on_after_a_move(database: Database, tmp_path: Path) -> None:
    turns = tuple(Turn(role, (Text(f"{role} ☂"),)) for role in (Role.USER, Role.ASSISTANT))
    thought = Thinking("hm", Opaque("anthropic", "signature", "c2ln"))
    answer = Turn(Role.ASSISTANT, (thought, Text("the answer")))
    begun = StoredConversation("conv_1", "key:a", Particulars("m", "system", "title", {"k": "v"}), 0, 0, 5, 5)
    session = b'{"of":"a provider"}'
    source = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'source.db'}")
    before = ConversationStore(source, OLD)
    await before.add(begun, 9, 0)
    await before.append("key:a", "conv_1", 0, 0, turns, 6)
    await before.append("key:a", "conv_1", 1, 0, (turns[0], answer), 7, session)
    stands = await before.find("key:a", "conv_1", 0)
    await back_up(source, tmp_path / "b.zip", 7, [OLD_KEY])
    await source.close()
    await restore(database, tmp_path / "b.zip", NEW)
    after = ConversationStore(database, NEW)
    assert await after.find("key:a", "conv_1", 0) == stands
    assert stands is not None
    assert (stands.turns, stands.session) == ((*turns, turns[0], answer), session)
    assert await after.find("key:b", "conv_1", 0) is None
    assert await after.append("key:a", "conv_1", 2, 2, turns, 8)
    found = await after.find("key:a", "conv_1", 0)
    assert found is not None
    assert (found.turns, found.session) == ((turns[0], answer, *turns), b"")


async def test_ids_go_on_after_those_restored(database: Database, backup: Path) -> None:
    await restore(database, backup, NEW)

    async def add(connection: Any) -> int:
        done = await connection.execute(insert(audit_log).values(at_ms=1, action="x"))
        return int(done.inserted_primary_key[0])

    assert await database.write(add) == 20 * 4_000_000_000 + 1


async def test_one_that_is_not_empty_is_replaced_only_when_told_to(database: Database, backup: Path) -> None:
    await add_user(database, "somebody")
    with pytest.raises(StorageError, match=r"is not empty \(there are rows in users\).*--replace"):
        await restore(database, backup, NEW)
    assert await count(database, users) == 1
    await restore(database, backup, NEW, replace=True)
    assert await count(database, users) == 20
    assert await count(database, sessions) == 0, "everybody has to sign in again"


async def add_user(database: Database, id: str) -> None:
    user = insert(users).values(id=id, name=id, role="admin", created_ms=1, updated_ms=1)
    session = {
        "hash": "h",
        "user_id": id,
        "client": "",
        "agent": "",
        "created_ms": 1,
        "expires_ms": 2,
        "last_seen_ms": 1,
    }

    async def work(connection: Any) -> None:
        await connection.execute(user)
        await connection.execute(insert(sessions).values(session))

    await database.write(work)


async def count(database: Database, table: Any) -> int:
    async with database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def test_running_gateways_hear_of_it(database: Database, backup: Path) -> None:
    await restore(database, backup, NEW)
    first = await database.revisions()
    await restore(database, backup, NEW, replace=True)
    again = await database.revisions()
    assert set(first) == set(TOPICS)
    assert all(again[topic] > first[topic] for topic in TOPICS)


async def test_without_the_key_nothing_changes(database: Database, backup: Path, tmp_path: Path) -> None:
    await add_user(database, "somebody")
    keyless = without(backup, tmp_path / "keyless.zip", "keys.json")
    with pytest.raises(VaultError, match=r"was made under another secret key.*--with-key"):
        await restore(database, keyless, NEW, replace=True)
    assert await count(database, users) == 1
    assert await count(database, sessions) == 1


def without(backup: Path, target: Path, left_out: str) -> Path:
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name != left_out:
                new.writestr(name, old.read(name))
    return target


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row | {"duration_ms": "a week"}, "rows of request_logs do not fit into"),
        (lambda row: row | {"started_ms": 2**70}, "rows of request_logs do not fit into"),
        (lambda row: row | {"endpoint": None}, "rows of request_logs do not fit into"),
        (lambda row: {**row, "colour": "red"}, "the columns of request_logs are not those of its schema"),
    ],
)
@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
async def test_a_row_that_does_not_fit_changes_nothing(
    database: Database, backup: Path, tmp_path: Path, change: Callable[[Any], Any], said: str
) -> None:
    await add_user(database, "somebody")
    with pytest.raises(StorageError, match=said):
        await restore(database, changed(backup, tmp_path / "bad.zip", change), NEW, replace=True)
    assert await count(database, users) == 1


def changed(backup: Path, target: Path, change: Callable[[Any], Any]) -> Path:
    """The same backup, with one row more in `request_logs`."""
    with Archive(backup) as old, target.open("wb") as opened, ArchiveWriter(opened) as new:
        for table in old.manifest.tables:
            columns = old.columns(table)
            batches = list(old.rows(table, 10_000))
            if table == request_logs.name:
                odd = change(dict(zip(columns, batches[0][1], strict=True)) | {"id": 9})
                columns, batches = list(odd), [[list(odd.values())]]
            new.begin_table(table, columns)
            for rows in batches:
                new.add(rows)
        new.finish(old.manifest, old.keys)
    return target


async def test_a_backup_of_the_oldest_schema_is_brought_to_the_present(
    database: Database, tmp_path: Path
) -> None:
    older = await older_backup(tmp_path)
    await restore(database, older, NEW)
    async with database.read() as connection:
        rows = (await connection.execute(select(request_logs.c.request_id, request_logs.c.succeeded))).all()
    assert sorted(map(tuple, rows)) == [("fine", True), ("refused", False)]
    found = await contents(database, NEW)
    assert [row["sealed_settings"] for row in found["providers"]] == [CANARY]


async def older_backup(folder: Path) -> Path:
    """As the program of that time made it."""
    engines = open_engines(f"sqlite+aiosqlite:///{folder / 'older.db'}")
    async with connected(engines.writing, "") as connection:
        await connection.run_sync(_write_older, folder / "older.zip")
    await engines.close()
    return folder / "older.zip"


def _write_older(connection: Connection, file: Path) -> None:
    command.upgrade(migration_config(connection), "0001")
    log = "request_id, started_ms, endpoint, dialect, status, duration_ms, attempts, client"
    for id, status in (("fine", 200), ("refused", 429)):
        values = f"'{id}', 1, '/', 'anthropic', {status}, 1, 1, ''"
        connection.execute(text(f"INSERT INTO request_logs ({log}) VALUES ({values})"))
    provider = "name, type, sealed_settings, created_ms, updated_ms"
    sealed = OLD.seal(CANARY)
    connection.execute(text(f"INSERT INTO providers ({provider}) VALUES ('p', 'dummy', '{sealed}', 1, 1)"))
    with file.open("wb") as opened, ArchiveWriter(opened) as archive:
        for name in ("providers", "request_logs"):
            rows = connection.execute(text(f"SELECT * FROM {name}"))
            archive.begin_table(name, list(rows.keys()))
            archive.add(rows.all())
        archive.finish(
            Manifest(FORMAT, "0001", "0.1", "sqlite", 1, {"providers": 1, "request_logs": 2}), [OLD_KEY]
        )


async def test_one_of_a_newer_schema_is_refused(sqlite: Database, tmp_path: Path) -> None:
    with (tmp_path / "b.zip").open("wb") as opened, ArchiveWriter(opened) as archive:
        archive.finish(Manifest(FORMAT, "0999", "9.9", "sqlite", 1, {}), [])
    with pytest.raises(StorageError, match=r"made by a newer isthmus \(9\.9\)"):
        await restore(sqlite, tmp_path / "b.zip", NEW)
