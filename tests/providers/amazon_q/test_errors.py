"""The service's refusals: every case, as it looks on the wire and as it must be understood."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.commands import Head
from isthmus.core.errors import AccessEnded, Kind, Next, Scope, UpstreamError, UpstreamProtocolError
from isthmus.providers.amazon_q.cases import Remedy
from isthmus.providers.amazon_q.errors import (
    LONGEST_WAIT_S,
    EmptyAnswer,
    Refusals,
    plain_name,
    remedy_of,
    retry_after_s,
)
from isthmus.routing.cooldown import CoolingReason, judge

NOW_S = 1_785_000_000.0
REFUSALS = Refusals("mine", lambda: NOW_S)
SUSPENDED = "Your User ID (d-123) temporarily is suspended. We've locked it as a security precaution."
BEARER = "The bearer token included in the request is invalid."
HIGH_LOAD = "Encountered unexpectedly high load when processing the request, please try again."

OTHER, NOTHING, SAME = Next.OTHER_ACCOUNT, Next.NOTHING, Next.SAME
OFF, QUOTA, PACED = CoolingReason.CREDENTIAL, CoolingReason.QUOTA, CoolingReason.RATE_LIMIT

# status, type, reason, message → kind for the client, next, remedy, what the account suffers
ROWS: list[tuple[int, str, str | None, str, Kind, Next, Remedy, CoolingReason | None]] = [
    (403, "AccessDenied", None, BEARER, Kind.OVERLOADED, OTHER, Remedy.RENEW, OFF),
    (401, "", None, BEARER, Kind.OVERLOADED, OTHER, Remedy.RENEW, OFF),
    (401, "", None, "", Kind.OVERLOADED, OTHER, Remedy.RENEW, OFF),
    (400, "AccessDenied", None, BEARER, Kind.OVERLOADED, OTHER, Remedy.RENEW, OFF),
    (403, "ExpiredToken", None, "x", Kind.OVERLOADED, OTHER, Remedy.RENEW, OFF),
    (
        403,
        "AccessDenied",
        None,
        "User is not authorized to make this call.",
        Kind.PERMISSION,
        OTHER,
        Remedy.NONE,
        OFF,
    ),
    (
        403,
        "AccessDenied",
        None,
        "User is not authorized to access this feature",
        Kind.PERMISSION,
        OTHER,
        Remedy.NONE,
        OFF,
    ),
    (403, "AccessDenied", "TEMPORARILY_SUSPENDED", SUSPENDED, Kind.OVERLOADED, OTHER, Remedy.NONE, OFF),
    (403, "AccessDenied", None, SUSPENDED, Kind.OVERLOADED, OTHER, Remedy.NONE, OFF),
    (403, "AccessDenied", "FEATURE_NOT_SUPPORTED", "gated", Kind.PERMISSION, OTHER, Remedy.NONE, OFF),
    (
        403,
        "AccessDenied",
        None,
        "Your subscription does not support this application",
        Kind.PERMISSION,
        OTHER,
        Remedy.NONE,
        OFF,
    ),
    (
        403,
        "AccessDenied",
        "UNAUTHORIZED_CUSTOMIZATION_RESOURCE_ACCESS",
        "no",
        Kind.PERMISSION,
        NOTHING,
        Remedy.NONE,
        None,
    ),
    (
        403,
        "AccessDenied",
        "UNAUTHORIZED_WORKSPACE_CONTEXT_FEATURE_ACCESS",
        "no",
        Kind.PERMISSION,
        NOTHING,
        Remedy.NONE,
        None,
    ),
    (403, "AccessDenied", None, "something new", Kind.PERMISSION, NOTHING, Remedy.NONE, None),
    (
        402,
        "ServiceQuotaExceeded",
        "MONTHLY_REQUEST_COUNT",
        "You have reached the limit.",
        Kind.RATE_LIMIT,
        OTHER,
        Remedy.MONTH_ENDS,
        QUOTA,
    ),
    (
        429,
        "Throttling",
        "MONTHLY_REQUEST_COUNT",
        "You have reached the limit.",
        Kind.RATE_LIMIT,
        OTHER,
        Remedy.MONTH_ENDS,
        QUOTA,
    ),
    (
        400,
        "Throttling",
        None,
        "Maximum Request reached for this month.",
        Kind.RATE_LIMIT,
        OTHER,
        Remedy.MONTH_ENDS,
        QUOTA,
    ),
    (
        402,
        "ServiceQuotaExceeded",
        "OVERAGE_REQUEST_LIMIT_EXCEEDED",
        "You've reached your overage limit.",
        Kind.RATE_LIMIT,
        OTHER,
        Remedy.NONE,
        QUOTA,
    ),
    (402, "", None, "You've reached your overage limit.", Kind.RATE_LIMIT, OTHER, Remedy.NONE, QUOTA),
    (429, "Throttling", "DAILY_REQUEST_COUNT", "", Kind.RATE_LIMIT, OTHER, Remedy.DAY_ENDS, QUOTA),
    (
        402,
        "ServiceQuotaExceeded",
        "CONVERSATION_LIMIT_EXCEEDED",
        "x",
        Kind.INVALID_REQUEST,
        NOTHING,
        Remedy.NEW_CONVERSATION,
        None,
    ),
    (
        429,
        "Throttling",
        None,
        "Too many requests, please wait before trying again.",
        Kind.RATE_LIMIT,
        OTHER,
        Remedy.PATIENCE,
        PACED,
    ),
    (400, "Throttling", None, "slow down", Kind.RATE_LIMIT, OTHER, Remedy.PATIENCE, PACED),
    (429, "", None, "", Kind.RATE_LIMIT, OTHER, Remedy.PATIENCE, PACED),
    (
        429,
        "Throttling",
        None,
        "60-minute credit limit exceeded",
        Kind.RATE_LIMIT,
        OTHER,
        Remedy.PATIENCE,
        PACED,
    ),
    (429, "Throttling", "INSUFFICIENT_MODEL_CAPACITY", "x", Kind.OVERLOADED, SAME, Remedy.AGAIN, PACED),
    (500, "InternalServer", None, HIGH_LOAD, Kind.OVERLOADED, SAME, Remedy.AGAIN, CoolingReason.SICK),
    (
        500,
        "InternalServer",
        "MODEL_TEMPORARILY_UNAVAILABLE",
        "x",
        Kind.OVERLOADED,
        SAME,
        Remedy.AGAIN,
        CoolingReason.SICK,
    ),
    (500, "InternalServer", None, "x", Kind.UPSTREAM, SAME, Remedy.AGAIN, CoolingReason.SICK),
    (502, "", None, "", Kind.UPSTREAM, SAME, Remedy.AGAIN, CoolingReason.SICK),
    (503, "ServiceUnavailable", None, "x", Kind.OVERLOADED, SAME, Remedy.AGAIN, CoolingReason.SICK),
    (504, "", None, "", Kind.UPSTREAM, SAME, Remedy.AGAIN, CoolingReason.SICK),
    (
        400,
        "Validation",
        "CONTENT_LENGTH_EXCEEDS_THRESHOLD",
        "Input is too long.",
        Kind.CONTEXT_OVERFLOW,
        NOTHING,
        Remedy.NONE,
        None,
    ),
    (400, "Validation", None, "Input is too long.", Kind.CONTEXT_OVERFLOW, NOTHING, Remedy.NONE, None),
    (400, "Validation", "PROMPT_TOO_LONG", "x", Kind.CONTEXT_OVERFLOW, NOTHING, Remedy.NONE, None),
    (400, "", None, "exceeds the context window", Kind.CONTEXT_OVERFLOW, NOTHING, Remedy.NONE, None),
    *(
        (
            400,
            "Validation",
            reason,
            "Improperly formed request.",
            Kind.INVALID_REQUEST,
            NOTHING,
            Remedy.STRICTER,
            None,
        )
        for reason in (
            None,
            "REQUEST_BODY_INVALID",
            "REQUEST_BODY_INVALID_JSON",
            "TOOL_SCHEMA_INVALID",
            "TOOL_CONFIG_MISSING",
            "TOOL_DUPLICATE",
            "TOOL_USE_RESULT_MISMATCH",
            "THINKING_SIGNATURE_INVALID",
            "IMAGE_COUNT_EXCEEDED",
            "IMAGE_SIZE_EXCEEDED",
            "IMAGE_DIMENSION_EXCEEDED",
            "IMAGE_FORMAT_UNSUPPORTED",
            "IMAGE_MIME_MISMATCH",
            "DOCUMENT_SIZE_EXCEEDED",
        )
    ),
    (
        400,
        "Validation",
        "INVALID_MODEL_ID",
        "Invalid model.",
        Kind.MODEL_NOT_FOUND,
        OTHER,
        Remedy.NONE,
        CoolingReason.NO_MODEL,
    ),
    (
        400,
        "Validation",
        "INVALID_CONVERSATION_ID",
        "x",
        Kind.INVALID_REQUEST,
        NOTHING,
        Remedy.NEW_CONVERSATION,
        None,
    ),
    (
        400,
        "Validation",
        None,
        "profileArn is required for this request.",
        Kind.OVERLOADED,
        OTHER,
        Remedy.PROFILE,
        OFF,
    ),
    (400, "Validation", "INVALID_KMS_GRANT", "x", Kind.OVERLOADED, OTHER, Remedy.NONE, OFF),
    (409, "Conflict", "CUSTOMER_KMS_KEY_DISABLED", "x", Kind.OVERLOADED, OTHER, Remedy.NONE, OFF),
    (409, "Conflict", "MISMATCHED_KMS_KEY", "x", Kind.OVERLOADED, OTHER, Remedy.NONE, OFF),
    (409, "Conflict", None, "x", Kind.INVALID_REQUEST, NOTHING, Remedy.NONE, None),
    (404, "UnknownOperation", None, "", Kind.UPSTREAM, NOTHING, Remedy.NONE, None),
    (404, "ResourceNotFound", None, "no such thing", Kind.INVALID_REQUEST, NOTHING, Remedy.NONE, None),
    (413, "", None, "", Kind.TOO_LARGE, NOTHING, Remedy.NONE, None),
    (418, "Teapot", "NEW_REASON", "x", Kind.INVALID_REQUEST, NOTHING, Remedy.NONE, None),
]


def body(reason: str | None, message: str, **more: Any) -> bytes:
    return json.dumps({"message": message, "reason": reason, **more}).encode()


@pytest.mark.parametrize(("status", "name", "reason", "message", "kind", "next", "remedy", "suffers"), ROWS)
def test_a_refusal(
    status: int,
    name: str,
    reason: str | None,
    message: str,
    kind: Kind,
    next: Next,
    remedy: Remedy,
    suffers: CoolingReason | None,
) -> None:
    spellings = [
        ({"x-amzn-errortype": f"{name}Exception"}, body(reason, message)),
        (
            {"x-amzn-errortype": f"com.amazon.aws#{name}Error:http://internal.amazon.com/x/"},
            body(reason, message),
        ),
        ({}, body(reason, message, __type=f"com.amazon.aws#{name}Exception")),
    ]
    for headers, said in spellings if name else [({}, body(reason, message))]:
        error = REFUSALS.classify(Head(status, headers), said)
        assert (error.kind, error.next, remedy_of(error)) == (kind, next, remedy)
        assert error.status == status
        assert isinstance(error, AccessEnded) is (remedy is Remedy.RENEW)
        verdict = judge(error)
        assert (None if verdict is None else verdict.reason) is suffers
        if error.scope is not Scope.MODEL:
            assert message not in error.message or not message
            assert verdict is not None and verdict.whole_account


@pytest.mark.parametrize(
    ("status", "reason", "message", "said"),
    [
        (403, None, BEARER, f"needs sign-in: {BEARER}"),
        (403, "TEMPORARILY_SUSPENDED", SUSPENDED, f"suspended: {SUSPENDED} (TEMPORARILY_SUSPENDED)"),
        (403, None, "User is not authorized to make this call.", "not signed up: User is"),
        (403, "FEATURE_NOT_SUPPORTED", "gated", "not supported: gated"),
        (400, None, "profileArn is required for this request.", "needs profile (set profile_arn): "),
        (409, "CUSTOMER_KMS_KEY_DISABLED", "x", "encryption key: x"),
        (402, "MONTHLY_REQUEST_COUNT", "You have reached the limit.", "month used up: "),
    ],
)
def test_the_operator_reads_the_state_first_and_the_client_nothing_of_it(
    status: int, reason: str | None, message: str, said: str
) -> None:
    error = REFUSALS.classify(Head(status, {}), body(reason, message))
    verdict = judge(error)
    assert verdict is not None
    assert verdict.text.startswith(said[:199])
    assert error.message.startswith("provider 'mine' ")
    assert message not in error.message


def test_clients_read_the_services_own_words_of_their_request() -> None:
    error = REFUSALS.classify(Head(400, {}), body("TOOL_SCHEMA_INVALID", "tools.3 is wrong"))
    assert error.message == "tools.3 is wrong (TOOL_SCHEMA_INVALID)"
    bare = REFUSALS.classify(Head(400, {}), b"")
    assert bare.message == "provider 'mine' refused the request (400)"


@pytest.mark.parametrize("status", [400, 404, 502])
def test_a_page_of_some_proxy_is_for_the_log(status: int) -> None:
    error = REFUSALS.classify(Head(status, {}), b"<html>\n<h1>Bad   gateway</h1>")
    assert "html" not in error.message
    assert "<html> <h1>Bad gateway</h1>" in error.detail


@pytest.mark.parametrize(
    ("name", "payload", "kind", "remedy"),
    [
        ("error", b'{"message":"x","reason":"MODEL_TEMPORARILY_UNAVAILABLE"}', Kind.OVERLOADED, Remedy.AGAIN),
        ("error", b'{"message":"x"}', Kind.UPSTREAM, Remedy.AGAIN),
        ("throttlingException", b'{"message":"x"}', Kind.RATE_LIMIT, Remedy.PATIENCE),
        ("ContentLengthExceededException", b"{}", Kind.CONTEXT_OVERFLOW, Remedy.NONE),
        ("CONTENT_LENGTH_EXCEEDS_THRESHOLD", b"{}", Kind.CONTEXT_OVERFLOW, Remedy.NONE),
        (
            "ValidationException",
            b'{"message":"Improperly formed request."}',
            Kind.INVALID_REQUEST,
            Remedy.STRICTER,
        ),
        ("AccessDeniedException", json.dumps({"message": BEARER}).encode(), Kind.OVERLOADED, Remedy.RENEW),
        ("SomethingNew", b"not json", Kind.UPSTREAM, Remedy.AGAIN),
    ],
)
def test_a_failure_inside_the_answer(name: str, payload: bytes, kind: Kind, remedy: Remedy) -> None:
    error = REFUSALS.told(name, payload)
    assert (error.kind, remedy_of(error)) == (kind, remedy)


def test_when_to_come_back() -> None:
    throttled = REFUSALS.classify(Head(429, {"retry-after": "7"}), b"")
    assert (throttled.cooldown_s, throttled.retry_after_s) == (7.0, 7.0)
    trouble = REFUSALS.classify(Head(500, {"retry-after": "7"}), b"")
    assert (trouble.cooldown_s, trouble.retry_after_s) == (None, 7.0)
    clients = REFUSALS.classify(Head(400, {"retry-after": "7"}), b"")
    assert clients.retry_after_s is None
    full = REFUSALS.classify(Head(429, {}), body("INSUFFICIENT_MODEL_CAPACITY", "x"))
    assert full.cooldown_s == 30.0
    assert REFUSALS.classify(Head(402, {}), body("OVERAGE_REQUEST_LIMIT_EXCEEDED", "")).cooldown_s == 3600.0


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("-3", 0.0),
        ("2.5", 2.5),
        ("1e9", LONGEST_WAIT_S),
        ("Sat, 25 Jul 2026 17:21:00 GMT", 60.0),
    ],
)
def test_retry_after(said: str, wait_s: float | None) -> None:
    assert retry_after_s({"retry-after": said}, NOW_S) == wait_s


def test_what_is_not_a_refusal_of_the_service() -> None:
    assert remedy_of(EmptyAnswer("nothing")) is Remedy.ONCE_MORE
    assert remedy_of(UpstreamProtocolError("cut off")) is Remedy.AGAIN
    assert remedy_of(UpstreamError("late", kind=Kind.TIMEOUT)) is Remedy.NONE
    assert remedy_of(UpstreamError("out of reach", next=Next.OTHER_ACCOUNT)) is Remedy.AGAIN
    assert remedy_of(UpstreamError("elsewhere", status=302, next=Next.OTHER_ACCOUNT)) is Remedy.NONE


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("ThrottlingException", "Throttling"),
        ("ThrottlingError", "Throttling"),
        ("throttlingException", "Throttling"),
        ("a.b#ValidationException:http://x/", "Validation"),
        ("error", ""),
        ("", ""),
    ],
)
def test_names(written: str, plain: str) -> None:
    assert plain_name(written) == plain


@given(st.integers(400, 599), st.text(max_size=40), st.binary(max_size=60))
def test_anything_at_all_is_classified(status: int, name: str, said: bytes) -> None:
    error = REFUSALS.classify(Head(status, {"x-amzn-errortype": name}), said)
    assert error.message
    assert REFUSALS.told(name, said).message


def test_an_hours_limit_of_credits_is_a_rate_limit_of_the_whole_account() -> None:
    error = REFUSALS.classify(Head(429, {"retry-after": "90"}), body(None, "60-minute credit limit exceeded"))
    assert error.message == "provider 'mine' is at its limit of credits per hour"
    verdict = judge(error)
    assert verdict is not None
    assert (verdict.reason, verdict.whole_account, verdict.wait_s) == (PACED, True, 90)
