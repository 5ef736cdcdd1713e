from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance import fakes
from conformance.fakes import Asked, Json, Reply, as_json, as_stream, chunk, chunks, events, playing, stage_on
from isthmus.conformance import cases_answers as cases
from isthmus.conformance.cast import Cast, Part, Role, Tokens
from isthmus.conformance.subject import Api, Lane
from isthmus.conformance.verdict import Fault

EXACT = Cast("fake", {Role.USAGE: (Part("m", tokens=Tokens(15, 75, 10, 5)),)})
GOOD_USAGE: dict[Api, Json] = {
    Api.MESSAGES: {
        "input_tokens": 15,
        "cache_read_input_tokens": 75,
        "cache_creation_input_tokens": 10,
        "output_tokens": 5,
    },
    Api.CHAT: {
        "prompt_tokens": 100,
        "completion_tokens": 5,
        "total_tokens": 105,
        "prompt_tokens_details": {"cached_tokens": 75, "cache_write_tokens": 10},
    },
}


def counting(api: Api, usage: Json) -> Callable[[Asked], Reply]:
    """Answers that report this usage, plain or streamed."""

    def answers(asked: Asked) -> Reply:
        if not asked.json.get("stream"):
            whole = fakes.message(usage=usage) if api is Api.MESSAGES else fakes.completion(usage=usage)
            return as_json(whole)
        if api is Api.CHAT:
            return as_stream(chunks(fakes.ROLE, chunk(finish="stop"), chunk(choices=[], usage=usage)))
        rows = fakes.message_events(fakes.text_block(), start={"usage": usage})
        rows[-2]["usage"] = usage
        return as_stream(events(*rows))

    return answers


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("cast", [EXACT, Cast()], ids=["exact", "live"])
async def test_usage_that_is_right_passes(api: Api, cast: Cast) -> None:
    async with stage_on(counting(api, GOOD_USAGE[api]), api, cast=cast) as stage:
        await cases.usage(stage)


@pytest.mark.parametrize(
    ("api", "change", "cast", "why"),
    [
        (Api.MESSAGES, {"input_tokens": 100}, EXACT, "usage should be"),
        (Api.MESSAGES, {"cache_read_input_tokens": None}, EXACT, "usage should be"),
        (Api.MESSAGES, {"input_tokens": 0}, Cast(), "counts nothing"),
        (
            Api.CHAT,
            {"prompt_tokens": 15, "total_tokens": 20},
            EXACT,
            "more tokens are cached|usage should be",
        ),
        (Api.CHAT, {"prompt_tokens_details": None}, EXACT, "usage should be"),
        (Api.CHAT, {"total_tokens": 100}, Cast(), "not the sum"),
        (Api.CHAT, {"prompt_tokens": 0}, Cast(), "counts nothing"),
    ],
)
async def test_usage_that_is_wrong_is_named(api: Api, change: Json, cast: Cast, why: str) -> None:
    async with stage_on(counting(api, GOOD_USAGE[api] | change), api, cast=cast) as stage:
        with pytest.raises(Fault, match=why):
            await cases.usage(stage)


def saying(api: Api, stop: str, text: str = "pong", **fields: Any) -> Callable[[Asked], Reply]:
    whole = (
        fakes.message(text, stop_reason=stop, **fields)
        if api is Api.MESSAGES
        else fakes.completion(text, finish=stop, **fields)
    )
    return lambda asked: as_json(whole | {"model": asked.json["model"]})


@pytest.mark.parametrize(("api", "stop"), [(Api.MESSAGES, "end_turn"), (Api.CHAT, "stop")])
async def test_an_answer_cut_at_its_limit_may_not_pass_for_whole(api: Api, stop: str) -> None:
    async with stage_on(saying(api, stop), api) as stage:
        with pytest.raises(Fault, match=f"stopped for '{stop}', not (max_tokens|length)"):
            await cases.reasons(stage)


def by_limit(asked: Asked) -> Reply:
    limited = asked.json["max_tokens"] == 16
    stop = "length" if limited else "stop"
    odd = asked.json["model"] == "unknown_stop"
    return saying(Api.CHAT, "length" if odd else stop)(asked)


async def test_a_reason_nobody_knows_must_become_one_somebody_does() -> None:
    async with stage_on(by_limit, Api.CHAT) as stage:
        await cases.reasons(stage)
    async with stage_on(by_limit, Api.CHAT, cast=playing(Role.UNKNOWN_STOP)) as stage:
        with pytest.raises(Fault, match="not stop"):
            await cases.reasons(stage)


@pytest.mark.parametrize(
    ("stop", "fields", "why"),
    [
        ("stop_sequence", {"text": "alpha bravo ", "stop_sequence": "charlie"}, None),
        ("end_turn", {"text": "alpha bravo "}, None),
        ("end_turn", {"text": "alpha bravo charlie"}, "goes on after"),
        ("stop_sequence", {"text": "alpha", "stop_sequence": None}, "is called None"),
        ("max_tokens", {"text": "alpha"}, "stopped for 'max_tokens'"),
    ],
)
async def test_stop_sequences(stop: str, fields: Json, why: str | None) -> None:
    async with stage_on(saying(Api.MESSAGES, stop, **fields), Api.MESSAGES) as stage:
        if why is None:
            await cases.stop_sequence(stage)
        else:
            with pytest.raises(Fault, match=why):
                await cases.stop_sequence(stage)


def calling(finish: str, arguments: str = "{}", name: str = "get_weather") -> Callable[[Asked], Reply]:
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return lambda _: as_json(fakes.completion(None, finish=finish, said={"tool_calls": [call]}))


@pytest.mark.parametrize(
    ("answers", "lane", "why"),
    [
        (calling("tool_calls"), Lane.TRANSLATED, None),
        (calling("stop"), Lane.RAW, None),
        (calling("stop"), Lane.TRANSLATED, "stopped for 'stop'"),
        (calling("tool_calls", "{bad"), Lane.TRANSLATED, "no JSON object"),
        (calling("tool_calls", name="other"), Lane.TRANSLATED, "not called"),
        (saying(Api.CHAT, "stop"), Lane.TRANSLATED, "not called"),
    ],
)
async def test_tool_calls(answers: Callable[[Asked], Reply], lane: Lane, why: str | None) -> None:
    async with stage_on(answers, Api.CHAT, lane) as stage:
        if why is None:
            await cases.tool_call(stage)
        else:
            with pytest.raises(Fault, match=why):
                await cases.tool_call(stage)


@pytest.mark.parametrize(
    ("api", "stop", "text", "why"),
    [
        (Api.MESSAGES, "end_turn", "I cannot.", "stopped for 'end_turn'"),
        (Api.MESSAGES, "refusal", "", "is lost"),
        (Api.CHAT, "stop", "I cannot.", "stopped for 'stop'"),
    ],
)
async def test_a_refusal_that_is_not_told_is_named(api: Api, stop: str, text: str, why: str) -> None:
    async with stage_on(saying(api, stop, text), api, cast=playing(Role.REFUSAL)) as stage:
        with pytest.raises(Fault, match=why):
            await cases.refusal(stage)


async def test_a_plain_answer_where_a_stream_was_due_is_named() -> None:
    async with stage_on(saying(Api.CHAT, "stop"), Api.CHAT, cast=playing(Role.JSON_FOR_STREAM)) as stage:
        with pytest.raises(Fault, match="not text/event-stream"):
            await cases.json_for_stream(stage)
