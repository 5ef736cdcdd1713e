"""Anthropic's refusals → what they mean for whoever decides what to try next.

Types and statuses are those of Anthropic's error documentation (api/errors). The upstream's 401, 402 and 403 are never
the client's: the credential belongs to the gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from isthmus.core import overflow
from isthmus.core.commands import Head
from isthmus.core.errors import Kind, Next, Scope, UpstreamError
from isthmus.core.figures import http_date, number_of
from isthmus.core.reset_words import wait_in_words
from isthmus.providers.anthropic.schema import ERROR_BODY, ErrorDetail

MAX_DETAIL: Final = 500
LONGEST_WAIT_S: Final = 7 * 86_400.0
STATUS_OF: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_NO_CREDIT: Final = ("credit balance is too low", "insufficient balance", "purchase credits")
# Told with 403 and 400 (anthropics/claude-code#72457), and no other request will be answered differently.
_NO_LONGER_VALID: Final = ("oauth token has been revoked", "this organization has been disabled")
_SHARED_WINDOWS: Final = ("5h", "7d")
"""Windows of a subscription that count every model; others, such as `7d_opus`, count one."""
_LIMITS: Final = ("requests", "tokens", "input-tokens", "output-tokens")


@dataclass(frozen=True, slots=True)
class Refusals:
    """Classifies the refusals of one provider, whose name the messages carry."""

    provider: str
    now_s: Callable[[], float]

    def classify(self, head: Head, body: bytes) -> UpstreamError:
        detail = _error_of(body)
        if detail is None:
            shown = body[:MAX_DETAIL].decode("utf-8", "replace")
            return self._without_words(head.status, shown, head.headers)
        return self._spoken(detail, head.status, head.headers)

    def told(self, detail: ErrorDetail, status: int | None = None) -> UpstreamError:
        """An error inside an answer that began with status 200. `status`: what it was otherwise, where somebody says so."""
        return self._spoken(detail, status or STATUS_OF.get(detail.type or "", 500), {}, in_stream=True)

    def _spoken(
        self, detail: ErrorDetail, status: int, headers: Mapping[str, str], *, in_stream: bool = False
    ) -> UpstreamError:
        kind, message = detail.type or "", detail.message or ""
        if (found := overflow.recognise(message, 0 if in_stream else status)) is not None:
            return UpstreamError(
                message,
                kind=Kind.CONTEXT_OVERFLOW,
                status=status,
                next=Next.NOTHING,
                tokens=found.tokens,
                limit=found.limit,
            )
        if any(each in message.lower() for each in _NO_CREDIT):
            return self._unpaid(status, message)
        if any(each in message.lower() for each in _NO_LONGER_VALID):
            return self._refused(status, message, Scope.CREDENTIAL)
        match kind:
            case "overloaded_error":
                return self._overloaded(status, message, headers)
            case "rate_limit_error":
                return self._limited(status, message, headers)
            case "policy_blocked":
                return UpstreamError(
                    message, kind=Kind.POLICY_BLOCKED, status=status, next=Next.NOTHING, detail=kind
                )
            case "invalid_request_error" if status in {400, 422}:
                return _clients(Kind.INVALID_REQUEST, status, message)
            case _:
                return self._by_status(status, message, headers)

    def _by_status(self, status: int, message: str, headers: Mapping[str, str]) -> UpstreamError:
        match status:
            case 400 | 422:
                return _clients(Kind.INVALID_REQUEST, status, message)
            case 401:
                return self._refused(status, message, Scope.CREDENTIAL)
            case 403:
                return self._refused(status, message, Scope.MODEL)
            case 402:
                return self._unpaid(status, message)
            case 404:
                kind = Kind.MODEL_NOT_FOUND if "model" in message.lower() else Kind.NOT_FOUND
                return _clients(kind, status, message)
            case 413:
                return _clients(Kind.TOO_LARGE, status, message)
            case 429:
                return self._limited(status, message, headers)
            case 408 | 504:
                text = f"provider {self.provider!r} took too long"
                return UpstreamError(text, kind=Kind.TIMEOUT, status=status, detail=message)
            case 503 | 529:
                return self._overloaded(status, message, headers)
            case _:
                text = f"provider {self.provider!r} failed ({status})"
                wait_s = retry_after_s(headers, self._now(headers))
                return UpstreamError(text, status=status, retry_after_s=wait_s, detail=message)

    def _without_words(self, status: int, shown: str, headers: Mapping[str, str]) -> UpstreamError:
        """A refusal that is not in the API's form: a proxy's page, or another server altogether. Its body is for the log."""
        if status in {401, 402, 403, 408, 413, 429, 503, 504, 529}:
            error = self._by_status(status, "request too large" if status == 413 else "", headers)
            error.detail = shown
            return error
        hint = ": check base_url" if status < 500 else ""
        text = f"provider {self.provider!r} answered {status} without an error of the Messages API{hint}"
        if overflow.recognise(shown, status) is not None:
            return UpstreamError(
                text, kind=Kind.CONTEXT_OVERFLOW, status=status, next=Next.NOTHING, detail=shown
            )
        return UpstreamError(text, status=status, next=Next.SAME, detail=shown)

    def _refused(self, status: int, message: str, scope: Scope) -> UpstreamError:
        text = (
            f"the gateway's credential for provider {self.provider!r} was refused by the upstream ({status}): "
            "check api_key"
        )
        return UpstreamError(text, status=status, next=Next.OTHER_ACCOUNT, scope=scope, detail=message)

    def _unpaid(self, status: int, message: str) -> UpstreamError:
        text = f"the gateway's account at provider {self.provider!r} has no credit left ({status})"
        return UpstreamError(
            text, status=status, next=Next.OTHER_ACCOUNT, scope=Scope.ACCOUNT, detail=message
        )

    def _overloaded(self, status: int, message: str, headers: Mapping[str, str]) -> UpstreamError:
        return UpstreamError(
            f"provider {self.provider!r} is overloaded",
            kind=Kind.OVERLOADED,
            status=status,
            next=Next.SAME,
            retry_after_s=retry_after_s(headers, self._now(headers)),
            detail=message,
        )

    def _limited(self, status: int, message: str, headers: Mapping[str, str]) -> UpstreamError:
        now = self._now(headers)
        wait_s = retry_after_s(headers, now)
        if wait_s is None:
            wait_s = reset_s(headers, now)
        if wait_s is None and (in_words := wait_in_words(message, now)) is not None:
            wait_s = _sane(in_words)
        return UpstreamError(
            f"provider {self.provider!r} is at its rate limit",
            kind=Kind.RATE_LIMIT,
            status=status,
            next=Next.OTHER_ACCOUNT,
            retry_after_s=wait_s,
            cooldown_s=wait_s,
            scope=limited_scope(headers),
            detail=message,
        )

    def _now(self, headers: Mapping[str, str]) -> float:
        """The upstream's own clock where it shows one: what it says of times is meant by that."""
        seen = http_date(headers.get("date", ""))
        return self.now_s() if seen is None else seen


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """From `retry-after-ms` or `retry-after` (seconds or an HTTP date)."""
    milliseconds = number_of(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _sane(milliseconds / 1000)
    said = headers.get("retry-after", "")
    seconds = number_of(said)
    if seconds is not None:
        return _sane(seconds)
    at = http_date(said)
    return None if at is None else _sane(at - now)


def reset_s(headers: Mapping[str, str], now: float) -> float | None:
    """How long until the limit that is used up counts anew: the latest of those with nothing remaining."""
    unified = number_of(headers.get("anthropic-ratelimit-unified-reset", ""))
    if unified is not None:
        return _sane(unified - now)
    waits = []
    for name in _LIMITS:
        if headers.get(f"anthropic-ratelimit-{name}-remaining") == "0":
            at = _timestamp(headers.get(f"anthropic-ratelimit-{name}-reset", ""))
            if at is not None:
                waits.append(at - now)
    return _sane(max(waits)) if waits else None


def limited_scope(headers: Mapping[str, str]) -> Scope:
    """Limits of the API count per model. Those of a subscription are shared, unless the shared windows are said to be open."""
    if "anthropic-ratelimit-unified-reset" not in headers:
        return Scope.MODEL
    said = [headers.get(f"anthropic-ratelimit-unified-{window}-status", "") for window in _SHARED_WINDOWS]
    return Scope.MODEL if all(each.startswith("allowed") for each in said) else Scope.ACCOUNT


def _clients(kind: Kind, status: int, message: str) -> UpstreamError:
    """The request itself is at fault, in the upstream's own words, since clients recover by them."""
    return UpstreamError(message or "invalid request", kind=kind, status=status, next=Next.NOTHING)


def _error_of(body: bytes) -> ErrorDetail | None:
    try:
        return ERROR_BODY.decode(body).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _sane(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST_WAIT_S)


def _timestamp(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
