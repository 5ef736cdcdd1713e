"""ERR cases: failures with a status, in the client's dialect."""

from __future__ import annotations

import re
from typing import Any, Final

from isthmus.conformance import asking
from isthmus.conformance.case import GATEWAYS, Case
from isthmus.conformance.cast import Part, Role
from isthmus.conformance.client import Answer, credentials
from isthmus.conformance.stage import Stage
from isthmus.conformance.subject import ENDPOINT, Api, Lane
from isthmus.conformance.verdict import Moot, require
from isthmus.core import overflow
from isthmus.core.secret import Secret

WRONG_KEY: Final = Secret("no-such-key-" + "0" * 20)
_TOO_LONG: Final = re.compile(r"prompt is too long[^0-9]*(\d+)\s*tokens?\s*>\s*(\d+)")
_MAXIMUM: Final = re.compile(r"maximum context length")


async def too_long(stage: Stage) -> None:
    for part in stage.scripted(Role.OVERFLOW):
        body = stage.body("A long story.", part)
        for streamed in (False, True):
            error = await stage.refused(body | {"stream": streamed}, 400)
            _recognisable(stage, part, error)


def _recognisable(stage: Stage, part: Part, error: dict[str, Any]) -> None:
    message = error["message"]
    if stage.lane is Lane.RAW:
        known = overflow.recognise(message) is not None
        require(known, f"{part.model}: no client takes this for an overflow", message)
        return
    if stage.api is Api.CHAT:
        require(error.get("code") == "context_length_exceeded", f"code is {error.get('code')!r}", message)
        require(_MAXIMUM.search(message), f"{part.model}: not in OpenAI's words", message)
        return
    require(message.startswith("prompt is too long"), f"{part.model}: not in Anthropic's words", message)
    figures = _TOO_LONG.search(message)
    if figures is not None:
        require(int(figures[1]) > int(figures[2]), f"{part.model}: the figures show no overflow", message)


async def limited(stage: Stage) -> None:
    for part in stage.scripted(Role.LIMITED):
        answer = await stage.post(stage.body(asking.PONG, part) | {"stream": True})
        error = stage.require_error(answer, 429)
        require(_retry_after(answer), "no usable retry-after", str(dict(answer.headers)))
        wanted = "rate_limit_error" if stage.api is Api.MESSAGES else "rate_limit_exceeded"
        named = wanted in (error["type"], error.get("code")) or stage.lane is Lane.RAW
        require(named, f"neither type nor code is {wanted}", answer.shown)


async def overloaded(stage: Stage) -> None:
    status = 529 if stage.api is Api.MESSAGES else 503
    for part in stage.scripted(Role.OVERLOADED):
        error = await stage.refused(stage.body(asking.PONG, part) | {"stream": True}, status)
        right = stage.api is Api.CHAT or error["type"] == "overloaded_error"
        require(right, f"type is {error['type']!r}, not overloaded_error")


def _retry_after(answer: Answer) -> bool:
    try:
        return float(answer.headers.get("retry-after", "")) >= 0
    except ValueError:
        return False


async def wrong_key(stage: Stage) -> None:
    if not stage.subject.key:
        raise Moot("no key is set, so perhaps none is asked for")
    answer = await stage.post(stage.body(asking.PONG), headers=credentials(stage.api, WRONG_KEY))
    if answer.status == 200:
        raise Moot("any key is taken here")
    if stage.lane is Lane.DIRECT:
        require(answer.status in (401, 403), f"status {answer.status} for a wrong key", answer.shown)
        return
    error = stage.require_error(answer, 401)
    if stage.api is Api.MESSAGES:
        require(error["type"] == "authentication_error", f"type is {error['type']!r}")
    else:
        require(error.get("code") == "invalid_api_key", f"code is {error.get('code')!r}")
    never = answer.headers.get("x-should-retry") == "false"
    require(never, "x-should-retry is not false: Claude Code would try for minutes")


async def bad_requests(stage: Stage) -> None:
    bad = (400, 422)
    await stage.refused(b'{"model": "x", "messages": [', bad)
    await stage.refused({"model": stage.part(Role.TEXT).model, "max_tokens": 16, "messages": "none"}, bad)
    if stage.lane is Lane.DIRECT:
        return
    await stage.refused({"model": stage.model, "messages": []}, 404, path=f"{ENDPOINT[stage.api]}/nonsense")
    sent = credentials(stage.api, stage.subject.key)
    got = await stage.client.send("GET", ENDPOINT[stage.api], headers=sent)
    stage.require_error(got, (404, 405))


async def credential_refused(stage: Stage) -> None:
    """The gateway's own key is nothing the client could mend: no 401 or 403, which would send it to its login."""
    for part in stage.scripted(Role.CREDENTIAL_REFUSED):
        answer = await stage.post(stage.body(asking.PONG, part))
        require(answer.status >= 500, f"status {answer.status} blames the client's own key", answer.shown)
        stage.require_error(answer, answer.status)


async def broken(stage: Stage) -> None:
    for part in stage.scripted(Role.BROKEN):
        error = await stage.refused(stage.body(asking.PONG, part), (500, 502, 503))
        wanted = "api_error" if stage.api is Api.MESSAGES else "server_error"
        require(error["type"] == wanted, f"type is {error['type']!r}, not {wanted}")


def _scripted(id: str, title: str, run: Any, role: Role, requests: int = 1) -> Case:
    return Case(id, title, run, requests, lanes=GATEWAYS, role=role, per_variant=True)


CASES: Final = (
    _scripted("ERR-01", "a prompt that is too long is told in known words", too_long, Role.OVERFLOW, 2),
    _scripted("ERR-04", "an upstream at its limit: 429 and when to come back", limited, Role.LIMITED),
    _scripted("ERR-04", "an upstream overloaded: 529 in Messages, 503 in Chat", overloaded, Role.OVERLOADED),
    Case("ERR-05", "a wrong key is refused once and for all", wrong_key),
    Case("ERR-06", "bad requests and paths get errors of the dialect", bad_requests, 4),
    _scripted(
        "ERR-06",
        "a credential the upstream refuses is not the client's",
        credential_refused,
        Role.CREDENTIAL_REFUSED,
    ),
    _scripted("ERR-06", "a broken upstream is a server error", broken, Role.BROKEN),
)
