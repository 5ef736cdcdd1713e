"""A sign-in as an operator sees it, and the two things that are stored of it sealed: how to go on, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from isthmus.core.logins import INTERVAL_S, SignedIn
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey
from isthmus.storage.logins import StoredLogin


class LoginState(StrEnum):
    WAITING = "waiting"
    """A person has to open the page and agree."""
    APPROVED = "approved"
    """They have agreed: `finish` makes it an account."""
    DENIED = "denied"
    EXPIRED = "expired"
    FAILED = "failed"
    FINISHED = "finished"
    """It is an account now."""


@dataclass(frozen=True, slots=True)
class Onward:
    """What is needed to go on."""

    state: Mapping[str, Secret]
    """The provider's own."""
    interval_s: float
    label: str | None = None
    proxy: Secret | None = None

    def stored(self) -> dict[str, Any]:
        return {
            "state": {name: value.reveal() for name, value in self.state.items()},
            "interval_s": self.interval_s,
            "label": self.label,
            "proxy": None if self.proxy is None else self.proxy.reveal(),
        }

    @classmethod
    def of(cls, login: StoredLogin) -> Onward:
        """Of one that is over nothing is left."""
        stored = login.secrets
        proxy = stored.get("proxy")
        return cls(
            {name: Secret(value) for name, value in stored.get("state", {}).items()},
            stored.get("interval_s", 0.0),
            stored.get("label"),
            Secret(proxy) if proxy else None,
        )

    @property
    def asking(self) -> dict[str, Secret]:
        """The provider's state, with the interval that holds now."""
        return {**self.state, INTERVAL_S: Secret(str(self.interval_s))}


@dataclass(frozen=True, slots=True)
class Approval:
    """What came of it: the account to be, and what its service says of it."""

    account: SignedIn
    survey: Survey | None = None
    """None: it could not be read yet."""

    @property
    def profiles(self) -> Sequence[Mapping[str, Any]]:
        return () if self.survey is None else self.survey.profiles

    @property
    def owner(self) -> str | None:
        return None if self.survey is None else self.survey.owner

    def stored(self) -> dict[str, Any]:
        survey = self.survey
        return {
            "kind": self.account.kind,
            "credential": {name: value.reveal() for name, value in self.account.credential.items()},
            "details": dict(self.account.details),
            "survey": None
            if survey is None
            else {
                "owner": survey.owner,
                "plan": survey.plan,
                "profiles": [dict(each) for each in survey.profiles],
            },
        }

    @classmethod
    def of(cls, login: StoredLogin) -> Approval | None:
        if login.result is None:
            return None
        stored, survey = login.result, login.result["survey"]
        credential = {name: Secret(value) for name, value in stored["credential"].items()}
        account = SignedIn(stored["kind"], credential, stored["details"])
        if survey is None:
            return cls(account)
        return cls(
            account,
            Survey(plan=survey["plan"], owner=survey["owner"], profiles=tuple(survey["profiles"])),
        )


@dataclass(frozen=True, slots=True)
class LoginView:
    """Everything about a sign-in but its secrets."""

    id: str
    provider: str
    method: str
    state: LoginState
    url: str
    """For the person who signs in, with the code in it."""
    plain_url: str
    """The page without the code, for typing it in."""
    code: str
    interval_s: float
    """Polls that come sooner after one another ask nobody."""
    created_ms: int
    expires_ms: int
    next_poll_ms: int
    problem: str | None
    account_id: str | None
    """The account that signs in again, or that was made."""
    label: str | None
    owner: str | None
    plan: str | None
    profiles: Sequence[Mapping[str, Any]] = field(default=())
    """To choose from, each with `id` and `name`."""

    @classmethod
    def of(cls, login: StoredLogin, now_ms: int) -> LoginView:
        approval, onward = Approval.of(login), Onward.of(login)
        survey = None if approval is None else approval.survey
        return cls(
            **{name: getattr(login, name) for name in _SAME},
            state=state_of(login, now_ms),
            interval_s=onward.interval_s,
            label=onward.label,
            owner=None if survey is None else survey.owner,
            plan=None if survey is None else survey.plan,
            profiles=() if approval is None else approval.profiles,
        )


_SAME = "id provider method url plain_url code created_ms expires_ms next_poll_ms problem account_id".split()


def state_of(login: StoredLogin, now_ms: int) -> LoginState:
    """Time alone ends what nobody answers, and what nobody finishes."""
    state = LoginState(login.state)
    if state in {LoginState.WAITING, LoginState.APPROVED} and login.expires_ms <= now_ms:
        return LoginState.EXPIRED
    return state
