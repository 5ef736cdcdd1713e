from __future__ import annotations

import pytest

from isthmus.core.errors import Kind, UpstreamError
from isthmus.core.interfaces import CHAT, MESSAGES
from isthmus.registry import dialects
from isthmus.server.verbatim import as_it_is

MESSAGE = b'{"type": "error",  "error": {"type": "invalid_request_error", "message": "no"}, "request_id": "req_theirs"}'
CHATTED = b'{"error":  {"message": "no", "code": null}}'


def passed(
    dialect: str, kind: Kind, status: int, body: bytes, type: str = "application/json"
) -> bytes | None:
    error = UpstreamError("no", kind=kind, status=status)
    return as_it_is(dialects()[dialect], error, status, body, "req_ours")


def test_a_refusal_of_the_request_keeps_its_bytes() -> None:
    assert passed(CHAT, Kind.INVALID_REQUEST, 400, CHATTED) == CHATTED
    assert passed(CHAT, Kind.TOO_LARGE, 413, CHATTED) == CHATTED


def test_it_goes_under_our_request_id() -> None:
    assert passed(MESSAGES, Kind.INVALID_REQUEST, 400, MESSAGE) == MESSAGE.replace(b"req_theirs", b"req_ours")


@pytest.mark.parametrize("kind", [Kind.UPSTREAM, Kind.RATE_LIMIT, Kind.OVERLOADED, Kind.MODEL_NOT_FOUND])
def test_other_failures_are_told_in_our_words(kind: Kind) -> None:
    assert passed(CHAT, kind, 400, CHATTED) is None


def test_a_status_that_clients_do_not_expect_is_not_passed_on() -> None:
    assert passed(CHAT, Kind.INVALID_REQUEST, 422, CHATTED) is None
    assert passed(CHAT, Kind.CONTEXT_OVERFLOW, 413, CHATTED) is None


def test_a_long_prompt_needs_the_code_that_chat_clients_look_for() -> None:
    coded = b'{"error": {"message": "too long", "code": "context_length_exceeded"}}'
    assert passed(CHAT, Kind.CONTEXT_OVERFLOW, 400, coded) == coded
    assert passed(CHAT, Kind.CONTEXT_OVERFLOW, 400, CHATTED) is None
    assert passed(MESSAGES, Kind.CONTEXT_OVERFLOW, 400, MESSAGE) is not None


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[1]", b'{"error": {"message": "cut o', b'{"error": "no"}']
)
def test_a_shape_no_sdk_reads_is_not_passed_on(body: bytes) -> None:
    assert passed(CHAT, Kind.INVALID_REQUEST, 400, body) is None
