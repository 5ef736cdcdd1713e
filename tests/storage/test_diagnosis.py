"""Drivers' exceptions, as the drivers themselves raise them, are told in our words and sorted by what to do next."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from databases import SERVERS
from isthmus.storage.database import Database, open_database
from isthmus.storage.diagnosis import Lapse, code_of, diagnose, lapse_of
from isthmus.storage.engine import open_engines
from isthmus.storage.errors import StorageError, Uncertain, Unreachable


class OfPostgres(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


class OfMySQL(Exception):
    sqlstate = "HY000"


def wrapped(orig: BaseException, *, lost: bool = False) -> DBAPIError:
    return OperationalError("SELECT 'sk-secret'", {}, orig, connection_invalidated=lost)


def of_sqlite(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("text")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("orig", "said", "lapse"),
    [
        (of_sqlite("SQLITE_FULL"), "no room left", None),
        (of_sqlite("SQLITE_IOERR_WRITE"), "disk reports errors", None),
        (of_sqlite("SQLITE_READONLY_DIRECTORY"), "is read-only", None),
        (of_sqlite("SQLITE_NOTADB"), "restore a backup", None),
        (of_sqlite("SQLITE_BUSY_RECOVERY"), "held by another transaction", Lapse.CONFLICT),
        (OfPostgres("53100"), "no room left", None),
        (OfPostgres("53300"), "accepts no more connections", None),
        (OfPostgres("40P01"), "held by another transaction", Lapse.CONFLICT),
        (OfPostgres("40001"), "held by another transaction", Lapse.CONFLICT),
        (OfPostgres("57P01"), "the connection to db was lost", Lapse.LOST),
        (OfPostgres("08006"), "the connection to db was lost", Lapse.LOST),
        (OfMySQL(1213, "Deadlock found"), "held by another transaction", Lapse.CONFLICT),
        (OfMySQL(1114, "The table is full"), "no room left", None),
        (OfMySQL(1290, "--read-only"), "is read-only", None),
        (OfMySQL(2013, "Lost connection"), "the connection to db was lost", Lapse.LOST),
    ],
)
def test_what_codes_mean(orig: Exception, said: str, lapse: Lapse | None) -> None:
    meant = diagnose(wrapped(orig), "db")
    assert meant is not None
    assert said in str(meant)
    assert "sk-secret" not in str(meant)
    assert lapse_of(wrapped(orig)) is lapse


def test_a_connection_that_the_driver_gave_up_is_lost() -> None:
    error = wrapped(Exception("gone"), lost=True)
    assert isinstance(diagnose(error, "db"), Unreachable)
    assert lapse_of(error) is Lapse.LOST


def test_our_own_words_are_kept() -> None:
    said = Unreachable("nobody there")
    assert diagnose(said, "db") is said
    assert lapse_of(said) is Lapse.LOST
    assert lapse_of(Uncertain("?")) is None


def test_a_pool_without_a_free_connection() -> None:
    assert "every connection to db is busy" in str(diagnose(PoolTimeout(), "db"))


@pytest.mark.parametrize("error", [ValueError("x"), OSError("x"), wrapped(Exception("some other"))])
def test_what_is_not_the_databases_state_is_nobodys_diagnosis(error: Exception) -> None:
    assert diagnose(error, "db") is None
    assert lapse_of(error) is None


async def test_a_statement_that_is_wrong_is_not_the_databases_fault(database: Database) -> None:
    twice = text("INSERT INTO settings (name, value, updated_ms) VALUES ('a', '1', 1)")

    async def insert(connection: Any) -> None:
        await connection.execute(twice)

    await database.write(insert)
    with pytest.raises(IntegrityError) as taken:
        await database.write(insert)
    assert diagnose(taken.value, "db") is None


@pytest.mark.parametrize(
    ("engine", "before", "after", "said"),
    [
        ("postgresql", "postgres@", "nobody:wrong-pw@", "refused the user or the password"),
        ("mariadb", "root@", "root:wrong-pw@", "refused the user or the password"),
        ("postgresql", "/postgres", "/no_such_database", "has no database of that name"),
        ("mariadb", "/test", "/no_such_database", "has no database of that name"),
    ],
)
async def test_what_servers_refuse(engine: str, before: str, after: str, said: str) -> None:
    head, _, tail = SERVERS[engine].rpartition(before)
    engines = open_engines(f"{head}{after}{tail}")
    with pytest.raises(DBAPIError) as refused:
        async with engines.reading.connect():
            raise AssertionError
    await engines.close()
    meant = diagnose(refused.value, engines.address)
    assert type(meant) is StorageError
    assert said in str(meant)
    assert "wrong-pw" not in str(meant)


async def test_tables_that_are_gone(empty_database_url: str) -> None:
    database = await open_database(empty_database_url)

    async def drop_and_ask(connection: Any) -> None:
        await connection.execute(text("DROP TABLE settings"))
        await connection.execute(text("SELECT * FROM settings"))

    with pytest.raises(StorageError, match="has lost the gateway's tables"):
        await database.write(drop_and_ask)
    await database.close()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database, but long enough to look at" * 100)
    engines = open_engines(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(DBAPIError) as refused:
        async with engines.writing.connect() as connection:
            await connection.execute(text("SELECT 1 FROM x"))
    await engines.close()
    assert code_of(refused.value) == "SQLITE_NOTADB"
