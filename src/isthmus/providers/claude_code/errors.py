"""How a turn of the CLI fails, in our words. What it tells its user as the model's answer is never passed on as one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isthmus.core import overflow
from isthmus.core.errors import Kind, Next, Scope, UpstreamError
from isthmus.providers.anthropic.errors import STATUS_OF, Refusals
from isthmus.providers.anthropic.schema import ErrorDetail

_TYPES: Final = {
    "authentication_failed": "authentication_error",
    "billing_error": "billing_error",
    "model_not_found": "not_found_error",
    "invalid_request": "invalid_request_error",
    "rate_limit": "rate_limit_error",
}
"""The CLI's own words for what failed, where the API's are not told."""
_BY_STATUS: Final = {status: kind for kind, status in STATUS_OF.items()}
_PREFACE: Final = re.compile(
    r"^(?:API Error: ?|Failed to authenticate\. ?|Request rejected \(\d+\) · ?|\d{3} (?=\S))+"
)
_TOO_LONG: Final = re.compile(r"request is ~?(\d[\d,]*) tokens \(limit (\d[\d,]*)\)")
_LOCAL: Final = ("not logged in", "please run /login")
_LIMIT: Final = ("hit your", "usage limit reached")
PROMPT_TOO_LONG: Final = frozenset(("prompt_too_long", "blocking_limit"))


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the CLI said of a failure: in an `assistant` line of model `<synthetic>`, or in the `result`."""

    text: str
    word: str | None = None
    status: int | None = None
    type: str | None = None
    reason: str | None = None
    """`terminal_reason` of a result."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Classifies the failures of one provider, whose name the messages carry."""

    provider: str
    now_s: Callable[[], float]

    def of(self, trouble: Trouble, resets_at_s: float | None = None) -> UpstreamError:
        """`resets_at_s`: when a limit that was told beside the failure counts anew."""
        text = trouble.text
        if (too_long := self._too_long(trouble)) is not None:
            return too_long
        if any(each in text.lower() for each in _LOCAL):
            return self._logged_out(trouble)
        kind = self._type(trouble)
        if kind is None:
            status = trouble.status or 0
            said = f" ({status})" if status else ""
            return UpstreamError(
                f"the Claude Code CLI of provider {self.provider!r} could not get an answer{said}",
                status=status,
                next=Next.SAME,
                detail=text,
            )
        if kind == "not_found_error":
            return UpstreamError(
                f"the account of provider {self.provider!r} does not have this model",
                kind=Kind.MODEL_NOT_FOUND,
                status=404,
                next=Next.NOTHING,
                detail=text,
            )
        was = trouble.status if kind == "api_error" else None
        told = Refusals(self.provider, self.now_s).told(ErrorDetail(kind, _PREFACE.sub("", text)), was)
        told.status = trouble.status or told.status
        told.detail = told.detail or text
        if kind == "rate_limit_error" and resets_at_s is not None:
            told.cooldown_s = told.retry_after_s = max(0.0, resets_at_s - self.now_s())
            told.scope = Scope.ACCOUNT
        return told

    def lost(self, detail: str = "") -> UpstreamError:
        """The process ended, or was ended, before its answer did."""
        return UpstreamError(
            f"the Claude Code CLI of provider {self.provider!r} ended before its answer was complete",
            next=Next.SAME,
            detail=detail,
        )

    def _type(self, trouble: Trouble) -> str | None:
        if trouble.type in STATUS_OF:
            return trouble.type
        if any(each in trouble.text.lower() for each in _LIMIT):
            return "rate_limit_error"
        if trouble.status is not None and trouble.status in _BY_STATUS:
            return _BY_STATUS[trouble.status]
        if trouble.status is not None and trouble.status >= 500:
            return None
        if trouble.word == "server_error":
            return None  # the connection was lost: no answer came
        return _TYPES.get(trouble.word or "")

    def _too_long(self, trouble: Trouble) -> UpstreamError | None:
        found = _TOO_LONG.search(trouble.text)
        known = overflow.recognise(trouble.text, trouble.status or 400)
        if found is None and known is None and trouble.reason not in PROMPT_TOO_LONG:
            return None
        tokens = _number(found[1]) if found else known.tokens if known else None
        limit = _number(found[2]) if found else known.limit if known else None
        return UpstreamError(
            # Without figures in nobody's words: each dialect has its own, which its clients know.
            f"prompt is too long: {tokens} tokens > {limit} maximum"
            if tokens and limit
            else "the conversation does not fit its model",
            kind=Kind.CONTEXT_OVERFLOW,
            status=trouble.status or 400,
            next=Next.NOTHING,
            tokens=tokens,
            limit=limit,
            detail=trouble.text,
        )

    def _logged_out(self, trouble: Trouble) -> UpstreamError:
        return UpstreamError(
            f"the Claude Code CLI of provider {self.provider!r} is not signed in: set api_key to an API key that "
            "its upstream takes, or to a token that `claude setup-token` prints",
            status=trouble.status or 401,
            next=Next.OTHER_ACCOUNT,
            scope=Scope.CREDENTIAL,
            detail=trouble.text,
        )


def _number(text: str) -> int:
    return int(text.replace(",", ""))
