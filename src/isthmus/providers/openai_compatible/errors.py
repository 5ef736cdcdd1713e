"""A vendor's refusals → what the gateway does about them.

The credential is the gateway's, so a 401, 402 or 403 is never the client's fault. A message about the client's own request
is passed on, since clients recover by its words; anything else is told in ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from isthmus.core.commands import Head
from isthmus.core.errors import Kind, Next, Scope, UpstreamError
from isthmus.core.figures import http_date, number_of
from isthmus.core.overflow import recognise
from isthmus.core.reset_words import wait_in_words

MAX_MESSAGE_CHARS: Final = 2000
MAX_WAIT_S: Final = 7 * 86_400.0
_QUOTA_WORDS: Final = (
    "insufficient_quota",
    "exceeded your current quota",
    "insufficient balance",
    "billing",
    "arrears",
)
_MODEL_WORDS: Final = (
    "model_not_found",
    "model not found",
    "does not exist",
    "unknown model",
    "no such model",
    "model not exist",
)
_OVERLOAD_WORDS: Final = (
    "overloaded",
    "server is busy",
    "engine_overloaded",
    "over capacity",
    "try again later",
)
_POLICY_WORDS: Final = (
    "content_policy",
    "content_filter",
    "data_inspection_failed",
    "content exists risk",
    "content management policy",
)
_CAPABILITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "image_block": (
        "unknown variant `image_url`",
        "not support image",
        "image input",
        "not a multimodal model",
        "image_url is only supported",
    ),
    "structured_outputs_unsupported": ("response_format", "json_schema"),
    "effort_unsupported": ("reasoning_effort", "reasoning.effort"),
}
"""Wordings of a feature the model lacks -> the class by which Claude Code drops it and tries again."""
_SECRETIVE: Final = re.compile(r"\b(?:sk|org|proj|key)-[A-Za-z0-9_*.-]{3,}")


def classifier(provider: str, now_s: Callable[[], float]) -> Callable[[Head, bytes], UpstreamError]:
    """`now_s` is the time of day, for refusals that name the hour at which to come back."""

    def classify(head: Head, body: bytes) -> UpstreamError:
        return classify_refusal(provider, head, body, now_s())

    return classify


def classify_refusal(provider: str, head: Head, body: bytes, now_s: float) -> UpstreamError:
    """Of a status of 400 or more."""
    said, code = _said(body)
    wait_s = _wait_s(head.headers, body, now_s)
    if wait_s is None:
        wait_s = _sane(wait_in_words(said, now_s))
    return _verdict(provider, head.status, said, code, wait_s)


def classify_frame(provider: str, error: Any) -> UpstreamError:
    """Of an error object inside an answer that began with 200."""
    said, code = _of_object({"error": error})
    status = _status_of(code)
    return _verdict(provider, status, said, code, None)


def _verdict(provider: str, status: int, said: str, code: str, wait_s: float | None) -> UpstreamError:
    said = _SECRETIVE.sub("[...]", said)
    low = f"{said} {code}".lower()
    if (overflow := recognise(said, status) or recognise(code, status)) is not None:
        return UpstreamError(
            said or "prompt is too long",
            kind=Kind.CONTEXT_OVERFLOW,
            status=status,
            next=Next.NOTHING,
            tokens=overflow.tokens,
            limit=overflow.limit,
            detail=said,
        )
    if status in {401, 402, 403} or "invalid_api_key" in low:
        return _credential(provider, status, said, _credential_scope(status, low, code))
    if status < 500 and any(words in low for words in _POLICY_WORDS):
        return UpstreamError(said, kind=Kind.POLICY_BLOCKED, status=status, next=Next.NOTHING, detail=said)
    if status == 429 or "rate_limit" in low or "rate limit" in low:
        return _limited(provider, status, said, low, wait_s)
    if any(words in low for words in _MODEL_WORDS) or (status == 404 and "model" in low):
        return UpstreamError(said, kind=Kind.MODEL_NOT_FOUND, status=status, next=Next.NOTHING, detail=said)
    if status == 404:
        return UpstreamError(
            f"provider {provider!r} knows no such path (404): check its base_url",
            status=404,
            next=Next.OTHER_ACCOUNT,
            detail=said,
        )
    if status == 413:
        return UpstreamError(
            said or "the upstream takes no request this large",
            kind=Kind.TOO_LARGE,
            status=413,
            next=Next.NOTHING,
        )
    if 400 <= status < 500 and status not in {408, 409, 425, 499}:
        rejected = next(
            (token for token, words in _CAPABILITIES.items() if any(each in low for each in words)), None
        )
        return UpstreamError(
            f"capability_rejected: {rejected}"
            if rejected
            else said or f"the upstream refused the request ({status})",
            kind=Kind.CAPABILITY if rejected else Kind.INVALID_REQUEST,
            status=status,
            next=Next.NOTHING,
            detail=said,
        )
    return _sick(status, said, low, wait_s)


def _credential_scope(status: int, low: str, code: str) -> Scope:
    """A 403 alone is about a model or even about the prompt (OpenRouter's moderation): the account may serve others."""
    if status == 402 or any(words in low for words in _QUOTA_WORDS):
        return Scope.ACCOUNT
    return Scope.CREDENTIAL if status == 401 or code == "invalid_api_key" else Scope.MODEL


def _credential(provider: str, status: int, said: str, scope: Scope) -> UpstreamError:
    what = "has no balance left" if status == 402 else "was refused by the upstream"
    return UpstreamError(
        f"the gateway's credential for provider {provider!r} {what} ({status}): check its api_key and account",
        status=status,
        next=Next.OTHER_ACCOUNT,
        scope=scope,
        detail=said,
    )


def _limited(provider: str, status: int, said: str, low: str, wait_s: float | None) -> UpstreamError:
    if any(words in low for words in _QUOTA_WORDS):
        return UpstreamError(
            f"provider {provider!r} has used up its quota",
            kind=Kind.RATE_LIMIT,
            status=status,
            next=Next.OTHER_ACCOUNT,
            retry_after_s=wait_s,
            # A quota that is used up for no known time will not come back within the minutes that clients would try.
            should_retry=False if wait_s is None else None,
            cooldown_s=wait_s,
            scope=Scope.ACCOUNT,
            detail=said,
        )
    return UpstreamError(
        said or "the upstream's rate limit is reached",
        kind=Kind.RATE_LIMIT,
        status=status,
        next=Next.OTHER_ACCOUNT,
        retry_after_s=wait_s,
        cooldown_s=wait_s,
    )


def _sick(status: int, said: str, low: str, wait_s: float | None) -> UpstreamError:
    busy = status in {503, 529} or any(words in low for words in _OVERLOAD_WORDS)
    if status in {408, 504}:
        return UpstreamError("the upstream timed out", kind=Kind.TIMEOUT, status=status, detail=said)
    return UpstreamError(
        "the upstream is overloaded"
        if busy
        else f"the upstream failed{f' ({status})' if status else ''}" + _reason(said, status),
        kind=Kind.OVERLOADED if busy else Kind.UPSTREAM,
        status=status,
        next=Next.OTHER_ACCOUNT,
        retry_after_s=wait_s,
        cooldown_s=wait_s,
        detail=said,
    )


def _reason(said: str, status: int) -> str:
    """An error told inside a stream has no status to say what it was; its words are all there is."""
    return f": {said}" if said and not status else ""


def _said(body: bytes) -> tuple[str, str]:
    """Message and code of an error body. HTML and other text are not shown to anybody."""
    try:
        return _of_object(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", ""


def _of_object(value: Any) -> tuple[str, str]:
    match value:
        case {"error": {"message": str(message), **rest}} | {"message": str(message), **rest}:
            code = rest.get("code") or rest.get("type") or ""
            return message[:MAX_MESSAGE_CHARS], str(code)
        case (
            {"error": str(message), **rest} | {"detail": str(message), **rest} | {"msg": str(message), **rest}
        ):
            return message[:MAX_MESSAGE_CHARS], str(rest.get("code") or "")
        case {"error": dict(error)}:
            return "", str(error.get("code") or error.get("type") or "")
        case {"detail": detail}:
            return msgspec.json.encode(detail).decode()[:MAX_MESSAGE_CHARS], ""
        case [first, *_]:
            return _of_object(first)
        case _:
            return "", ""


def _status_of(code: str) -> int:
    return int(code) if code.isascii() and code.isdigit() and 400 <= int(code) < 600 else 0


def _wait_s(headers: Mapping[str, str], body: bytes, now_s: float) -> float | None:
    """How long to wait: `retry-after-ms`, `retry-after` (seconds or a date), then a reset header, then the body."""
    if (ms := number_of(headers.get("retry-after-ms"))) is not None:
        return _sane(ms / 1000)
    if (value := headers.get("retry-after")) is not None:
        seconds = number_of(value)
        return _sane(seconds if seconds is not None else _until_date(value, now_s))
    for name in ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset"):
        if (value := headers.get(name)) is not None and (wait := _reset(value, now_s)) is not None:
            return _sane(wait)
    return _sane(_in_body(body, now_s))


def _in_body(body: bytes, now_s: float) -> float | None:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    inner = value.get("error") if isinstance(value, dict) else None
    for place in (inner, value):
        if isinstance(place, dict):
            if (wait := number_of(place.get("retry_after"))) is not None:
                return wait
            if (
                place.get("reset_at") is not None
                and (wait := _reset(str(place["reset_at"]), now_s)) is not None
            ):
                return wait
    return None


def _reset(value: str, now_s: float) -> float | None:
    """`6m0s`, `250ms`, seconds from now, or a time of day in seconds or milliseconds."""
    number = number_of(value)
    if number is not None:
        if number > 1e12:
            return number / 1000 - now_s
        return number - now_s if number > 1e9 else number
    return _duration(value)


def _duration(value: str) -> float | None:
    total, digits, unit, found = 0.0, "", "", False
    scale = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    for character in value + "0":
        if character.isdigit() or character == ".":
            if unit:
                if unit not in scale or (number := number_of(digits)) is None:
                    return None
                total, digits, unit, found = total + number * scale[unit], "", "", True
            digits += character
        else:
            unit += character
    return total if found else None


def _until_date(value: str, now_s: float) -> float | None:
    at_s = http_date(value)
    return None if at_s is None else at_s - now_s


def _sane(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), MAX_WAIT_S)
