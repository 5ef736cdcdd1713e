"""Who gets a place, who waits for one, and what is said when there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from isthmus.core.commands import Spare
from isthmus.core.errors import Kind, Next, Scope, UpstreamError
from isthmus.providers.dummy import Dummy
from isthmus.routing.pool import AccountId, Change, Exhausted, Lease, Member, Pool, Strategy, Why
from isthmus.server.sources import Source
from isthmus.server.suppliers import Supplier, alone
from isthmus.transport.http import Http, Limits


class Noted:
    """A journal that can be read."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.uses: list[tuple[str, int, int, bool]] = []

    def changed(self, provider: str, account: AccountId, change: Change) -> None:
        self.changes.append(change)

    def used(
        self, account: AccountId, tokens_in: int, tokens_out: int, failure: UpstreamError | None
    ) -> None:
        self.uses.append((account, tokens_in, tokens_out, failure is None))


@pytest.fixture
async def source() -> AsyncIterator[Source]:
    async with Http() as http:
        yield Source(Dummy("mine"), http.channel(Limits()))


def supplier(source: Source, *members: Member, queue_timeout_s: float = 5.0) -> tuple[Supplier, Noted]:
    noted = Noted()
    pool = Pool(Strategy.PRIORITY, members)
    return Supplier(source, pool, lambda _: source, noted, queue_timeout_s=queue_timeout_s), noted


def member(name: str, **fields: int) -> Member:
    return Member(AccountId(name), **fields)  # type: ignore[arg-type]


async def taken(supplier: Supplier, *tried: str) -> Lease:
    lease = await supplier.lease("m", None, 0, [AccountId(each) for each in tried])
    assert isinstance(lease, Lease)
    return lease


async def test_a_request_waits_for_a_place_and_gets_it(source: Source) -> None:
    mine, _ = supplier(source, member("a", max_concurrency=1))
    first = await taken(mine)
    second = asyncio.create_task(taken(mine))
    await asyncio.sleep(0.01)
    assert not second.done()
    mine.release(first, None)
    assert (await asyncio.wait_for(second, 1)).account == "a"


async def test_nobody_waits_longer_than_the_queue_allows(source: Source) -> None:
    mine, _ = supplier(source, member("a", max_concurrency=1), queue_timeout_s=0.05)
    await taken(mine)
    exhausted = await asyncio.wait_for(mine.lease("m", None, 0, ()), 2)
    assert isinstance(exhausted, Exhausted)
    assert exhausted.why is Why.BUSY
    assert mine.refusal(exhausted, None).kind is Kind.OVERLOADED


async def test_who_gives_up_waiting_passes_the_turn_on(source: Source) -> None:
    mine, _ = supplier(source, member("a", max_concurrency=1))
    first = await taken(mine)
    impatient, patient = asyncio.create_task(taken(mine)), asyncio.create_task(taken(mine))
    await asyncio.sleep(0.01)
    mine.release(first, None)  # Wakes the impatient one,
    impatient.cancel()  # which leaves before it can look.
    assert (await asyncio.wait_for(patient, 1)).account == "a"


async def test_a_probe_that_is_answered_lets_everybody_in(source: Source) -> None:
    mine, noted = supplier(source, member("a"))
    lease = await taken(mine)
    mine.release(lease, UpstreamError("slow down", kind=Kind.RATE_LIMIT, status=429, cooldown_s=0.05))
    assert isinstance(await mine.lease("m", None, 0, ()), Exhausted)
    await asyncio.sleep(0.06)
    probe = await taken(mine)
    waiting = [asyncio.create_task(taken(mine)) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert not any(each.done() for each in waiting)
    mine.answered(probe)
    assert len(await asyncio.wait_for(asyncio.gather(*waiting), 1)) == 3
    assert [bool(change.cooling) for change in noted.changes] == [True, False]


async def test_the_journal_hears_of_what_was_used(source: Source) -> None:
    mine, noted = supplier(source, member("a"))
    good, bad, left = [await taken(mine) for _ in range(3)]
    mine.answered(good)
    mine.release(good, None, 7, 3)
    mine.release(bad, UpstreamError("broken", status=500))
    mine.release(left, None)  # The client left before a word was said: no verdict.
    assert noted.uses == [("a", 7, 3, True), ("a", 0, 0, False)]


async def test_an_account_that_answered_may_have_to_rest_all_the_same(source: Source) -> None:
    mine, noted = supplier(source, member("a"), member("b"))
    lease = await taken(mine)
    mine.answered(lease)
    full = UpstreamError("the window is used up", status=429, scope=Scope.ACCOUNT, cooldown_s=600.0)
    mine.release(lease, None, 7, 3, rest=full)
    assert [bool(change.cooling) for change in noted.changes] == [True]
    assert noted.uses == [("a", 7, 3, True)]
    assert (await taken(mine)).account == "b"


async def test_an_account_near_its_limit_lets_others_go_first(source: Source) -> None:
    mine, noted = supplier(source, member("a"), member("b"))
    lease = await taken(mine)
    mine.answered(lease)
    mine.release(lease, None, 7, 3, spare=Spare(600.0))
    for _ in range(3):
        other = await taken(mine)
        assert other.account != lease.account
        mine.release(other, None)
    assert noted.changes == [], "it is well"


LACKING = UpstreamError("not here", kind=Kind.MODEL_NOT_FOUND, status=400, next=Next.OTHER_ACCOUNT)
LIMITED = UpstreamError("slow down", kind=Kind.RATE_LIMIT, status=429, next=Next.OTHER_ACCOUNT)
REFUSED = UpstreamError("refused", status=401, next=Next.OTHER_ACCOUNT, scope=Scope.CREDENTIAL)
BROKEN = UpstreamError("broken", status=500, next=Next.OTHER_ACCOUNT)


@pytest.mark.parametrize(
    ("why", "wait_s", "failure", "kind", "said"),
    [
        (Why.LIMITED, 4.0, None, Kind.RATE_LIMIT, "at its limit"),
        (Why.LIMITED, 4.0, REFUSED, Kind.RATE_LIMIT, "at its limit"),
        (Why.LIMITED, 4.0, BROKEN, Kind.UPSTREAM, "broken"),
        (Why.SICK, 4.0, None, Kind.OVERLOADED, "rests after failures"),
        (Why.LACKING, None, None, Kind.MODEL_NOT_FOUND, "does not have this model"),
        (Why.LACKING, 4.0, LACKING, Kind.MODEL_NOT_FOUND, "not here"),
        (Why.LIMITED, 4.0, LACKING, Kind.RATE_LIMIT, "at its limit"),
        (Why.BUSY, None, None, Kind.OVERLOADED, "is busy"),
        (Why.ALL_TRIED, None, BROKEN, Kind.UPSTREAM, "broken"),
        (Why.ALL_TRIED, None, REFUSED, Kind.UPSTREAM, "refused"),
        (Why.DISABLED, None, REFUSED, Kind.UPSTREAM, "refused"),
        (Why.DISABLED, None, None, Kind.UPSTREAM, "add one, or switch one on"),
        (Why.NONE, None, None, Kind.UPSTREAM, "add one, or switch one on"),
    ],
)
async def test_what_is_said_when_nobody_can(
    source: Source, why: Why, wait_s: float | None, failure: UpstreamError | None, kind: Kind, said: str
) -> None:
    error = alone(source).refusal(Exhausted(why, wait_s, "for the operator"), failure)
    assert (error.kind, said in error.message) == (kind, True)
    if failure is None or error is not failure:
        assert (error.retry_after_s, error.next) == (wait_s, Next.NOTHING)
        assert error.detail == "for the operator"


async def test_allowances_that_are_used_up_are_told_as_such(source: Source) -> None:
    spent = alone(source).refusal(Exhausted(Why.LIMITED, 4.0, "", is_spent=True), None)
    hasty = alone(source).refusal(Exhausted(Why.LIMITED, 4.0, ""), None)
    assert (spent.scope, hasty.scope) == (Scope.ACCOUNT, Scope.MODEL)


async def test_a_model_that_nobody_has_is_named(source: Source) -> None:
    error = alone(source).refusal(Exhausted(Why.LACKING, None, ""), None, "model 'x'")
    assert error.message.endswith("does not have model 'x'")


async def test_a_limit_is_told_with_the_soonest_moment_to_come_back(source: Source) -> None:
    failure = UpstreamError("slow down", kind=Kind.RATE_LIMIT, status=429, retry_after_s=30.0)
    assert alone(source).refusal(Exhausted(Why.LIMITED, 4.0, ""), failure).retry_after_s == 4.0


async def test_renewing_keeps_what_is_under_way(source: Source) -> None:
    mine, _ = supplier(source, member("a", max_concurrency=1))
    other, _ = supplier(source, member("b"))
    lease = await taken(mine)
    mine.renew(other)
    assert mine.pool.states(0.0)[0].in_flight == 1
    mine.release(lease, None)
    assert mine.pool.states(0.0)[0].in_flight == 0


async def test_a_source_that_would_be_made_the_same_is_kept(source: Source) -> None:
    mine, _ = supplier(source, member("a"), member("b"), member("c"))
    a, b, c = AccountId("a"), AccountId("b"), AccountId("c")
    made = [Source(Dummy(each), source.channel) for each in "abcdef"]
    mine.open = lambda _: made.pop(0)
    mine.made_of = {a: "one key", b: "another key"}
    kept, changed, unknown = mine.source(a), mine.source(b), mine.source(c)
    other, _ = supplier(source, member("a"), member("b"), member("c"))
    other.open = mine.open
    other.made_of = {a: "one key", b: "a new key"}
    mine.renew(other)
    assert mine.source(a) is kept
    assert mine.source(b) is not changed
    assert mine.source(c) is not unknown
