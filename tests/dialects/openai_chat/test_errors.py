from __future__ import annotations

import json
from typing import Any

import pytest

from isthmus.core import overflow
from isthmus.core.errors import BadRequest, GatewayError, Kind, Scope, UpstreamError, rejected
from isthmus.dialects.openai_chat.errors import error_frame, message_of, render_error, status_of


def body(error: GatewayError) -> dict[str, Any]:
    return dict(json.loads(render_error(error).body)["error"])


@pytest.mark.parametrize(
    ("kind", "status", "type_", "code"),
    [
        (Kind.INVALID_REQUEST, 400, "invalid_request_error", None),
        (Kind.CONTEXT_OVERFLOW, 400, "invalid_request_error", "context_length_exceeded"),
        (Kind.CAPABILITY, 400, "invalid_request_error", "capability_rejected"),
        (Kind.POLICY_BLOCKED, 400, "policy_blocked", "content_policy_violation"),
        (Kind.AUTHENTICATION, 401, "invalid_request_error", "invalid_api_key"),
        (Kind.BILLING, 402, "insufficient_quota", "insufficient_quota"),
        (Kind.PERMISSION, 403, "invalid_request_error", "permission_denied"),
        (Kind.NOT_FOUND, 404, "invalid_request_error", "not_found"),
        (Kind.MODEL_NOT_FOUND, 404, "invalid_request_error", "model_not_found"),
        (Kind.TOO_LARGE, 413, "invalid_request_error", "request_too_large"),
        (Kind.RATE_LIMIT, 429, "rate_limit_exceeded", "rate_limit_exceeded"),
        (Kind.NOT_SUPPORTED, 501, "not_supported", "not_supported"),
        (Kind.TIMEOUT, 504, "server_error", "timeout"),
        (Kind.UPSTREAM, 502, "server_error", "upstream_error"),
        (Kind.OVERLOADED, 503, "server_error", "overloaded"),
        (Kind.INTERNAL, 500, "server_error", "internal_error"),
    ],
)
def test_every_kind_has_its_words(kind: Kind, status: int, type_: str, code: str | None) -> None:
    """ERR-06"""
    error = GatewayError("what happened", kind=kind)
    assert render_error(error).status == status == status_of(kind)
    assert body(error) == {"message": message_of(error), "type": type_, "param": None, "code": code}


def test_an_allowance_that_is_used_up_is_told_apart_from_haste() -> None:
    spent, hasty = "insufficient_quota", "rate_limit_exceeded"
    for scope, paced, word in (
        (Scope.ACCOUNT, False, spent),
        (Scope.ACCOUNT, True, hasty),
        (Scope.MODEL, False, hasty),
    ):
        limit = UpstreamError("no more", kind=Kind.RATE_LIMIT, scope=scope, paced=paced, retry_after_s=60)
        rendered = render_error(limit)
        error = json.loads(rendered.body)["error"]
        assert (rendered.status, error["type"], error["code"]) == (429, word, word)
        assert dict(rendered.headers)["retry-after"] == "60"


def test_no_kind_is_without_words() -> None:
    for kind in Kind:
        assert 400 <= status_of(kind) < 600


def test_the_field_is_named() -> None:
    error = BadRequest("'messages.0.content' must be a string", field="messages.0.content")
    assert body(error)["param"] == "messages.0.content"
    assert body(error)["message"] == "'messages.0.content' must be a string"
    assert body(BadRequest("too odd", field="seed"))["message"] == "'seed': too odd"


def test_a_rejected_capability_is_its_token_alone() -> None:
    assert body(rejected("image_block", "messages.0"))["message"] == "capability_rejected: image_block"


@pytest.mark.parametrize(
    ("tokens", "limit", "said", "message"),
    [
        (
            131_073,
            128_000,
            "too long",
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 131073 "
            "tokens. Please reduce the length of the messages.",
        ),
        (
            None,
            128_000,
            "too long",
            "This model's maximum context length is 128000 tokens, and your messages exceed it. "
            "Please reduce the length of the messages.",
        ),
        (
            None,
            None,
            "too long",
            "Your messages exceed this model's maximum context length. "
            "Please reduce the length of the messages.",
        ),
        (None, None, "prompt is too long: wow", "prompt is too long: wow"),
    ],
)
def test_a_prompt_too_long_is_told_in_known_words(
    tokens: int | None, limit: int | None, said: str, message: str
) -> None:
    """ERR-01"""
    error = UpstreamError(said, kind=Kind.CONTEXT_OVERFLOW, tokens=tokens, limit=limit)
    assert body(error)["message"] == message
    found = overflow.recognise(message)
    assert found is not None
    assert (found.tokens, found.limit) == (tokens, limit)


def test_a_gateways_own_overflow_has_no_figures() -> None:
    assert "maximum context length" in body(BadRequest("too long", kind=Kind.CONTEXT_OVERFLOW))["message"]


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (UpstreamError("a", kind=Kind.OVERLOADED, retry_after_s=2.2), [("retry-after", "3")]),
        (UpstreamError("a", kind=Kind.RATE_LIMIT, retry_after_s=-1), [("retry-after", "0")]),
        (UpstreamError("a"), []),
        (BadRequest("a", kind=Kind.AUTHENTICATION), [("x-should-retry", "false")]),
        (BadRequest("a", kind=Kind.POLICY_BLOCKED), [("x-should-retry", "false")]),
        (BadRequest("a", kind=Kind.NOT_SUPPORTED), [("x-should-retry", "false")]),
        (BadRequest("a", kind=Kind.BILLING, should_retry=True), [("x-should-retry", "true")]),
        (BadRequest("a", should_retry=False), [("x-should-retry", "false")]),
    ],
)
def test_headers_say_whether_to_ask_again(error: GatewayError, headers: list[tuple[str, str]]) -> None:
    """ERR-04, ERR-05"""
    assert list(render_error(error).headers) == headers


def test_an_error_in_a_stream_is_a_plain_frame() -> None:
    frame = error_frame(UpstreamError("it broke"))
    assert frame.startswith(b'data: {"error":{')
    assert frame.endswith(b"}}\n\n")
    assert json.loads(frame[6:])["error"]["message"] == "it broke"


def test_what_the_log_alone_may_know_is_not_said() -> None:
    error = UpstreamError("it broke", detail="account 7 at 10.0.0.3")
    assert b"10.0.0.3" not in render_error(error).body + error_frame(error)
