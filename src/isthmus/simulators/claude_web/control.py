"""The other side of the stage, for tests in other processes: `/_sim/…`, which no client of the service ever asks for.

| call | body, query | what it does |
| --- | --- | --- |
| `GET /_sim/accounts` | | who there is, without keys |
| `POST /_sim/accounts` | `name`, `plan`, `allowances`, `concurrency` | somebody new; this answer alone shows a key |
| `PATCH /_sim/accounts` | `name` and `signed_in`, `concurrency`, `use_up` (window → share), `flags` (type → seconds), `framing` | |
| `GET /_sim/faults` | | those that wait |
| `POST /_sim/faults` | `account`, `fault`, `at`, `times` | one more |
| `DELETE /_sim/faults` | `account` | none of this account, or none at all |
| `GET /_sim/journal` | `endpoint`, `account` | what was asked, oldest first |
| `DELETE /_sim/journal` | | forgets it |
| `GET`, `POST /_sim/clock` | `advance_s` or `now_s` | the time; another time |
| `GET /_sim/conversations` | `account` | those that were not deleted, temporary ones included |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from isthmus.simulators.claude_web.accounts import Account, Flag
from isthmus.simulators.claude_web.answers import Whole, whole_json
from isthmus.simulators.claude_web.framing import Cut, Framing
from isthmus.simulators.claude_web.world import World

Json = dict[str, Any]
PREFIX: Final = "/_sim/"


def direct(world: World, method: str, path: str, query: Mapping[str, str], body: bytes) -> Whole:
    """The answer to a call of the control API; mistakes are 400 with the reason."""
    handle = _CALLS.get((method, path.removeprefix(PREFIX)))
    if handle is None:
        return whole_json({"error": f"no such call: {method} {path}"}, 404)
    try:
        given = json.loads(body) if body else {}
        return handle(world, query, given)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return whole_json({"error": f"{type(error).__name__}: {error}"}, 400)


def _shown(account: Account) -> Json:
    return {
        "name": account.name,
        "plan": account.plan,
        "org": account.org.uuid,
        "signed_in": account.signed_in,
        "concurrency": account.concurrency,
        "streaming": account.streaming,
        "conversations": len(account.conversations),
        "files": len(account.files),
        "windows": {key: window.shown() for key, window in account.quota.windows.items()},
    }


def _accounts(world: World, _: Mapping[str, str], __: Json) -> Whole:
    return whole_json([_shown(account) for account in world.accounts.values()])


def _add_account(world: World, _: Mapping[str, str], given: Json) -> Whole:
    account = world.add_account(**given)
    return whole_json(_shown(account) | {"key": account.key}, 201)


def _change_account(world: World, _: Mapping[str, str], given: Json) -> Whole:
    account, now_s = world.account(given.pop("name")), world.clock.now_s()
    for name, value in given.items():
        match name:
            case "signed_in":
                account.signed_in = bool(value)
            case "concurrency":
                account.concurrency = int(value)
            case "use_up":
                for key, share in value.items():
                    account.quota.use_up(now_s, key, float(share))
            case "flags":
                account.flags = [Flag(kind, now_s + float(ahead_s)) for kind, ahead_s in value.items()]
            case "framing":
                cut = {"cut": Cut(value["cut"])} if "cut" in value else {}
                account.framing = Framing(**(value | cut))
            case _:
                raise ValueError(f"nothing called {name!r} can be changed")
    return whole_json(_shown(account))


def _faults(world: World, _: Mapping[str, str], __: Json) -> Whole:
    waiting = {
        name: [each.shown() for each in account.scripts.waiting] for name, account in world.accounts.items()
    }
    return whole_json(waiting)


def _add_fault(world: World, _: Mapping[str, str], given: Json) -> Whole:
    world.account(given["account"]).script(given["fault"], *given.get("at", ()), times=given.get("times"))
    return Whole(204, content_type="")


def _clear_faults(world: World, query: Mapping[str, str], _: Json) -> Whole:
    chosen = [world.account(query["account"])] if "account" in query else world.accounts.values()
    for account in chosen:
        account.scripts.clear()
    return Whole(204, content_type="")


def _journal(world: World, query: Mapping[str, str], _: Json) -> Whole:
    wanted = {name: query[name] for name in ("endpoint", "account") if name in query}
    entries = [each.shown() for each in world.journal]
    return whole_json(
        [each for each in entries if all(each[name] == value for name, value in wanted.items())]
    )


def _forget(world: World, _: Mapping[str, str], __: Json) -> Whole:
    world.journal.clear()
    return Whole(204, content_type="")


def _time(world: World, _: Mapping[str, str], __: Json) -> Whole:
    return whole_json({"now_s": world.clock.now_s()})


def _set_time(world: World, query: Mapping[str, str], given: Json) -> Whole:
    if "now_s" in given:
        world.clock.set(float(given["now_s"]))
    world.clock.advance(float(given.get("advance_s", 0)))
    return _time(world, query, given)


def _conversations(world: World, query: Mapping[str, str], _: Json) -> Whole:
    account = world.account(query["account"])
    return whole_json([each.tree(whole=True) for each in account.conversations])


_CALLS: Final[Mapping[tuple[str, str], Callable[[World, Mapping[str, str], Json], Whole]]] = {
    ("GET", "accounts"): _accounts,
    ("POST", "accounts"): _add_account,
    ("PATCH", "accounts"): _change_account,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "journal"): _journal,
    ("DELETE", "journal"): _forget,
    ("GET", "clock"): _time,
    ("POST", "clock"): _set_time,
    ("GET", "conversations"): _conversations,
}
