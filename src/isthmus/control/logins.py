"""Signing accounts in: begin, poll until a person has agreed, and make an account of it.

A sign-in is a row of the database from its first moment, so it outlives a restart and may be polled through any gateway: whoever
claims the row asks, all others are told what is known. What the service gave is stored before anything else is done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from isthmus import registry
from isthmus.config import ProviderSettings
from isthmus.control.account_views import AccountView
from isthmus.control.accounts import AccountService
from isthmus.control.clock import new_id, now_ms
from isthmus.control.failures import Conflict, FieldProblem, Invalid, NotFound, Unavailable
from isthmus.control.login_account import account_of, profile_of, signed_in_again
from isthmus.control.login_input import FinishInput, LoginInput
from isthmus.control.login_polling import KEPT_MS, LoginPoller, Send
from isthmus.control.login_views import Approval, LoginState, LoginView, Onward, state_of
from isthmus.control.people import Person
from isthmus.control.steps import carry_out
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import LoginError, LoginProblem, Logins, Method, SignedIn
from isthmus.storage.accounts import Account, AlreadyThere
from isthmus.storage.logins import LoginStore, StoredLogin

MAX_OPEN: Final = 200
"""Sign-ins kept at a time."""


@dataclass(frozen=True, slots=True)
class Offered:
    """How accounts of a provider can sign in."""

    provider: str
    type: str
    methods: Sequence[Method]


@dataclass(slots=True)
class LoginService:
    logins: LoginStore
    accounts: AccountService
    providers: Callable[[], Mapping[str, ProviderSettings]]
    """Those in force."""
    send: Send
    now_ms: Callable[[], int] = now_ms
    _poller: LoginPoller = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._poller = LoginPoller(self.logins, self._logins, self.send, self.now_ms)

    # What there is

    def offered(self, provider: str | None = None) -> Sequence[Offered]:
        """Of every provider whose accounts sign in, or of one. Raises `NotFound` and `Conflict`."""
        settings = self.providers()
        if provider is not None:
            known: Mapping[str, Logins | None] = {provider: self._logins(provider)}
        else:
            known = {name: registry.logins(name, each) for name, each in settings.items()}
        return [
            Offered(name, settings[name].type, tuple(logins.methods.values()))
            for name, logins in known.items()
            if logins is not None
        ]

    async def list(self) -> Sequence[LoginView]:
        """The newest first; those that are over for a day."""
        now = self.now_ms()
        return [LoginView.of(each, now) for each in await self.logins.load_all() if not _is_old(each, now)]

    async def get(self, id: str) -> LoginView:
        """Raises `NotFound`."""
        return LoginView.of(await self._find(id), self.now_ms())

    # Going on

    async def start(self, person: Person, written: LoginInput) -> LoginView:
        """Raises `Invalid` for an option that cannot be right, `NotFound`, `Conflict`, and `Unavailable` when the service is."""
        account = await self._account(written)
        provider = account.provider if account is not None else written.provider
        if provider is None:
            raise _invalid("provider", "is needed unless account_id is given")
        logins = self._logins(provider)
        method = _method(written, account, logins)
        options = {**_options_of(account, logins.methods.get(method)), **written.options}
        proxy = written.proxy or (None if account is None else account.proxy)
        await self._make_room()
        try:
            begun = await carry_out(logins.begin(method, options), self._poller.ask(provider, proxy))
        except LoginError as error:
            raise _refused(error) from None
        except UpstreamError as error:
            raise Unavailable(
                f"the sign-in service of {provider!r} does not answer: {error.message}"
            ) from None
        now = self.now_ms()
        login = StoredLogin(
            id=new_id("log"),
            provider=provider,
            method=method,
            state=LoginState.WAITING,
            secrets=Onward(begun.state, begun.interval_s, written.label, proxy).stored(),
            url=begun.url,
            plain_url=begun.plain_url or begun.url,
            code=begun.code[:64],
            created_ms=now,
            expires_ms=now + round(begun.expires_in_s * 1000),
            next_poll_ms=now + round(begun.interval_s * 1000),
            account_id=None if account is None else account.id,
        )
        await self.logins.add(login)
        await self.accounts.note(person, "login.start", login.id, f"{provider}: {method}")
        return LoginView.of(login, now)

    async def poll(self, id: str) -> LoginView:
        """Asks the service whether the person has agreed, if that is due and nobody else is asking. Raises `NotFound`."""
        await self._poller.poll(await self._find(id))
        return await self.get(id)

    async def finish(self, person: Person, id: str, written: FinishInput) -> AccountView:
        """Makes it an account, or gives it to the account that signs in again. Finishing twice changes nothing more.

        Raises `NotFound`; `Conflict` when nobody has agreed, when a profile must be chosen, or when the credential is here.
        """
        login = await self._find(id)
        state = state_of(login, self.now_ms())
        if state is LoginState.FINISHED and login.account_id is not None:
            return await self.accounts.get(login.account_id)
        approval = Approval.of(login)
        if state is not LoginState.APPROVED or approval is None:
            raise _not_approved(login, state)
        before = None if login.account_id is None else await self._stored(login.account_id)
        if approval.survey is None:
            login, approval = await self._poller.surveyed(login, approval)
        profile = profile_of(approval, written, before)
        if before is None:
            made = account_of(login, approval, written, profile)
            view = await self.accounts.create(person, made)
        else:
            view = await self._sign_in_again(person, before.id, approval.account, profile)
        done = replace(login, state=LoginState.FINISHED, account_id=view.account.id, secrets={}, result=None)
        await self.logins.replace(done, LoginState.APPROVED)
        await self.accounts.note(person, "login.finish", view.account.id, f"{login.provider}: {login.method}")
        return view

    async def cancel(self, person: Person, id: str) -> None:
        """Nothing is left of it; an account that was made of it stays. Raises `NotFound`."""
        if not await self.logins.remove(id):
            raise _not_found(id)
        await self.accounts.note(person, "login.cancel", id, "")

    async def discard(self, id: str) -> None:
        """As `cancel`, for whoever began it and gives up: nobody needs to read of it."""
        await self.logins.remove(id)

    # How

    async def _sign_in_again(
        self, person: Person, id: str, signed: SignedIn, profile: str | None
    ) -> AccountView:
        now = self.now_ms()

        def apply(account: Account) -> Account:
            return signed_in_again(account, signed, profile, now)

        try:
            if await self.accounts.accounts.change(id, apply) is None:
                raise _no_account(id)
        except AlreadyThere:
            raise Conflict("another account of this provider has this credential") from None
        await self.accounts.note(person, "account.sign_in", id, "")
        return await self.accounts.get(id)

    async def _account(self, written: LoginInput) -> Account | None:
        if written.account_id is None:
            return None
        account = await self._stored(written.account_id)
        if written.provider not in {None, account.provider}:
            raise _invalid("provider", f"account {account.id} belongs to {account.provider!r}")
        return account

    async def _stored(self, id: str) -> Account:
        account = await self.accounts.accounts.find(id)
        if account is None:
            raise _no_account(id)
        return account

    async def _find(self, id: str) -> StoredLogin:
        login = await self.logins.find(id)
        if login is None or _is_old(login, self.now_ms()):
            raise _not_found(id)
        return login

    async def _make_room(self) -> None:
        await self.logins.forget_expired(self.now_ms() - KEPT_MS)
        if len(await self.logins.load_all()) >= MAX_OPEN:
            raise Conflict(f"{MAX_OPEN} sign-ins are kept already: cancel some of them first")

    def _logins(self, provider: str) -> Logins:
        settings = self.providers().get(provider)
        if settings is None:
            raise NotFound(
                f"no provider {provider!r} is in force: the list of providers has those that exist"
            )
        logins = registry.logins(provider, settings)
        if logins is None:
            raise Conflict(
                f"accounts of provider {provider!r} (type {settings.type!r}) do not sign in: add them with their keys"
            )
        return logins


def _method(written: LoginInput, account: Account | None, logins: Logins) -> str:
    if written.method is not None:
        return written.method
    if account is None:
        return next(iter(logins.methods))
    if account.kind not in logins.methods:
        raise Conflict(
            f"accounts of kind {account.kind!r} do not sign in here: give account {account.id} a new credential"
        )
    return account.kind


def _options_of(account: Account | None, method: Method | None) -> dict[str, str]:
    """What an account that signs in again has answered before."""
    if account is None or method is None or account.kind != method.name:
        return {}
    known = {each.name: account.details.get(each.name) for each in method.options}
    return {name: value for name, value in known.items() if isinstance(value, str)}


def _is_old(login: StoredLogin, now_ms: int) -> bool:
    return login.expires_ms + KEPT_MS < now_ms


def _refused(error: LoginError) -> Invalid | Unavailable:
    if error.problem is LoginProblem.PASSING:
        return Unavailable(error.message)
    if error.field is None:
        return Invalid(error.message)
    name = error.field if error.field == "method" else f"options.{error.field}"
    return Invalid(error.message, [FieldProblem(name, error.message)])


def _not_approved(login: StoredLogin, state: LoginState) -> Conflict:
    if state is LoginState.WAITING:
        return Conflict(f"nobody has agreed to sign-in {login.id} yet: open {login.url}")
    why = f" ({login.problem})" if login.problem else ""
    return Conflict(f"sign-in {login.id} is {state}{why}: begin again")


def _invalid(name: str, message: str) -> Invalid:
    return Invalid(f"{name}: {message}", [FieldProblem(name, message)])


def _not_found(id: str) -> NotFound:
    return NotFound(f"no sign-in {id!r}: it was cancelled, or is long over")


def _no_account(id: str) -> NotFound:
    return NotFound(f"no stored account {id!r}: the list of accounts has the ids that exist")
