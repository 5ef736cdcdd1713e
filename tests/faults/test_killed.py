"""A gateway that is killed (`kill -9`): whatever it said was done is there afterwards, and it starts as if nothing had been."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

from faults.answers import drip, good, limited
from faults.conftest import Prepare
from faults.gateways import Gateway, soon
from faults.hearing import WAYS, Way, ask_every_way, ask_way, assert_whole, new_model
from faults.stocking import Stocked, key_of
from faults.upstream import FaultyUpstream

WRITERS = 4
ENOUGH = 24
STREAMS = [way for way in WAYS if way.stream]


def accounts(name: str, count: int = 1) -> dict[str, list[Stocked]]:
    return {
        f"{name}-{speaks}": [Stocked(key_of(f"{name}-{speaks}-{at + 1}")) for at in range(count)]
        for speaks in ("chat", "messages")
    }


class Writing:
    """Makes accounts and keys through the admin API until the gateway is gone; keeps the ids of those it acknowledged."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._next = iter(range(10_000))
        self.accounts: set[str] = set()
        self.keys: set[str] = set()

    @property
    def count(self) -> int:
        return len(self.accounts) + len(self.keys)

    def run(self) -> None:
        try:
            while True:
                number = next(self._next)
                credential = {"api_key": f"sk-made-{number}"}
                account = {"provider": "written-chat", "credential": credential, "label": f"{number}"}
                self.accounts.add(self._made("/v2/accounts", account))
                self.keys.add(self._made("/v2/keys", {"name": f"key {number}"}))
        except (OSError, HTTPException):
            return  # Killed before it answered: whether this one was done, nobody was told.

    def _made(self, path: str, body: object) -> str:
        answer = self._gateway.administer(path, body)
        assert answer.status == 201, answer.body
        id: str = answer.json["id"]
        return id


def test_killed_while_an_operator_changes_things(prepare: Prepare) -> None:
    with prepare(accounts("written")) as gateway:
        writing = Writing(gateway)
        with ThreadPoolExecutor(WRITERS) as pool:
            writers = [pool.submit(writing.run) for _ in range(WRITERS)]
            assert soon(lambda: writing.count >= ENOUGH or any(each.done() for each in writers))
            gateway.kill()
        for each in writers:
            each.result()
        assert writing.count >= ENOUGH
    with prepare({}, providers=gateway.configuration["providers"]) as again:
        assert gateway.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        kept = {row["id"] for row in again.rows("SELECT id FROM accounts UNION SELECT id FROM api_keys")}
        assert writing.accounts | writing.keys <= kept
        assert again.administer("/v2/keys", {"name": "after"}).status == 201


def test_killed_while_streams_run(prepare: Prepare, upstream: FaultyUpstream) -> None:
    with prepare(accounts("killed", 2)) as gateway:
        for way, answer in ask_every_way(gateway, "killed"):
            assert_whole(way, answer)
            assert gateway.request_row(answer.headers["request-id"])
        noted = {row["request_id"] for row in gateway.rows("SELECT request_id FROM request_logs")}
        model = new_model()
        upstream.behaviours[key_of("killed-messages-1")] = limited(600)
        assert_whole(WAYS[0], ask_way(gateway, WAYS[0], "killed", model))
        assert soon(lambda: gateway.cooldowns("killed-messages-1"))
        for speaks in ("chat", "messages"):
            upstream.behaviours[key_of(f"killed-{speaks}-1")] = drip(30)
        ended: list[Way] = []
        listeners = [threading.Thread(target=_listen, args=(gateway, way, ended)) for way in STREAMS]
        for each in listeners:
            each.start()
        assert soon(lambda: upstream.open_answers >= len(STREAMS))
        gateway.kill()
        for each in listeners:
            each.join(10)
        assert sorted(map(repr, ended)) == sorted(map(repr, STREAMS)), "no client waits for ever"
    for speaks in ("chat", "messages"):
        upstream.behaviours[key_of(f"killed-{speaks}-1")] = good
    with prepare({}, providers=gateway.configuration["providers"]) as again:
        assert noted <= {row["request_id"] for row in again.rows("SELECT request_id FROM request_logs")}
        assert again.cooldowns("killed-messages-1"), "the rest goes on"
        assert_whole(WAYS[0], ask_way(again, WAYS[0], "killed", model))
        for way, answer in ask_every_way(again, "killed"):
            assert_whole(way, answer)


def _listen(gateway: Gateway, way: Way, ended: list[Way]) -> None:
    try:
        ask_way(gateway, way, "killed")
    except (OSError, HTTPException):
        ended.append(way)
