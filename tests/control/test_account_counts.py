"""Accounts are counted by provider and state, with why they rest."""

from __future__ import annotations

from isthmus.control.account_counts import counted
from isthmus.control.account_views import LiveState
from isthmus.routing.exhausted import State
from isthmus.storage.accounts import Outline
from isthmus.storage.cooldowns import CooldownRow


def outline(id: str, provider: str, off_reason: str | None = None) -> Outline:
    return Outline(id, provider, id, off_reason is None, 0, 0, 0, 0, None, None, off_reason)


def rest(id: str, model: str | None, until_ms: int, reason: str) -> CooldownRow:
    return CooldownRow(id, model, until_ms, reason, "", 1)


def test_each_account_counts_once() -> None:
    outlines = [
        outline("a", "web"),
        outline("b", "web"),
        outline("c", "web", "needs sign-in: the token is gone"),
        outline("d", "web", "401 invalid key"),
        outline("e", "api"),
    ]
    rests = (rest("b", None, 5, "sick"), rest("b", None, 9, "quota"), rest("b", "m", 99, "rate_limit"))
    lives = {
        "a": LiveState(State.HEALTHY, coolings=(rest("a", "m", 9, "no_model"),)),
        "b": LiveState(State.COOLING, coolings=rests),
        "c": LiveState(State.DISABLED),
        "d": LiveState(State.DISABLED),
        "e": LiveState(State.BUSY),
    }
    api, web = counted(outlines, lives)
    assert (api.provider, api.total, dict(api.states)) == ("api", 1, {"busy": 1})
    assert (web.total, dict(web.states)) == (4, {"healthy": 1, "cooling": 1, "disabled": 2})
    assert (dict(web.resting), web.needs_sign_in) == ({"quota": 1}, 1)
