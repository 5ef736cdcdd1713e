"""Which refusals of an upstream are passed on in its own words: those that clients of its dialect know how to act on."""

from __future__ import annotations

from typing import Final

import msgspec

from isthmus.core.errors import Kind, UpstreamError
from isthmus.core.interfaces import MESSAGES, Dialect
from isthmus.wire.json_splice import KeyAbsent, SpliceError, replace_top_level_string

_CLIENTS_FAULT: Final = frozenset(
    {
        Kind.INVALID_REQUEST,
        Kind.CONTEXT_OVERFLOW,
        Kind.TOO_LARGE,
        Kind.CAPABILITY,
        Kind.POLICY_BLOCKED,
    }
)
_CODE_OF_OVERFLOW: Final = b"context_length_exceeded"


def as_it_is(
    dialect: Dialect, error: UpstreamError, status: int, body: bytes, request_id: str
) -> bytes | None:
    """The refusal to pass on, under the gateway's own request id; None when ours says it better.

    Vendors that claim a dialect speak it loosely: a status of their own (422, 413 for a long prompt) or a long prompt
    without the code that clients look for is said anew.
    """
    if error.kind not in _CLIENTS_FAULT or not _is_error_body(body):
        return None
    if dialect.render_error(error, request_id).status != status:
        return None
    if dialect.name != MESSAGES and error.kind is Kind.CONTEXT_OVERFLOW and _CODE_OF_OVERFLOW not in body:
        return None
    try:
        return replace_top_level_string(body, "request_id", request_id)
    except KeyAbsent:
        return body
    except SpliceError:
        return None


def _is_error_body(body: bytes) -> bool:
    """Whether SDKs find the error where they look for it; some vendors have shapes of their own."""
    try:
        return isinstance(msgspec.json.decode(body)["error"], dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError, KeyError):
        return False
