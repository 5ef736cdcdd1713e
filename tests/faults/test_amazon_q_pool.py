"""A hundred accounts of Amazon Q, eight of which fail in every way, and a thousand requests: no client sees an error."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from amazon_accounts import configuration, signed_in, store
from clients.running import Answered
from clients.stage import Stage
from faults.answers import CHAT, MESSAGES
from faults.gateways import Gateway, soon
from faults.hearing import Way, text_in
from faults.stocking import stock
from isthmus.config import Settings
from isthmus.simulators.amazon_q import Account, Simulator
from isthmus.simulators.amazon_q.quota import month_end
from operations.asking import ask

Json = dict[str, Any]
MODEL = "claude-sonnet-4.5"
ACCOUNTS, REQUESTS, AT_ONCE = 100, 1000, 16
KINDS = ("builder_id", "idc", "social", "api_key")
WAYS = [Way(dialect, "", stream) for dialect in (MESSAGES, CHAT) for stream in (True, False)]
SICK = ("cut-first", "500 0", "hang-up", "503 0", "html-200", "exception", "html-502", "empty")
"""What one account does by turns: everything that can go wrong before the first word, and that is nobody's fault."""


@dataclass(frozen=True, slots=True)
class Fails:
    """How an account fails, and what becomes of it: off with a reason that begins like this, or at rest for one."""

    off: str = ""
    rests: str = ""
    model: str | None = None
    """Rests for this model only."""


FAILS: Mapping[str, Fails] = {
    "signed out": Fails(off="needs sign-in"),
    "suspended": Fails(off="suspended"),
    "gate": Fails(off="not supported"),
    "no-profile": Fails(off="needs profile"),
    "month used up": Fails(rests="quota"),
    "throttled": Fails(rests="rate_limit", model=MODEL),
    "lacks the model": Fails(rests="no_model", model=MODEL),
    "sick": Fails(rests="sick", model=MODEL),
}


def fail(simulator: Simulator, account: Account, how: str) -> None:
    match how:
        case "signed out":
            simulator.revoke(account)
        case "month used up":
            account.quota.base.used = account.quota.base.limit
        case "lacks the model":
            account.lacks.add(MODEL)
        case "sick":
            simulator.fail(account, *itertools.islice(itertools.cycle(SICK), 200))
        case fault:
            account.fault = fault


@dataclass(frozen=True, slots=True)
class Pool:
    gateway: Gateway
    simulator: Simulator
    failing: Mapping[str, str]
    """How an account fails → its id."""


@pytest.fixture
def pool(stage: Stage, tmp_path: Path) -> Iterator[Pool]:
    simulator = stage.play(lambda: Simulator(keep=20_000))
    storage = {"data_dir": str(tmp_path / "isthmus")}
    settings = {"strategy": "round-robin"}
    configured = configuration(simulator, storage=storage, accounts=settings)
    stored = [signed_in(simulator, KINDS[number % len(KINDS)]) for number in range(ACCOUNTS)]
    asyncio.run(store(Settings.model_validate(configured), stored))
    people = list(simulator.people.accounts.values())
    failing = {}
    for number, how in enumerate(FAILS):
        # A builder's or an organisation's, whose access is renewed with a refresh token.
        account = people[number * 12 + number % 2]
        fail(simulator, account, how)
        failing[how] = account.id
    for account in people[2::10]:
        # Good, but for an access token that ended before its time.
        if account.id not in failing.values() and account.kind != "api_key":
            simulator.expire_access(account)
    token = stock(storage, {})
    with Gateway(configured, tmp_path, token) as gateway:
        yield Pool(gateway, simulator, failing)


def asked(gateway: Gateway, number: int) -> tuple[int, Way, Answered]:
    way = WAYS[number % len(WAYS)]
    text = f"Say exactly this: request {number} is answered."
    return number, way, ask(gateway, way.dialect, MODEL, stream=way.stream, text=text)


def assert_whole(number: int, way: Way, answer: Answered) -> None:
    assert answer.status == 200, (number, way, answer.body)
    assert text_in(way, answer) == f"request {number} is answered.", (number, way, answer.body)
    if way.stream:
        end = b'"message_stop"}' if way.dialect == MESSAGES else b"[DONE]"
        assert answer.body.rstrip().endswith(end), (number, way, answer.body)
        assert b'"error"' not in answer.body, (number, way, answer.body)


def shown(gateway: Gateway) -> dict[str, Json]:
    """Every account as the admin API tells of it."""
    rows: list[Json] = gateway.administer(f"/v2/accounts?limit={ACCOUNTS}").json["items"]
    return {row["id"]: row for row in rows}


def test_a_hundred_accounts_of_amazon_q_eight_of_which_fail(pool: Pool) -> None:
    gateway = pool.gateway
    with ThreadPoolExecutor(AT_ONCE) as clients:
        answers: Sequence[tuple[int, Way, Answered]] = list(
            clients.map(lambda number: asked(gateway, number), range(REQUESTS))
        )
    for answer in answers:
        assert_whole(*answer)

    assert soon(lambda: len(requests(gateway)) == REQUESTS)
    lines = requests(gateway)
    assert {line["status"] for line in lines} == {200}
    assert not [line for line in lines if "error" in line]
    assert len({line["account"] for line in lines}) == ACCOUNTS - len(FAILS), (
        "all that can answer, and no other"
    )

    rows = shown(gateway)
    assert {row["in_flight"] for row in rows.values()} == {0}, "every place is given back"
    for how, id in pool.failing.items():
        assert_suffered(gateway, rows[id], FAILS[how], how)
    for id, row in rows.items():
        if id not in pool.failing.values():
            assert row["enabled"] and not gateway.cooldowns(id), row


def requests(gateway: Gateway) -> list[Json]:
    return [line for line in gateway.log if line["event"] == "request"]


def assert_suffered(gateway: Gateway, row: Json, fails: Fails, how: str) -> None:
    account = gateway.account(row["id"])
    assert bool(account["enabled"]) is not bool(fails.off), (how, account)
    assert (account["off_reason"] or "").startswith(fails.off), (how, account)
    if not fails.rests:
        return
    [rest] = gateway.cooldowns(row["id"])
    assert (rest["reason"], rest["model"] or None) == (fails.rests, fails.model), (how, rest)
    if how == "month used up":
        assert abs(rest["until_ms"] / 1000 - month_end(time.time())) < 120, (how, rest)


PATIENCE_S = 2.0
LEAST_WITHOUT_END_S = 4 * 2.0
"""Each of four accounts would be asked three times, with a pause of a second at least before the second and the third."""


def test_every_account_of_amazon_q_in_trouble(stage: Stage, tmp_path: Path) -> None:
    simulator = stage.play(lambda: Simulator(keep=1000))
    storage = {"data_dir": str(tmp_path / "isthmus")}
    settings = {"strategy": "round-robin", "failover_timeout_s": PATIENCE_S}
    configured = configuration(simulator, storage=storage, accounts=settings)
    stored = [signed_in(simulator, KINDS[0]) for _ in range(4)]
    asyncio.run(store(Settings.model_validate(configured), stored))
    for account in simulator.people.accounts.values():
        account.fault = "500"
    token = stock(storage, {})
    with Gateway(configured, tmp_path, token) as gateway:
        began_s = time.monotonic()
        refused = ask(gateway, MESSAGES, MODEL, stream=True, text="Hello")
        took_s = time.monotonic() - began_s
        assert refused.status == 502, refused.body
        assert took_s < LEAST_WITHOUT_END_S - 1, took_s
        row = gateway.request_row(refused.headers["request-id"])
    assert all(each.id in row["attempt_list"] for each in stored), "pauses are left out before accounts are"
