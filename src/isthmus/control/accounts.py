"""What an operator can do with accounts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from isthmus.config import ProviderSettings
from isthmus.control.account_adding import AccountAdder, Added, Fate, summary
from isthmus.control.account_checks import (
    SERVED_TYPES,
    credential_problems,
    details_problems,
    kinds_of,
    off_reason,
    proxy_problems,
    unfit_reason,
)
from isthmus.control.account_counts import AccountCounts, counted
from isthmus.control.account_file import AccountFile, account_file
from isthmus.control.account_input import AccountInput, AccountPatch, AccountRecord
from isthmus.control.account_listing import AccountQuery, page_of
from isthmus.control.account_probing import Probe, ProbeResult, Trial, try_all
from isthmus.control.account_views import (
    CONFIGURED,
    AccountView,
    LiveState,
    Standings,
    brings_account,
    configured_account,
    is_configured,
    live_of,
    no_standings,
    stored_state,
)
from isthmus.control.clock import now_ms
from isthmus.control.failures import (
    Conflict,
    FieldProblem,
    Invalid,
    NotFound,
    OperationFailed,
    check_unchanged,
)
from isthmus.control.paging import Page
from isthmus.control.people import Person
from isthmus.control.surveys import Last, none_known
from isthmus.core.logins import EXPIRES_AT
from isthmus.core.secret import Secret
from isthmus.core.survey import KeptSurvey
from isthmus.routing.account import AccountId
from isthmus.routing.exhausted import State
from isthmus.storage.accounts import Account, AccountStore, AlreadyThere, Outline
from isthmus.storage.cooldowns import CooldownRow, CooldownStore
from isthmus.storage.providers import ProviderStore

Note = Callable[[Person, str, str, str], Awaitable[None]]
"""Writes a line of the audit log: who, what was done, to what, and anything beside."""

_MAX_NAMED: Final = 20


class Action(StrEnum):
    """What can be done to many accounts at once."""

    ENABLE = "enable"
    DISABLE = "disable"
    DELETE = "delete"
    CLEAR_COOLDOWN = "clear-cooldown"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action on one account."""

    id: str
    ok: bool
    message: str | None = None
    """Why not."""
    probe: ProbeResult | None = None


@dataclass(frozen=True, slots=True)
class AccountService:
    accounts: AccountStore
    providers: ProviderStore
    cooldowns: CooldownStore
    configured: Callable[[], Mapping[str, ProviderSettings]]
    """Providers of the configuration file."""
    note: Note
    probe: Probe
    standings: Callable[[], Awaitable[Standings]] = no_standings
    """What a gateway in this process knows of its accounts; without one, the database says what it can."""
    surveys: Last = none_known

    # Reading

    async def page(self, query: AccountQuery, cursor: str | None, limit: int) -> Page[AccountView]:
        """Accounts of the configuration file are among the others. Raises `Invalid` for a foreign cursor."""
        configured, outlines = self._configured(), await self._outlines()
        lives = await self._lives(outlines)
        page = page_of(outlines, lives, query, cursor, limit)
        found = {each.id: each for each in await self.accounts.find_all([each.id for each in page.items])}
        found |= configured
        surveys, types = await self.surveys([*found]), await self._adder.types()
        views = [
            _view_of(found[each.id], lives[each.id], surveys.get(each.id), types)
            for each in page.items
            if each.id in found
        ]
        return Page(views, page.next_cursor)

    async def get(self, id: str) -> AccountView:
        """Raises `NotFound`."""
        account = self._configured().get(id) or await self.accounts.find(id)
        if account is None:
            raise _not_found(id)
        return await self._view(account)

    async def ids_of(self, provider: str | None) -> Sequence[str]:
        """Of every account of a provider, or of all."""
        return [each.id for each in await self._outlines() if provider is None or each.provider == provider]

    async def ids_by_label(self) -> Mapping[str, Sequence[str]]:
        """A label may be that of several accounts."""
        ids: dict[str, list[str]] = {}
        for each in await self._outlines():
            ids.setdefault(each.label, []).append(each.id)
        return ids

    async def count_states(self) -> dict[str, dict[str, int]]:
        """Provider → state → number of its accounts."""
        outlines = await self._outlines()
        lives = await self._lives(outlines)
        counts: dict[str, dict[str, int]] = {}
        for each in outlines:
            states = counts.setdefault(each.provider, {})
            state = lives[each.id].state
            states[state] = states.get(state, 0) + 1
        return counts

    async def counts(self) -> Sequence[AccountCounts]:
        """How the accounts of each provider stand."""
        outlines = await self._outlines()
        return counted(outlines, await self._lives(outlines))

    # Adding

    async def create(self, person: Person, written: AccountInput) -> AccountView:
        """Raises `Invalid`, and `Conflict` when the credential is here already."""
        [added] = await self._adder.add([written], now_ms())
        if added.fate is Fate.INVALID:
            raise Invalid("the account is not valid: see its fields", added.problems)
        if added.fate is Fate.HERE:
            problem = FieldProblem("credential", f"account {added.id} has it")
            raise Conflict(f"this credential is here already, as account {added.id}", [problem])
        assert added.id is not None
        await self.note(person, "account.create", added.id, f"{written.provider}: {added.label}")
        return await self.get(added.id)

    async def kinds(self, provider: str) -> Sequence[str]:
        """What accounts of this provider may be; empty when there is none of the name, or this version cannot serve it."""
        type = (await self._adder.types()).get(provider)
        return kinds_of(type) if type in SERVED_TYPES else ()

    async def feed(
        self, person: Person, written: Sequence[object], *, dry_run: bool = False
    ) -> Sequence[Added]:
        """Adds what is new and right, and says what became of each; a dry run, what would."""
        added = await self._adder.add(written, now_ms(), dry_run=dry_run)
        if not dry_run:
            await self.note(person, "account.feed", "", summary(added))
        return added

    async def import_file(
        self, person: Person, file: AccountFile, *, overwrite: bool, dry_run: bool = False
    ) -> Sequence[Added]:
        """Takes what `export` wrote. An account that is here is left alone, or takes what the file says of it. A dry run takes
        nothing and says the same."""
        added = await self._adder.add(
            file.accounts, now_ms(), shape=AccountRecord, overwrite=overwrite, dry_run=dry_run
        )
        if not dry_run:
            await self.note(person, "account.import", "", summary(added))
        return added

    async def export(self, person: Person, *, with_secrets: bool) -> dict[str, Any]:
        """Every stored account, as JSON values of the shape of `AccountFile`."""
        accounts = await self.accounts.load_all()
        secrets = "with their credentials" if with_secrets else "without credentials"
        await self.note(person, "account.export", "", f"{len(accounts)} accounts {secrets}")
        return account_file(accounts, with_secrets=with_secrets)

    # Changing

    async def edit(
        self, person: Person, id: str, patch: AccountPatch, *, read_ms: int | None = None
    ) -> AccountView:
        """Raises `NotFound`, `Invalid`, and `Conflict`: read-only, not to be served yet, or another's credential.

        `read_ms` is when it was last changed as far as the operator knows; raises `Outdated` when it has been since.
        """
        changes, types, now = patch.changes(), await self._adder.types(), now_ms()

        def apply(account: Account) -> Account:
            check_unchanged(f"account {account.id}", account.updated_ms, read_ms)
            _check_edit(account, changes, types)
            reason = None if "enabled" in changes else account.off_reason
            # Two changes of one millisecond are told apart, too.
            updated_ms = max(now, account.updated_ms + 1)
            edited = replace(account, **changes, off_reason=reason, updated_ms=updated_ms)
            return edited if "credential" in changes else replace(edited, details=_with_end(account, edited))

        self._refuse_configured(id, "edited")
        try:
            edited = await self.accounts.change(id, apply)
        except AlreadyThere:
            problem = FieldProblem("credential", "another account of this provider has it")
            raise Conflict("another account of this provider has this credential", [problem]) from None
        if edited is None:
            raise _not_found(id)
        await self.note(person, "account.edit", id, ", ".join(sorted(changes)))
        return await self._view(edited)

    async def remove(self, person: Person, id: str) -> None:
        """Raises `NotFound` and `Conflict`."""
        await self._one(person, Action.DELETE, id)

    async def clear_cooldown(self, person: Person, id: str) -> AccountView:
        """Ends every rest of the account now. Raises `NotFound`."""
        await self._one(person, Action.CLEAR_COOLDOWN, id)
        return await self.get(id)

    async def bulk(self, person: Person, action: Action, ids: Sequence[str]) -> Sequence[Done]:
        """One answer per account, in order; an account that refuses does not hold up the others."""
        ids = list(dict.fromkeys(ids))
        refusals = await self._refusals(action, ids)
        willing = [id for id in ids if id not in refusals]
        probed: dict[str, ProbeResult] = {}
        if action is Action.TEST:
            probed = {each.account.id: each.result async for each in self.try_some(willing)}
        elif willing:
            await self._act(action, willing)
            named = ", ".join(willing[:_MAX_NAMED]) + (", …" if len(willing) > _MAX_NAMED else "")
            target, detail = (willing[0], "") if len(willing) == 1 else ("", f"{len(willing)}: {named}")
            await self.note(person, f"account.{action.replace('-', '_')}", target, detail)
        return [_done(id, refusals.get(id), probed.get(id)) for id in ids]

    # Testing

    async def test(self, id: str) -> Trial:
        """A real, minimal call. Changes nothing. Raises `NotFound`."""
        await self.get(id)
        async with aclosing(self.try_some([id])) as trials:
            async for trial in trials:
                return trial
        raise _not_found(id)

    async def try_provider(self, provider: str | None) -> Sequence[Trial]:
        """Every account of a provider, or of all."""
        return [trial async for trial in self.try_some(await self.ids_of(provider))]

    async def try_some(self, ids: Sequence[str] | None = None) -> AsyncGenerator[Trial, None]:
        """Those of `ids` that are here, or all; each as soon as it is done, a few at a time."""
        configured = self._configured()
        ids = await self.ids_of(None) if ids is None else ids
        accounts = [configured[id] for id in ids if id in configured]
        accounts += await self.accounts.find_all([id for id in ids if id not in configured])
        async with aclosing(try_all(accounts, await self._adder.types(), self.probe)) as trials:
            async for trial in trials:
                yield trial

    # How

    @property
    def _adder(self) -> AccountAdder:
        return AccountAdder(self.accounts, self.providers, self.cooldowns, self.configured)

    def _configured(self) -> dict[str, Account]:
        accounts = (configured_account(name, each) for name, each in self.configured().items())
        return {each.id: each for each in accounts}

    async def _outlines(self) -> Sequence[Outline]:
        stored = await self.accounts.outlines()
        served, settings = {each.provider for each in stored}, self.configured()
        own = [
            each
            for each in self._configured().values()
            if brings_account(settings[each.provider], others=each.provider in served)
        ]
        return [*map(_outline, own), *stored]

    async def _view(self, account: Account) -> AccountView:
        live = (await self._lives([_outline(account)]))[account.id]
        survey = (await self.surveys([account.id])).get(account.id)
        return _view_of(account, live, survey, await self._adder.types())

    async def _lives(self, outlines: Sequence[Outline]) -> dict[str, LiveState]:
        now = now_ms()
        standings, rests = await self.standings(), await self.cooldowns.current(now)
        off = await self.providers.switched_off() - self.configured().keys()
        return {
            each.id: stored_state(enabled=False, rests=rests.get(each.id, ()))
            if each.provider in off
            else _live(each, standings, rests.get(each.id, ()), now)
            for each in outlines
        }

    async def _one(self, person: Person, action: Action, id: str) -> None:
        refusal = (await self._refusals(action, [id])).get(id)
        if refusal is not None:
            raise refusal
        await self.bulk(person, action, [id])

    async def _refusals(self, action: Action, ids: Sequence[str]) -> dict[str, OperationFailed]:
        """Accounts that it cannot be done to."""
        here = {each.id: each for each in await self.accounts.outlines()}
        configured, types = self._configured(), await self._adder.types()
        refusals: dict[str, OperationFailed] = {}
        for id in ids:
            if id not in here and id not in configured:
                refusals[id] = _not_found(id)
            elif id in configured and action in {Action.ENABLE, Action.DISABLE, Action.DELETE}:
                refusals[id] = _read_only(id, f"{action}d")
            elif action is Action.ENABLE and (reason := off_reason(types.get(here[id].provider, ""))):
                refusals[id] = Conflict(f"account {id} stays off: {reason}")
        return refusals

    async def _act(self, action: Action, ids: Sequence[str]) -> None:
        match action:
            case Action.ENABLE | Action.DISABLE:
                await self.accounts.switch(ids, on=action is Action.ENABLE, reason=None, now_ms=now_ms())
            case Action.DELETE:
                await self.accounts.remove(ids)
            case Action.CLEAR_COOLDOWN:
                await self.cooldowns.clear(ids)
            case Action.TEST:
                raise AssertionError("testing changes nothing")

    def _refuse_configured(self, id: str, done: str) -> None:
        if is_configured(id):
            raise _read_only(id, done) if id in self._configured() else _not_found(id)


def _view_of(
    account: Account, live: LiveState, survey: KeptSurvey | None, types: Mapping[str, str]
) -> AccountView:
    """One that cannot be used as it is stored is shown as off, which it is in every gateway, and says why."""
    reason = unfit_reason(account, types.get(account.provider, "")) if account.enabled else None
    if reason is None:
        return AccountView(account, live, survey)
    return AccountView(replace(account, off_reason=reason), replace(live, state=State.DISABLED), survey)


def _live(outline: Outline, standings: Standings, rests: Sequence[CooldownRow], now_ms: int) -> LiveState:
    """A gateway that has not read a new account yet knows nothing of it."""
    standing = standings.get(AccountId(outline.id))
    if standing is None:
        return stored_state(enabled=outline.enabled, rests=rests)
    return live_of(standing, now_ms)


def _outline(account: Account) -> Outline:
    return Outline(**{name: getattr(account, name) for name in Outline.__dataclass_fields__})


def _check_edit(account: Account, changes: Mapping[str, Any], types: Mapping[str, str]) -> None:
    type = types.get(account.provider, "")
    if changes.get("enabled") and (reason := off_reason(type)):
        raise Conflict(f"account {account.id} stays off: {reason}", [FieldProblem("enabled", reason)])
    credential: Mapping[str, Secret] | None = changes.get("credential")
    details = changes.get("details", account.details)
    problems = [] if credential is None else [*credential_problems(account.kind, credential, type, details)]
    if credential is None and "details" in changes:
        problems = [*details_problems(account.kind, details, type)]
    problems += proxy_problems(changes.get("proxy"), type)
    if problems:
        raise Invalid("the change is not valid: see its fields", problems)


def _done(id: str, refusal: OperationFailed | None, probe: ProbeResult | None) -> Done:
    if refusal is not None:
        return Done(id, ok=False, message=refusal.message)
    if probe is not None:
        return Done(id, ok=probe.ok, message=probe.error, probe=probe)
    return Done(id, ok=True)


def _with_end(before: Account, edited: Account) -> Mapping[str, Any]:
    """Details that were written anew, with the end of the access that is still the same."""
    ends = before.details.get(EXPIRES_AT)
    return edited.details if ends is None else {EXPIRES_AT: ends, **edited.details}


def _not_found(id: str) -> NotFound:
    return NotFound(f"no account {id!r}: the list of accounts has the ids that exist")


def _read_only(id: str, done: str) -> Conflict:
    name = id.removeprefix(CONFIGURED)
    return Conflict(
        f"account {id!r} cannot be {done} here: change providers.{name} in the configuration file"
    )
