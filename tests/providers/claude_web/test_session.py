from dataclasses import replace
from typing import Any

import pytest

from isthmus.core.commands import Authorize, Call, Grant, Head, Keep, Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.secret import Secret
from isthmus.providers.claude_web.errors import Refusals
from isthmus.providers.claude_web.memory import Memory
from isthmus.providers.claude_web.options import Options
from isthmus.providers.claude_web.session import Session, Speaker
from providers.claude_web.stage import NOW, Script, reply

ORGS = [{"uuid": "o", "capabilities": ["chat", "claude_pro"]}]
GRANT = Grant("session_key", Secret("sk-ant-sid01-old"))


def session(**details: Any) -> Session:
    speaker = Speaker(Options(), {}, Refusals("mine", lambda: NOW), Memory(), lambda: "id", lambda: 0.5)
    return Session(speaker, replace(GRANT, details=details))


def test_the_account_stands_above_the_configuration() -> None:
    here = session(timezone="Europe/Berlin", base_url="https://other.test")
    assert here.options.timezone == here.refusals.timezone == "Europe/Berlin"
    assert here.place("o", "c").completion_url.startswith("https://other.test/")


def test_the_organization_and_the_plan_are_learned_once() -> None:
    here = session()
    script = Script(reply(200, ORGS))
    assert script.play(here.organization()) == "o"
    assert here.grant.details["plan"] == "pro"
    assert Script().play(here.organization()) == "o"
    told = session(plan="free")
    told.memory.organization = here.memory.organization
    Script().play(told.organization())
    assert told.grant.details["plan"] == "free"


def test_a_model_that_costs_is_not_asked_of_a_free_account() -> None:
    session(plan="pro").check_model("claude-opus-5")
    session().check_model("claude-opus-5")
    session(plan="free").check_model("claude-sonnet-5")
    with pytest.raises(UpstreamError, match="does not have this model"):
        session(plan="free").check_model("claude-opus-5")


def test_another_key() -> None:
    here = session()
    newer = Grant("session_key", Secret("sk-ant-sid01-new"))
    script = Script(newer)
    assert script.play(here.another_key()) is True
    assert script.asked == [Authorize(GRANT.token)] and here.grant is newer
    assert Script(newer).play(here.another_key()) is False
    assert Script(UpstreamError("no")).play(here.another_key()) is False


@pytest.mark.parametrize(
    ("answer", "other"),
    [
        (reply(200, ORGS), True),
        (reply(200, [{"uuid": "chosen", "capabilities": ["chat"]}]), False),
        (reply(200, [*ORGS, {"uuid": "chosen", "capabilities": ["chat"]}]), False),
        (reply(200, []), False),
        (reply(500), False),
        (UpstreamError("away"), False),
    ],
)
def test_another_organization(answer: Reply | UpstreamError, other: bool) -> None:
    assert Script(answer).play(session(organization_id="chosen").another_organization()) is other


def test_a_ban_that_is_found_on_the_way_is_what_counts() -> None:
    banned = [{"uuid": "o", "capabilities": ["chat"], "active_flags": [{"type": "banned"}]}]
    with pytest.raises(UpstreamError) as caught:
        Script(reply(200, banned)).play(session().another_organization())
    assert caught.value.detail == "organization disabled: flag banned"


def test_a_new_key_is_told_once_and_not_used() -> None:
    here = session()
    here.notice(Head(200, {"set-cookie": "sessionKey=sk-ant-sid01-new; Path=/"}))
    here.notice(Head(200, {}))
    script = Script(None, None)
    script.play(here.noticed())
    assert script.asked == [Keep({"session_key": Secret("sk-ant-sid01-new")}, GRANT.token)]
    assert here.grant.token == GRANT.token
    assert Script().play(here.noticed()) is None
    here.notice(Head(200, {"set-cookie": "sessionKey=sk-ant-sid01-old; Path=/"}))
    assert Script().play(here.noticed()) is None


@pytest.mark.parametrize(
    ("percent", "ahead_s", "told"), [(100, 60, True), (99, 60, False), (100, -60, False)]
)
def test_usage_tells_more_than_a_refusal(percent: float, ahead_s: float, told: bool) -> None:
    here = session(organization_id="o")
    usage = {"five_hour": {"utilization": percent, "resets_at": NOW + ahead_s}}
    script = Script(reply(200, usage), None)
    error = here.refusals.classify(Head(429, {}), b"")
    if told:
        with pytest.raises(UpstreamError) as caught:
            script.play(here.ask_usage(error))
        assert caught.value.cooldown_s == 60
    else:
        script.play(here.ask_usage(error))
    assert [type(each) for each in script.asked] == [Call, Keep]
