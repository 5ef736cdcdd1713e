"""Questions to a token service, as steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlencode

from isthmus.core.commands import Call, Pause, Reply
from isthmus.core.logins import LoginError, LoginProblem, Steps
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.token_answers import (
    SLOW_DOWN,
    SLOWER_S,
    body_of,
    error_word,
    is_trouble,
    refusal,
    text_in,
)
from isthmus.wire.json_text import to_json

AGAIN_AFTER_S: Final = 1.0


def post(url: str, body: Mapping[str, object]) -> Call:
    headers = (("content-type", "application/json"), ("accept", "application/json"))
    return Call("POST", url, headers, to_json(body))


def post_form(url: str, fields: Mapping[str, str]) -> Call:
    headers = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
    return Call("POST", url, headers, urlencode(fields).encode())


def ask(call: Call) -> Steps[Reply]:
    reply = yield call
    assert reply is not None, "a Call is answered with a Reply"
    return reply


def ask_twice(call: Call) -> Steps[Reply]:
    """Once more after a pause when the service asks for patience or has trouble: neither says anything of a token."""
    reply = yield from ask(call)
    if error_word(reply) == SLOW_DOWN:
        yield Pause(SLOWER_S)
    elif is_trouble(reply):
        yield Pause(AGAIN_AFTER_S)
    else:
        return reply
    return (yield from ask(call))


def demand(reply: Reply, wanted: str, names: Iterable[str], secrets: Iterable[Secret] = ()) -> dict[str, str]:
    """Members of an answer that must be there, as texts. Raises `LoginError`; `wanted` is what was asked for."""
    body = body_of(reply)
    if reply.head.status >= 400 or error_word(reply):
        raise refusal(reply, wanted, {}, secrets)
    found = {name: text for name in names if (text := text_in(body, name))}
    missing = [name for name in names if name not in found]
    if missing:
        raise LoginError(LoginProblem.PASSING, f"{wanted}: the service's answer has no {', '.join(missing)}")
    return found
