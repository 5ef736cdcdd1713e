from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance import fakes
from conformance.fakes import (
    Asked,
    Json,
    Reply,
    as_json,
    as_stream,
    chunk,
    chunks,
    events,
    good,
    playing,
    stage_on,
)
from isthmus.conformance import cases_streams as cases
from isthmus.conformance.cast import Role
from isthmus.conformance.subject import Api, Lane
from isthmus.conformance.verdict import Fault, Moot

Answers = Callable[[Asked], Reply]


def blocks(*rows: Json, stop: str = "tool_use") -> Answers:
    """A Messages stream of these blocks."""
    return lambda asked: as_stream(
        events(*fakes.message_events(*rows, stop=stop, start={"model": asked.json["model"]}))
    )


def rows(*given: Json) -> Answers:
    """Chat chunks, the same whatever is asked."""
    return lambda asked: as_stream(chunks(*(row | {"model": asked.json["model"]} for row in given)))


def first_call(index: int, id: str, arguments: str = '{"city":"Paris"}') -> Json:
    function = {"name": "get_weather", "arguments": arguments}
    return chunk({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]})


@pytest.mark.parametrize("api", list(Api))
async def test_a_good_text_stream_passes(api: Api) -> None:
    async with stage_on(good, api) as stage:
        await cases.text(stage)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (rows(fakes.ROLE, chunk(finish="stop")), "holds no text"),
        (rows(fakes.ROLE, chunk({"content": "x"}), chunk(finish="stop"), fakes.USAGE), "though nobody asked"),
        (rows(fakes.ROLE, chunk({"content": "x"}), chunk(finish="stop")), "did not come"),
        (rows(chunk({"content": "x"}), chunk(finish="stop")), "no-role"),
    ],
)
async def test_text_streams_that_are_wrong_are_named(answers: Answers, why: str) -> None:
    async with stage_on(answers, Api.CHAT) as stage:
        with pytest.raises(Fault, match=why):
            await cases.text(stage)


WHOLE = (
    fakes.thinking_block(),
    fakes.text_block(),
    fakes.call_block("toolu_1"),
    fakes.call_block("toolu_2"),
)


async def test_thinking_text_and_two_calls_pass() -> None:
    async with stage_on(blocks(*WHOLE), Api.MESSAGES, cast=playing(Role.THINKING_TOOLS)) as stage:
        await cases.thinking_and_tools(stage)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (blocks(*WHOLE[1:]), "blocks come as"),
        (blocks(WHOLE[1], WHOLE[0], *WHOLE[2:]), "blocks come as"),
        (blocks(fakes.thinking_block(signature=None), *WHOLE[1:]), "no signature"),
        (blocks(*WHOLE[:3]), "1 of two calls arrived"),
        (blocks(*WHOLE[:3], WHOLE[2]), "two calls have one id"),
        (blocks(*WHOLE, stop="end_turn"), "stopped for 'end_turn'"),
        (blocks(*WHOLE[:3], fakes.call_block("toolu_2", json='{"city"')), "tool-json"),
    ],
)
async def test_what_is_lost_or_out_of_order_is_named(answers: Answers, why: str) -> None:
    async with stage_on(answers, Api.MESSAGES, cast=playing(Role.THINKING_TOOLS)) as stage:
        with pytest.raises(Fault, match=why):
            await cases.thinking_and_tools(stage)


async def test_a_model_that_takes_no_budget_is_asked_another_way() -> None:
    def newer(asked: Asked) -> Reply:
        if asked.json.get("thinking", {}).get("type") == "enabled":
            return fakes.error(
                Api.MESSAGES, 400, '"thinking.type.enabled" is not supported', "invalid_request_error"
            )
        if "thinking" in asked.json:
            return blocks(*WHOLE[:2], stop="end_turn")(asked)
        return blocks(*WHOLE[1:])(asked)

    async with stage_on(newer, Api.MESSAGES) as stage:
        await cases.thinking_and_tools(stage)
        assert stage.notes == []


async def test_what_a_real_model_does_not_do_is_noted_or_moot() -> None:
    async with stage_on(good, Api.MESSAGES) as stage:
        with pytest.raises(Moot, match="0 of the two calls"):
            await cases.thinking_and_tools(stage)
        assert stage.notes == ["the model showed no thinking"]


CALLS = (fakes.ROLE, first_call(0, "call_1"), first_call(1, "call_2"), chunk(finish="tool_calls"))


async def test_two_calls_in_chunks_pass() -> None:
    async with stage_on(rows(*CALLS, fakes.USAGE), Api.CHAT, cast=playing(Role.PARALLEL)) as stage:
        await cases.chat_tools(stage)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (rows(*CALLS), "usage was asked for"),
        (rows(*CALLS[:2], CALLS[3], fakes.USAGE), "1 of two calls"),
        (rows(fakes.ROLE, first_call(1, "call_1"), *CALLS[3:], fakes.USAGE), "call-index"),
        (rows(*CALLS[:2], first_call(1, "call_1"), CALLS[3], fakes.USAGE), "two calls have one id"),
        (rows(*CALLS[:2], first_call(1, "call_2", "[]"), CALLS[3], fakes.USAGE), "no JSON object"),
        (rows(*CALLS[:3], chunk(finish="stop"), fakes.USAGE), "stopped for 'stop'"),
    ],
)
async def test_calls_that_are_wrong_are_named(answers: Answers, why: str) -> None:
    async with stage_on(answers, Api.CHAT, cast=playing(Role.PARALLEL)) as stage:
        with pytest.raises(Fault, match=why):
            await cases.chat_tools(stage)


BUSY = {"type": "error", "error": {"type": "api_error", "message": "ended early"}}
CHAT_BUSY = {"error": {"message": "ended early", "type": "server_error", "param": None, "code": None}}
HALF = fakes.message_events(fakes.text_block())[:3]
FAILED = fakes.error(Api.MESSAGES, 502, "ended early", "api_error")


def both(streamed: Reply, plain: Reply) -> Answers:
    return lambda asked: streamed if asked.json.get("stream") else plain


@pytest.mark.parametrize("streamed", [as_stream(events(*HALF, BUSY)), FAILED], ids=["inside", "status"])
async def test_an_honest_failure_passes(streamed: Reply) -> None:
    async with stage_on(both(streamed, FAILED), Api.MESSAGES, cast=playing(Role.CUT)) as stage:
        await cases.cut(stage)


async def test_a_limit_that_is_met_midway_is_told_as_one() -> None:
    limited = fakes.error(Api.MESSAGES, 429, "too fast", "rate_limit_error")
    async with stage_on(
        both(as_stream(events(*HALF, BUSY)), limited), Api.MESSAGES, cast=playing(Role.CUT)
    ) as stage:
        await cases.cut(stage)


@pytest.mark.parametrize(
    ("streamed", "plain", "why"),
    [
        (as_stream(events(*HALF), cut=True), FAILED, "cut"),
        (as_stream(events(*HALF)), FAILED, "cut"),
        (as_stream(events(*fakes.message_events(fakes.text_block()))), FAILED, "without an error"),
        (as_stream(events(*HALF, BUSY, {"type": "message_stop"})), FAILED, "after-end"),
        (as_stream(events(*HALF, BUSY), cut=True), FAILED, "after the error was told"),
        (as_stream(events(*HALF, BUSY)), as_json(fakes.message("Half an")), "half an answer"),
        (as_json({"detail": "no"}, 502), FAILED, "malformed error"),
    ],
)
async def test_a_failure_that_is_hidden_is_named(streamed: Reply, plain: Reply, why: str) -> None:
    async with stage_on(both(streamed, plain), Api.MESSAGES, cast=playing(Role.CUT)) as stage:
        with pytest.raises(Fault, match=why):
            await cases.cut(stage)


@pytest.mark.parametrize(
    ("case", "role"), [(cases.error_midway, Role.FAILS_MIDWAY), (cases.garbage, Role.GARBAGE)]
)
async def test_chat_failures_likewise(case: Callable[..., object], role: Role) -> None:
    plain = fakes.error(Api.CHAT, 502, "ended early", "server_error")
    honest = as_stream(chunks(fakes.ROLE, CHAT_BUSY, done=False))
    async with stage_on(both(honest, plain), Api.CHAT, cast=playing(role)) as stage:
        await case(stage)
    hidden = as_stream(chunks(fakes.ROLE, chunk({"content": "Half an"}), chunk(finish="stop")))
    async with stage_on(both(hidden, plain), Api.CHAT, cast=playing(role)) as stage:
        with pytest.raises(Fault, match="without an error"):
            await case(stage)


def after_pings(pings: int, pause_s: float) -> Answers:
    ping = events({"type": "ping"}) * pings
    return lambda asked: as_stream(
        ping + events(*fakes.message_events(fakes.text_block(), start={"model": asked.json["model"]})),
        pause_s=pause_s,
    )


async def test_silence_with_keep_alives_passes() -> None:
    async with stage_on(after_pings(1, 0.3), Api.MESSAGES, cast=playing(Role.SILENT)) as stage:
        await cases.silence(stage)


@pytest.mark.parametrize(
    ("answers", "why"),
    [(after_pings(0, 0.3), "no ping events in 0.3 s"), (after_pings(1, 0.6), "0.[5-9] s without a byte")],
)
async def test_silence_that_is_too_deep_is_named(
    answers: Answers, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "LONGEST_SILENCE_S", 0.5)
    async with stage_on(answers, Api.MESSAGES, cast=playing(Role.SILENT)) as stage:
        with pytest.raises(Fault, match=why):
            await cases.silence(stage)


class Behind:
    """A witness who sees the client go after some looks, or never."""

    def __init__(self, notices: bool) -> None:
        self._looks = 0
        self._notices = notices

    async def last_body(self) -> bytes:
        return b""

    async def departures(self) -> int:
        self._looks += 1
        return int(self._notices and self._looks > 3)


async def test_an_upstream_that_works_on_for_nobody_is_named() -> None:
    slow = after_pings(1, 3.0)
    cast = playing(Role.SLOW)
    async with stage_on(slow, Api.MESSAGES, Lane.RAW, cast=cast, witness=Behind(notices=True)) as stage:
        await cases.departure(stage)
    async with stage_on(slow, Api.MESSAGES, Lane.RAW, cast=cast, witness=Behind(notices=False)) as stage:
        with pytest.raises(Fault, match="still works 1 s after"):
            await cases.departure(stage)
