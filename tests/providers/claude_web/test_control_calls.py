import json

import pytest

from isthmus.core.commands import Grant
from isthmus.core.errors import Scope, UpstreamError
from isthmus.core.secret import Secret
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.control_calls import (
    chosen_id,
    good_body,
    read_model_rows,
    root_of,
    survey,
)
from isthmus.providers.claude_web.errors import Refusals, Refused
from isthmus.simulators.claude_web.plans import Plan
from providers.claude_web.stage import NOW, Stage, reply

REFUSALS = Refusals("mine", lambda: NOW)


def look(here: Stage) -> object:
    return here.survey(survey(here.grant(), here.options, REFUSALS))


@pytest.mark.parametrize("plan", [Plan.FREE, Plan.PRO, Plan.MAX, Plan.TEAM])
def test_a_survey_costs_no_message(plan: str) -> None:
    here = Stage(plan=plan)
    here.account.quota.use_up(NOW, "5h", 0.5)
    found = here.survey(survey(here.grant(), here.options, REFUSALS))
    assert here.endpoints == ["organizations", "bootstrap", "usage", "model_config"]
    assert (found.plan, found.owner, found.problems) == (plan, "anna@example.org", ())
    assert found.lists("claude-sonnet-5") and found.lists("claude-opus-5") is (plan != Plan.FREE)
    assert [profile["id"] for profile in found.profiles] == [here.account.org.uuid]
    assert [(quota.name, quota.used) for quota in found.quotas if quota.counts] == [("5 hours", 50)]
    assert found.resets_ms == (NOW + 5 * 3600) * 1000
    assert all(not each.disguises for each in here.world.journal)


@pytest.mark.parametrize("fault", ["F1", "F2", "F4", "F5", "F24 header"])
def test_what_would_be_the_same_for_every_call_ends_it(fault: str) -> None:
    here = Stage()
    here.account.script(fault)
    with pytest.raises(UpstreamError) as caught:
        look(here)
    assert len(here.endpoints) == (2 if fault == "F4" else 1)
    error = caught.value
    assert error.scope is Scope.CREDENTIAL or (isinstance(error, Refused) and error.case is cases.BOT_CHECK)


@pytest.mark.parametrize(
    ("endpoint", "problem"), [("usage", "usage"), ("model_config", "models"), ("bootstrap", "bootstrap")]
)
def test_a_part_that_fails_is_empty_and_says_so(endpoint: str, problem: str) -> None:
    here = Stage()
    here.account.script("F14", endpoint)
    found = here.survey(survey(here.grant(), here.options, REFUSALS))
    (said,) = found.problems
    assert said.startswith(f"{problem}: overloaded")
    assert found.plan == "pro"


@pytest.mark.parametrize("endpoint", ["organizations", "bootstrap", "usage", "model_config"])
def test_a_key_that_comes_with_any_answer_is_kept_once(endpoint: str) -> None:
    here = Stage()
    old = here.key
    here.account.script("F26 new-key", endpoint)
    found = here.survey(survey(Grant("session_key", Secret(old)), here.options, REFUSALS))
    assert (found.plan, found.problems) == ("pro", ())
    [kept] = here.kept
    assert kept.used == Secret(old)
    assert kept.credential["session_key"].reveal() == here.account.next_key != old


def test_a_key_is_kept_although_what_follows_fails() -> None:
    here = Stage()
    here.account.script("F26 new-key", "organizations")
    here.account.script("F24 header", "bootstrap")
    with pytest.raises(UpstreamError):
        look(here)
    assert len(here.kept) == 1


def test_when_nothing_can_be_read_it_raises() -> None:
    here = Stage()
    here.account.script("F14", "organizations", "bootstrap")
    with pytest.raises(UpstreamError, match="overloaded"):
        look(here)


@pytest.mark.parametrize(
    ("fault", "told"), [("F7 banned", "flag: banned"), ("F7 restricted", "flag: restricted")]
)
def test_flags_are_told(fault: str, told: str) -> None:
    here = Stage()
    here.account.script(fault)
    assert here.survey(survey(here.grant(), here.options, REFUSALS)).problems == (told,)


def test_flags_that_are_over_are_not_told() -> None:
    here = Stage()
    here.account.script("F7 expired")
    assert here.survey(survey(here.grant(), here.options, REFUSALS)).problems == ()


def test_an_account_that_cannot_chat() -> None:
    here = Stage()
    here.account.script("F6 api")
    found = here.survey(survey(here.grant(), here.options, REFUSALS))
    assert found.profiles == () and found.problems == ("organizations: none of them can chat",)


def test_the_organization_of_the_operators_choice() -> None:
    assert chosen_id(Grant("session_key", Secret("k"), {"organization_id": "a"})) == "a"
    assert chosen_id(Grant("session_key", Secret("k"), {"organization_id": 7})) is None
    assert root_of("a/../b") == "/api/organizations/a%2F..%2Fb"


def test_a_choice_that_the_account_has_not_is_told() -> None:
    here = Stage()
    mistaken = Grant("session_key", here.grant().token, {"organization_id": "elsewhere"})
    found = here.survey(survey(mistaken, here.options, REFUSALS))
    assert found.problems == (
        f"organization_id: elsewhere is none of this account's, {here.account.org.uuid} answers instead",
    )


def test_models_that_may_be_chosen() -> None:
    rows = [{"model": "a", "name": "A"}, {"model": "b", "inactive": True}, {"model": 7}, None]
    assert read_model_rows(json.dumps(rows).encode()) == [{"model": "a", "name": "A", "id": "a"}]
    with pytest.raises(UpstreamError, match="models"):
        read_model_rows(b"{}")


def test_an_error_under_a_good_status_is_one() -> None:
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    with pytest.raises(UpstreamError, match="overloaded"):
        good_body(reply(200, json.dumps(overloaded, separators=(",", ":")).encode()), REFUSALS)
    with pytest.raises(UpstreamError):
        good_body(reply(200, b"<html></html>", {"content-type": "text/html"}), REFUSALS)
