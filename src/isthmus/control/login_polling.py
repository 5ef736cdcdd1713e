"""Asking whether a person has agreed to a sign-in: one poll at a time, whoever asks, and what the answer brings is kept first of all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

from isthmus.control.failures import Conflict, NotFound
from isthmus.control.login_views import Approval, LoginState, Onward
from isthmus.control.steps import Ask, carry_out
from isthmus.core.commands import Call, Grant, Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import ACCESS_TOKEN, LoginError, LoginProblem, Logins, SignedIn, Waiting
from isthmus.core.secret import Secret
from isthmus.storage.logins import LoginStore, StoredLogin
from isthmus.storage.texts import storable

Send = Callable[[str, Secret | None, Call], Awaitable[Reply]]
"""Asks on behalf of a provider, through a proxy of the account's own or the provider's. Raises `UpstreamError`."""

KEPT_MS: Final = 86_400_000
"""How long an approved sign-in waits to be finished, and how long one that is over is shown."""
CLAIM_MS: Final = 120_000
"""How long one poll may ask before another takes its place: whoever asks may have died."""
SURVEY_S: Final = 30.0
_ENDS: Final = {LoginProblem.DENIED: LoginState.DENIED, LoginProblem.EXPIRED: LoginState.EXPIRED}


@dataclass(frozen=True, slots=True)
class LoginPoller:
    store: LoginStore
    logins: Callable[[str], Logins]
    """Of a provider. Raises `NotFound` and `Conflict`."""
    send: Send
    now_ms: Callable[[], int]
    _asking: set[asyncio.Task[None]] = field(default_factory=set, init=False, repr=False, compare=False)

    async def poll(self, login: StoredLogin) -> None:
        """Goes on with it, if that is due and nobody else does; what came of it is in the store."""
        now = self.now_ms()
        if login.state != LoginState.WAITING:
            return
        if login.expires_ms <= now:
            await self._end(login, LoginState.EXPIRED, "nobody agreed in time: begin again")
        elif await self.store.claim(login.id, LoginState.WAITING, now, now + CLAIM_MS):
            # A token is given once: whoever asked may leave, and what the answer brings is stored all the same.
            task = asyncio.ensure_future(self._poll(login))
            self._asking.add(task)
            task.add_done_callback(self._asked)
            await asyncio.shield(task)

    async def surveyed(self, login: StoredLogin, approval: Approval) -> tuple[StoredLogin, Approval]:
        """With what the service says of the account. That it says nothing is no reason to lose a sign-in."""
        signed, ask = approval.account, self.ask(login.provider, Onward.of(login).proxy)
        grant = Grant(signed.kind, signed.credential[ACCESS_TOKEN], signed.details)
        try:
            async with asyncio.timeout(SURVEY_S):
                survey = await carry_out(self.logins(login.provider).survey(grant), ask)
        except (UpstreamError, TimeoutError) as error:
            said = str(error) or "no answer in time"
            problem = f"its plan and profiles could not be read: {said}"
            return replace(login, problem=_storable(problem)), approval
        found = replace(approval, survey=survey)
        return replace(login, result=found.stored(), problem=None), found

    def ask(self, provider: str, proxy: Secret | None) -> Ask:
        async def ask(call: Call) -> Reply:
            return await self.send(provider, proxy, call)

        return ask

    async def _poll(self, login: StoredLogin) -> None:
        onward = Onward.of(login)
        try:
            steps = self.logins(login.provider).poll(login.method, onward.asking)
            found = await carry_out(steps, self.ask(login.provider, onward.proxy))
        except (NotFound, Conflict) as gone:
            await self._end(login, LoginState.FAILED, gone.message)
        except UpstreamError as error:
            await self._wait(login, onward, error.message)
        except LoginError as error:
            if error.problem is LoginProblem.PASSING:
                await self._wait(login, onward, error.message, error.wait_s or 0.0)
            else:
                await self._end(login, _ENDS.get(error.problem, LoginState.FAILED), error.message)
        else:
            if isinstance(found, Waiting):
                await self._wait(login, replace(onward, interval_s=found.interval_s))
            else:
                await self._approve(login, onward, found)

    async def _wait(
        self, login: StoredLogin, onward: Onward, problem: str | None = None, wait_s: float = 0.0
    ) -> None:
        next_ms = self.now_ms() + round(max(onward.interval_s, wait_s) * 1000)
        waiting = replace(login, secrets=onward.stored(), next_poll_ms=next_ms, problem=_storable(problem))
        await self.store.replace(waiting, LoginState.WAITING)

    async def _end(self, login: StoredLogin, state: LoginState, problem: str) -> None:
        ended = replace(login, state=state, secrets={}, problem=_storable(problem))
        await self.store.replace(ended, LoginState.WAITING)

    async def _approve(self, login: StoredLogin, onward: Onward, signed: SignedIn) -> None:
        approval = Approval(signed)
        approved = replace(
            login,
            state=LoginState.APPROVED,
            secrets=replace(onward, state={}).stored(),
            result=approval.stored(),
            expires_ms=self.now_ms() + KEPT_MS,
            problem=None,
        )
        if await self.store.replace(approved, LoginState.WAITING):
            surveyed, _ = await self.surveyed(approved, approval)
            await self.store.replace(surveyed, LoginState.APPROVED)

    def _asked(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        if not task.cancelled():
            task.exception()  # Looked at, as nobody may be waiting for it any more.


def _storable(problem: str | None) -> str | None:
    return None if problem is None else storable(problem)
