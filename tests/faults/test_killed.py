"""A gateway that is killed (`kill -9`): whatever it said was done is there afterwards, and it starts as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import pytest

from faults.answers import drip, good, limited
from faults.conftest import prepared
from faults.gateways import Gateway, soon
from faults.hearing import WAYS, Way, ask_every_way, ask_way, assert_whole, new_model
from faults.stocking import Stocked, key_of
from faults.upstream import FaultyUpstream

Json = dict[str, Any]
WRITERS = 4
ENOUGH = 24
STREAMS = [way for way in WAYS if way.stream]
NAMES = ("killed-chat", "killed-messages")
RESTING = "killed-messages-1"


class Writing:
    """Adds accounts and blocks addresses through the admin API until the gateway is gone; keeps what it acknowledged."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._next = iter(range(1, 255))
        self.accounts: set[str] = set()
        self.networks: set[str] = set()

    @property
    def count(self) -> int:
        return len(self.accounts) + len(self.networks)

    def run(self) -> None:
        try:
            for number in self._next:
                credential = {"api_key": f"sk-made-{number}"}
                account = {"provider": "written-chat", "label": f"{number}", "credential": credential}
                self.accounts.add(self._done("/v2/accounts", account)["id"])
                block = {"network": f"192.0.2.{number}"}
                self.networks.add(self._done("/v2/ips/block", block)["network"])
        except (OSError, HTTPException):
            return  # Killed before it answered: whether this one was done, nobody was told.

    def _done(self, path: str, body: object) -> Json:
        answer = self._gateway.administer(path, body)
        assert answer.status in {200, 201}, answer.body
        done: Json = answer.json
        return done


@dataclass(frozen=True)
class Killed:
    """What a gateway was doing when it was killed, and the one that was started after it on the same directory."""

    after: Gateway
    writing: Writing
    cut_off: list[Way]
    """The streams whose clients noticed."""
    noted: set[str]
    """Requests whose rows had been written."""
    model: str
    """The one for which an account rested."""


@pytest.fixture(scope="module")
def killed(upstream: FaultyUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    home, model = tmp_path_factory.mktemp("killed"), new_model()
    accounts = {name: [Stocked(key_of(f"{name}-{number}")) for number in (1, 2)] for name in NAMES}
    accounts["written-chat"] = []
    with prepared(upstream, home, accounts, {}) as gateway:
        upstream.behaviours[key_of(RESTING)] = limited(600)
        heard = [answer for _, answer in ask_every_way(gateway, "killed")]
        heard.append(ask_way(gateway, WAYS[0], "killed", model))
        noted = {gateway.request_row(answer.headers["request-id"])["request_id"] for answer in heard}
        assert soon(lambda: any(rest["model"] == model for rest in gateway.cooldowns(RESTING)))
        writing = Writing(gateway)
        upstream.behaviours |= dict.fromkeys((key_of(f"{name}-1") for name in NAMES), drip(30))
        with ThreadPoolExecutor(WRITERS + len(STREAMS)) as pool:
            streams = {way: pool.submit(ask_way, gateway, way, "killed") for way in STREAMS}
            assert soon(lambda: upstream.open_answers >= len(STREAMS))
            writers = [pool.submit(writing.run) for _ in range(WRITERS)]
            assert soon(lambda: writing.count >= ENOUGH or any(each.done() for each in writers))
            gateway.kill()
        for each in writers:
            each.result()
        cut_off = [way for way, stream in streams.items() if _was_cut_off(stream)]
    upstream.behaviours |= dict.fromkeys((key_of(f"{name}-1") for name in NAMES), good)
    with prepared(upstream, home, {}, {"providers": gateway.configuration["providers"]}) as after:
        yield Killed(after, writing, cut_off, noted, model)


def _was_cut_off(stream: Future[object]) -> bool:
    return isinstance(stream.exception(10), OSError | HTTPException)


def test_killed_while_an_operator_changes_things(killed: Killed) -> None:
    after, writing = killed.after, killed.writing
    assert writing.count >= ENOUGH
    assert after.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert writing.accounts <= {row["id"] for row in after.rows("SELECT id FROM accounts")}
    assert writing.networks <= {row["network"] for row in after.rows("SELECT network FROM blocked_ips")}
    assert after.administer("/v2/ips/block", {"network": "198.51.100.0/24"}).status == 200


def test_killed_while_streams_run(killed: Killed) -> None:
    after = killed.after
    assert killed.cut_off == STREAMS, "no client waits for ever"
    assert killed.noted <= {row["request_id"] for row in after.rows("SELECT request_id FROM request_logs")}
    assert any(rest["model"] == killed.model for rest in after.cooldowns(RESTING)), "the rest goes on"
    assert_whole(WAYS[0], ask_way(after, WAYS[0], "killed", killed.model))
    for way, answer in ask_every_way(after, "killed"):
        assert_whole(way, answer)
