from datetime import UTC, datetime

import msgspec
import pytest

from isthmus.core.commands import Head
from isthmus.core.errors import Kind, Next, Scope
from isthmus.providers.anthropic.errors import Refusals, reset_s, retry_after_s
from isthmus.providers.anthropic.schema import ErrorDetail

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC).timestamp()
REFUSALS = Refusals("claude", lambda: NOW)


def body(kind: str, message: str) -> bytes:
    return msgspec.json.encode({"type": "error", "error": {"type": kind, "message": message}})


@pytest.mark.parametrize(
    ("status", "type", "message", "kind", "next"),
    [
        (400, "invalid_request_error", "max_tokens: Field required", Kind.INVALID_REQUEST, Next.NOTHING),
        (422, "invalid_request_error", "bad", Kind.INVALID_REQUEST, Next.NOTHING),
        (400, "something_new", "bad", Kind.INVALID_REQUEST, Next.NOTHING),
        (401, "authentication_error", "invalid x-api-key", Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (403, "permission_error", "no", Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (402, "billing_error", "pay", Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (400, "invalid_request_error", "Your credit balance is too low to access the API", Kind.UPSTREAM,
         Next.OTHER_ACCOUNT),
        (404, "not_found_error", "model: claude-x", Kind.MODEL_NOT_FOUND, Next.NOTHING),
        (404, "not_found_error", "Not Found", Kind.NOT_FOUND, Next.NOTHING),
        (413, "request_too_large", "Request exceeds the maximum size", Kind.TOO_LARGE, Next.NOTHING),
        (413, "request_too_large", "exceeds the context window", Kind.CONTEXT_OVERFLOW, Next.NOTHING),
        (429, "rate_limit_error", "slow down", Kind.RATE_LIMIT, Next.OTHER_ACCOUNT),
        (400, "policy_blocked", "against the policy", Kind.POLICY_BLOCKED, Next.NOTHING),
        (408, "timeout_error", "slow", Kind.TIMEOUT, Next.SAME),
        (504, "timeout_error", "slow", Kind.TIMEOUT, Next.SAME),
        (500, "api_error", "Internal server error", Kind.UPSTREAM, Next.SAME),
        (503, "api_error", "busy", Kind.OVERLOADED, Next.SAME),
        (529, "overloaded_error", "Overloaded", Kind.OVERLOADED, Next.SAME),
    ],
)  # fmt: skip
def test_every_status(status: int, type: str, message: str, kind: Kind, next: Next) -> None:
    error = REFUSALS.classify(Head(status, {}), body(type, message))
    assert (error.kind, error.next, error.status) == (kind, next, status)


def test_an_overflow_has_its_figures() -> None:
    error = REFUSALS.classify(
        Head(400, {}), body("invalid_request_error", "prompt is too long: 205000 tokens > 200000 maximum")
    )
    assert (error.kind, error.tokens, error.limit) == (Kind.CONTEXT_OVERFLOW, 205_000, 200_000)


def test_the_output_limit_is_no_overflow_of_the_prompt() -> None:
    said = "max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens for claude-opus-4-8"
    error = REFUSALS.classify(Head(400, {}), body("invalid_request_error", said))
    assert (error.kind, error.message) == (Kind.INVALID_REQUEST, said)


@pytest.mark.parametrize("status", [401, 402, 403, 429, 500, 529])
def test_words_about_the_gateways_account_are_for_the_log(status: int) -> None:
    error = REFUSALS.classify(Head(status, {}), body("any_error", "org_123 at host-7"))
    assert "org_123" not in error.message
    assert "'claude'" in error.message
    assert error.detail == "org_123 at host-7"


@pytest.mark.parametrize(
    ("status", "kind", "next"),
    [
        (502, Kind.UPSTREAM, Next.SAME),
        (404, Kind.UPSTREAM, Next.SAME),
        (400, Kind.UPSTREAM, Next.SAME),
        (401, Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (429, Kind.RATE_LIMIT, Next.OTHER_ACCOUNT),
        (503, Kind.OVERLOADED, Next.SAME),
        (413, Kind.TOO_LARGE, Next.NOTHING),
    ],
)
def test_a_page_instead_of_an_error_is_never_shown(status: int, kind: Kind, next: Next) -> None:
    error = REFUSALS.classify(Head(status, {}), b"<html>nginx at 10.0.0.7</html>")
    assert (error.kind, error.next) == (kind, next)
    assert "10.0.0.7" not in error.message
    assert "10.0.0.7" in error.detail


def test_an_overflow_in_foreign_words_is_one() -> None:
    error = REFUSALS.classify(Head(400, {}), b'{"message":"Input is too long for requested model."}')
    assert error.kind is Kind.CONTEXT_OVERFLOW


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "30"}, 1.5),
        ({"retry-after": "Sat, 21 Nov 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e300"}, 7 * 86_400.0),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], wait_s: float | None) -> None:
    assert retry_after_s(headers, NOW) == wait_s


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"anthropic-ratelimit-requests-remaining": "0",
          "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:20Z"}, 20.0),
        ({"anthropic-ratelimit-requests-remaining": "3",
          "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:20Z"}, None),
        ({"anthropic-ratelimit-input-tokens-remaining": "0",
          "anthropic-ratelimit-input-tokens-reset": "2026-11-21T12:00:40",
          "anthropic-ratelimit-tokens-remaining": "0",
          "anthropic-ratelimit-tokens-reset": "2026-11-21T12:00:10Z"}, 40.0),
        ({"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "later"}, None),
        ({"anthropic-ratelimit-unified-reset": str(int(NOW) + 90)}, 90.0),
    ],
)  # fmt: skip
def test_reset(headers: dict[str, str], wait_s: float | None) -> None:
    assert reset_s(headers, NOW) == wait_s


def test_a_limit_cools_the_account_down() -> None:
    limited = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:20Z",
    }
    error = REFUSALS.classify(Head(429, limited), body("rate_limit_error", ""))
    assert (error.retry_after_s, error.cooldown_s) == (20.0, 20.0)
    stated = REFUSALS.classify(Head(429, {**limited, "retry-after": "7"}), body("rate_limit_error", ""))
    assert stated.retry_after_s == 7.0


def test_the_words_are_read_where_no_header_says_when() -> None:
    error = REFUSALS.classify(Head(429, {}), body("rate_limit_error", "Please try again in 2 minutes."))
    assert (error.retry_after_s, error.cooldown_s) == (120, 120)


def test_the_upstreams_clock_is_the_one_that_counts() -> None:
    headers = {"date": "Sat, 21 Nov 2026 11:59:00 GMT", "retry-after": "Sat, 21 Nov 2026 12:00:00 GMT"}
    assert REFUSALS.classify(Head(529, headers), body("overloaded_error", "")).retry_after_s == 60.0


@pytest.mark.parametrize(
    ("type", "kind", "status"),
    [
        ("overloaded_error", Kind.OVERLOADED, 529),
        ("rate_limit_error", Kind.RATE_LIMIT, 429),
        ("api_error", Kind.UPSTREAM, 500),
        ("unheard_of", Kind.UPSTREAM, 500),
        (None, Kind.UPSTREAM, 500),
        ("invalid_request_error", Kind.INVALID_REQUEST, 400),
    ],
)
def test_an_error_inside_a_stream(type: str | None, kind: Kind, status: int) -> None:
    error = REFUSALS.told(ErrorDetail(type, "words"))
    assert (error.kind, error.status) == (kind, status)


def test_an_overflow_inside_a_stream() -> None:
    error = REFUSALS.told(ErrorDetail("api_error", "prompt is too long: 9 tokens > 8 maximum"))
    assert (error.kind, error.tokens, error.limit) == (Kind.CONTEXT_OVERFLOW, 9, 8)


@pytest.mark.parametrize(
    ("status", "type", "message", "scope"),
    [
        (401, "authentication_error", "invalid x-api-key", Scope.CREDENTIAL),
        (
            403,
            "permission_error",
            "OAuth token has been revoked. Please obtain a new token.",
            Scope.CREDENTIAL,
        ),
        (400, "invalid_request_error", "This organization has been disabled.", Scope.CREDENTIAL),
        (403, "permission_error", "Your key may not use this model", Scope.MODEL),
        (402, "billing_error", "pay", Scope.ACCOUNT),
        (400, "invalid_request_error", "Your credit balance is too low to access the API", Scope.ACCOUNT),
        (500, "api_error", "Internal server error", Scope.MODEL),
    ],
)
def test_a_refusal_says_what_else_it_is_true_of(status: int, type: str, message: str, scope: Scope) -> None:
    error = REFUSALS.classify(Head(status, {}), body(type, message))
    assert (error.scope, error.next is Next.SAME) == (scope, status == 500)


@pytest.mark.parametrize(
    ("headers", "scope"),
    [
        ({"retry-after": "30"}, Scope.MODEL),
        ({"reset": "1"}, Scope.ACCOUNT),
        ({"reset": "1", "5h-status": "rejected", "7d-status": "allowed"}, Scope.ACCOUNT),
        ({"reset": "1", "5h-status": "allowed", "7d-status": "allowed_warning"}, Scope.MODEL),
        ({"reset": "1", "5h-status": "allowed"}, Scope.ACCOUNT),
    ],
)
def test_a_subscriptions_limit_is_shared_by_its_models(headers: dict[str, str], scope: Scope) -> None:
    named = {
        name if name == "retry-after" else f"anthropic-ratelimit-unified-{name}": value
        for name, value in headers.items()
    }
    assert REFUSALS.classify(Head(429, named), body("rate_limit_error", "")).scope is scope
