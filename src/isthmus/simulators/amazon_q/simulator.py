"""Amazon Q Developer and Kiro on one loopback port: token service, approval page, chat and control calls.

    async with Simulator() as simulator:
        account = simulator.add_account("builder_id")
        ... simulator.entry_of(account), simulator.q_url, simulator.log, simulator.suspend(account)

Families by the first part of the path (`/q`, `/codewhisperer`, `/kiro`, `/oidc`, `/social`, `/idp`, each with a region behind it where
that shall count: `/q/eu-central-1`), or by the Host header. The page for approving a sign-in is `/device`, what judges use is `/sim`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

from isthmus.simulators.amazon_q import page
from isthmus.simulators.amazon_q.accounts import Account
from isthmus.simulators.amazon_q.answers import Answer, Json, Refusal, Whole
from isthmus.simulators.amazon_q.desk import Desk, fault_named
from isthmus.simulators.amazon_q.people import People
from isthmus.simulators.amazon_q.request import Request
from isthmus.simulators.amazon_q.server import Server
from isthmus.simulators.amazon_q.service import Service, refused
from isthmus.simulators.amazon_q.sign_ins import SignIns
from isthmus.simulators.amazon_q.social import Identities, Social
from isthmus.simulators.amazon_q.token_service import TokenService, error_answer

QUARTER_S: Final = 90 * 86_400.0
CHAT_FAMILIES: Final = frozenset(("q", "codewhisperer", "kiro"))


class Simulator:
    """`accounts` are the kinds of accounts that are there from the start. The log keeps the newest `keep` requests.

    `rotation`: see `People`. `named_errors` without: no `x-amzn-ErrorType` from the token service. `pending_as_200`: a sign-in
    that waits is told with status 200. `patient`: polls that come too soon are taken without `slow_down`.
    """

    def __init__(
        self,
        accounts: Sequence[str] = (),
        *,
        seed: int = 1,
        clock: Callable[[], float] = time.time,
        port: int = 0,
        keep: int = 2000,
        access_ttl_s: float = 3600.0,
        rotation: str = "confirmed",
        registration_ttl_s: float = QUARTER_S,
        sign_in_ttl_s: float = 600.0,
        poll_interval_s: float = 1.0,
        named_errors: bool = True,
        pending_as_200: bool = False,
        patient: bool = False,
    ) -> None:
        self.clock = clock
        self.named_errors = named_errors
        self.pending_as_200 = pending_as_200
        self.people = People(seed, clock, access_ttl_s=access_ttl_s, rotation=rotation)
        self.sign_ins = SignIns(
            self.people, clock, lifetime_s=sign_in_ttl_s, interval_s=poll_interval_s, patient=patient
        )
        self.tokens = TokenService(
            self.people,
            self.sign_ins,
            clock,
            page=lambda: self.page_url,
            registration_ttl_s=registration_ttl_s,
        )
        self.social = Social(self.people)
        self.identities = Identities(self.people)
        self.service = Service(self.people, clock, seed)
        self.log: deque[Request] = deque(maxlen=keep)
        self._desk = Desk(
            self.people,
            self.sign_ins,
            self.tokens,
            add=lambda body: self.add_account(**body),
            entry_of=self.entry_of,
            requests=lambda: list(self.log),
            forget=self.forget,
        )
        self._server = Server(port, self.answer, clock)
        for kind in accounts:
            self.add_account(kind)

    # as a server -----------------------------------------------------------------------------------

    async def start(self) -> Self:
        await self._server.start()
        return self

    async def stop(self) -> None:
        await self._server.stop()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def q_url(self) -> str:
        return f"{self.url}/q"

    @property
    def kiro_url(self) -> str:
        return f"{self.url}/kiro"

    @property
    def token_url(self) -> str:
        return f"{self.url}/oidc"

    @property
    def social_url(self) -> str:
        return f"{self.url}/social"

    @property
    def page_url(self) -> str:
        return f"{self.url}/device"

    @property
    def settings(self) -> Json:
        """Of a provider whose accounts shall be found here: its section `amazon_q`."""
        return {"chat_url": self.q_url, "token_url": self.token_url, "social_url": self.social_url}

    # people ----------------------------------------------------------------------------------------

    def add_account(self, kind: str, **more: Any) -> Account:
        """Signed in and ready. `more`: see `People.add`."""
        account = self.people.add(kind, **more)
        if kind == "api_key":
            account.api_key = self.people.word("ksk_sim_")
            return account
        if kind in {"builder_id", "idc"}:
            client = self.tokens.register(None)
            account.client_id, account.client_secret = client.id, client.secret
        elif kind == "external_idp":
            account.client_id = self.people.word("idp-client-")
        self.people.sign_in(account)
        return account

    def entry_of(self, account: Account) -> Json:
        """The account as an import takes it: `kind`, `label`, `credential`, `details`."""
        kiro = account.profile_arn is not None and "kiro" in account.families
        details = {
            "chat_url": self.kiro_url if kiro else self.q_url,
            "control_url": self.kiro_url if kiro else self.q_url,
            "api_region": account.api_region,
            "auth_region": account.auth_region,
            "endpoint_family": "kiro" if kiro else "q",
            "profile_arn": account.profile_arn,
            "start_url": account.start_url,
            "token_url": self.token_url if account.start_url else None,
            "social_url": self.social_url if account.kind == "social" else None,
            "token_endpoint": f"{self.url}/idp/token" if account.kind == "external_idp" else None,
            "email": account.email,
            "expires_at": _moment(account.expires_at) if account.access_token else None,
        }
        credential = {
            "api_key": account.api_key,
            "access_token": account.access_token,
            "refresh_token": newest_refresh_token(account),
            "client_id": account.client_id,
            "client_secret": account.client_secret,
        }
        return {
            "kind": account.kind,
            "label": account.id,
            "credential": {name: value for name, value in credential.items() if value},
            "details": {name: value for name, value in details.items() if value is not None},
        }

    def approve(self, user_code: str, email: str = "person@example.com") -> Account:
        """Raises `LookupError` for a code that does not wait."""
        return self.sign_ins.approve(user_code, email)

    def deny(self, user_code: str) -> None:
        self.sign_ins.deny(user_code)

    def expire_access(self, account: Account) -> None:
        self.people.expire_access(account)

    def revoke(self, account: Account) -> None:
        self.people.revoke(account)

    def suspend(self, account: Account) -> None:
        account.fault = "suspended"

    def fail(self, account: Account, *faults: str) -> None:
        """The account's next chats meet these, one each."""
        account.faults.extend(map(fault_named, faults))

    def forget(self) -> None:
        """Clears the log, the counters and the count of attempts."""
        self.log.clear()
        self.service.forget_attempts()
        for account in self.people.accounts.values():
            account.counts.clear()

    @property
    def left(self) -> list[Request]:
        """Requests whose client hung up before the answer was complete."""
        return [each for each in self.log if each.ended == "left"]

    def chats(self) -> list[Request]:
        return [each for each in self.log if each.operation == "GenerateAssistantResponse"]

    # answering -------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/sim/"):
            return self._desk.answer(request)
        self.log.append(request)
        if request.path == "/device":
            return self._page(request)
        family = request.place.family
        if family in CHAT_FAMILIES:
            try:
                return self.service.answer(request)
            except Refusal as refusal:
                return refused(refusal, request)
        return self._signing_in(request, family)

    def _signing_in(self, request: Request, family: str) -> Answer:
        services = {"oidc": self.tokens.answer, "social": self.social.answer, "idp": self.identities.answer}
        try:
            if family not in services:
                raise Refusal(
                    f"There is nothing at {request.path}.", status=404, name="UnknownOperationException"
                )
            return services[family](request)
        except Refusal as refusal:
            request.rule = refusal.rule
            return error_answer(refusal, named=self.named_errors, pending_as_200=self.pending_as_200)

    def _page(self, request: Request) -> Whole:
        code = request.asked("user_code") or ""
        if request.method == "POST":
            return _html(self._decide(request.form()))
        sign_in = self.sign_ins.by_user_code(code)
        waits = sign_in is not None and not self.sign_ins.ended(sign_in)
        problem = "" if waits or not code else "No sign-in waits for this code: begin again."
        return _html(page.asking(sign_in if waits else None, code, problem))

    def _decide(self, form: dict[str, str]) -> str:
        code = form.get("user_code", "")
        try:
            if form.get("answer") == "deny":
                self.deny(code)
                return page.done("Denied. The device will hear of it.")
            account = self.approve(code, form.get("email") or "person@example.com")
        except LookupError as error:
            return page.asking(None, code, str(error))
        return page.done(f"Approved for {account.email}. You may close this page.")


def newest_refresh_token(account: Account) -> str:
    return account.refreshing.pending[-1] if account.refreshing.pending else account.refreshing.current


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _html(text: str) -> Whole:
    return Whole(200, text.encode(), content_type="text/html; charset=utf-8")
