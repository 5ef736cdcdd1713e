"""A token service in this process that rotates refresh tokens, and what a provider of ours would know of it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from isthmus.control.renewing import Reach
from isthmus.core.commands import Call, Grant, Head, Keep, Reply
from isthmus.core.errors import AccessEnded, UpstreamError
from isthmus.core.logins import (
    ACCESS_TOKEN,
    EXPIRES_AT,
    REFRESH_TOKEN,
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
from isthmus.storage.accounts import Account

PROVIDER = "amazon"
PROBLEMS = {
    400: LoginProblem.LOST,
    401: LoginProblem.EXPIRED,
    403: LoginProblem.REFUSED,
    410: LoginProblem.DENIED,
    503: LoginProblem.PASSING,
}


@dataclass
class Clock:
    now_s: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class TokenService:
    clock: Clock
    life_s: float = 3600.0
    rotates: bool = True
    ahead: deque[int | Exception] = field(default_factory=deque)
    """What the next requests are answered with, before all is well again."""
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """Answers wait for it."""
    asked: list[str] = field(default_factory=list)
    """Refresh tokens that were shown."""
    surveyed: list[str] = field(default_factory=list)
    """Access tokens that a survey was asked with."""
    refused: set[str] = field(default_factory=set)
    exchanged: Keep | None = None
    """What a survey tells of the credential beside."""
    survey: Survey | UpstreamError = field(default_factory=lambda: Survey(plan="FREE", models=({"id": "m"},)))
    _numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gate.set()

    def account(self, name: str = "acc_1", *, expires_in_s: float | None = 3600.0, **fields: Any) -> Account:
        """Signed in, with a token of number 0."""
        details = {"region": "us-east-1"}
        if expires_in_s is not None:
            details[EXPIRES_AT] = self._moment(expires_in_s)
        credential = {ACCESS_TOKEN: Secret(f"access {name} 0"), REFRESH_TOKEN: Secret(f"refresh {name} 0")}
        self._numbers[name] = 0
        return Account(
            **{
                "id": name,
                "provider": PROVIDER,
                "kind": "builder_id",
                "label": name,
                "credential": credential,
                "created_ms": 1,
                "updated_ms": 1,
                "details": details,
                **fields,
            }
        )

    def revoke(self, name: str = "acc_1") -> None:
        """Whatever was given for this account is not accepted any more."""
        self._numbers[name] = -1

    def grant_anew(self, name: str = "acc_1", number: int = 100) -> dict[str, Secret]:
        """Somebody signed in again, somewhere else."""
        self._numbers[name] = number
        return {
            ACCESS_TOKEN: Secret(f"access {name} {number}"),
            REFRESH_TOKEN: Secret(f"refresh {name} {number}"),
        }

    async def ask(self, account: Account, call: Call) -> Reply:
        if call.url == "/survey":
            return self._surveyed(call)
        return await self._renewed(call)

    async def _renewed(self, call: Call) -> Reply:
        shown = call.body.decode()
        self.asked.append(shown)
        await self.gate.wait()
        match self.ahead.popleft() if self.ahead else None:
            case Exception() as failure:
                raise failure
            case int(status):
                return Reply(Head(status, {}), b"as told")
        _, name, number = shown.split()
        if self._numbers[name] != int(number):
            return Reply(Head(400, {}), b"invalid_grant")
        if self.rotates:
            self._numbers[name] += 1
        said = {
            ACCESS_TOKEN: f"access {name} {len(self.asked)}",
            REFRESH_TOKEN: f"refresh {name} {self._numbers[name]}",
            EXPIRES_AT: self._moment(self.life_s),
        }
        return Reply(Head(200, {}), json.dumps(said).encode())

    def _surveyed(self, call: Call) -> Reply:
        token = dict(call.headers)["authorization"]
        self.surveyed.append(token)
        return Reply(Head(403 if token in self.refused else 200, {}), b"")

    def _moment(self, in_s: float) -> str:
        return datetime.fromtimestamp(self.clock.now_s + in_s, UTC).isoformat()

    @property
    def logins(self) -> FakeLogins:
        return FakeLogins(self)

    def reach(self, **more: Any) -> Reach:
        return Reach(lambda provider: self.logins if provider == PROVIDER else None, self.ask, **more)


@dataclass
class FakeLogins:
    service: TokenService
    kinds: Mapping[str, AccountKind] = field(
        default_factory=lambda: {
            "builder_id": AccountKind("builder_id", (REFRESH_TOKEN,), (ACCESS_TOKEN,), renewable=True),
            "api_key": AccountKind("api_key", ("api_key",)),
        }
    )
    methods: Mapping[str, Method] = field(default_factory=dict)

    def problems(self, holder: Holder) -> Mapping[str, str]:
        return {}

    def renew(self, holder: Holder) -> Steps[Access]:
        reply = yield Call("POST", "/token", body=holder.credential[REFRESH_TOKEN].reveal().encode())
        assert reply is not None
        if reply.head.status != 200:
            raise LoginError(PROBLEMS[reply.head.status], f"the service said {reply.body.decode()}")
        said = json.loads(reply.body)
        tokens = {name: Secret(said[name]) for name in (ACCESS_TOKEN, REFRESH_TOKEN)}
        return Access(tokens, {EXPIRES_AT: said[EXPIRES_AT]})

    def begin(self, method: str, options: Mapping[str, str]) -> Steps[Begun]:
        raise AssertionError("nobody signs in here")

    def poll(self, method: str, state: Mapping[str, Secret]) -> Steps[Waiting | SignedIn]:
        raise AssertionError("nobody signs in here")

    def survey(self, grant: Grant) -> Steps[Survey]:
        reply = yield Call("GET", "/survey", (("authorization", grant.token.reveal()),))
        assert reply is not None
        if reply.head.status != 200:
            raise AccessEnded("the token is not accepted", status=reply.head.status)
        if self.service.exchanged is not None:
            yield self.service.exchanged
        if isinstance(self.service.survey, UpstreamError):
            raise self.service.survey
        return self.service.survey
