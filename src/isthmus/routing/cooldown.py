"""What a failure means for the account that met it, and for how long.

A failure is the request's own fault (no effect), a limit (rest until the time the upstream names, else a little longer each
time), a dead credential (switched off), or sickness (a circuit breaker: several in a row, then rest). A limit or a sickness
concerns one model of the account, a quota or a credential the whole of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from isthmus.core.errors import Kind, Next, Scope, UpstreamError
from isthmus.routing.account import AccountId

MAX_TEXT_CHARS: Final = 200


class CoolingReason(StrEnum):
    """Why an account rests."""

    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    """A quota or the balance is used up."""
    SICK = "sick"
    """The upstream is overloaded, or its circuit breaker is open."""
    CREDENTIAL = "credential"
    PERMISSION = "permission"
    """Refused again and again (403), or for some time, although the credential is known."""
    NO_MODEL = "no_model"
    """The account does not have this model."""


@dataclass(frozen=True, slots=True)
class Cooling:
    """One rest, whole enough to be stored and to go on after a restart."""

    account: AccountId
    model: str | None
    """None: the whole account."""
    until_s: float
    reason: CoolingReason
    text: str = ""
    """The upstream's words, shortened, for the operator."""
    strikes: int = 1
    """How many rests for this reason followed each other without a good answer between them."""


Cleared = tuple[tuple[AccountId, str | None], ...]
"""Rests that are over: account and model, or None for the whole account."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an account, for whoever stores and announces it. Falsy if nothing did."""

    cooling: Cooling | None = None
    cleared: Cleared = ()
    disabled: str | None = None
    """The account is dead for this reason. It is not chosen again until an update of the pool says so."""

    def __bool__(self) -> bool:
        return self.cooling is not None or bool(self.cleared) or self.disabled is not None


NO_CHANGE: Final = Change()


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles from the first wait to the longest."""

    first_s: float
    longest_s: float

    def wait_s(self, strikes: int) -> float:
        doublings = min(max(strikes, 1) - 1, 64)
        return min(self.first_s * 2.0**doublings, self.longest_s)


@dataclass(frozen=True, slots=True)
class PoolRules:
    rests: bool = True
    """Whether accounts rest at all."""
    max_cooldown_s: float = 7 * 86_400.0
    """No rest is longer, whatever an upstream says, but for a quota whose end it names."""
    max_quota_s: float = 32 * 86_400.0
    """A quota that starts anew every month is believed until then."""
    rate_limit: Backoff = Backoff(1.0, 60.0)
    """Where the upstream names no time, as for the next two."""
    quota: Backoff = Backoff(300.0, 3600.0)
    refused: Backoff = Backoff(60.0, 3600.0)
    no_model: Backoff = Backoff(3600.0, 3600.0)
    breaker: Backoff = Backoff(10.0, 120.0)
    breaker_after: int = 5
    """So many failures in a row open the breaker of an account and model."""
    max_models: int = 256
    """Models of one account that are remembered apart, since clients choose their names."""
    max_affinities: int = 10_000

    def backoff(self, reason: CoolingReason) -> Backoff:
        match reason:
            case CoolingReason.RATE_LIMIT:
                return self.rate_limit
            case CoolingReason.QUOTA:
                return self.quota
            case CoolingReason.SICK:
                return self.breaker
            case CoolingReason.CREDENTIAL | CoolingReason.PERMISSION:
                return self.refused
            case CoolingReason.NO_MODEL:
                return self.no_model


DEFAULT_RULES: Final = PoolRules()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one failure says against an account."""

    reason: CoolingReason
    whole_account: bool = False
    at_once: bool = True
    """One such failure is enough."""
    wait_s: float | None = None
    """As the upstream said."""
    text: str = ""

    def cooling_s(self, strikes: int, rules: PoolRules) -> float:
        if self.wait_s is None:
            return min(rules.backoff(self.reason).wait_s(strikes), rules.max_cooldown_s)
        is_quota = self.reason is CoolingReason.QUOTA
        return min(self.wait_s, rules.max_quota_s if is_quota else rules.max_cooldown_s)


def judge(error: UpstreamError) -> Verdict | None:
    """None: the request was at fault, which says nothing of the account.

    A 403 is not held against the account at once: some vendors say it of a prompt, and one client's prompts must not
    bring every account to rest.
    """
    # "Come back in 0 seconds" names no time.
    wait_s = error.cooldown_s or error.retry_after_s or None
    text = words_of(error)
    match error:
        case UpstreamError(next=Next.NOTHING):
            return None
        case UpstreamError(kind=Kind.MODEL_NOT_FOUND, next=Next.OTHER_ACCOUNT):
            return Verdict(CoolingReason.NO_MODEL, wait_s=wait_s, text=text)
        case UpstreamError(scope=Scope.CREDENTIAL) | UpstreamError(status=401):
            return Verdict(CoolingReason.CREDENTIAL, whole_account=True, text=text)
        case UpstreamError(scope=Scope.ACCOUNT, kind=Kind.OVERLOADED):
            # Nothing is used up: the account is barred, until somebody says.
            return Verdict(CoolingReason.PERMISSION, whole_account=True, wait_s=wait_s, text=text)
        case UpstreamError(scope=Scope.ACCOUNT, kind=Kind.RATE_LIMIT, paced=True):
            return Verdict(CoolingReason.RATE_LIMIT, whole_account=True, wait_s=wait_s, text=text)
        case UpstreamError(scope=Scope.ACCOUNT) | UpstreamError(status=402):
            return Verdict(CoolingReason.QUOTA, whole_account=True, wait_s=wait_s, text=text)
        case UpstreamError(kind=Kind.RATE_LIMIT) | UpstreamError(status=429):
            return Verdict(CoolingReason.RATE_LIMIT, wait_s=wait_s, text=text)
        case UpstreamError(status=403):
            return Verdict(CoolingReason.PERMISSION, at_once=False, text=text)
        case UpstreamError(kind=Kind.OVERLOADED) if wait_s is not None:
            return Verdict(CoolingReason.SICK, wait_s=wait_s, text=text)
        case _:
            return Verdict(CoolingReason.SICK, at_once=False, text=text)


def words_of(error: UpstreamError) -> str:
    """What the upstream said, on one short line."""
    text = " ".join((error.detail or error.message).split())
    return text if len(text) <= MAX_TEXT_CHARS else text[: MAX_TEXT_CHARS - 1] + "…"
