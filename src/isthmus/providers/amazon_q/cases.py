"""What the service can refuse a request for, and what each of it means: one row per case.

Reasons and statuses are those of the vendor's own models (npm `@aws/codewhisperer-streaming-client`); texts are from the tests of its
clients (aws/amazon-q-developer-cli `retry_classifier.rs`, aws/language-servers `constants.ts`) and from public issue reports.
A reason says most, a text comes next, name and status only where neither is known.
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
    RENEW = "renew"
    """Another access token."""
    PROFILE = "profile"
    """The name of the profile, which the service tells where it is the only one."""
    STRICTER = "stricter"
    """The same request, written with more care."""
    NEW_CONVERSATION = "new_conversation"
    AGAIN = "again"
    """The same request, after a moment."""
    ONCE_MORE = "once_more"
    """The same request, at once."""
    MONTH_ENDS = "month_ends"
    """Nothing, until the allowance starts anew: the service says when."""
    DAY_ENDS = "day_ends"
    PATIENCE = "patience"
    """Nothing for a while, which grows each time."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that goes wrong."""

    kind: Kind
    next: Next = Next.OTHER_ACCOUNT
    scope: Scope = Scope.MODEL
    remedy: Remedy = Remedy.NONE
    says: str = ""
    """What clients are told after the provider's name. Empty: the service's own words, by which they recover."""
    state: str = ""
    """What operators are told first: why an account is off or rests."""
    cooldown_s: float | None = None
    longest_s: float = 900.0
    """With `PATIENCE`."""
    paced: bool = False
    """With a limit of the whole account: it passes soon, and no allowance is used up."""


def _dead(says: str, state: str, kind: Kind = Kind.OVERLOADED, remedy: Remedy = Remedy.NONE) -> Case:
    """The account is of no use until its operator has done something."""
    return Case(kind, scope=Scope.CREDENTIAL, remedy=remedy, says=says, state=state)


def _spent(state: str, remedy: Remedy = Remedy.NONE, cooldown_s: float | None = None) -> Case:
    says = "has used up its allowance"
    return Case(Kind.RATE_LIMIT, Next.OTHER_ACCOUNT, Scope.ACCOUNT, remedy, says, state, cooldown_s)


def _clients(kind: Kind = Kind.INVALID_REQUEST, remedy: Remedy = Remedy.NONE) -> Case:
    """The request is at fault; no account is."""
    return Case(kind, Next.NOTHING, remedy=remedy)


EXPIRED: Final = _dead("has no account that is signed in", "needs sign-in", remedy=Remedy.RENEW)
NOT_SIGNED_UP: Final = _dead(
    "refused its account: it is not signed up for the service", "not signed up", Kind.PERMISSION
)
SUSPENDED: Final = _dead("has no account that may be used", "suspended")
GATED: Final = _dead("does not serve accounts of this kind", "not supported", Kind.PERMISSION)
OTHER_HOST: Final = _dead(
    "does not serve this account at this address",
    "wrong host (set endpoint_family to the other family)",
    Kind.PERMISSION,
)
NO_PROFILE: Final = _dead(
    "has no account that may be used", "needs profile (set profile_arn)", remedy=Remedy.PROFILE
)
KEY_TROUBLE: Final = _dead("has no account that may be used", "encryption key")
FORBIDDEN: Final = _clients(Kind.PERMISSION)
MONTH: Final = _spent("month used up", Remedy.MONTH_ENDS)
OVERAGE: Final = _spent("overage used up", cooldown_s=3600.0)
DAY: Final = _spent("day used up", Remedy.DAY_ENDS)
CONVERSATION_FULL: Final = _clients(remedy=Remedy.NEW_CONVERSATION)
BAD_CONVERSATION: Final = CONVERSATION_FULL
THROTTLED: Final = Case(
    Kind.RATE_LIMIT, remedy=Remedy.PATIENCE, says="is at its rate limit", state="throttled"
)
CREDITS_PACED: Final = Case(
    Kind.RATE_LIMIT,
    scope=Scope.ACCOUNT,
    remedy=Remedy.PATIENCE,
    says="is at its limit of credits per hour",
    state="hourly credits used up",
    longest_s=3600.0,
    paced=True,
)
MODEL_FULL: Final = Case(
    Kind.OVERLOADED,
    Next.SAME,
    remedy=Remedy.AGAIN,
    says="has no capacity for this model at the moment",
    cooldown_s=30.0,
)
TROUBLE: Final = Case(Kind.UPSTREAM, Next.SAME, remedy=Remedy.AGAIN, says="failed")
UNAVAILABLE: Final = Case(Kind.OVERLOADED, Next.SAME, remedy=Remedy.AGAIN, says="is overloaded")
TOO_LONG: Final = _clients(Kind.CONTEXT_OVERFLOW)
TOO_LARGE: Final = _clients(Kind.TOO_LARGE)
BAD_REQUEST: Final = _clients(remedy=Remedy.STRICTER)
NO_MODEL: Final = Case(Kind.MODEL_NOT_FOUND, says="does not have this model")
UNKNOWN: Final = _clients()
"""A refusal nobody has seen: shown as it is, and held against no account."""
NO_SUCH_CALL: Final = Case(Kind.UPSTREAM, Next.NOTHING, says="does not know this call: check chat_url")

REASONS: Final[Mapping[str, Case]] = {
    "TEMPORARILY_SUSPENDED": SUSPENDED,
    "FEATURE_NOT_SUPPORTED": GATED,
    "MONTHLY_REQUEST_COUNT": MONTH,
    "OVERAGE_REQUEST_LIMIT_EXCEEDED": OVERAGE,
    "DAILY_REQUEST_COUNT": DAY,
    "CONVERSATION_LIMIT_EXCEEDED": CONVERSATION_FULL,
    "INVALID_CONVERSATION_ID": BAD_CONVERSATION,
    "INSUFFICIENT_MODEL_CAPACITY": MODEL_FULL,
    "MODEL_TEMPORARILY_UNAVAILABLE": MODEL_FULL,
    "CONTENT_LENGTH_EXCEEDS_THRESHOLD": TOO_LONG,
    "PROMPT_TOO_LONG": TOO_LONG,
    "INVALID_MODEL_ID": NO_MODEL,
    "INVALID_KMS_GRANT": KEY_TROUBLE,
    "MISMATCHED_KMS_KEY": KEY_TROUBLE,
    "REQUEST_BODY_INVALID": BAD_REQUEST,
    "REQUEST_BODY_INVALID_JSON": BAD_REQUEST,
    "TOOL_SCHEMA_INVALID": BAD_REQUEST,
    "TOOL_CONFIG_MISSING": BAD_REQUEST,
    "TOOL_DUPLICATE": BAD_REQUEST,
    "TOOL_USE_RESULT_MISMATCH": BAD_REQUEST,
    "THINKING_SIGNATURE_INVALID": BAD_REQUEST,
}
FAMILIES: Final[tuple[tuple[str, Case], ...]] = (
    ("UNAUTHORIZED_", FORBIDDEN),
    ("CUSTOMER_KMS_KEY_", KEY_TROUBLE),
    ("IMAGE_", BAD_REQUEST),
    ("DOCUMENT_", BAD_REQUEST),
)
"""Beginnings of reasons."""

_REFUSED: Final = frozenset((401, 403))
_LIMITED: Final = frozenset((402, 429))
_BAD: Final = frozenset((400,))
_BUSY: Final = frozenset((429, 500, 503))
TEXTS: Final[tuple[tuple[str, frozenset[int], Case], ...]] = (
    ("profilearn is required", _BAD | _REFUSED, NO_PROFILE),
    ("bearer token included in the request is invalid", _REFUSED, EXPIRED),
    ("token included in the request is expired", _REFUSED, EXPIRED),
    ("temporarily is suspended", _REFUSED, SUSPENDED),
    ("temporarily suspended", _REFUSED, SUSPENDED),
    ("subscription does not support this application", _REFUSED, OTHER_HOST),
    ("not authorized to make this call", _REFUSED, NOT_SIGNED_UP),
    ("not authorized to access this feature", _REFUSED, NOT_SIGNED_UP),
    ("overage limit", _LIMITED, OVERAGE),
    ("maximum request reached for this month", _LIMITED, MONTH),
    ("you have reached the limit", _LIMITED, MONTH),
    ("60-minute credit limit", _LIMITED, CREDITS_PACED),
    ("too many requests", _LIMITED, THROTTLED),
    ("unexpectedly high load", _BUSY, MODEL_FULL),
    ("input is too long", _BAD, TOO_LONG),
    ("prompt is too long", _BAD, TOO_LONG),
    # Comes at any size (mikeyobrien/pi-provider-kiro, `retry.ts`): never to be read as "too long".
    ("improperly formed request", _BAD, BAD_REQUEST),
)
"""Words in small letters, the statuses under which they count, and what they mean."""

NAMES: Final[Mapping[str, tuple[int, Case]]] = {
    "Throttling": (429, THROTTLED),
    "ServiceQuotaExceeded": (402, MONTH),
    "ContentLengthExceeded": (400, TOO_LONG),
    "Validation": (400, BAD_REQUEST),
    "AccessDenied": (403, FORBIDDEN),
    "UnrecognizedClient": (403, EXPIRED),
    "ExpiredToken": (403, EXPIRED),
    "ResourceNotFound": (404, UNKNOWN),
    "UnknownOperation": (404, NO_SUCH_CALL),
    "Conflict": (409, UNKNOWN),
    "InternalServer": (500, TROUBLE),
    "ServiceUnavailable": (503, UNAVAILABLE),
}
"""By the name of the failure, without `Exception` or `Error`: the status it has by itself, and what it means."""

STATUSES: Final[Mapping[int, Case]] = {
    401: EXPIRED,
    402: MONTH,
    403: FORBIDDEN,
    404: NO_SUCH_CALL,
    413: TOO_LARGE,
    429: THROTTLED,
    503: UNAVAILABLE,
}


def case_of(status: int, name: str, reason: str, message: str) -> Case:
    """The row that fits. `reason` may be empty, and is then looked for in the name: some frames carry it there."""
    for word in (reason, name):
        if (known := REASONS.get(word)) is not None:
            return known
        for beginning, family in FAMILIES:
            if word.startswith(beginning):
                return family
    low = message.lower()
    own, named = NAMES.get(name, (status, None))
    for words, statuses, case in TEXTS:
        if words in low and not statuses.isdisjoint((status, own)):
            return case
    if named is not None:
        return named
    if status >= 500:
        return STATUSES.get(status, TROUBLE)
    return STATUSES.get(status, UNKNOWN)
