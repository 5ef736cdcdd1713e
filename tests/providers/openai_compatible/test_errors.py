from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.commands import Head
from isthmus.core.errors import Kind, Next, Scope, UpstreamError
from isthmus.providers.openai_compatible.errors import classifier, classify_frame, classify_refusal

NOW = 1_763_700_000.0


def refused(status: int, body: Any = b"", **headers: str) -> UpstreamError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify_refusal(
        "silicon", Head(status, {name.replace("_", "-"): value for name, value in headers.items()}), data, NOW
    )


def said(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "next"),
    [
        (400, said("bad temperature"), Kind.INVALID_REQUEST, Next.NOTHING),
        (422, said("wrong parameter"), Kind.INVALID_REQUEST, Next.NOTHING),
        (422, {"detail": [{"loc": ["body"], "msg": "x"}]}, Kind.INVALID_REQUEST, Next.NOTHING),
        (400, said("too long", code="context_length_exceeded"), Kind.CONTEXT_OVERFLOW, Next.NOTHING),
        (400, said("Input is too long.", code="invalid_request_error"), Kind.CONTEXT_OVERFLOW, Next.NOTHING),
        (500, said("prompt is too long: 20 tokens > 10 maximum"), Kind.CONTEXT_OVERFLOW, Next.NOTHING),
        (401, said("Incorrect API key provided: sk-abc"), Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (402, said("Insufficient Balance"), Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (403, said("forbidden"), Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (
            404,
            said("The model `x` does not exist", code="model_not_found"),
            Kind.MODEL_NOT_FOUND,
            Next.NOTHING,
        ),
        (400, {"code": 20012, "message": "Model does not exist."}, Kind.MODEL_NOT_FOUND, Next.NOTHING),
        (404, said("no route"), Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (404, said("model x is not here"), Kind.MODEL_NOT_FOUND, Next.NOTHING),
        (400, said("blocked", code="content_policy_violation"), Kind.POLICY_BLOCKED, Next.NOTHING),
        (400, said("data_inspection_failed"), Kind.POLICY_BLOCKED, Next.NOTHING),
        (400, said("unknown variant `image_url`, expected `text`"), Kind.CAPABILITY, Next.NOTHING),
        (400, said("This response_format type is unavailable now"), Kind.CAPABILITY, Next.NOTHING),
        (413, b"<html>too large</html>", Kind.TOO_LARGE, Next.NOTHING),
        (429, said("slow down"), Kind.RATE_LIMIT, Next.OTHER_ACCOUNT),
        (
            429,
            said("You exceeded your current quota", code="insufficient_quota"),
            Kind.RATE_LIMIT,
            Next.OTHER_ACCOUNT,
        ),
        (500, said("oops"), Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (502, b"<html>bad gateway at 10.1.2.3</html>", Kind.UPSTREAM, Next.OTHER_ACCOUNT),
        (503, said("busy"), Kind.OVERLOADED, Next.OTHER_ACCOUNT),
        (529, b"", Kind.OVERLOADED, Next.OTHER_ACCOUNT),
        (500, said("The server is overloaded"), Kind.OVERLOADED, Next.OTHER_ACCOUNT),
        (504, b"", Kind.TIMEOUT, Next.SAME),
        (408, b"", Kind.TIMEOUT, Next.SAME),
    ],
)
def test_every_refusal_has_its_meaning(status: int, body: Any, kind: Kind, next: Next) -> None:
    error = refused(status, body)
    assert (error.kind, error.next, error.status) == (kind, next, status)
    assert error.message


def test_the_words_about_the_clients_request_are_passed_on() -> None:
    assert refused(400, said("temperature must be below 2")).message == "temperature must be below 2"
    assert refused(400, {"error": "just words"}).message == "just words"


@pytest.mark.parametrize("status", [401, 402, 403, 500, 502, 503])
def test_what_is_the_gateways_business_is_not_shown(status: int) -> None:
    error = refused(status, said("key sk-abc at host 10.1.2.3 of org-1"))
    assert "sk-abc" not in error.message
    assert "10.1.2.3" not in error.message
    assert error.detail


def test_keys_and_organisations_are_scrubbed_from_every_message() -> None:
    error = refused(429, said("Rate limit reached in organization org-abc123 for key sk-live-****1234"))
    assert "org-abc" not in error.message + error.detail
    assert "sk-live" not in error.message + error.detail


def test_a_feature_the_model_lacks_is_named_as_clients_know_it() -> None:
    assert (
        refused(400, said("model does not support image input")).message == "capability_rejected: image_block"
    )


def test_figures_of_an_overflow_are_kept() -> None:
    error = refused(
        400,
        said(
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
        ),
    )
    assert (error.tokens, error.limit) == (9000, 8192)


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"retry_after": "30"}, b"", 30.0),
        ({"retry_after": "1.5"}, b"", 1.5),
        ({"retry_after_ms": "1500", "retry_after": "30"}, b"", 1.5),
        ({"retry_after": "Fri, 21 Nov 2025 04:41:00 GMT"}, b"", 60.0),
        ({"retry_after": "soon"}, b"", None),
        ({"x_ratelimit_reset_requests": "6m0s"}, b"", 360.0),
        ({"x_ratelimit_reset_tokens": "250ms"}, b"", 0.25),
        ({"x_ratelimit_reset": str(int(NOW) + 90)}, b"", 90.0),
        ({"x_ratelimit_reset": str(int(NOW + 90) * 1000)}, b"", 90.0),
        ({}, {"error": {"message": "x", "retry_after": 12}}, 12.0),
        ({}, {"error": {"message": "x"}, "reset_at": NOW + 5}, 5.0),
        ({}, {"error": {"message": "Please try again in 6m0s."}}, 360.0),
        ({"retry_after": "7"}, {"error": {"message": "Please try again in 6m0s."}}, 7.0),
        ({"retry_after": "-5"}, b"", 0.0),
        ({"retry_after": "1e99"}, b"", 7 * 86_400.0),
        ({}, b"", None),
    ],
)
def test_the_time_to_come_back_is_found(headers: dict[str, str], body: Any, wait: float | None) -> None:
    error = refused(429, body, **headers)
    assert error.retry_after_s == wait
    assert error.cooldown_s == wait


def test_an_error_inside_a_stream_is_read_by_its_code() -> None:
    assert classify_frame("p", {"message": "x", "code": "401"}).kind is Kind.UPSTREAM
    assert classify_frame("p", {"message": "it broke"}).message.endswith(": it broke")
    assert classify_frame("p", None).kind is Kind.UPSTREAM


def test_the_clock_is_asked_when_it_is_needed() -> None:
    classify = classifier("p", lambda: NOW)
    assert classify(Head(429, {"x-ratelimit-reset": str(NOW + 7)}), b"").retry_after_s == pytest.approx(7)


@given(
    st.integers(400, 599),
    st.binary(max_size=100),
    st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset"]), st.text(max_size=12)),
)
def test_no_refusal_is_too_strange(status: int, body: bytes, headers: dict[str, str]) -> None:
    error = classify_refusal("p", Head(status, headers), body, NOW)
    assert error.retry_after_s is None or 0 <= error.retry_after_s <= 7 * 86_400


def test_a_quota_that_is_used_up_is_not_asked_again_unless_it_says_when() -> None:
    body = said("You exceeded your current quota", code="insufficient_quota")
    assert refused(429, body).should_retry is False
    assert refused(429, said("slow down")).should_retry is None
    told = refused(429, body, retry_after="30")
    assert (told.should_retry, told.retry_after_s) == (None, 30)


@pytest.mark.parametrize(
    ("status", "body", "scope"),
    [
        (401, said("Incorrect API key provided"), Scope.CREDENTIAL),
        (400, said("no", code="invalid_api_key"), Scope.CREDENTIAL),
        (400, said("what does invalid_api_key mean?"), Scope.MODEL),
        (403, said("Your chosen model requires moderation and your input was flagged"), Scope.MODEL),
        (403, said("Insufficient balance"), Scope.ACCOUNT),
        (402, said("pay"), Scope.ACCOUNT),
        (429, said("slow down"), Scope.MODEL),
        (429, said("no", code="insufficient_quota"), Scope.ACCOUNT),
        (500, said("oops"), Scope.MODEL),
    ],
)
def test_a_refusal_says_what_else_it_is_true_of(status: int, body: Any, scope: Scope) -> None:
    assert refused(status, body).scope is scope
