"""What goes wrong at claude.ai, and what each of it means: one row per case.

The bodies are those that third-party clients read (Xerxes-2/clewdr `error.rs`, 2026; avatar4now/claudeusagetool, 2026) or that
people have pasted; what follows from them is ours. An account is switched off only by words about the account: a page in HTML is
no proof of anything, and a bot check says something of the way to the service, not of who goes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from isthmus.core.errors import Kind, Next, Scope


class Remedy(Enum):
    """What may help, with the same account, before the refusal counts."""

    NONE = "none"
    ANOTHER_KEY = "another_key"
    """The account may have got another session key meanwhile."""
    ANOTHER_ORGANIZATION = "another_organization"
    """The account may belong to another organization by now."""
    NEW_CONVERSATION = "new_conversation"
    SIMPLER = "simpler"
    """The same request without what the service may not know."""
    AGAIN = "again"
    """The same request, once, after a moment."""
    ASK_USAGE = "ask_usage"
    """Nothing, until a time that the account's usage may tell."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that goes wrong."""

    name: str
    """What operators are told first."""
    kind: Kind
    says: str = ""
    """What clients are told after the provider's name. Empty: the service's own words, by which they recover."""
    next: Next = Next.OTHER_ACCOUNT
    scope: Scope = Scope.MODEL
    remedy: Remedy = Remedy.NONE
    cooldown_s: float | None = None


_UNUSABLE: Final = "has no account that may be used"

SESSION_INVALID: Final = Case(
    "session invalid",
    Kind.OVERLOADED,
    "has no account whose session is valid",
    scope=Scope.CREDENTIAL,
    remedy=Remedy.ANOTHER_KEY,
)
ORG_DISABLED: Final = Case("organization disabled", Kind.OVERLOADED, _UNUSABLE, scope=Scope.CREDENTIAL)
NO_CHAT_ORG: Final = Case(
    "no organization that can chat", Kind.OVERLOADED, _UNUSABLE, scope=Scope.ACCOUNT, cooldown_s=3600.0
)
RESTRICTED: Final = Case("restricted", Kind.OVERLOADED, _UNUSABLE, scope=Scope.ACCOUNT, cooldown_s=86_400.0)
PERMISSION: Final = Case(
    "not permitted", Kind.UPSTREAM, "refused the request of its account", remedy=Remedy.ANOTHER_ORGANIZATION
)
MODEL_UNAVAILABLE: Final = Case(
    "model unavailable", Kind.MODEL_NOT_FOUND, "does not have this model", cooldown_s=3600.0
)
RATE_LIMITED: Final = Case(
    "used up", Kind.RATE_LIMIT, "has used up its allowance", scope=Scope.ACCOUNT, remedy=Remedy.ASK_USAGE
)
BUSY: Final = Case("busy", Kind.RATE_LIMIT, "is busy with other answers")
LIMITED_SOMEHOW: Final = Case("busy", Kind.RATE_LIMIT, "is at its rate limit", remedy=Remedy.ASK_USAGE)
"""A 429 that tells no more: busy, unless the account's usage says that an allowance is used up."""
OVERLOADED: Final = Case("overloaded", Kind.OVERLOADED, "is overloaded", remedy=Remedy.AGAIN)
TOO_LONG: Final = Case("context too long", Kind.CONTEXT_OVERFLOW, next=Next.NOTHING)
TOO_LARGE: Final = Case("file too large", Kind.TOO_LARGE, next=Next.NOTHING)
BAD_FILE: Final = Case("file refused", Kind.INVALID_REQUEST, next=Next.NOTHING)
BAD_REQUEST: Final = Case(
    "request refused",
    Kind.UPSTREAM,
    "refused the request",
    next=Next.NOTHING,
    remedy=Remedy.SIMPLER,
)
CONVERSATION_GONE: Final = Case(
    "conversation gone",
    Kind.UPSTREAM,
    "lost the conversation that the answer belongs to",
    next=Next.NOTHING,
    remedy=Remedy.NEW_CONVERSATION,
)
NO_SUCH_CALL: Final = Case("unknown call", Kind.UPSTREAM, "does not know this call", next=Next.NOTHING)
BOT_CHECK: Final = Case(
    "network path blocked: claude.ai answers this address with a check for browsers",
    Kind.OVERLOADED,
    "cannot be reached from here: the network path is blocked by a check for browsers, which this gateway does not evade",
    next=Next.NOTHING,
)
NOT_JSON: Final = Case("unexpected answer", Kind.UPSTREAM, "answered with something that is no answer")
BILLING: Final = Case(
    "subscription past due", Kind.OVERLOADED, _UNUSABLE, scope=Scope.ACCOUNT, cooldown_s=3600.0
)
READ_ONLY: Final = Case("read only", Kind.OVERLOADED, _UNUSABLE, scope=Scope.ACCOUNT, cooldown_s=3600.0)
SERVER: Final = Case("server error", Kind.UPSTREAM, "failed")
LATE: Final = Case("server error", Kind.TIMEOUT, "did not answer in time")

CODES: Final[Mapping[str, Case]] = {
    "account_session_invalid": SESSION_INVALID,
    "opus_messages_rate_limit_exceeded": RATE_LIMITED,
    "subscription_past_due": BILLING,
    "read_only_mode": READ_ONLY,
}
"""By `error.details.error_code`."""

_BAD: Final = frozenset((400, 422))
_REFUSED: Final = frozenset((403,))
TEXTS: Final[tuple[tuple[str, frozenset[int], Case], ...]] = (
    ("organization has been disabled", _BAD | _REFUSED, ORG_DISABLED),
    ("not available", _REFUSED, MODEL_UNAVAILABLE),
    ("model:", _BAD, MODEL_UNAVAILABLE),
    ("model not found", _BAD | {404}, MODEL_UNAVAILABLE),
    ("too long", _BAD, TOO_LONG),
    ("exceed", _BAD, TOO_LONG),
)
"""Words in small letters, the statuses under which they count, and what they mean."""

TYPES: Final[Mapping[str, int]] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status that goes with `error.type`, for errors that come without one."""

STATUSES: Final[Mapping[int, Case]] = {
    401: SESSION_INVALID,
    402: BILLING,
    403: PERMISSION,
    404: CONVERSATION_GONE,
    413: TOO_LONG,
    429: LIMITED_SOMEHOW,
    504: LATE,
    524: LATE,
    529: OVERLOADED,
}


def case_of(status: int, type_: str, code: str, message: str) -> Case:
    """The row for an error in the service's own JSON."""
    if code in CODES:
        return CODES[code]
    if type_ == "overloaded_error":
        return OVERLOADED
    low = message.lower()
    for words, statuses, case in TEXTS:
        if words in low and status in statuses:
            return case
    if status >= 500:
        return STATUSES.get(status, SERVER)
    return STATUSES.get(status, BAD_REQUEST)
