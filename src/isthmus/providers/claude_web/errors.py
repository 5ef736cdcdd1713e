"""claude.ai's refusals → what they mean for whoever decides what to try next.

An error is JSON, `{"error": {"type", "message", "details": {"error_code"}}}`, before the stream or inside it. Its message may be
JSON as text, and then holds the limit that was met (Xerxes-2/clewdr). Whatever else comes is from somebody who stands before the
service. The session is the gateway's: what is said of it is for the operator (`detail`), never for the client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from isthmus.core.commands import Head, Spare
from isthmus.core.errors import AccessEnded, Kind, Next, Scope, UpstreamError, UpstreamProtocolError
from isthmus.core.overflow import recognise
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.cases import TYPES, Case, Remedy, case_of
from isthmus.providers.claude_web.reset_time import APPROACHING, EXCEEDED, Reset, find_reset

MAX_WORDS: Final = 2000
MAX_SHOWN: Final = 200
UNKNOWN_RESET_S: Final = 3600.0
"""A limit that was met, and nobody says until when (as Xerxes-2/clewdr has it)."""
CONCURRENT: Final = "concurrents"
_CHALLENGES: Final = (b"/cdn-cgi/challenge-platform", b"Just a moment")
_PAGES: Final = frozenset(("text/html", "application/xhtml+xml"))


class Refused(UpstreamError):
    """A refusal, with what may help."""

    def __init__(self, case: Case, message: str, *, status: int, detail: str, source: str = "") -> None:
        super().__init__(
            message,
            kind=case.kind,
            status=status,
            next=case.next,
            scope=case.scope,
            cooldown_s=case.cooldown_s,
            retry_after_s=case.cooldown_s if case.kind is Kind.RATE_LIMIT else None,
            detail=detail,
        )
        self.case = case
        self.source = source
        """Where it was found when to come back; empty when nobody said."""
        self.has_limit = False
        """The limit that was met was told, though perhaps not until when."""

    def until(self, reset: Reset, now_s: float) -> None:
        self.source = reset.source
        self.cooldown_s = self.retry_after_s = reset.at_s - now_s
        self.detail = f"{self.detail} (until by {reset.source})"


class Ended(Refused, AccessEnded):
    """Of the session. The account may have got another key meanwhile."""


@dataclass(frozen=True, slots=True)
class Said:
    """The body of an error, read."""

    type: str = ""
    message: str = ""
    code: str = ""
    limit: Mapping[str, Any] | None = None
    """The limit that was met, if the error holds one."""
    body: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.body)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Classifies the refusals of one provider, whose name the messages carry."""

    provider: str
    now_s: Callable[[], float]
    timezone: str = "Etc/UTC"

    def classify(self, head: Head, body: bytes) -> Refused:
        """Of a status of 300 or more, or of a body that is no answer."""
        if is_bot_check(head, body):
            return self.refused(cases.BOT_CHECK, status=head.status, detail=f"{head.status}")
        said = read(body)
        if not said or (head.status < 400 and said.type not in TYPES):
            return self._foreign(head, body)
        status = head.status if head.status >= 400 else TYPES[said.type]
        return self._told(status, said, head.headers)

    def told(self, error: Mapping[str, Any]) -> Refused:
        """An error event inside a stream."""
        said = read_error(error)
        return self._told(TYPES.get(said.type, 500), said, {})

    def limit(self, limit: Mapping[str, Any]) -> Refused | None:
        """What the limit object behind an answer means for the next request; None while there is something left."""
        if limit.get("type") != EXCEEDED:
            return None
        return self._told(429, Said("rate_limit_error", "", "", limit, {"limit": limit}), {})

    def nearing(self, limit: Mapping[str, Any]) -> Spare:
        """How long the account should be spared, by the limit object behind an answer."""
        reset: Reset | None = None
        if limit.get("type") == APPROACHING:
            reset = find_reset({}, {"limit": limit}, limit, "", self.now_s(), self.timezone)
        wait_s = 0.0 if reset is None else reset.at_s - self.now_s()
        return Spare(wait_s, Scope.MODEL if limit.get("perModelLimit") is True else Scope.ACCOUNT)

    def refused(self, case: Case, *, status: int = 0, detail: str = "", words: str = "") -> Refused:
        """`words` are the service's own, which clients see of cases that have none."""
        text = f"provider {self.provider!r} {case.says}" if case.says else words
        text = text or f"provider {self.provider!r} refused the request: {case.name}"
        kind = Ended if case.remedy is Remedy.ANOTHER_KEY else Refused
        return kind(case, text, status=status, detail=f"{case.name}: {detail}" if detail else case.name)

    def _told(self, status: int, said: Said, headers: Mapping[str, str]) -> Refused:
        case = case_of(status, said.type, said.code, said.message)
        words = said.message[:MAX_WORDS]
        mark = said.code or said.type
        error = self.refused(case, status=status, detail=f"{words} ({mark})".strip(), words=words)
        if case.kind is Kind.RATE_LIMIT:
            return self._limited(error, said, headers)
        if case is cases.TOO_LONG and (figures := recognise(words)) is not None:
            error.tokens, error.limit = figures.tokens, figures.limit
        return error

    def _limited(self, error: Refused, said: Said, headers: Mapping[str, str]) -> Refused:
        limit, now_s = said.limit, self.now_s()
        if limit is not None and limit.get("representativeClaim") == CONCURRENT:
            return self.refused(cases.BUSY, status=error.status, detail=CONCURRENT)
        reset = find_reset(headers, said.body, limit, said.message, now_s, self.timezone)
        if reset is None and limit is None:
            return error
        if error.case is not cases.RATE_LIMITED:
            words = "" if limit is not None else said.message[:MAX_WORDS]
            claim = str(limit.get("representativeClaim") or "") if limit is not None else ""
            error = self.refused(cases.RATE_LIMITED, status=error.status, detail=claim or words)
        error.has_limit = limit is not None
        if limit is not None and limit.get("perModelLimit") is True:
            error.scope = Scope.MODEL
        if reset is not None:
            error.until(reset, now_s)
        return error

    def _foreign(self, head: Head, body: bytes) -> Refused:
        """What is not in the service's words: a page, a redirect, nothing."""
        shown = " ".join(body[:MAX_SHOWN].decode("utf-8", "replace").split())
        detail = f"{head.status} {head.content_type} {shown}".strip()
        is_page = head.content_type in _PAGES or body.lstrip()[:1] == b"<"
        if head.status >= 500:
            case = cases.STATUSES.get(head.status, cases.SERVER)
        elif head.status == 429:
            return self._limited(
                self.refused(cases.LIMITED_SOMEHOW, status=429, detail=detail), Said(), head.headers
            )
        elif head.status < 400 or head.status == 403 or is_page:
            # The status is that of whoever sent the page: it says nothing of the account.
            return self.refused(cases.NOT_JSON, detail=detail)
        else:
            case = case_of(head.status, "", "", "")
        return self.refused(case, status=head.status, detail=detail)


def remedy_of(error: UpstreamError) -> Remedy:
    return error.case.remedy if isinstance(error, Refused) else Remedy.NONE


def is_bot_check(head: Head, body: bytes) -> bool:
    """Whether somebody before the service wants to see a browser (avatar4now/claudeusagetool). A page alone is no proof."""
    if head.status in (403, 503) and head.headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    is_page = head.content_type in _PAGES or body.lstrip()[:1] == b"<"
    return is_page and any(mark in body for mark in _CHALLENGES)


def read(body: bytes) -> Said:
    """An error's body; nothing when it is none."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Said()
    return read_error(value) if isinstance(value, dict) else Said()


def read_error(value: Mapping[str, Any]) -> Said:
    """`value` is the whole body, or an event of the same form."""
    error = _mapping(value.get("error")) or value
    message = _text(error.get("message"))
    inner = _inner(message)
    nested = _mapping(inner.get("error"))
    details = _mapping(error.get("details")) or _mapping(nested.get("details"))
    limit = next((each for each in (inner, nested, error, value) if _is_limit(each)), None)
    return Said(
        _text(error.get("type")) if limit is not error else "rate_limit_error",
        _text(nested.get("message")) or message,
        _text(details.get("error_code")),
        limit,
        value,
    )


def unreadable(what: str, detail: str = "") -> UpstreamProtocolError:
    """The service answered well, and what it said is not what was asked for."""
    return UpstreamProtocolError(
        f"the upstream's {what} cannot be read", next=Next.OTHER_ACCOUNT, detail=detail
    )


def _inner(message: str) -> Mapping[str, Any]:
    if not message.startswith("{"):
        return {}
    try:
        return _mapping(msgspec.json.decode(message))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {}


def _is_limit(value: Mapping[str, Any]) -> bool:
    return value.get("type") == EXCEEDED or ("resetsAt" in value and "windows" in value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
