"""A database in use is read whole, and stays as it is."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from isthmus.migrate.source import Unreadable
from isthmus.migrate.sqlite_copy import copied, is_sqlite, rows, tables


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.sqlite3"


def state(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        file.name: (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)
        for file in folder.iterdir()
    }


def test_rows_that_only_the_journal_holds_are_there(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute('CREATE TABLE "odd "" name" (id INTEGER, "clientId" TEXT)')
        writer.execute('INSERT INTO "odd "" name" VALUES (1, \'é\'), (2, NULL)')
        writer.execute("BEGIN IMMEDIATE")
        before = state(path.parent)
        assert {"data.sqlite3-wal", "data.sqlite3-shm"} <= before.keys()
        with copied(path) as copy:
            assert tables(copy) == {'odd " name': ("id", "clientId")}
            found = list(rows(copy, 'odd " name'))
        assert found == [{"id": 1, "clientId": "é"}, {"id": 2, "clientId": None}]
        assert state(path.parent) == before
        writer.execute("ROLLBACK")


def test_the_copy_cannot_be_written_either(path: Path) -> None:
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("CREATE TABLE a (b)")
    with pytest.raises(Unreadable), copied(path) as copy:
        copy.execute("INSERT INTO a VALUES (1)")


def test_a_missing_table_has_no_rows_and_odd_bytes_are_replaced(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("CREATE TABLE a (b TEXT)")
        writer.execute("INSERT INTO a VALUES (CAST(x'61ff62' AS TEXT))")
    with copied(path) as copy:
        assert list(rows(copy, "missing")) == []
        assert list(rows(copy, "a")) == [{"b": "a\N{REPLACEMENT CHARACTER}b"}]


def test_a_damaged_database_is_refused_with_the_way_out(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 200)
    assert is_sqlite(path)
    with pytest.raises(Unreadable, match="copy it again"), copied(path) as copy:
        tables(copy)


def test_only_a_database_looks_like_one(path: Path) -> None:
    assert not is_sqlite(path)
    path.write_text("SQLite format 3, they say")
    assert not is_sqlite(path)
    assert not is_sqlite(path.parent)
