import json
from typing import Any

import pytest

from isthmus.core.errors import Scope, UpstreamProtocolError
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.errors import Refusals
from isthmus.providers.claude_web.organizations import (
    Organization,
    choose_organization,
    held_against,
    live_flags,
    profile_of,
    read_organizations,
)

NOW = 1_790_000_000.0
REFUSALS = Refusals("mine", lambda: NOW)


def org(id: str, *capabilities: str, **more: Any) -> dict[str, Any]:
    return {"uuid": id, "name": f"Org {id}", "capabilities": list(capabilities), **more}


def listed(*rows: Any) -> list[Organization]:
    return read_organizations(json.dumps(rows).encode())


@pytest.mark.parametrize(
    ("rows", "wanted", "chosen"),
    [
        ([org("a", "api"), org("b", "chat")], None, "b"),
        ([org("a", "chat"), org("b", "chat", "claude_pro")], None, "b"),
        ([org("a", "chat", "x", "y"), org("b", "chat", "claude_max")], None, "b"),
        ([org("a", "chat", "claude_pro"), org("b", "chat", "raven", "compliance_api")], None, "b"),
        ([org("a", "chat"), org("b", "chat")], None, "a"),
        ([org("a", "chat"), org("b", "chat")], "b", "b"),
        ([org("a", "chat"), org("b", "api")], "b", "b"),
        ([org("a", "chat")], "gone", "a"),
        ([org("a", "api")], None, None),
        ([], None, None),
        (
            [{"uuid": "a", "rate_limit_tier": "auto_api"}, {"uuid": "b", "rate_limit_tier": "default_raven"}],
            None,
            "b",
        ),
        ([{"uuid": "a", "rate_limit_tier": "default_claude_max_5x"}], None, "a"),
        ([{"uuid": ""}, "no", {"uuid": 7}], None, None),
    ],
)
def test_the_choice(rows: list[Any], wanted: str | None, chosen: str | None) -> None:
    found = choose_organization(listed(*rows), wanted)
    assert (None if found is None else found.id) == chosen


@pytest.mark.parametrize(
    ("capabilities", "plan"),
    [
        (["chat"], "free"),
        (["chat", "claude_pro"], "pro"),
        (["chat", "claude_max"], "max"),
        (["chat", "raven"], "team"),
        (["chat", "claude_enterprise"], "enterprise"),
    ],
)
def test_the_plan(capabilities: list[str], plan: str) -> None:
    (found,) = listed(org("a", *capabilities))
    assert found.plan == plan and found.is_paid is (plan != "free")
    assert profile_of(found) == {
        "id": "a",
        "name": "Org a",
        "capabilities": sorted(capabilities),
        "plan": plan,
    }


def test_without_capabilities_the_plan_is_not_known() -> None:
    (found,) = listed({"uuid": "a"})
    assert found.plan is None and not found.is_paid


@pytest.mark.parametrize("body", [b"", b"{}", b'{"data":[]}', b"<html>", b"null"])
def test_no_list(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError, match="organizations"):
        read_organizations(body)


def flagged(type: str, ends: Any) -> Organization:
    return listed(org("a", "chat", active_flags=[{"type": type, "expires_at": ends}]))[0]


def test_flags() -> None:
    banned = held_against(flagged("consumer_banned", None), REFUSALS)
    assert banned is not None and (banned.case, banned.scope) == (cases.ORG_DISABLED, Scope.CREDENTIAL)
    parked = held_against(flagged("consumer_restricted_mode", NOW + 60), REFUSALS)
    assert parked is not None and (parked.case, parked.cooldown_s) == (cases.RESTRICTED, 60)
    endless = held_against(flagged("restricted", None), REFUSALS)
    assert endless is not None and endless.cooldown_s == 86_400


@pytest.mark.parametrize(
    ("type", "ends"), [("banned", NOW - 1), ("banned", "2020-01-01T00:00:00Z"), ("first_warning", NOW + 60)]
)
def test_what_is_over_or_a_warning_stops_nobody(type: str, ends: Any) -> None:
    assert held_against(flagged(type, ends), REFUSALS) is None
    assert len(live_flags(flagged(type, ends).flags, NOW)) == (type == "first_warning")
