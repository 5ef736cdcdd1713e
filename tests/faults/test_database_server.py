"""A database server that is away or silent: requests go on, and nothing that was noted is lost while the gateway lives."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from clients.stage import Stage
from databases import create, drop, url_of
from faults.answers import limited
from faults.conftest import prepared
from faults.gateways import Gateway, soon
from faults.hearing import WAYS, all_at_once, ask_every_way, ask_way, assert_whole, new_model
from faults.relay import Relay
from faults.stocking import Stocked, key_of
from faults.upstream import FaultyUpstream

Json = dict[str, Any]
PLAIN = WAYS[0]
SCHEMES = {"postgresql": "postgresql", "mariadb": "mysql"}
WRITTEN_WITHIN_S = 30.0


@dataclass(frozen=True)
class Far:
    """A gateway whose database is on a server, behind a relay."""

    engine: str
    url: str
    relay: Relay
    stage: Stage
    gateway: Gateway

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


@pytest.fixture(scope="module")
def fars(
    stage: Stage, upstream: FaultyUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Far]]:
    """One on each engine, for all tests of this module; the last of them stops the gateways."""
    with ExitStack() as stack:

        def start(engine: str) -> Far:
            url = make_url(url_of(engine, asyncio.run(create(engine))))
            stack.callback(lambda: asyncio.run(drop(engine, url.database)))
            relay = stage.play(lambda: Relay(url.host, url.port))
            through = url.set(drivername=SCHEMES[engine], port=relay.port).render_as_string(False)
            accounts = {
                f"{engine}-{speaks}": [Stocked(key_of(f"{engine}-{speaks}-{number}")) for number in (1, 2)]
                for speaks in ("chat", "messages")
            }
            home = tmp_path_factory.mktemp(engine)
            gateway = prepared(upstream, home, accounts, {"storage": {"url": through}})
            far = Far(engine, url.render_as_string(False), relay, stage, stack.enter_context(gateway))
            before = ask_way(gateway, PLAIN, engine)
            assert soon(lambda: before.headers["request-id"] in far.logged())
            return far

        with ThreadPoolExecutor(len(SCHEMES)) as pool:
            yield list(pool.map(start, SCHEMES))


def test_a_database_server_that_falls_silent(fars: list[Far]) -> None:
    """Its connections stay, and nobody answers on them."""

    def story(far: Far) -> None:
        far.freeze()
        began = time.monotonic()
        during = ask_every_way(far.gateway, far.engine)
        for way, answer in during:
            assert_whole(way, answer)
        assert far.gateway.ask("/readyz").status == 200
        assert time.monotonic() - began < 5
        far.thaw()
        noted = {answer.headers["request-id"] for _, answer in during}
        assert soon(lambda: far.logged() >= noted, WRITTEN_WITHIN_S), noted - far.logged()

    all_at_once(story, fars)


def test_a_database_server_that_goes_away(fars: list[Far], upstream: FaultyUpstream) -> None:
    def story(far: Far) -> None:
        gateway, model, resting = far.gateway, new_model(), f"{far.engine}-messages-1"
        far.cut()
        upstream.behaviours[key_of(resting)] = limited(600)
        during = [ask_way(gateway, PLAIN, far.engine, model)]
        during += [answer for _, answer in ask_every_way(gateway, far.engine)]
        assert [answer.status for answer in during] == [200] * len(during)
        unavailable = gateway.administer("/v2/keys", {"name": "during"})
        assert (unavailable.status, unavailable.json["error"]["code"]) == (503, "unavailable")
        assert gateway.said("the request log cannot be written; rows are kept in memory", level="warning")
        assert gateway.said("the state of accounts cannot be written, and is kept in memory")
        assert gateway.said("changes cannot be read from the database")

        far.mend()
        noted = {answer.headers["request-id"] for answer in during}
        assert soon(lambda: far.logged() >= noted, WRITTEN_WITHIN_S), noted - far.logged()
        rests = soon(lambda: far.rows(f"SELECT * FROM cooldowns WHERE model = '{model}'"))
        assert [row["account_id"] for row in rests] == [resting]
        assert soon(lambda: gateway.administer("/v2/keys", {"name": "after"}).status == 201)
        names = {row["name"] for row in far.rows("SELECT name FROM api_keys")}
        assert names == {"after"}, "what was refused was not done"

    all_at_once(story, fars)


def test_a_gateway_that_stops_while_its_database_server_is_away(fars: list[Far]) -> None:
    """It says how much was lost, also soon after it said that nothing could be written."""

    def story(far: Far) -> None:
        far.cut()
        ask_way(far.gateway, PLAIN, far.engine)
        far.gateway.stop()
        assert far.gateway.said("rows of the request log are lost", dropped=1)

    all_at_once(story, fars)
