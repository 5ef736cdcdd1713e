"""The people who have signed in: their tokens, what they may use, and what has been done to them."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.simulators.amazon_q.quota import Quota

KINDS: Final = ("builder_id", "idc", "social", "api_key", "external_idp")
BUILDER_ID_START: Final = "https://view.awsapps.com/start"
REGION: Final = "us-east-1"


@dataclass(slots=True)
class Refreshing:
    """The refresh tokens of an account.

    A new one is only `pending` until it, or an access token that came with it, is used: then all others end.
    """

    current: str = ""
    pending: deque[str] = field(default_factory=lambda: deque(maxlen=32))

    def accepts(self, token: str) -> bool:
        return bool(token) and (token == self.current or token in self.pending)

    def confirm(self, token: str) -> None:
        if token in self.pending:
            self.begin(token)

    def begin(self, token: str) -> None:
        """From now on this one alone."""
        self.current = token
        self.pending.clear()


@dataclass(slots=True)
class Account:
    """`faults` come once each, in order; `fault` stays until it is taken away."""

    id: str
    kind: str
    email: str
    quota: Quota = field(default_factory=Quota)
    auth_region: str = REGION
    api_region: str = REGION
    profile_arn: str | None = None
    start_url: str | None = None
    families: frozenset[str] = frozenset(("q", "codewhisperer", "kiro"))
    client_id: str = ""
    client_secret: str = ""
    api_key: str = ""
    access_token: str = ""
    """The newest."""
    expires_at: float = 0.0
    refreshing: Refreshing = field(default_factory=Refreshing)
    fault: str = ""
    faults: deque[str] = field(default_factory=deque)
    control_fault: str = ""
    """Of all calls but the chat's own."""
    token_faults: deque[str] = field(default_factory=deque)
    """The same for the token service: errors of its table, or `unanswered`."""
    lacks: set[str] = field(default_factory=set)
    """Models that others have."""
    more_profiles: tuple[str, ...] = ()
    """Of which it may choose, besides `profile_arn`."""
    plain_limits: bool = False
    """GetUsageLimits refuses `resourceType`."""
    counts: Counter[str] = field(default_factory=Counter)
    """`refreshes` (granted), `refused_refreshes`, `calls` (answered), `refusals`."""

    def next_fault(self) -> str:
        return self.fault or (self.faults.popleft() if self.faults else "")

    def shown(self) -> dict[str, Any]:
        """Without what is secret."""
        return {
            "id": self.id,
            "kind": self.kind,
            "email": self.email,
            "auth_region": self.auth_region,
            "api_region": self.api_region,
            "profile_arn": self.profile_arn,
            "families": sorted(self.families),
            "expires_at": self.expires_at,
            "more_profiles": list(self.more_profiles),
            "lacks": sorted(self.lacks),
            "fault": self.fault,
            "faults": list(self.faults),
            "control_fault": self.control_fault,
            "token_faults": list(self.token_faults),
            "counts": dict(self.counts),
            "credits_left": self.quota.left,
        }
