from __future__ import annotations

import json

import pytest

from isthmus.core import overflow
from isthmus.core.errors import BadRequest, GatewayError, Kind, UpstreamError, rejected
from isthmus.dialects.anthropic.errors import error_frame, message_of, render_error

TABLE = [
    (Kind.INVALID_REQUEST, 400, "invalid_request_error", None),
    (Kind.CONTEXT_OVERFLOW, 400, "invalid_request_error", None),
    (Kind.CAPABILITY, 400, "invalid_request_error", None),
    (Kind.POLICY_BLOCKED, 400, "policy_blocked", "false"),
    (Kind.AUTHENTICATION, 401, "authentication_error", "false"),
    (Kind.BILLING, 402, "billing_error", "false"),
    (Kind.PERMISSION, 403, "permission_error", None),
    (Kind.NOT_FOUND, 404, "not_found_error", None),
    (Kind.MODEL_NOT_FOUND, 404, "not_found_error", None),
    (Kind.CONFLICT, 409, "invalid_request_error", None),
    (Kind.TOO_LARGE, 413, "request_too_large", None),
    (Kind.RATE_LIMIT, 429, "rate_limit_error", None),
    (Kind.INTERNAL, 500, "api_error", None),
    (Kind.NOT_SUPPORTED, 501, "not_supported", "false"),
    (Kind.UPSTREAM, 502, "api_error", None),
    (Kind.TIMEOUT, 504, "timeout_error", None),
    (Kind.OVERLOADED, 529, "overloaded_error", None),
]


def test_every_kind_has_its_row() -> None:
    assert {row[0] for row in TABLE} == set(Kind)


@pytest.mark.parametrize(("kind", "status", "type", "again"), TABLE)
def test_what_a_client_sees(kind: Kind, status: int, type: str, again: str | None) -> None:
    rendered = render_error(GatewayError("prompt is too long", kind=kind), "req_1")
    body = json.loads(rendered.body)
    assert rendered.status == status
    assert body["error"]["type"] == type
    assert dict(rendered.headers).get("x-should-retry") == again
    # A `message` beside `error` would be shown alone by @anthropic-ai/sdk, without the type.
    assert body.keys() == {"type", "error", "request_id"}
    assert (body["type"], body["request_id"]) == ("error", "req_1")


def test_in_a_stream_the_body_is_the_same() -> None:
    error = UpstreamError("busy", kind=Kind.OVERLOADED, retry_after_s=3)
    frame = error_frame(error, "req_1")
    assert frame == b"event: error\ndata: " + render_error(error, "req_1").body + b"\n\n"
    assert b"request_id" not in error_frame(error, "")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            UpstreamError("maximum context length is …", kind=Kind.CONTEXT_OVERFLOW, tokens=9000, limit=8192),
            "prompt is too long: 9000 tokens > 8192 maximum",
        ),
        (UpstreamError("context_length_exceeded", kind=Kind.CONTEXT_OVERFLOW), "prompt is too long"),
        (
            UpstreamError("too big", kind=Kind.CONTEXT_OVERFLOW, limit=8192),
            "prompt is too long for a context window of 8192 tokens",
        ),
        (UpstreamError("x", kind=Kind.CONTEXT_OVERFLOW, tokens=9000), "prompt is too long"),
        (
            BadRequest("prompt is too long: 5 tokens > 4 maximum", kind=Kind.CONTEXT_OVERFLOW),
            "prompt is too long: 5 tokens > 4 maximum",
        ),
        (BadRequest("m-1: add it", kind=Kind.MODEL_NOT_FOUND), "model: m-1: add it"),
        (BadRequest("model: m-1", kind=Kind.MODEL_NOT_FOUND), "model: m-1"),
        (BadRequest("is not a number", field="top_k"), "top_k: is not a number"),
        (BadRequest("top_k: is not a number", field="top_k"), "top_k: is not a number"),
        (rejected("image_block", "messages.0.content.1"), "capability_rejected: image_block"),
        (BadRequest("no such path"), "no such path"),
    ],
)
def test_the_words_clients_act_on(error: GatewayError, message: str) -> None:
    assert message_of(error) == message


@pytest.mark.parametrize("tokens", [None, 9000])
@pytest.mark.parametrize("limit", [None, 8192])
def test_an_overflow_is_always_recognised_as_one(tokens: int | None, limit: int | None) -> None:
    """ERR-01: whatever the upstream's words were."""
    error = UpstreamError("…", kind=Kind.CONTEXT_OVERFLOW, tokens=tokens, limit=limit)
    assert overflow.recognise(message_of(error)) is not None


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (UpstreamError("x", kind=Kind.RATE_LIMIT, retry_after_s=2.1), {"retry-after": "3"}),
        (UpstreamError("x", kind=Kind.OVERLOADED, retry_after_s=0), {"retry-after": "0"}),
        (BadRequest("x", kind=Kind.RATE_LIMIT, should_retry=False), {"x-should-retry": "false"}),
        (BadRequest("x", kind=Kind.AUTHENTICATION, should_retry=True), {"x-should-retry": "true"}),
        (BadRequest("x"), {}),
    ],
)
def test_when_to_come_back(error: GatewayError, headers: dict[str, str]) -> None:
    assert dict(render_error(error, "r").headers) == headers
