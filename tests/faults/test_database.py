"""A database that is away, held, or full: requests go on, and nothing that was noted is lost while the gateway lives."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from clients.running import Answered
from clients.stage import Stage
from databases import create, drop, url_of
from faults.answers import limited
from faults.conftest import Prepare, prepared
from faults.gateways import Gateway, soon
from faults.hearing import WAYS, all_at_once, ask_every_way, ask_way, assert_whole, new_model
from faults.relay import Relay
from faults.stocking import Stocked, key_of
from faults.upstream import FaultyUpstream

Json = dict[str, Any]
PLAIN = WAYS[0]


def two_accounts(name: str) -> dict[str, list[Stocked]]:
    return {
        f"{name}-{speaks}": [Stocked(key_of(f"{name}-{speaks}-{number}")) for number in (1, 2)]
        for speaks in ("chat", "messages")
    }


def key_named(gateway: Gateway, name: str) -> Answered:
    return gateway.administer("/v2/keys", {"name": name})


@dataclass(frozen=True)
class Server:
    """A database on a server, behind a relay."""

    engine: str
    url: str
    relay: Relay
    stage: Stage

    @property
    def url_through_relay(self) -> str:
        far = make_url(self.url).set(port=self.relay.port)
        return far.set(drivername={"mariadb": "mysql"}.get(self.engine, self.engine)).render_as_string(False)

    def cut(self) -> None:
        self.stage.run(self.relay.cut())

    def mend(self) -> None:
        self.stage.run(self.relay.mend())

    def freeze(self) -> None:
        self.stage.run(self.relay.freeze())

    def thaw(self) -> None:
        self.stage.run(self.relay.thaw())

    def rows(self, query: str) -> list[Json]:
        return asyncio.run(_rows(self.url, query))

    def logged(self) -> set[str]:
        return {row["request_id"] for row in self.rows("SELECT request_id FROM request_logs")}


async def _rows(url: str, query: str) -> list[Json]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = [dict(row) for row in (await connection.execute(text(query))).mappings()]
    await engine.dispose()
    return found


@pytest.fixture
def servers(stage: Stage) -> Iterator[list[Server]]:
    urls = {engine: url_of(engine, asyncio.run(create(engine))) for engine in ("postgresql", "mariadb")}
    yield [_behind_relay(engine, url, stage) for engine, url in urls.items()]
    for engine, url in urls.items():
        asyncio.run(drop(engine, url.rpartition("/")[2]))


def _behind_relay(engine: str, url: str, stage: Stage) -> Server:
    parsed = make_url(url)
    return Server(engine, url, stage.play(lambda: Relay(parsed.host, parsed.port)), stage)


def test_a_database_server_that_goes_away(
    servers: list[Server], upstream: FaultyUpstream, tmp_path: Path
) -> None:
    def story(server: Server) -> None:
        name = f"away-{server.engine}"
        storage = {"url": server.url_through_relay}
        with prepared(
            upstream, tmp_path / server.engine, two_accounts(name), {"storage": storage}
        ) as gateway:
            before = ask_way(gateway, PLAIN, name)
            assert soon(lambda: before.headers["request-id"] in server.logged())
            server.cut()
            upstream.behaviours[key_of(f"{name}-messages-1")] = limited(600)
            model = new_model()
            during = [
                ask_way(gateway, PLAIN, name, model),
                *(each for _, each in ask_every_way(gateway, name)),
            ]
            assert [answer.status for answer in during] == [200] * len(during)
            unavailable = key_named(gateway, "during")
            assert (unavailable.status, unavailable.json["error"]["code"]) == (503, "unavailable")
            assert gateway.said("the request log cannot be written; rows are kept in memory", level="warning")
            assert gateway.said("the state of accounts cannot be written, and is kept in memory")
            assert gateway.said("changes cannot be read from the database")

            server.mend()
            noted = {answer.headers["request-id"] for answer in (before, *during)}
            assert soon(lambda: server.logged() >= noted, 30), noted - server.logged()
            rest = soon(lambda: server.rows(f"SELECT * FROM cooldowns WHERE model = '{model}'"))
            assert [row["account_id"] for row in rest] == [f"{name}-messages-1"]
            assert soon(lambda: key_named(gateway, "after").status == 201)
            names = {row["name"] for row in server.rows("SELECT name FROM api_keys")}
            assert "after" in names and "during" not in names, "what was refused was not done"

            server.cut()
            ask_way(gateway, PLAIN, name)

    all_at_once(story, servers)


def test_a_database_server_that_falls_silent(
    servers: list[Server], upstream: FaultyUpstream, tmp_path: Path
) -> None:
    """Its connections stay, and nobody answers on them."""

    def story(server: Server) -> None:
        name = f"silent-{server.engine}"
        storage = {"url": server.url_through_relay}
        with prepared(upstream, tmp_path / name, two_accounts(name), {"storage": storage}) as gateway:
            before = ask_way(gateway, PLAIN, name)
            assert soon(lambda: before.headers["request-id"] in server.logged())
            server.freeze()
            began = time.monotonic()
            during = ask_every_way(gateway, name)
            for way, answer in during:
                assert_whole(way, answer)
            assert gateway.ask("/readyz").status == 200
            assert time.monotonic() - began < 5
            server.thaw()
            noted = {answer.headers["request-id"] for _, answer in during}
            assert soon(lambda: server.logged() >= noted, 30), noted - server.logged()

    all_at_once(story, servers)


def test_a_database_file_that_another_process_holds(prepare: Prepare) -> None:
    with prepare(two_accounts("held")) as gateway, ThreadPoolExecutor(1) as pool:
        with closing(sqlite3.connect(gateway.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = pool.submit(key_named, gateway, "patient")
            began = time.monotonic()
            for way, answer in ask_every_way(gateway, "held"):
                assert_whole(way, answer)
            assert time.monotonic() - began < 5
            assert not waiting.done()
            other.execute("ROLLBACK")
        assert waiting.result().status == 201
        assert gateway.request_row(answer.headers["request-id"])


def test_a_disk_without_room(prepare: Prepare) -> None:
    """No file of the gateway may grow beyond the size that its write-ahead log has."""
    with prepare(two_accounts("full")) as gateway:
        before = ask_way(gateway, PLAIN, "full")
        assert gateway.request_row(before.headers["request-id"])
        size = gateway.database.with_name("isthmus.db-wal").stat().st_size
        limits = resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        during = ask_every_way(gateway, "full")
        refused = key_named(gateway, "during")
        assert (refused.status, refused.json["error"]["code"]) == (503, "unavailable")
        assert gateway.said("the request log cannot be written; rows are kept in memory", level="warning")
        during += ask_every_way(gateway, "full")
        for way, answer in during:
            assert_whole(way, answer)

        resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, limits)
        for _, answer in during:
            assert gateway.request_row(answer.headers["request-id"])
        assert key_named(gateway, "after").status == 201
        assert [row["name"] for row in gateway.rows("SELECT name FROM api_keys")] == ["after"]
        assert gateway.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
