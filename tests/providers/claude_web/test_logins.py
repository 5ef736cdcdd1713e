from typing import Any

import pytest

from isthmus.core.logins import Holder, LoginError, LoginProblem, Logins
from isthmus.core.secret import Secret
from isthmus.providers.claude_web.logins import ClaudeWebLogins, key_problem
from isthmus.providers.claude_web.options import Options
from providers.claude_web.stage import NOW, Stage

LOGINS: Logins = ClaudeWebLogins(Options("https://claude.test"), lambda: NOW)
KEY = "sk-ant-sid01-" + "a_B-" * 23 + "-abcdefAA"


def holder(key: str = KEY, **details: Any) -> Holder:
    return Holder("session_key", {"session_key": Secret(key)}, details)


def test_one_kind_and_no_signing_in() -> None:
    kind = LOGINS.kinds["session_key"]
    assert list(LOGINS.kinds) == ["session_key"] and kind.required == ("session_key",) and not kind.renewable
    assert not LOGINS.methods
    with pytest.raises(LoginError) as caught:
        LOGINS.begin("browser", {})
    assert (caught.value.problem, caught.value.field) == (LoginProblem.REFUSED, "method")
    with pytest.raises(LoginError, match="session key"):
        LOGINS.poll("browser", {})
    with pytest.raises(LoginError, match="nothing to renew"):
        LOGINS.renew(holder())


def test_what_is_well() -> None:
    assert LOGINS.problems(holder()) == {}
    assert LOGINS.problems(holder(organization_id="0b7c2d1e-5a44-4f0e-9a31-6f1f0e2a9c10", plan="max")) == {}
    assert LOGINS.problems(Holder("session_key", {})) == {}


@pytest.mark.parametrize(
    ("key", "way_out"),
    [
        ("sk-ant-api03-abc", "type anthropic"),
        ("sk-ant-oat01-abc", "Claude Code"),
        ("sessionKey=sk-ant-sid01-abc", "begins with sk-ant-sid"),
        ("", "begins with sk-ant-sid"),
        ("sk-ant-sid", "whole value"),
        ("sk-ant-sid01-a b", "value alone"),
        ("sk-ant-sid01-a;b", "value alone"),
        ("sk-ant-sid01-a\r\nx: y", "value alone"),
        ("sk-ant-sid01-ä", "value alone"),
    ],
)
def test_keys_that_are_none(key: str, way_out: str) -> None:
    problem = key_problem(key)
    assert problem is not None and way_out in problem
    assert LOGINS.problems(holder(key)) == {"credential.session_key": problem}


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"organization_id": "mine"}, "details.organization_id"),
        ({"organization_id": 7}, "details.organization_id"),
        ({"plan": "gold"}, "details.plan"),
    ],
)
def test_details_that_are_wrong(details: dict[str, Any], field: str) -> None:
    assert list(LOGINS.problems(holder(**details))) == [field]


def test_a_survey() -> None:
    here = Stage()
    found = here.survey(LOGINS.survey(here.grant()))
    assert found.plan == "pro" and found.problems == ()
