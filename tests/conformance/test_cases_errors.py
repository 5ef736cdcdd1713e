from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance import fakes
from conformance.fakes import Asked, Reply, error, good, playing, stage_on
from isthmus.conformance import cases_errors as cases
from isthmus.conformance.cast import Role
from isthmus.conformance.subject import Api, Lane
from isthmus.conformance.verdict import Fault, Moot
from isthmus.core.secret import Secret

Answers = Callable[[Asked], Reply]
M, C = Api.MESSAGES, Api.CHAT
BAD = "invalid_request_error"
LENGTH = "context_length_exceeded"
MAXIMUM = "This model's maximum context length is 10 tokens. However, your messages resulted in 12 tokens."


async def judge(case: Any, api: Api, reply: Reply, role: Role, lane: Lane = Lane.TRANSLATED) -> None:
    async with stage_on(lambda _: reply, api, lane, cast=playing(role)) as stage:
        await case(stage)


@pytest.mark.parametrize(
    ("api", "lane", "reply"),
    [
        (M, Lane.TRANSLATED, error(M, 400, "prompt is too long: 12 tokens > 10 maximum", BAD)),
        (M, Lane.TRANSLATED, error(M, 400, "prompt is too long", BAD)),
        (M, Lane.RAW, error(M, 400, "input is too long for requested model", BAD)),
        (C, Lane.TRANSLATED, error(C, 400, MAXIMUM, BAD, LENGTH)),
        (C, Lane.RAW, error(C, 400, "Prompt exceeds max length", BAD)),
    ],
)
async def test_an_overflow_in_known_words_passes(api: Api, lane: Lane, reply: Reply) -> None:
    await judge(cases.too_long, api, reply, Role.OVERFLOW, lane)


@pytest.mark.parametrize(
    ("api", "lane", "reply", "why"),
    [
        (M, Lane.TRANSLATED, error(M, 500, "prompt is too long", "api_error"), "500 instead of 400"),
        (M, Lane.TRANSLATED, error(M, 400, MAXIMUM, BAD), "not in Anthropic's words"),
        (
            M,
            Lane.TRANSLATED,
            error(M, 400, "prompt is too long: 9 tokens > 10 maximum", BAD),
            "show no overflow",
        ),
        (C, Lane.TRANSLATED, error(C, 400, MAXIMUM, BAD), "code is None"),
        (C, Lane.TRANSLATED, error(C, 400, "prompt is too long", BAD, LENGTH), "not in OpenAI's words"),
        (C, Lane.RAW, error(C, 400, "no", BAD), "no client takes this"),
    ],
)
async def test_an_overflow_no_client_would_know_is_named(
    api: Api, lane: Lane, reply: Reply, why: str
) -> None:
    with pytest.raises(Fault, match=why):
        await judge(cases.too_long, api, reply, Role.OVERFLOW, lane)


AFTER = {"retry-after": "7"}


@pytest.mark.parametrize(
    ("case", "role", "api", "reply"),
    [
        (cases.limited, Role.LIMITED, M, error(M, 429, "later", "rate_limit_error", **AFTER)),
        (cases.limited, Role.LIMITED, C, error(C, 429, "later", "requests", "rate_limit_exceeded", **AFTER)),
        (cases.overloaded, Role.OVERLOADED, M, error(M, 529, "busy", "overloaded_error")),
        (cases.overloaded, Role.OVERLOADED, C, error(C, 503, "busy", "server_error")),
        (cases.credential_refused, Role.CREDENTIAL_REFUSED, M, error(M, 502, "no", "api_error")),
        (cases.broken, Role.BROKEN, C, error(C, 502, "no", "server_error")),
    ],
)
async def test_upstream_failures_that_are_told_right_pass(
    case: Any, role: Role, api: Api, reply: Reply
) -> None:
    await judge(case, api, reply, role)


@pytest.mark.parametrize(
    ("case", "role", "api", "reply", "why"),
    [
        (cases.limited, Role.LIMITED, M, error(M, 429, "later", "rate_limit_error"), "no usable retry-after"),
        (
            cases.limited,
            Role.LIMITED,
            M,
            error(M, 429, "later", "rate_limit_error", **{"retry-after": "soon"}),
            "no usable retry-after",
        ),
        (
            cases.limited,
            Role.LIMITED,
            C,
            error(C, 429, "later", "server_error", **AFTER),
            "neither type nor code",
        ),
        (
            cases.limited,
            Role.LIMITED,
            C,
            error(C, 500, "later", "server_error", **AFTER),
            "500 instead of 429",
        ),
        (
            cases.overloaded,
            Role.OVERLOADED,
            M,
            error(M, 503, "busy", "overloaded_error"),
            "503 instead of 529",
        ),
        (cases.overloaded, Role.OVERLOADED, M, error(M, 529, "busy", "api_error"), "not overloaded_error"),
        (
            cases.credential_refused,
            Role.CREDENTIAL_REFUSED,
            M,
            error(M, 401, "no", "authentication_error"),
            "blames the client",
        ),
        (cases.broken, Role.BROKEN, M, error(M, 500, "no", "invalid_request_error"), "not api_error"),
        (cases.broken, Role.BROKEN, M, error(M, 400, "no", BAD), "400 instead of 500 or 502 or 503"),
    ],
)
async def test_upstream_failures_that_are_told_wrong_are_named(
    case: Any, role: Role, api: Api, reply: Reply, why: str
) -> None:
    with pytest.raises(Fault, match=why):
        await judge(case, api, reply, role)


NEVER = {"x-should-retry": "false"}


@pytest.mark.parametrize(
    ("api", "lane", "reply", "why"),
    [
        (M, Lane.TRANSLATED, error(M, 401, "no", "authentication_error", **NEVER), None),
        (C, Lane.TRANSLATED, error(C, 401, "no", BAD, "invalid_api_key", **NEVER), None),
        (C, Lane.DIRECT, fakes.as_json({"detail": "no"}, 401), None),
        (M, Lane.TRANSLATED, error(M, 401, "no", "authentication_error"), "x-should-retry"),
        (M, Lane.TRANSLATED, error(M, 401, "no", BAD, **NEVER), "type is"),
        (C, Lane.TRANSLATED, error(C, 401, "no", BAD, **NEVER), "code is None"),
        (C, Lane.TRANSLATED, error(C, 403, "no", BAD, **NEVER), "403 instead of 401"),
        (C, Lane.DIRECT, fakes.as_json({}, 500), "status 500 for a wrong key"),
    ],
)
async def test_a_wrong_key(api: Api, lane: Lane, reply: Reply, why: str | None) -> None:
    async with stage_on(lambda _: reply, api, lane) as stage:
        if why is None:
            await cases.wrong_key(stage)
        else:
            with pytest.raises(Fault, match=why):
                await cases.wrong_key(stage)


async def test_the_wrong_key_is_all_that_is_sent() -> None:
    async with fakes.serving(good) as (url, asked), fakes.stage_at(url, M) as stage:
        with pytest.raises(Moot, match="any key"):
            await cases.wrong_key(stage)
    assert asked[0].headers["x-api-key"] == cases.WRONG_KEY.reveal()
    assert "authorization" not in asked[0].headers


async def test_without_a_key_there_is_no_wrong_one() -> None:
    async with stage_on(good, M, key=Secret("")) as stage:
        with pytest.raises(Moot, match="no key is set"):
            await cases.wrong_key(stage)


def careful(asked: Asked) -> Reply:
    """Refuses everything with the right status."""
    if asked.method == "GET" or asked.path.endswith("nonsense"):
        return error(C, 404, "no such path", BAD)
    return error(C, 400, "bad", BAD)


async def test_bad_requests_that_are_refused_pass() -> None:
    async with stage_on(careful, C) as stage:
        await cases.bad_requests(stage)
        assert len(stage.client.transcript) == 4
    async with stage_on(careful, C, Lane.DIRECT) as stage:
        await cases.bad_requests(stage)
        assert len(stage.client.transcript) == 2


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (lambda _: error(C, 500, "bug", "server_error"), "500 instead of 400 or 422"),
        (lambda _: fakes.Reply(b"Bad Request", 400), "not JSON"),
        (lambda _: error(C, 400, "bad", BAD), "400 instead of 404"),
        (lambda asked: error(M, 404 if "nonsense" in asked.path else 400, "bad", BAD), "no `param`"),
    ],
)
async def test_bad_requests_that_are_not_refused_well_are_named(answers: Answers, why: str) -> None:
    async with stage_on(answers, C) as stage:
        with pytest.raises(Fault, match=why):
            await cases.bad_requests(stage)
