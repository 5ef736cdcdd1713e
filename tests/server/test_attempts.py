"""One account after another until one answers, and what the client, the accounts and the record see of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from isthmus.core.commands import Exchange, Fetch, Fetched, Pause
from isthmus.core.errors import GatewayError, Kind, UpstreamError
from isthmus.core.interfaces import Signing
from isthmus.dialects.anthropic import Style, dialect, lint
from isthmus.routing.pool import DEFAULT_RULES, AccountId, Lease, Member, Pool, State, Strategy
from isthmus.server.answering import Answering
from isthmus.server.attempts import AccountAttempts
from isthmus.server.job import Job
from isthmus.server.records import Record
from isthmus.server.reply import ClientLeft, Pace
from isthmus.server.sources import Source, unauthorized
from isthmus.server.suppliers import Supplier
from isthmus.transport.http import Http, Limits
from isthmus.transport.programs import Programs
from isthmus.transport.workers import CrewRules
from one_client import Client
from parrots import PYTHON
from plainly import Script, Upstream, Wordy, frames, lines, upstream, words

LIMITED = web.Response(status=429, text="slow down")
GOOD = lines("begin", "hello", "end")


class Stage:
    """A provider with one account per upstream, in order of priority."""

    def __init__(
        self, http: Http, *, stream: bool = True, limits: Limits | None = None, pace: Pace | None = None
    ) -> None:
        self.http = http
        self.limits = limits or Limits()
        self.stack = AsyncExitStack()
        self.upstreams: list[Upstream] = []
        self.client = Client()
        self.record = Record("req_1", 0.0, "messages")
        self.job = Job(
            dialect,
            http.channel(self.limits),
            self.record,
            [],
            unauthorized,
            self.fetch,
            lambda channel, errand, keep: None,
            pace or Pace(),
            stream,
            style=Style(),
            signing=Signing("asked-for", "words", "0" * 24, 1_700_000_000, 42),
        )
        self.supplier: Supplier

    async def fetch(self, command: Fetch) -> Fetched:
        raise AssertionError

    async def open(self, *scripts: Script | web.Response, max_attempts: int = 5) -> None:
        self.upstreams = [await self.stack.enter_async_context(upstream(each)) for each in scripts]
        channel = self.http.channel(self.limits)
        sources = {f"a{at}": Source(Wordy(each.url), channel) for at, each in enumerate(self.upstreams)}
        members = [Member(AccountId(id), priority=at) for at, id in enumerate(sources)]
        pool = Pool(Strategy.PRIORITY, members)
        self.supplier = Supplier(
            next(iter(sources.values())), pool, sources.__getitem__, max_attempts=max_attempts
        )

    async def run(self, *, raw: bool = False, make: Callable[[Source], Exchange] | None = None) -> Client:
        def speak(source: Source) -> Exchange:
            assert isinstance(source.provider, Wordy)
            return frames(source.provider.url) if raw else words(source.provider.url)

        attempts = AccountAttempts(self.supplier, "m", self.job, make or speak)
        answering = Answering(self.job, self.client.receive, self.client.send)
        try:
            await asyncio.wait_for(answering.run(attempts), 10)
        finally:
            attempts.end(answering.failure)
        return self.client

    async def occupied(self, queue_timeout_s: float) -> Lease:
        """The place at the first account, which from now on has one alone."""
        only = Member(AccountId("a0"), max_concurrency=1)
        self.supplier.pool.update([only], Strategy.PRIORITY, DEFAULT_RULES)
        self.supplier.queue_timeout_s = queue_timeout_s
        lease = await self.supplier.lease("m", None, 0, ())
        assert isinstance(lease, Lease)
        return lease

    @property
    def asked(self) -> list[int]:
        return [each.asked for each in self.upstreams]

    def states(self) -> list[State]:
        return [each.state for each in self.supplier.pool.states(0.0)]

    def in_flight(self) -> int:
        return sum(each.in_flight for each in self.supplier.pool.states(0.0))


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


@pytest.fixture
async def stage(http: Http) -> AsyncIterator[Stage]:
    built = Stage(http)
    async with built.stack:
        yield built


@pytest.mark.parametrize("raw", [False, True])
async def test_the_third_account_answers_and_the_client_sees_one_clean_stream(
    stage: Stage, raw: bool
) -> None:
    await stage.open(LIMITED, LIMITED, GOOD)
    client = await stage.run(raw=raw)
    assert client.status == 200
    assert client.body.startswith(b"begin\nhello\nend\n") if raw else lint(client.body) == []
    assert stage.asked == [1, 1, 1]
    assert stage.record.account == "a2"
    assert [each.error for each in stage.record.attempt_list] == ["overloaded", "overloaded", None]
    assert stage.in_flight() == 0


async def test_the_record_says_when_each_account_was_asked(stage: Stage) -> None:
    stage.record.started_s = time.monotonic() - 2.0
    await stage.open(LIMITED, GOOD)
    await stage.run()
    first, second = stage.record.attempt_list
    assert stage.record.first_attempt_s is not None
    assert first.begun_ms == round((stage.record.first_attempt_s - stage.record.started_s) * 1000) >= 2000
    assert (first.waited_ms, second.waited_ms) == (0, 0)
    assert second.begun_ms >= first.begun_ms + first.took_ms - 1
    assert stage.record.queued_s is not None
    assert 0 <= stage.record.queued_s < 2


async def test_the_record_says_how_long_an_account_was_waited_for(stage: Stage) -> None:
    await stage.open(GOOD)
    lease = await stage.occupied(queue_timeout_s=10)
    asyncio.get_running_loop().call_later(0.05, stage.supplier.release, lease, None)
    await stage.run()
    record = stage.record
    assert record.queued_s is not None
    assert record.queued_s >= 0.04
    assert record.first_attempt_s is not None
    assert record.attempt_list == []


async def test_the_record_says_how_long_another_account_was_waited_for(stage: Stage) -> None:
    await stage.open(LIMITED, GOOD)
    members = [Member(AccountId("a0")), Member(AccountId("a1"), max_concurrency=1)]
    stage.supplier.pool.update(members, Strategy.PRIORITY, DEFAULT_RULES)
    stage.supplier.queue_timeout_s = 0.05
    await stage.supplier.lease("m", None, 0, [AccountId("a0")])
    with pytest.raises(GatewayError):
        await stage.run()
    [attempt] = stage.record.attempt_list
    assert (attempt.account, attempt.error) == ("a0", "overloaded")
    assert attempt.waited_ms >= 40
    assert str(attempt).endswith(f", then waited {attempt.waited_ms} ms")


async def test_the_record_says_how_long_an_account_was_waited_for_in_vain(stage: Stage) -> None:
    await stage.open(GOOD)
    await stage.occupied(queue_timeout_s=0.05)
    with pytest.raises(GatewayError):
        await stage.run()
    assert stage.record.queued_s is not None
    assert stage.record.queued_s >= 0.04
    assert stage.record.first_attempt_s is None


async def test_an_answer_that_breaks_before_a_word_is_said_goes_elsewhere(stage: Stage) -> None:
    await stage.open(lines("begin"), lines(), lines("begin", "oops"), GOOD)
    client = await stage.run()
    assert lint(client.body) == []
    assert stage.asked == [1, 1, 1, 1]
    assert client.body.count(b"message_start\n") == 1


async def test_an_answer_that_breaks_after_a_word_ends_honestly(stage: Stage) -> None:
    await stage.open(lines("begin", "hello", "oops"), GOOD)
    client = await stage.run()
    assert b"event: error" in client.body
    assert b"message_stop" not in client.body
    assert stage.asked == [1, 0]
    assert [each.error for each in stage.record.attempt_list] == ["overloaded"]
    assert stage.in_flight() == 0


async def test_the_clients_own_fault_is_tried_nowhere_else(stage: Stage) -> None:
    await stage.open(web.Response(status=400, text="bad tool"), GOOD)
    with pytest.raises(GatewayError, match="bad tool"):
        await stage.run()
    assert stage.asked == [1, 0]
    assert stage.states() == [State.HEALTHY, State.HEALTHY]


async def test_so_many_accounts_and_no_more_are_tried(http: Http) -> None:
    stage = Stage(http)
    async with stage.stack:
        await stage.open(LIMITED, LIMITED, LIMITED, GOOD, max_attempts=2)
        with pytest.raises(GatewayError, match="slow down"):
            await stage.run()
        assert stage.asked == [1, 1, 0, 0]


async def test_after_some_time_of_failures_no_further_account_is_tried(stage: Stage) -> None:
    await stage.open(LIMITED, LIMITED, GOOD)
    stage.supplier.failover_timeout_s = 0.0
    with pytest.raises(GatewayError, match="slow down"):
        await stage.run()
    assert stage.asked == [1, 1, 0], "the second is tried in any case"
    assert stage.record.notes == ["no further account was tried after 0 s of failures"]
    assert stage.in_flight() == 0


async def test_an_account_that_fails_late_gives_way_to_another_all_the_same(http: Http) -> None:
    stage = Stage(http, limits=Limits(first_byte_s=0.3, idle_s=0.3))
    async with stage.stack:
        await stage.open(lines(5.0, "begin"), GOOD)
        stage.supplier.failover_timeout_s = 0.1
        client = await stage.run()
    assert lint(client.body) == []
    assert stage.asked == [1, 1]


async def test_a_slow_but_healthy_answer_takes_the_time_it_needs(stage: Stage) -> None:
    await stage.open(LIMITED, LIMITED, lines("begin", 0.4, "hello", 0.2, "end"))
    stage.supplier.failover_timeout_s = 0.3
    client = await stage.run()
    assert lint(client.body) == []
    assert stage.asked == [1, 1, 1]


@pytest.mark.parametrize(("within_s", "asked"), [(0.2, 1), (30.0, 2)])
async def test_the_same_account_is_asked_again_while_there_is_time(
    stage: Stage, within_s: float, asked: int
) -> None:
    def patient(source: Source) -> Exchange:
        assert isinstance(source.provider, Wordy)
        try:
            yield from words(source.provider.url)
        except UpstreamError:
            yield Pause(0.5)
            yield from words(source.provider.url)

    await stage.open(LIMITED)
    stage.supplier.failover_timeout_s = within_s
    began_s = time.monotonic()
    with pytest.raises(GatewayError, match="slow down"):
        await stage.run(make=patient)
    assert stage.asked == [asked]
    assert (time.monotonic() - began_s >= 0.5) == (asked == 2)


async def test_a_pause_that_follows_no_failure_is_kept(stage: Stage) -> None:
    def hesitant(source: Source) -> Exchange:
        assert isinstance(source.provider, Wordy)
        yield Pause(0.2)
        yield from words(source.provider.url)

    await stage.open(GOOD)
    stage.supplier.failover_timeout_s = 0.0
    client = await stage.run(make=hesitant)
    assert lint(client.body) == []


async def test_a_further_account_that_is_busy_is_waited_for_as_long_as_there_is_time(stage: Stage) -> None:
    await stage.open(LIMITED, LIMITED, GOOD)
    only = [Member(AccountId(f"a{at}"), priority=-at, max_concurrency=1) for at in (0, 1, 2)]
    stage.supplier.pool.update(only, Strategy.PRIORITY, DEFAULT_RULES)
    assert isinstance(lease := await stage.supplier.lease("m", None, 0, ()), Lease)
    assert lease.account == "a2"
    stage.supplier.queue_timeout_s, stage.supplier.failover_timeout_s = 30.0, 0.3
    with pytest.raises(GatewayError):
        await asyncio.wait_for(stage.run(), 5)
    assert stage.asked == [1, 1, 0]


async def test_a_silent_account_gives_way_to_another(http: Http) -> None:
    stage = Stage(http, limits=Limits(first_byte_s=0.3, idle_s=0.3))
    async with stage.stack:
        await stage.open(lines(5.0, "begin"), GOOD)
        client = await stage.run()
    assert lint(client.body) == []
    assert [each.error for each in stage.record.attempt_list] == ["timeout", None]


async def test_headers_that_have_left_do_not_bind_to_an_account(http: Http) -> None:
    stage = Stage(http, limits=Limits(first_byte_s=0.6, idle_s=0.6), pace=Pace(0.1, 0.1))
    async with stage.stack:
        await stage.open(lines(5.0, "begin"), GOOD)
        client = await stage.run()
    assert client.status == 200
    assert lint(client.body) == []
    assert b"ping" in client.body
    assert b"hello" in client.body


async def test_a_plain_answer_fails_over_too(http: Http) -> None:
    stage = Stage(http, stream=False)
    async with stage.stack:
        await stage.open(lines("begin", "half"), GOOD)
        client = await stage.run()
    assert client.status == 200
    assert b"hello" in client.body
    assert b"half" not in client.body


async def test_a_client_that_leaves_costs_the_account_nothing(stage: Stage) -> None:
    await stage.open(lines(5.0, "begin"), GOOD)
    running = asyncio.create_task(stage.run())
    await asyncio.sleep(0.4)
    stage.client.leaving.set()
    with pytest.raises(ClientLeft):
        await running
    assert stage.asked == [1, 0]
    assert stage.in_flight() == 0
    assert stage.states() == [State.HEALTHY, State.HEALTHY]
    assert stage.record.attempt_list == []


async def test_when_all_are_at_their_limit_the_client_hears_when_to_come_back(stage: Stage) -> None:
    await stage.open(GOOD)
    lease = await stage.supplier.lease("m", None, 0, ())
    assert isinstance(lease, Lease)
    stage.supplier.release(lease, UpstreamError("slow", kind=Kind.RATE_LIMIT, status=429, cooldown_s=40.0))
    with pytest.raises(GatewayError, match="every account of provider 'wordy' is at its limit") as caught:
        await stage.run()
    assert caught.value.retry_after_s == pytest.approx(40.0, abs=2.0)
    assert stage.asked == [0]


async def test_the_processes_of_an_account_come_with_it(http: Http, tmp_path: Path) -> None:
    async with Programs(tmp_path) as programs, upstream(GOOD) as up:
        crew = programs.crew("parrots", CrewRules(), lambda: PYTHON)
        source = Source(Wordy(up.url), http.channel(Limits()), crew=crew)
        stage = Stage(http)
        pool = Pool(Strategy.PRIORITY, [Member(AccountId("a"))])
        stage.supplier = Supplier(source, pool, lambda account: source)
        await stage.run()
        assert stage.job.crew is crew
