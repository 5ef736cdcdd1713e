"""Twenty sessions of claude.ai, ten of which fail in every way, and five hundred requests: no client sees an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clients.running import Answered
from clients.stage import Stage
from faults.answers import CHAT, MESSAGES
from faults.gateways import soon
from faults.hearing import Way, text_in
from faults.web_scene import MODEL, Place, Scene, prepared
from operations.asking import ask

ACCOUNTS, REQUESTS, AT_ONCE = 20, 500, 16
WAYS = [Way(dialect, "", stream) for dialect in (MESSAGES, CHAT) for stream in (True, False)]
OFF = ""
FAULTS: Mapping[str, str] = {
    "F1": OFF,
    "F2": OFF,
    "F5": OFF,
    "F7 banned": OFF,
    "F7 restricted": "permission",
    "F8": "quota",
    "F12 model": "rate_limit",
    "F23 html": "sick",
    "F25 502": "sick",
    "F25 403": "sick",
}
"""Each with what becomes of the account: it is off, or rests for this reason."""
ENDLESS = {"5h": 100_000, "7d": 100_000, "7d_opus": 100_000}


PATIENT = {"strategy": "round-robin", "queue_timeout_s": 30, "max_attempts": len(FAULTS) + 1}
"""Before the faults are known, one request may meet every one of them: clients come in together."""


@pytest.fixture
def pool(stage: Stage, tmp_path: Path) -> Iterator[tuple[Scene, Mapping[str, str]]]:
    """And who has which fault."""
    failing = {fault: f"person-{2 * number}" for number, fault in enumerate(FAULTS)}
    faults = {id: fault for fault, id in failing.items()}
    places = [Place(id, faults.get(id, "")) for id in (f"person-{number}" for number in range(ACCOUNTS))]
    scene = prepared(stage, tmp_path, {"web": places}, accounts=PATIENT)
    for person in scene.simulator.accounts.values():
        person.concurrency = AT_ONCE
        for window in person.quota.windows.values():
            window.allowance = ENDLESS[window.key]
    with scene.gateway:
        yield scene, failing


def test_five_hundred_requests_of_a_pool_half_of_which_fails(pool: tuple[Scene, Mapping[str, str]]) -> None:
    scene, failing = pool
    gateway = scene.gateway

    def asked(number: int) -> tuple[int, Way, Answered]:
        way = WAYS[number % len(WAYS)]
        text = f"[[sim: text Request {number} is answered.]]"
        return number, way, ask(gateway, way.dialect, MODEL, stream=way.stream, text=text)

    with ThreadPoolExecutor(AT_ONCE) as clients:
        for number, way, answer in clients.map(asked, range(REQUESTS)):
            assert answer.status == 200, (number, way, answer.body)
            assert text_in(way, answer) == f"Request {number} is answered.", (number, way, answer.body)
            assert b'"error"' not in answer.body, (number, way, answer.body)

    assert soon(lambda: len(gateway.said("request")) == REQUESTS)
    lines = gateway.said("request", status=200)
    assert len(lines) == REQUESTS
    assert {line["account"] for line in lines} == set(scene.simulator.accounts) - set(failing.values())
    for fault, id in failing.items():
        if FAULTS[fault] is OFF:
            assert soon(lambda which=id: not gateway.account(which)["enabled"]), fault
            continue
        assert gateway.account(id)["enabled"], fault
        assert [each["reason"] for each in soon(lambda which=id: gateway.cooldowns(which))] == [
            FAULTS[fault]
        ], fault
    rows = gateway.administer(f"/v2/accounts?limit={ACCOUNTS}").json["items"]
    assert {row["in_flight"] for row in rows} == {0}, "every place is given back"
    assert soon(lambda: not any(len(each.conversations) for each in scene.simulator.accounts.values()))
