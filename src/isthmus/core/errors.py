"""What can go wrong, classified once by what the next layer must decide.

Three kinds are enough: the client's fault (`BadRequest`: say where, never retry), the upstream's (`UpstreamError`: say
what may be tried next), and ours (any other exception: a bug, logged with its request id and shown as that id alone).
Each dialect renders a `Kind` in its own words and with its own status; nobody else maps statuses.
"""

from __future__ import annotations

from enum import Enum, StrEnum


class Kind(StrEnum):
    """What happened, in the words of no dialect."""

    INVALID_REQUEST = "invalid_request"
    CONTEXT_OVERFLOW = "context_overflow"
    CAPABILITY = "capability"
    """The chosen model cannot take a feature; the message is `capability_rejected: CLASS` (see `rejected`)."""
    POLICY_BLOCKED = "policy_blocked"
    AUTHENTICATION = "authentication"
    """The client's own key for this gateway is missing or wrong."""
    BILLING = "billing"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    MODEL_NOT_FOUND = "model_not_found"
    CONFLICT = "conflict"
    """What the request is about is not as it must be for it, such as a conversation that is being answered."""
    TOO_LARGE = "too_large"
    RATE_LIMIT = "rate_limit"
    NOT_SUPPORTED = "not_supported"
    TIMEOUT = "timeout"
    UPSTREAM = "upstream"
    """The upstream is broken, misconfigured or unreachable."""
    OVERLOADED = "overloaded"
    INTERNAL = "internal"


class Next(Enum):
    """What may be tried after an upstream's failure."""

    NOTHING = "nothing"
    """The request itself is at fault: nobody else will answer it differently."""
    SAME = "same"
    """A passing fault: the same account may be asked again."""
    OTHER_ACCOUNT = "other_account"
    """This account is at its limit, dead or sick: another one may answer."""


class Scope(Enum):
    """What else a failure of an account is true of, beside the request that met it."""

    MODEL = "model"
    """This model, asked by this account."""
    ACCOUNT = "account"
    """Every model of the account: a quota or its balance is used up."""
    CREDENTIAL = "credential"
    """The credential itself: nobody will take it again as it is."""


class GatewayError(Exception):
    """A failure with an owner. `message` is fit for the client's eyes: no secret, no account, no inner address."""

    def __init__(
        self,
        message: str,
        *,
        kind: Kind,
        field: str | None = None,
        retry_after_s: float | None = None,
        should_retry: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.field = field
        """Dotted path of the offending request field, when there is one."""
        self.retry_after_s = retry_after_s
        self.should_retry = should_retry
        """Tells official SDKs whether to repeat the call; None leaves it to the status."""


class BadRequest(GatewayError):
    """The client's fault: never retried, and no account suffers for it."""

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        kind: Kind = Kind.INVALID_REQUEST,
        retry_after_s: float | None = None,
        should_retry: bool | None = None,
    ) -> None:
        super().__init__(
            message,
            kind=kind,
            field=field,
            retry_after_s=retry_after_s,
            should_retry=should_retry,
        )


class UpstreamError(GatewayError):
    """The upstream's fault or verdict. `status` is what it answered (0: no answer came), `next` what may be tried."""

    def __init__(
        self,
        message: str,
        *,
        kind: Kind = Kind.UPSTREAM,
        status: int = 0,
        next: Next = Next.SAME,
        field: str | None = None,
        retry_after_s: float | None = None,
        should_retry: bool | None = None,
        cooldown_s: float | None = None,
        scope: Scope = Scope.MODEL,
        paced: bool = False,
        tokens: int | None = None,
        limit: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(
            message, kind=kind, field=field, retry_after_s=retry_after_s, should_retry=should_retry
        )
        self.status = status
        self.next = next
        self.cooldown_s = cooldown_s
        self.scope = scope
        self.paced = paced
        """With `RATE_LIMIT` of the whole account: too much at a time, which passes soon. No allowance is used up."""
        self.tokens = tokens
        """With `CONTEXT_OVERFLOW`: how many tokens the request had, when the upstream said."""
        self.limit = limit
        """With `CONTEXT_OVERFLOW`: how many fit, when the upstream said."""
        self.detail = detail
        """For the log only: the upstream's own words, which the client may not be shown."""


class UpstreamProtocolError(UpstreamError):
    """The upstream said something that is not its protocol, or stopped in the middle of a sentence."""


class AccessEnded(UpstreamError):
    """The access token shown is not taken any more. Another one may be: of the account nothing is said."""


class NoAccess(UpstreamError):
    """There is nothing to show to the upstream, or nothing but what it has refused."""

    def __init__(self) -> None:
        super().__init__(
            "the provider's credential is missing or not accepted",
            status=401,
            next=Next.OTHER_ACCOUNT,
            scope=Scope.CREDENTIAL,
            detail="the credential is missing, or the upstream does not accept it: give the account another one",
        )


def rejected(capability: str, field: str) -> BadRequest:
    """A feature the chosen model cannot take, in the words on which Claude Code drops the feature and tries again.

    The whole message must be the token (gateway protocol text embedded in Claude Code 2.1.330).
    """
    return BadRequest(f"capability_rejected: {capability}", field=field, kind=Kind.CAPABILITY)
