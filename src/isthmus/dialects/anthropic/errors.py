"""Failures in the words of Anthropic's API: status, type and text decide what clients do next.

Claude Code and the official SDKs act on them: a 401 is repeated for three minutes unless told not to, a 400 that says the
prompt is too long starts a compaction, `overloaded_error` is repeated, a 404 opens the model picker (seen with 2.1.330).
"""

from __future__ import annotations

from typing import Final

from isthmus.core import overflow
from isthmus.core.errors import GatewayError, Kind, UpstreamError
from isthmus.core.interfaces import Rendered
from isthmus.dialects.retrying import retry_headers
from isthmus.wire.json_text import to_json

_TABLE: Final[dict[Kind, tuple[int, str]]] = {
    Kind.INVALID_REQUEST: (400, "invalid_request_error"),
    Kind.CONTEXT_OVERFLOW: (400, "invalid_request_error"),
    Kind.CAPABILITY: (400, "invalid_request_error"),
    Kind.POLICY_BLOCKED: (400, "policy_blocked"),
    Kind.AUTHENTICATION: (401, "authentication_error"),
    Kind.BILLING: (402, "billing_error"),
    Kind.PERMISSION: (403, "permission_error"),
    Kind.NOT_FOUND: (404, "not_found_error"),
    Kind.MODEL_NOT_FOUND: (404, "not_found_error"),
    Kind.CONFLICT: (409, "invalid_request_error"),
    Kind.TOO_LARGE: (413, "request_too_large"),
    Kind.RATE_LIMIT: (429, "rate_limit_error"),
    Kind.NOT_SUPPORTED: (501, "not_supported"),
    Kind.TIMEOUT: (504, "timeout_error"),
    Kind.UPSTREAM: (502, "api_error"),
    Kind.OVERLOADED: (529, "overloaded_error"),
    Kind.INTERNAL: (500, "api_error"),
}
_TOO_LONG: Final = overflow.ANY_STATUS[0]


def status_of(kind: Kind) -> int:
    return _TABLE[kind][0]


def type_of(kind: Kind) -> str:
    return _TABLE[kind][1]


def render_error(error: GatewayError, request_id: str) -> Rendered:
    return Rendered(status_of(error.kind), to_json(_body(error, request_id)), retry_headers(error))


def error_frame(error: GatewayError, request_id: str) -> bytes:
    """The last frame of a stream that failed."""
    return b"event: error\ndata: %b\n\n" % to_json(_body(error, request_id))


def message_of(error: GatewayError) -> str:
    """The text the client acts on."""
    match error.kind:
        case Kind.CONTEXT_OVERFLOW:
            return _too_long(error)
        case Kind.MODEL_NOT_FOUND:
            return error.message if error.message.startswith("model: ") else f"model: {error.message}"
        case Kind.INVALID_REQUEST if error.field and error.field not in error.message:
            return f"{error.field}: {error.message}"
        case _:
            return error.message


def _too_long(error: GatewayError) -> str:
    """In the one form from which Claude Code learns by how much; without figures still in words it knows."""
    tokens, limit = (error.tokens, error.limit) if isinstance(error, UpstreamError) else (None, None)
    if tokens and limit and tokens > limit:
        return f"{_TOO_LONG}: {tokens} tokens > {limit} maximum"
    if _TOO_LONG in error.message.lower():
        return error.message
    return f"{_TOO_LONG} for a context window of {limit} tokens" if limit else _TOO_LONG


def _body(error: GatewayError, request_id: str) -> dict[str, object]:
    # No `message` at the top level: the TypeScript SDK would show it alone and hide the type Claude Code searches for.
    body: dict[str, object] = {
        "type": "error",
        "error": {"type": type_of(error.kind), "message": message_of(error)},
    }
    if request_id:
        body["request_id"] = request_id
    return body
