"""Who is let in, and what befalls them on the way: the one road from a request to its answer, without sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.cookies import CookieError, SimpleCookie
from typing import Final

from isthmus.simulators.claude_web.accounts import Account
from isthmus.simulators.claude_web.answers import Answer, Silence, Whole, page, refused, whole_json
from isthmus.simulators.claude_web.api import Route, route
from isthmus.simulators.claude_web.effects import Instead, Moment, NewKey, Rewritten, Unanswered
from isthmus.simulators.claude_web.faults import Fault
from isthmus.simulators.claude_web.forms import parts_of
from isthmus.simulators.claude_web.journal import Entry
from isthmus.simulators.claude_web.refusals import Refusal, not_found, session_invalid
from isthmus.simulators.claude_web.visit import Visit
from isthmus.simulators.claude_web.world import World

COOKIE: Final = "sessionKey"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read to its end."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    """Values of all Cookie headers."""
    content_type: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    answer: Answer
    new_key: str | None = field(default=None, repr=False)


def pass_through(world: World, asked: Asked, entry: Entry) -> Outcome:
    """The answer, and what the journal is told of it."""
    _record(world, asked, entry)
    request_id = world.seeds.tag("req")
    if not asked.path.startswith("/api/"):
        return Outcome(page(200, "Claude", "Sign in to continue."))
    try:
        account = _recognised(world, asked.cookies)
        entry.account = account.name
        found, params = route(asked.method, asked.path)
        if found is None:
            raise not_found(f"{asked.method} {asked.path}")
        entry.endpoint = found.endpoint
        return _befallen(world, asked, account, found, params, request_id)
    except Refusal as refusal:
        return Outcome(refused(refusal, request_id))


def _recognised(world: World, cookies: tuple[str, ...]) -> Account:
    """By the session key's cookie alone. A jar of several is refused, as a client of this service has reported."""
    jar = [pair for header in cookies for pair in _pairs(header)]
    account = world.account_of(jar[0][1]) if len(jar) == 1 and jar[0][0] == COOKIE else None
    if account is None:
        raise session_invalid()
    return account


def _pairs(header: str) -> list[tuple[str, str]]:
    try:
        return [(name, morsel.value) for name, morsel in SimpleCookie(header).items()]
    except CookieError:
        return []


def _befallen(
    world: World, asked: Asked, account: Account, found: Route, params: dict[str, str], request_id: str
) -> Outcome:
    fault = account.scripts.take(found.endpoint)
    moment = Moment(world.clock.now_s(), request_id)
    effect = fault.effect if fault else None
    match effect:
        case Instead(make):
            return Outcome(make(moment))
        case Unanswered():
            return Outcome(Silence())
        case _:
            pass
    answer = found.handle(_visit(world, asked, account, found, params, moment, fault))
    if isinstance(effect, Rewritten) and isinstance(answer, Whole):
        changed = effect.change(json.loads(answer.body), moment)
        answer = replace(whole_json(changed, answer.status), headers=answer.headers)
    if isinstance(effect, NewKey):
        account.next_key = world.seeds.session_key()
        return Outcome(answer, account.next_key)
    return Outcome(answer)


def _visit(
    world: World,
    asked: Asked,
    account: Account,
    found: Route,
    params: dict[str, str],
    moment: Moment,
    fault: Fault | None,
) -> Visit:
    return Visit(
        account=account,
        endpoint=found.endpoint,
        params=params,
        query=asked.query,
        content_type=asked.content_type,
        body=asked.body,
        now_s=moment.now_s,
        seeds=world.seeds,
        request_id=moment.request_id,
        fault=fault,
    )


def _record(world: World, asked: Asked, entry: Entry) -> None:
    if asked.content_type.startswith("multipart/"):
        try:
            entry.body = [part.shown() for part in parts_of(asked.content_type, asked.body)]
        except Refusal as refusal:
            entry.body = refusal.message
        return
    world.journal.record(entry, asked.body)
