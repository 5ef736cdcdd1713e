import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.commands import Head, Spare
from isthmus.core.errors import Kind, Next, Scope
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.cases import Case, Remedy
from isthmus.providers.claude_web.errors import Refusals, read, remedy_of, unreadable
from isthmus.routing.cooldown import judge

NOW = 1_790_000_000.0
REFUSALS = Refusals("mine", lambda: NOW)
JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html; charset=UTF-8"}
PAGE = b"<!DOCTYPE html><html><title>502</title></html>"
CHALLENGE = (
    b'<html><title>Just a moment...</title><script src="/cdn-cgi/challenge-platform/h"></script></html>'
)


def body(kind: str, message: str, **more: Any) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message, **more}}).encode()


def limit(**more: Any) -> str:
    return json.dumps(
        {"type": "exceeded_limit", "resetsAt": NOW + 60, "perModelLimit": False, "windows": {}, **more}
    )


@pytest.mark.parametrize(
    ("status", "headers", "sent", "case"),
    [
        (403, HTML | {"cf-mitigated": "challenge"}, PAGE, cases.BOT_CHECK),
        (403, JSON | {"cf-mitigated": "challenge"}, b"", cases.BOT_CHECK),
        (403, HTML, CHALLENGE, cases.BOT_CHECK),
        (503, HTML, CHALLENGE, cases.BOT_CHECK),
        (200, HTML, CHALLENGE, cases.BOT_CHECK),
        (403, JSON, body("permission_error", "Just a moment"), cases.PERMISSION),
        (403, HTML, PAGE, cases.NOT_JSON),
        (401, HTML, PAGE, cases.NOT_JSON),
        (404, HTML, PAGE, cases.NOT_JSON),
        (200, HTML, PAGE, cases.NOT_JSON),
        (200, JSON, b"{}", cases.NOT_JSON),
        (200, JSON, b'{"answer":1}', cases.NOT_JSON),
        (302, {}, b"", cases.NOT_JSON),
        (403, {}, b"", cases.NOT_JSON),
        (401, {}, b"", cases.SESSION_INVALID),
        (502, HTML, PAGE, cases.SERVER),
        (504, HTML, PAGE, cases.LATE),
        (429, HTML, PAGE, cases.LIMITED_SOMEHOW),
        (429, HTML | {"retry-after": "60"}, PAGE, cases.RATE_LIMITED),
        (200, JSON, body("overloaded_error", "Overloaded"), cases.OVERLOADED),
        (200, JSON, body("authentication_error", "No."), cases.SESSION_INVALID),
        (429, JSON, body("rate_limit_error", limit()), cases.RATE_LIMITED),
        (429, JSON, body("rate_limit_error", limit(representativeClaim="concurrents")), cases.BUSY),
        (400, JSON, body("invalid_request_error", "No."), cases.BAD_REQUEST),
    ],
)
def test_every_form(status: int, headers: dict[str, str], sent: bytes, case: Case) -> None:
    error = REFUSALS.classify(Head(status, headers), sent)
    assert error.case is case
    assert "'mine'" in error.message or not case.says
    assert (error.kind, error.next) == (case.kind, case.next)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_page_burns_no_account(status: int) -> None:
    verdict = judge(REFUSALS.classify(Head(status, HTML), PAGE))
    assert verdict is not None and not verdict.at_once and not verdict.whole_account
    assert judge(REFUSALS.classify(Head(status, HTML), CHALLENGE)) is None


def test_a_limit_within_the_message() -> None:
    error = REFUSALS.classify(
        Head(429, JSON), body("rate_limit_error", limit(representativeClaim="five_hour"))
    )
    assert (error.scope, error.cooldown_s, error.retry_after_s, error.source) == (
        Scope.ACCOUNT,
        60,
        60,
        "limit object",
    )
    assert error.detail == "used up: five_hour (until by limit object)"


def test_a_limit_of_one_model() -> None:
    error = REFUSALS.classify(Head(429, JSON), body("rate_limit_error", limit(perModelLimit=True)))
    assert (error.scope, error.cooldown_s) == (Scope.MODEL, 60)


def test_a_limit_without_a_time() -> None:
    error = REFUSALS.classify(Head(429, JSON), body("rate_limit_error", limit(resetsAt=None)))
    assert (error.case, error.cooldown_s, error.has_limit) == (cases.RATE_LIMITED, None, True)
    assert remedy_of(error) is Remedy.ASK_USAGE


def test_an_error_within_the_message() -> None:
    inner = json.dumps(
        {"type": "error", "error": {"type": "x", "message": "prompt is too long: 9 tokens > 5 maximum"}}
    )
    error = REFUSALS.classify(Head(400, JSON), body("invalid_request_error", inner))
    assert (error.kind, error.tokens, error.limit) == (Kind.CONTEXT_OVERFLOW, 9, 5)
    assert error.message == "prompt is too long: 9 tokens > 5 maximum"


def test_an_error_inside_a_stream() -> None:
    event = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert REFUSALS.told(event).case is cases.OVERLOADED
    plain = {"type": "error", "error": json.loads(limit())}
    assert REFUSALS.told(plain).cooldown_s == 60
    assert REFUSALS.told({"type": "error"}).case is cases.SERVER


@pytest.mark.parametrize(
    ("told", "spare"),
    [
        ({"type": "within_limit", "resetsAt": NOW + 60}, Spare(0.0)),
        ({"type": "approaching_limit", "resetsAt": NOW + 60}, Spare(60.0)),
        (
            {"type": "approaching_limit", "resetsAt": NOW + 60, "perModelLimit": True},
            Spare(60.0, Scope.MODEL),
        ),
        ({"type": "approaching_limit", "resetsAt": None}, Spare(0.0)),
        ({"type": "approaching_limit", "resetsAt": NOW - 60}, Spare(0.0)),
        ({"type": "exceeded_limit", "resetsAt": NOW + 60}, Spare(0.0)),
    ],
)
def test_how_long_others_go_first(told: dict[str, object], spare: Spare) -> None:
    assert REFUSALS.nearing(told) == spare


def test_a_limit_behind_an_answer() -> None:
    assert REFUSALS.limit({"type": "within_limit"}) is None
    assert REFUSALS.limit({"type": "approaching_limit", "resetsAt": NOW + 60}) is None
    spent = REFUSALS.limit({"type": "exceeded_limit", "resetsAt": NOW + 60})
    assert spent is not None and (spent.kind, spent.cooldown_s) == (Kind.RATE_LIMIT, 60)


def test_the_services_words_about_the_session_are_not_the_clients() -> None:
    error = REFUSALS.classify(
        Head(401, JSON), body("authentication_error", "session of ann@example.org ended")
    )
    assert "ann" not in error.message and "ann" in error.detail


def test_what_cannot_be_read_is_another_accounts_chance() -> None:
    assert unreadable("list of models").next is Next.OTHER_ACCOUNT


@given(st.binary())
def test_any_bytes_are_an_error_or_none(sent: bytes) -> None:
    read(sent)
    assert REFUSALS.classify(Head(500, {}), sent).message


nonsense = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["type", "error", "message", "details"]), inner)
    ),
)


@given(st.dictionaries(st.sampled_from(["type", "error", "message"]), nonsense))
def test_any_json_is_an_error_or_none(value: dict[str, Any]) -> None:
    assert REFUSALS.classify(Head(429, JSON), json.dumps(value).encode()).message
    assert REFUSALS.told(value).message
