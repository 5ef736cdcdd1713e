"""An account's access at one moment: how long it is good, when it is due to be renewed, and what stands in the way of that."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from isthmus.core.errors import Kind, Next, Scope, UpstreamError
from isthmus.core.logins import ACCESS_TOKEN, EXPIRES_AT
from isthmus.core.secret import Secret
from isthmus.storage.accounts import API_KEY, SESSION_KEY, Account

LEAST_LEFT_S: Final = 60.0
"""With less than this to go, nobody begins a request with an access token."""
EARLY_S: Final = (300.0, 600.0)
"""So long before its end it is renewed in the background; each account at a time of its own, so that not all come at once."""
EARLY_SHARE: Final = (0.2, 0.4)
"""The same as a part of its life, for those that do not live long."""
LEAST_APART_S: Final = 10.0
"""The background leaves a token alone for so long, even one that is over as soon as it is got."""
_LEAST_SHARE: Final = 0.1
_SHOWN: Final = (ACCESS_TOKEN, API_KEY, SESSION_KEY)

Draw = Callable[[float, float], float]
"""A number between two."""


@dataclass(frozen=True, slots=True)
class AccessNow:
    token: Secret
    expires_s: float | None
    """None: nobody knows, so it is used until it is refused."""
    least_left_s: float = LEAST_LEFT_S
    due_s: float | None = None
    """When it should be renewed in the background."""

    @classmethod
    def of(cls, account: Account, got_s: float | None = None, draw: Draw = random.uniform) -> AccessNow:
        """`got_s`: when it was got; None where it was found, so that nobody knows how long its whole life is."""
        token = shown(account.credential)
        expires_s = seconds_of(account.details.get(EXPIRES_AT))
        if expires_s is None or not token:
            return cls(token, expires_s)
        early_s = draw(*EARLY_S)
        if got_s is None:
            return cls(token, expires_s, due_s=expires_s - early_s)
        life_s = max(expires_s - got_s, 0.0)
        early_s = min(early_s, life_s * draw(*EARLY_SHARE))
        due_s = max(expires_s - early_s, got_s + LEAST_APART_S)
        return cls(token, expires_s, min(LEAST_LEFT_S, life_s * _LEAST_SHARE), due_s)

    def is_good(self, now_s: float, refused: Secret | None = None) -> bool:
        """A request may begin with it. `refused` is a token that the upstream did not take."""
        return self._lasts(now_s + self.least_left_s, refused)

    def is_valid(self, now_s: float, refused: Secret | None = None) -> bool:
        """It has not ended yet: where nothing better is to be had, it will do."""
        return self._lasts(now_s, refused)

    def _lasts(self, until_s: float, refused: Secret | None) -> bool:
        if not self.token or (self.expires_s is not None and self.expires_s <= until_s):
            return False
        return refused is None or self.token != refused


def shown(credential: Mapping[str, Secret]) -> Secret:
    """The member that an upstream is shown. Empty: there is none."""
    return next((credential[name] for name in _SHOWN if credential.get(name)), Secret(""))


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no new access token."""

    reason: str
    """For the operator."""
    until_s: float = 0.0
    """Nothing is tried before."""
    lost: bool = False
    """The account must sign in again. Nothing changes that but an edit of the account, or a new credential."""
    at_fault: bool = False
    """Something configured is wrong: what is held is used to its end, and then the account is switched off."""

    def holds(self, now_s: float) -> bool:
        return self.lost or now_s < self.until_s

    @property
    def off_reason(self) -> str:
        return f"needs sign-in: {self.reason}" if self.lost else f"cannot renew its access: {self.reason}"

    def error(self, now_s: float) -> UpstreamError:
        """As the exchange that asked for access hears it. The reason is for the log: it may speak of the account."""
        if self.lost or self.at_fault:
            return UpstreamError(
                "the account must sign in again" if self.lost else "the account's access cannot be renewed",
                status=401,
                next=Next.OTHER_ACCOUNT,
                scope=Scope.CREDENTIAL,
                detail=self.off_reason,
            )
        return UpstreamError(
            "the account's access cannot be renewed at present",
            kind=Kind.OVERLOADED,
            next=Next.OTHER_ACCOUNT,
            retry_after_s=max(self.until_s - now_s, 1.0),
            detail=self.reason,
        )


def seconds_of(moment: object) -> float | None:
    """A time of RFC 3339 as seconds since 1970; None for anything else."""
    if not isinstance(moment, str):
        return None
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (read if read.tzinfo is not None else read.replace(tzinfo=UTC)).timestamp()
