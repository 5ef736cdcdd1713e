"""Accounts that sign in: what a provider knows of getting, renewing and surveying their access.

Everything here is a generator of `Call`s, `Pause`s and `Keep`s that returns its result: it does nothing itself, keeps no secret of
its own, and is driven (`core/steps.py`) by whoever holds the store and the network. A `Holder` is the account as it is stored.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from isthmus.core.commands import Call, Grant, Keep, Pause, Reply
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey

Result = TypeVar("Result")
Steps = Generator[Call | Pause | Keep, Reply | None, Result]
"""Yields what it wants done; is sent the `Reply` to a `Call`, or has its `UpstreamError` thrown in. A `Keep` is stored behind it."""

ACCESS_TOKEN: Final = "access_token"  # noqa: S105 - the name of a member
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105
EXPIRES_AT: Final = "expires_at"
"""Member of an account's details: when its access token ends, RFC 3339 in UTC. None there: nobody knows."""
INTERVAL_S: Final = "interval_s"
"""Member of a sign-in's state, kept by whoever polls: what the last `Begun` or `Waiting` said. Services may ask for more time again."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An account as its provider sees it."""

    kind: str
    credential: Mapping[str, Secret]
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountKind:
    """One kind of account that a provider takes."""

    name: str
    required: tuple[str, ...]
    """Members its credential must have."""
    optional: tuple[str, ...] = ()
    renewable: bool = False
    """Its access token ends and is renewed with what else the credential holds."""
    needed_details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """What signing in or renewing gave. Members replace those of the credential; what is not named stays."""

    credential: Mapping[str, Secret]
    """With `access_token`; with `refresh_token` only when a new one came."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """With `expires_at` where the access ends."""


class LoginProblem(StrEnum):
    """What stands between an account and its access."""

    LOST = "lost"
    """The account must sign in again: its refresh token, or the client it belongs to, is not accepted any more."""
    DENIED = "denied"
    """The person who was asked said no."""
    EXPIRED = "expired"
    """Nobody answered in time: begin again."""
    PASSING = "passing"
    """The service is in trouble or asks for patience; what is held is still good."""
    REFUSED = "refused"
    """The request itself is wrong: a setting must be corrected."""


class LoginError(Exception):
    """Signing in or renewing failed. `message` is fit for an operator's eyes and holds no secret."""

    def __init__(
        self, problem: LoginProblem, message: str, *, wait_s: float | None = None, field: str | None = None
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.message = message
        self.wait_s = wait_s
        """With `PASSING`: how long the service wants to be left alone, when it said."""
        self.field = field
        """The option of a sign-in that must be corrected, when it is one."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something an operator is asked before signing in."""

    name: str
    """As the member of the account's details that it becomes, so that signing in again need not ask."""
    title: str
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """One way to sign in, and what must be asked for it."""

    name: str
    title: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that waits for a person to open `url`, confirm `code` and agree."""

    url: str
    """With the code in it where the service offers that."""
    code: str
    expires_in_s: float
    interval_s: float
    """Least time between two polls."""
    state: Mapping[str, Secret]
    """Everything `poll` needs, and nobody else may see."""
    plain_url: str = ""
    """The page without the code, for typing it in."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nobody has answered yet. The next poll is welcome after `interval_s`."""

    interval_s: float


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person agreed: a new account."""

    kind: str
    credential: Mapping[str, Secret]
    details: Mapping[str, Any] = field(default_factory=dict)


class Logins(Protocol):
    """What one configured provider knows of its accounts."""

    kinds: Mapping[str, AccountKind]
    methods: Mapping[str, Method]

    def problems(self, holder: Holder) -> Mapping[str, str]:
        """What is wrong with an account beyond missing members: dotted field such as `details.api_region` → what to do."""
        ...

    def renew(self, holder: Holder) -> Steps[Access]:
        """A new access token. Raises `LoginError`; `UpstreamError` when the service cannot be reached."""
        ...

    def begin(self, method: str, options: Mapping[str, str]) -> Steps[Begun]:
        """Raises `LoginError`, with `REFUSED` and the field for an option that cannot be right."""
        ...

    def poll(self, method: str, state: Mapping[str, Secret]) -> Steps[Waiting | SignedIn]:
        """Raises `LoginError`."""
        ...

    def survey(self, grant: Grant) -> Steps[Survey]:
        """Plan, quotas, models and profiles. Costs no message. Raises `UpstreamError` when none of it can be read,
        `AccessEnded` where another access token may help."""
        ...
