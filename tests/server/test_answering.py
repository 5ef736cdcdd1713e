"""One answer at a time, over a real upstream on loopback and the ASGI messages a server would see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from isthmus.core.commands import (
    Authorize,
    Call,
    Errand,
    Exchange,
    Fetch,
    Fetched,
    Grant,
    Head,
    Keep,
    Later,
    Pause,
    Rest,
    Say,
    Spare,
    Stream,
)
from isthmus.core.errors import GatewayError, Kind, Next, Scope, UpstreamError, UpstreamProtocolError
from isthmus.core.events import BLOCK_STOPPED, TEXT_STARTED, Finished, Started, Stop, TextDelta
from isthmus.core.losses import Action, Loss
from isthmus.core.secret import Secret
from isthmus.dialects.anthropic import dialect, lint
from isthmus.server.answering import Answering, _upstream_id
from isthmus.server.job import Once
from isthmus.server.reply import ClientLeft, Pace
from isthmus.transport.http import Http, Limits
from isthmus.transport.programs import Programs
from isthmus.transport.workers import CrewRules
from one_answer import Stage
from parrots import PYTHON, alive, parrot, talk, until
from plainly import WordDecoder, classify, frames, lines, upstream, words

FIRST = Grant("builder_id", Secret("first"))


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


def test_the_upstreams_id_is_noted_without_the_credential() -> None:
    sent = (("authorization", "Bearer the-key-itself"),)
    assert _upstream_id(Head(500, {"x-request-id": "id of the-key-itself"}), sent) == "id of ***"
    assert _upstream_id(Head(200, {"request-id": "req_7", "x-request-id": "8"}), sent) == "req_7"
    assert _upstream_id(Head(200, {}), sent) is None


@pytest.mark.parametrize("stream", [True, False])
async def test_a_refusal_before_the_first_word_keeps_its_meaning(http: Http, stream: bool) -> None:
    stage = Stage(http, stream=stream)
    async with upstream(web.Response(status=529, text="busy")) as up:
        with pytest.raises(UpstreamError, match="busy") as caught:
            await stage.run(words(up.url))
    assert caught.value.kind is Kind.OVERLOADED
    assert stage.client.messages == []
    assert stage.record.upstream_status == 529


async def test_a_cut_connection_ends_in_an_error(http: Http) -> None:
    async def cut(response: web.StreamResponse) -> None:
        await response.write(b"begin\nhello\n")
        await asyncio.sleep(0.05)
        assert response._req is not None
        assert response._req.transport is not None
        response._req.transport.abort()

    stage = Stage(http)
    async with upstream(cut) as up:
        client = await stage.run(words(up.url))
    assert b"event: error" in client.body
    assert client.complete
    assert stage.record.error == "upstream"


async def test_an_exchange_may_try_again_before_the_first_word(http: Http) -> None:
    def stubborn(url: str) -> Exchange:
        for attempt in range(2):
            try:
                yield Stream("POST", url, (), b"", lambda head: WordDecoder(), classify)
            except UpstreamError:
                if attempt:
                    raise
            else:
                return

    stage = Stage(http)
    async with upstream(lines("begin", "oops"), lines("begin", "better", "end")) as up:
        client = await stage.run(stubborn(up.url))
    assert lint(client.body) == []
    assert client.body.count(b"message_start") == 2  # one event: its name and its type
    assert stage.record.attempts == 2


async def test_losses_are_told_in_a_header(http: Http) -> None:
    stage = Stage(http)
    stage.job.losses = (Loss("seed", Action.DROPPED),)
    async with upstream(lines("begin", "x", "end")) as up:
        client = await stage.run(words(up.url, losses=(Loss("max_tokens", Action.CLAMPED, "9→8"),)))
    assert client.headers["x-isthmus-loss"] == "seed=dropped, max_tokens=clamped(9->8)"
    assert len(stage.record.losses) == 2


async def test_a_refusal_of_the_clients_own_making_is_passed_on_as_it_is(http: Http) -> None:
    stage = Stage(http)
    answering = Answering(stage.job, stage.client.receive, stage.client.send)
    refusal = b'{"error" : {"message":"no"}, "odd":1}'
    async with upstream(web.Response(status=400, body=refusal, content_type="application/json")) as up:
        with pytest.raises(UpstreamError):
            await answering.run(Once(frames(up.url)))
    assert answering.verbatim == (400, b"application/json", refusal)


async def test_an_earlier_refusal_is_not_told_for_a_later_failure(http: Http) -> None:
    def twice(url: str) -> Exchange:
        try:
            yield from frames(url)
        except UpstreamError:
            yield from frames("http://127.0.0.1:1/")

    stage = Stage(http)
    answering = Answering(stage.job, stage.client.receive, stage.client.send)
    refusal = b'{"type":"error","error":{"type":"invalid_request_error","message":"no"}}'
    async with upstream(web.Response(status=400, body=refusal, content_type="application/json")) as up:
        with pytest.raises(UpstreamError, match="cannot be reached"):
            await answering.run(Once(twice(up.url)))
    assert answering.verbatim is None


@pytest.mark.parametrize("body", [b'{"code":20012,"message":"no"}', b'{"error":"no"}', b"[]", b"no", b""])
async def test_a_refusal_in_a_shape_no_sdk_reads_is_told_in_the_dialects_own(http: Http, body: bytes) -> None:
    stage = Stage(http)
    answering = Answering(stage.job, stage.client.receive, stage.client.send)
    async with upstream(web.Response(status=400, body=body, content_type="application/json")) as up:
        with pytest.raises(UpstreamError):
            await answering.run(Once(frames(up.url)))
    assert answering.verbatim is None


async def test_headers_leave_after_a_while_and_keep_alives_follow(http: Http) -> None:
    stage = Stage(http, pace=Pace(commit_after_s=0.4, keepalive_s=0.3))
    async with upstream(lines("begin", 2.2, "late", "end")) as up:
        client = await stage.run(words(up.url))
    assert client.status == 200
    before = client.body[: client.body.index(b"message_start")]
    assert before.count(b"event: ping") >= 3
    assert lint(client.body) == []


async def test_after_early_headers_another_attempt_is_still_possible(http: Http) -> None:
    def twice(url: str) -> Exchange:
        try:
            yield Stream("POST", url, (), b"", lambda head: WordDecoder(), classify)
        except UpstreamError:
            yield Stream("POST", url, (), b"", lambda head: WordDecoder(), classify)

    stage = Stage(http, pace=Pace(commit_after_s=0.3, keepalive_s=0.3))
    async with upstream(lines("begin", 0.8, "oops"), lines("begin", "better", "end")) as up:
        client = await stage.run(twice(up.url))
    assert lint(client.body) == []
    assert b"better" in client.body


async def test_a_failure_after_early_headers_is_told_inside(http: Http) -> None:
    stage = Stage(http, pace=Pace(commit_after_s=0.3))
    async with upstream(lines("begin", 0.6, "oops")) as up:
        client = await stage.run(words(up.url))
    assert client.status == 200
    assert b"overloaded_error" in client.body
    assert client.complete


@pytest.mark.parametrize(
    ("script", "limits", "said"),
    [
        (lines(5.0), Limits(first_byte_s=0.4), "did not begin"),
        (lines("begin", 5.0), Limits(idle_s=0.4), "fell silent"),
    ],
)
async def test_silence_has_its_limits(http: Http, script: Any, limits: Limits, said: str) -> None:
    stage = Stage(http, limits=limits)
    async with upstream(script) as up:
        with pytest.raises(GatewayError, match=said) as caught:
            await stage.run(words(up.url))
        assert caught.value.kind is Kind.TIMEOUT
        await asyncio.wait_for(up.gone.wait(), 1)


async def test_silence_after_the_first_word_is_told_inside(http: Http) -> None:
    stage = Stage(http, limits=Limits(idle_s=0.4))
    async with upstream(lines("begin", "hello", 5.0)) as up:
        client = await stage.run(words(up.url))
    assert b"timeout_error" in client.body
    assert client.complete


async def test_a_plain_answer_has_its_limit_too(http: Http) -> None:
    stage = Stage(http, stream=False, limits=Limits(whole_s=0.4))
    async with upstream(lines("begin", "x", 0.3, "y", 5.0)) as up:
        with pytest.raises(GatewayError, match="did not complete"):
            await stage.run(words(up.url))


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_stops_the_upstream_within_a_second(http: Http, stream: bool) -> None:
    stage = Stage(http, stream=stream)
    async with upstream(lines("begin", "hello", 20.0)) as up:
        running = asyncio.create_task(stage.run(words(up.url)))
        await asyncio.sleep(0.3)
        stage.client.leaving.set()
        with pytest.raises(ClientLeft):
            await asyncio.wait_for(running, 1)
        await asyncio.wait_for(up.gone.wait(), 1)
    assert stage.record.client_left
    assert stage.record.usage is not None
    assert stage.record.usage.output_tokens == 2
    assert stage.record.usage.output_estimated


async def test_a_client_that_stops_reading_is_not_the_upstreams_fault(http: Http) -> None:
    stage = Stage(http, limits=Limits(idle_s=0.4))
    stage.client.slow_s = 5.0
    async with upstream(lines("begin", "hello", 0.1, "x")) as up:
        with pytest.raises(ClientLeft, match="read nothing"):
            await stage.run(words(up.url))


@pytest.mark.parametrize("stream", [True, False])
async def test_events_without_an_upstream_are_an_answer_too(http: Http, stream: bool) -> None:
    def spoken() -> Exchange:
        yield Say((Started(), TEXT_STARTED, TextDelta("one ")))
        yield Pause(0.01)
        yield Say((TextDelta("two"), BLOCK_STOPPED, Finished(Stop.END_TURN)))

    client = await Stage(http, stream=stream).run(spoken())
    assert b"two" in client.body
    assert client.complete
    if stream:
        assert lint(client.body) == []


def errand() -> Errand:
    yield Call("DELETE", "http://127.0.0.1:1/")


async def test_what_can_wait_is_put_off_until_the_client_has_its_answer(http: Http) -> None:
    stage = Stage(http)
    waiting = errand()
    seen: list[bool] = []

    def tidy(url: str) -> Exchange:
        yield Later(waiting)
        seen.append(stage.put_off == [])
        yield from words(url)

    async with upstream(lines("begin", "x", "end")) as up:
        client = await stage.run(tidy(up.url))
    assert seen == [True]
    assert stage.put_off == [waiting]
    assert client.complete


@pytest.mark.parametrize("answer", [web.Response(status=529, text="busy"), lines("begin", "x", 5.0)])
async def test_what_can_wait_is_begun_however_the_answer_ends(http: Http, answer: Any) -> None:
    stage = Stage(http)
    waiting = errand()

    def tidy(url: str) -> Exchange:
        yield Later(waiting)
        yield from words(url)

    async with upstream(answer) as up:
        answering = asyncio.create_task(stage.run(tidy(up.url)))
        while not stage.client.messages and not answering.done():
            await asyncio.sleep(0.01)
        stage.client.leaving.set()
        with pytest.raises((UpstreamError, ClientLeft)):
            await answering
    assert stage.put_off == [waiting]


async def test_what_is_told_of_the_account_is_handed_on(http: Http) -> None:
    stage = Stage(http)
    kept: list[Keep] = []
    stage.job.keep = kept.append
    told = Keep({"session_key": Secret("new")}, used=Secret("old"))
    full = UpstreamError("the window is used up", kind=Kind.RATE_LIMIT, cooldown_s=60.0)

    def telling(url: str) -> Exchange:
        yield from words(url)
        yield told
        yield Rest(full)
        yield Spare(30.0)

    async with upstream(lines("begin", "x", "end")) as up:
        client = await stage.run(telling(up.url))
    assert kept == [told]
    assert stage.job.rest is full
    assert stage.job.spare == Spare(30.0)
    assert client.complete


async def test_an_upstream_that_quotes_what_a_call_showed_is_not_repeated(http: Http) -> None:
    def refusing(url: str) -> Exchange:
        yield Call("GET", url, (("cookie", "sessionKey=the-key-itself"),))
        raise UpstreamError("the-key-itself is not good", detail="nor is the-key-itself")

    stage = Stage(http)
    async with upstream(web.Response(text="quoted")) as up:
        with pytest.raises(UpstreamError) as told:
            await stage.run(refusing(up.url))
    assert (told.value.message, told.value.detail) == ("*** is not good", "nor is ***")


async def test_an_exchange_can_call_and_fetch_on_its_way(http: Http) -> None:
    heard: list[Any] = []

    def curious(url: str) -> Exchange:
        heard.append((yield Call("GET", url)))
        heard.append((yield Fetch("https://a.example/x.png", "f")))
        yield from words(url)

    stage = Stage(http)
    async with upstream(web.Response(text="first"), lines("begin", "x", "end")) as up:
        await stage.run(curious(up.url))
    assert heard[0].body == b"first"
    assert heard[1] == Fetched("image/png", b"https://a.example/x.png")


async def test_an_exchange_is_given_the_access_of_its_account(http: Http) -> None:
    given: list[Any] = []

    async def authorize(refused: Secret | None) -> Grant:
        return Grant("builder_id", Secret("another"), {"region": "eu"}) if refused else FIRST

    def careful(url: str) -> Exchange:
        first = yield Authorize()
        given.append(first)
        given.append((yield Authorize(FIRST.token)))
        yield from words(url)

    stage = Stage(http)
    stage.job.authorize = authorize
    async with upstream(lines("begin", "x", "end")) as up:
        client = await stage.run(careful(up.url))
    assert client.complete
    assert [each.token.reveal() for each in given] == ["first", "another"]
    assert given[1].details == {"region": "eu"}


async def test_an_account_that_must_sign_in_again_is_no_answer(http: Http) -> None:
    lost = UpstreamError("needs sign-in", scope=Scope.CREDENTIAL, next=Next.OTHER_ACCOUNT)

    async def authorize(refused: Secret | None) -> Grant:
        raise lost

    def careful() -> Exchange:
        yield Authorize()

    stage = Stage(http)
    stage.job.authorize = authorize
    with pytest.raises(UpstreamError) as raised:
        await stage.run(careful())
    assert raised.value is lost


async def test_a_provider_that_says_nothing_is_an_error_not_an_empty_answer(http: Http) -> None:
    def mute() -> Exchange:
        yield Pause(0)

    for stream in (True, False):
        with pytest.raises(UpstreamError, match="gave no answer"):
            await Stage(http, stream=stream).run(mute())


async def test_a_bug_after_the_first_word_is_told_by_its_request_id_alone(http: Http) -> None:
    def buggy(url: str) -> Exchange:
        yield Say((Started(), TEXT_STARTED, TextDelta("one ")))
        raise KeyError("sk-secret")

    stage = Stage(http)
    client = await stage.run(buggy(""))
    assert b"req_1" in client.body
    assert b"sk-secret" not in client.body
    assert client.complete
    with pytest.raises(KeyError):
        await Stage(http, stream=False).run(buggy(""))


async def test_a_gateway_that_is_stopped_says_so(http: Http) -> None:
    stage = Stage(http)
    async with upstream(lines("begin", "hello", 20.0)) as up:
        running = asyncio.create_task(stage.run(words(up.url)))
        await asyncio.sleep(0.2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert b"shutting down" in stage.client.body


async def test_connections_are_used_again(http: Http) -> None:
    channel = http.channel(Limits())
    async with upstream(lines("begin", "x", "end")) as up:
        for _ in range(3):
            stage = Stage(http)
            stage.job.channel = channel
            await stage.run(words(up.url))
            await asyncio.sleep(0.02)
        connector = channel._session.connector
        assert connector is not None
        assert sum(map(len, connector._conns.values())) == 1


def test_an_early_end_is_an_upstreams_fault() -> None:
    assert isinstance(WordDecoder().close()[-1].error, UpstreamProtocolError)  # type: ignore[union-attr]


@pytest.fixture
async def programs(tmp_path: Path) -> AsyncIterator[Programs]:
    async with Programs(tmp_path) as opened:
        yield opened
    assert alive(tmp_path) == []


class Aviary(Stage):
    """The stage with a crew of parrots."""

    def __init__(self, http: Http, programs: Programs, rules: CrewRules | None = None, **fields: Any) -> None:
        super().__init__(http, **fields)
        self.crew = programs.crew("parrots", rules or CrewRules(), lambda: PYTHON)
        self.job.crew = self.crew

    async def ended(self) -> None:
        """No process is left at work."""
        await until(lambda: self.crew.figures().busy == 0)


def talks(*things: list[Any], **fields: Any) -> Exchange:
    yield talk(*things, **fields)


async def test_a_program_answers_as_a_server_does(http: Http, programs: Programs) -> None:
    stage = Aviary(http, programs)
    client = await stage.run(talks(losses=(Loss("seed", Action.DROPPED),)))
    assert client.status == 200
    assert lint(client.body) == []
    assert b'"text":"hello"' in client.body
    assert client.headers["x-isthmus-loss"] == "seed=dropped"
    assert stage.record.usage is not None
    assert (stage.record.usage.output_tokens, stage.record.attempts) == (3, 1)
    assert stage.record.first_token_s is not None
    await stage.ended()


async def test_a_program_gives_plain_answers_too(http: Http, programs: Programs) -> None:
    stage = Aviary(http, programs, stream=False)
    client = await stage.run(talks())
    assert (client.status, b'"text":"hello"' in client.body) == (200, True)
    await stage.ended()


async def test_a_process_is_kept_for_the_key_that_spoke_with_it(http: Http, programs: Programs) -> None:
    stages = [Aviary(http, programs) for _ in range(3)]
    for stage, key in zip(stages, ("mine", "yours", "mine"), strict=True):
        stage.record.key = key
        await stage.run(talks(continues="one", keep_as="one"))
    figures = stages[0].crew.figures()
    assert (figures.started, figures.idle, figures.busy) == (2, 2, 0)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_program_that_falls_before_the_first_word_is_a_true_status(
    http: Http, programs: Programs, stream: bool
) -> None:
    stage = Aviary(http, programs, stream=stream)
    secret = parrot(env={"KEY": Secret("the-key-itself")})
    with pytest.raises(UpstreamProtocolError) as caught:
        await stage.run(talks(["say", "begin"], ["complain", "bad the-key-itself"], ["fall"], program=secret))
    assert caught.value.detail == "ended by SIGKILL; stderr: bad ***"
    assert stage.client.messages == []
    await stage.ended()


async def test_a_failure_of_a_program_goes_back_into_the_exchange(http: Http, programs: Programs) -> None:
    def twice() -> Exchange:
        try:
            yield talk(["leave", 1])
        except UpstreamError:
            yield talk()

    stage = Aviary(http, programs)
    assert (await stage.run(twice())).complete
    assert stage.record.attempts == 2


async def test_a_program_that_falls_in_mid_answer_is_told_in_the_stream(
    http: Http, programs: Programs
) -> None:
    stage = Aviary(http, programs)
    client = await stage.run(talks(["say", "begin"], ["say", "half"], ["leave", 3]))
    assert client.complete
    assert b"event: error" in client.body
    assert stage.record.error_detail == "exit code 3"
    await stage.ended()


@pytest.mark.parametrize("stream", [True, False])
async def test_a_program_that_hangs_is_a_failure_like_any_other(
    http: Http, programs: Programs, stream: bool
) -> None:
    stage = Aviary(http, programs, stream=stream, limits=Limits(first_byte_s=0.3, whole_s=0.3))
    with pytest.raises(UpstreamError) as caught:
        await stage.run(talks(["hang"]))
    assert caught.value.kind is Kind.TIMEOUT
    await stage.ended()


async def test_the_line_for_a_program_is_no_silence_of_it(http: Http, programs: Programs) -> None:
    stage = Aviary(http, programs, CrewRules(max_processes=1), limits=Limits(first_byte_s=0.3, idle_s=0.3))
    other = await stage.crew.borrow(parrot(), "other")
    asyncio.get_running_loop().call_later(0.8, other.end)
    assert (await stage.run(talks())).complete


async def test_a_line_that_is_too_long_is_a_limit_of_nobodys_account(http: Http, programs: Programs) -> None:
    stage = Aviary(http, programs, CrewRules(max_processes=1, queue_timeout_s=0.05))
    other = await stage.crew.borrow(parrot(), "other")
    with pytest.raises(GatewayError, match="try again in a moment") as caught:
        await stage.run(talks())
    assert dialect.render_error(caught.value, "req_1").status == 429
    other.end()


@pytest.mark.parametrize("things", [(["hang"],), (["say", "begin"], ["say", "half"], ["hang"])])
async def test_a_client_that_leaves_ends_its_process(
    http: Http, programs: Programs, things: tuple[list[str], ...]
) -> None:
    stage = Aviary(http, programs)
    asyncio.get_running_loop().call_later(0.4, stage.client.leaving.set)
    with pytest.raises(ClientLeft):
        await stage.run(talks(*things, keep_as="one"))
    await stage.ended()
    assert stage.crew.figures().idle == 0


async def test_what_a_program_asks_is_answered_in_mid_answer(http: Http, programs: Programs) -> None:
    stage = Aviary(http, programs)
    client = await stage.run(talks(["say", "begin"], ["ask", "ask"], ["say", "end"]))
    assert b'"text":"reply"' in client.body or b'"text":"askreply"' in client.body
