"""Accounts that are at their limit, dead, empty or sick: the others answer, and when none can, the client hears until when."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clients.asking import SDKS, Asker
from faults.answers import (
    CHAT,
    MESSAGES,
    TEXT,
    Behaviour,
    broke,
    dead,
    drip,
    good,
    limited,
    sick,
    slow,
)
from faults.conftest import Prepare
from faults.gateways import Gateway, soon
from faults.hearing import (
    Way,
    all_at_once,
    ask_way,
    assert_refused,
    assert_whole,
    new_model,
)
from faults.stocking import Stocked, key_of
from faults.upstream import FaultyUpstream

Json = dict[str, Any]
PLAIN = [Way(dialect, dialect, stream=False) for dialect in (MESSAGES, CHAT)]
STREAMS = [Way(dialect, dialect, stream=True) for dialect in (MESSAGES, CHAT)]


def behave(upstream: FaultyUpstream, provider: str, *behaviours: Behaviour) -> None:
    """The accounts of the provider from now on, in their order."""
    for number, behaviour in enumerate(behaviours, 1):
        upstream.behaviours[key_of(f"{provider}-{number}")] = behaviour


def rests_of(gateway: Gateway, model: str) -> list[Json]:
    return gateway.rows("SELECT * FROM cooldowns WHERE model = ?", model)


def times_asked(upstream: FaultyUpstream, provider: str) -> dict[int, int]:
    return {number: upstream.asked[key_of(f"{provider}-{number}")] for number in (1, 2, 3)}


def test_every_account_at_its_limit(gateway: Gateway, upstream: FaultyUpstream) -> None:
    def story(way: Way) -> None:
        provider, model = f"storm-{way.speaks}", new_model()
        behave(upstream, provider, limited(3), limited(2), limited(60))
        first = ask_way(gateway, way, "storm", model)
        assert_refused(way, first, "rate_limit")
        assert first.headers["retry-after"] == "2", "the soonest of the three"
        assert soon(lambda: len(rests_of(gateway, model)) == 3)
        rests = rests_of(gateway, model)
        assert {row["account_id"] for row in rests} == {f"{provider}-{number}" for number in (1, 2, 3)}
        assert {row["reason"] for row in rests} == {"rate_limit"}
        assert all(row["until_ms"] < (time.time() + 4) * 1000 for row in rests), "no rest beyond the longest"
        assert len(gateway.said("account rests", provider=provider, reason="rate_limit")) == 3
        row = gateway.request_row(first.headers["request-id"])
        assert (row["status"], row["error"], row["attempts"], row["upstream_status"]) == (
            429,
            "rate_limit",
            3,
            429,
        )

        second = ask_way(gateway, way, "storm", model)
        assert_refused(way, second, "rate_limit")
        assert second.headers["retry-after"] in {"1", "2"}
        assert times_asked(upstream, provider) == dict.fromkeys((1, 2, 3), 1), "whoever rests is not asked"

        behave(upstream, provider, good, slow, good)
        time.sleep(float(second.headers["retry-after"]))
        with ThreadPoolExecutor(4) as pool:
            for answer in pool.map(lambda _: ask_way(gateway, way, "storm", model), range(4)):
                assert_whole(way, answer)
        assert gateway.said("account is well again", provider=provider, account=f"{provider}-2")
        assert soon(lambda: not gateway.cooldowns(f"{provider}-2"))

    all_at_once(story, STREAMS)


@pytest.fixture(scope="module", params=["anthropic-python", "openai-python"])
def sdk(request: pytest.FixtureRequest) -> Iterator[Asker]:
    with Asker(SDKS[request.param]) as asker:
        yield asker


def test_two_of_three_accounts_at_their_limit(sdk: Asker, gateway: Gateway, upstream: FaultyUpstream) -> None:
    for speaks in (MESSAGES, CHAT):
        provider, model = f"thirds-{speaks}", new_model()
        behave(upstream, provider, limited(60), limited(60), good)
        said = sdk.at(f"{gateway.origin}/{provider}").say(model, how="final")
        assert said.text == TEXT
        assert said.stop in {"end_turn", "stop"}
        again = sdk.at(f"{gateway.origin}/{provider}").say(model, how="final")
        assert again.text == TEXT
        assert soon(lambda model=model: len(rests_of(gateway, model)) == 2)
        assert {row["account_id"] for row in rests_of(gateway, model)} == {f"{provider}-1", f"{provider}-2"}


def test_a_credential_that_is_refused(gateway: Gateway, upstream: FaultyUpstream) -> None:
    def story(way: Way) -> None:
        provider = f"dead-{way.speaks}"
        behave(upstream, provider, dead, good)
        for _ in range(3):
            assert_whole(way, ask_way(gateway, way, "dead"))
        assert times_asked(upstream, provider) == {1: 1, 2: 3, 3: 0}, "nobody asks it twice"
        off = soon(lambda: not gateway.account(f"{provider}-1")["enabled"])
        account = gateway.account(f"{provider}-1")
        assert off and account["off_reason"] == "invalid api key"
        line = gateway.said("account switched off", account=f"{provider}-1")[0]
        assert (line["level"], line["text"]) == ("error", "invalid api key")

    all_at_once(story, PLAIN)


def test_an_account_without_balance(gateway: Gateway, upstream: FaultyUpstream) -> None:
    def story(way: Way) -> None:
        provider = f"broke-{way.speaks}"
        behave(upstream, provider, broke, good)
        for _ in range(3):
            assert_whole(way, ask_way(gateway, way, "broke"))
        assert times_asked(upstream, provider) == {1: 1, 2: 3, 3: 0}, "every model of it rests"
        [rest] = soon(lambda: gateway.cooldowns(f"{provider}-1"))
        assert (rest["reason"], rest["model"]) == ("quota", "")
        assert gateway.account(f"{provider}-1")["enabled"], "it may be topped up"

    all_at_once(story, PLAIN)


def test_a_sick_upstream(gateway: Gateway, upstream: FaultyUpstream) -> None:
    """The breaker opens after five failures in a row, and closes when a probe goes well."""

    def story(way: Way) -> None:
        provider, model = f"breaker-{way.speaks}", new_model()
        behave(upstream, provider, sick)
        for _ in range(5):
            assert_refused(way, ask_way(gateway, way, "breaker", model), "upstream")
        refused = ask_way(gateway, way, "breaker", model)
        assert_refused(way, refused, "overloaded")
        assert 1 <= int(refused.headers["retry-after"]) <= 3
        assert times_asked(upstream, provider)[1] == 5, "a sick upstream is left alone"
        [rest] = soon(lambda: gateway.cooldowns(f"{provider}-1"))
        assert (rest["reason"], rest["model"]) == ("sick", model)
        assert_refused(way, ask_way(gateway, way, "breaker"), "upstream")  # Another model is another matter.

        behave(upstream, provider, good)
        time.sleep(int(refused.headers["retry-after"]))
        assert_whole(way, ask_way(gateway, way, "breaker", model))
        assert soon(lambda: not gateway.cooldowns(f"{provider}-1"))

    all_at_once(story, PLAIN)


def test_every_account_busy(gateway: Gateway, upstream: FaultyUpstream) -> None:
    def story(way: Way) -> None:
        behave(upstream, f"busy-{way.speaks}", drip(1.8))
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(ask_way, gateway, way, "busy")
            assert soon(lambda: upstream.asked[key_of(f"busy-{way.speaks}-1")])
            refused = ask_way(gateway, way, "busy")
            assert_refused(way, refused, "overloaded")
            assert_whole(way, first.result())
        assert upstream.asked[key_of(f"busy-{way.speaks}-1")] == 1
        row = gateway.request_row(refused.headers["request-id"])
        assert (row["error"], row["account_id"]) == ("overloaded", None)
        assert 900 < row["duration_ms"] < 3000, "it waited for a place as long as requests may queue"

    all_at_once(story, STREAMS)


def test_a_place_that_comes_free_in_time(gateway: Gateway, upstream: FaultyUpstream) -> None:
    def story(way: Way) -> None:
        behave(upstream, f"queue-{way.speaks}", drip(0.3))
        with ThreadPoolExecutor(3) as pool:
            for answer in pool.map(lambda _: ask_way(gateway, way, "queue"), range(3)):
                assert_whole(way, answer)

    all_at_once(story, STREAMS)


def test_a_restart_forgets_neither_rests_nor_dead_accounts(
    prepare: Prepare, upstream: FaultyUpstream
) -> None:
    names = [f"restart-{way.speaks}" for way in PLAIN]
    accounts = {name: [Stocked(key_of(f"{name}-{number}")) for number in (1, 2, 3)] for name in names}
    model = new_model()
    with prepare(accounts) as before:
        for way, name in zip(PLAIN, names, strict=True):
            behave(upstream, name, dead, limited(600), good)
            assert_whole(way, ask_way(before, way, "restart", model))
            assert soon(lambda name=name: before.cooldowns(f"{name}-2"))
            assert soon(lambda name=name: not before.account(f"{name}-1")["enabled"])
        rests = rests_of(before, model)
    with prepare({}, providers=before.configuration["providers"]) as after:
        assert rests_of(after, model) == rests
        for way, name in zip(PLAIN, names, strict=True):
            behave(upstream, name, good, good, good)
            answer = ask_way(after, way, "restart", model)
            assert_whole(way, answer)
            assert after.request_row(answer.headers["request-id"])["account_id"] == f"{name}-3"
            assert times_asked(upstream, name) == {1: 1, 2: 1, 3: 2}
