"""Accounts of claude.ai: a session key that its operator brings. There is no signing in here, and nothing to renew."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Final

from isthmus.core.commands import Grant
from isthmus.core.logins import (
    Access,
    AccountKind,
    Begun,
    Holder,
    LoginError,
    LoginProblem,
    Method,
    SignedIn,
    Steps,
    Waiting,
)
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey
from isthmus.providers.claude_web import control_calls
from isthmus.providers.claude_web.control_calls import ORGANIZATION_ID
from isthmus.providers.claude_web.errors import Refusals
from isthmus.providers.claude_web.headers import SESSION_KEY
from isthmus.providers.claude_web.options import Options

PLANS: Final = ("free", "pro", "max", "team", "enterprise")
PREFIX: Final = "sk-ant-sid"
KINDS: Final[Mapping[str, AccountKind]] = {SESSION_KEY: AccountKind(SESSION_KEY, (SESSION_KEY,))}
_KEY: Final = re.compile(r"sk-ant-sid[0-9A-Za-z_-]+")
_FOREIGN: Final = {
    "sk-ant-api": "is a key of Anthropic's API: add it to a provider of type anthropic",
    "sk-ant-oat": "is a token of Claude Code: it is no session of claude.ai",
}
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class ClaudeWebLogins:
    """What one provider of this type knows of its accounts. Does nothing itself: `Logins` tells what is promised."""

    def __init__(
        self, options: Options, now_s: Callable[[], float] = time.time, provider: str = "claude-web"
    ) -> None:
        self.kinds: Mapping[str, AccountKind] = KINDS
        self.methods: Mapping[str, Method] = {}
        self._options = options
        self._refusals = Refusals(provider, now_s, options.timezone)

    def problems(self, holder: Holder) -> Mapping[str, str]:
        found: dict[str, str] = {}
        key = holder.credential.get(SESSION_KEY)
        if key is not None and (problem := key_problem(key.reveal())) is not None:
            found[f"credential.{SESSION_KEY}"] = problem
        id = holder.details.get(ORGANIZATION_ID)
        if id is not None and not (isinstance(id, str) and _UUID.fullmatch(id)):
            found[f"details.{ORGANIZATION_ID}"] = (
                "is no organization: write its UUID, such as 0b7c2d1e-5a44-4f0e-9a31-6f1f0e2a9c10"
            )
        plan = holder.details.get("plan")
        if plan is not None and plan not in PLANS:
            found["details.plan"] = f"must be one of {', '.join(PLANS)}"
        return found

    def renew(self, holder: Holder) -> Steps[Access]:
        raise LoginError(
            LoginProblem.REFUSED, f"account kind {holder.kind!r} has nothing to renew: give it another key"
        )

    def begin(self, method: str, options: Mapping[str, str]) -> Steps[Begun]:
        raise _no_method(method)

    def poll(self, method: str, state: Mapping[str, Secret]) -> Steps[Waiting | SignedIn]:
        raise _no_method(method)

    def survey(self, grant: Grant) -> Steps[Survey]:
        return control_calls.survey(grant, self._options.of(grant.details), self._refusals)


def key_problem(key: str) -> str | None:
    """Loosely, as the form is the service's to change. The value itself is never repeated."""
    for beginning, problem in _FOREIGN.items():
        if key.startswith(beginning):
            return problem
    if not key.startswith(PREFIX):
        return f"is no session key: copy the value of the cookie sessionKey, which begins with {PREFIX}"
    if key == PREFIX:
        return "is cut short: copy the cookie's whole value"
    if not _KEY.fullmatch(key):
        return "holds characters that no session key has: copy the cookie's value alone"
    return None


def _no_method(method: str) -> LoginError:
    return LoginError(
        LoginProblem.REFUSED,
        f"there is no method {method!r}: add an account with its session key",
        field="method",
    )
