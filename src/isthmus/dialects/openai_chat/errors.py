"""Failures in the words of OpenAI's API: status, type and code decide which exception a client raises and whether it
asks again."""

from __future__ import annotations

from typing import Final

from isthmus.core import overflow
from isthmus.core.errors import GatewayError, Kind, Scope, UpstreamError
from isthmus.core.interfaces import Rendered
from isthmus.dialects.retrying import retry_headers
from isthmus.wire.json_text import to_json

_BAD: Final = "invalid_request_error"
_SERVER: Final = "server_error"
_TABLE: Final[dict[Kind, tuple[int, str, str | None]]] = {
    Kind.INVALID_REQUEST: (400, _BAD, None),
    Kind.CONTEXT_OVERFLOW: (400, _BAD, "context_length_exceeded"),
    Kind.CAPABILITY: (400, _BAD, "capability_rejected"),
    Kind.POLICY_BLOCKED: (400, "policy_blocked", "content_policy_violation"),
    Kind.AUTHENTICATION: (401, _BAD, "invalid_api_key"),
    Kind.BILLING: (402, "insufficient_quota", "insufficient_quota"),
    Kind.PERMISSION: (403, _BAD, "permission_denied"),
    Kind.NOT_FOUND: (404, _BAD, "not_found"),
    Kind.MODEL_NOT_FOUND: (404, _BAD, "model_not_found"),
    Kind.CONFLICT: (409, _BAD, "conflict"),
    Kind.TOO_LARGE: (413, _BAD, "request_too_large"),
    Kind.RATE_LIMIT: (429, "rate_limit_exceeded", "rate_limit_exceeded"),
    Kind.NOT_SUPPORTED: (501, "not_supported", "not_supported"),
    Kind.TIMEOUT: (504, _SERVER, "timeout"),
    Kind.UPSTREAM: (502, _SERVER, "upstream_error"),
    Kind.OVERLOADED: (503, _SERVER, "overloaded"),
    Kind.INTERNAL: (500, _SERVER, "internal_error"),
}
_SPENT: Final = "insufficient_quota"
"""A 429 that no haste is to blame for: the allowance is used up."""


def status_of(kind: Kind) -> int:
    return _TABLE[kind][0]


def render_error(error: GatewayError) -> Rendered:
    return Rendered(status_of(error.kind), to_json(_body(error)), retry_headers(error))


def error_frame(error: GatewayError) -> bytes:
    """The last frame of a stream that failed. No `event:` line: the Python SDK does not read the data of such a frame."""
    return b"data: %b\n\n" % to_json(_body(error))


def message_of(error: GatewayError) -> str:
    match error.kind:
        case Kind.CONTEXT_OVERFLOW:
            return _too_long(error)
        case Kind.INVALID_REQUEST if error.field and error.field not in error.message:
            return f"'{error.field}': {error.message}"
        case _:
            return error.message


def _too_long(error: GatewayError) -> str:
    """In OpenAI's own words, which clients search; the figures only where the upstream gave them."""
    tokens, limit = (error.tokens, error.limit) if isinstance(error, UpstreamError) else (None, None)
    if tokens and limit and tokens > limit:
        return (
            f"This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} "
            "tokens. Please reduce the length of the messages."
        )
    if limit:
        return (
            f"This model's maximum context length is {limit} tokens, and your messages exceed it. "
            "Please reduce the length of the messages."
        )
    if overflow.recognise(error.message) is not None:
        return error.message
    return (
        "Your messages exceed this model's maximum context length. Please reduce the length of the messages."
    )


def _body(error: GatewayError) -> dict[str, object]:
    _, type_, code = _TABLE[error.kind]
    if _is_spent(error):
        type_ = code = _SPENT
    return {"error": {"message": message_of(error), "type": type_, "param": error.field, "code": code}}


def _is_spent(error: GatewayError) -> bool:
    if error.kind is not Kind.RATE_LIMIT or not isinstance(error, UpstreamError):
        return False
    return error.scope is Scope.ACCOUNT and not error.paced
