"""Accounts added in numbers: each new, already here, put in place of what is here, or wrong, and told so one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from isthmus.config import ProviderSettings
from isthmus.control.account_checks import (
    account_problems,
    details_problems,
    off_reason,
    proxy_problems,
)
from isthmus.control.account_input import AccountInput, AccountRecord, check
from isthmus.control.account_views import hint
from isthmus.control.clock import new_id
from isthmus.control.failures import FieldProblem
from isthmus.core.secret import Secret
from isthmus.routing.cooldown import CoolingReason
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.cooldowns import CooldownRow, CooldownStore
from isthmus.storage.providers import ProviderStore
from isthmus.storage.texts import storable

DECIDED: Final = frozenset(
    "label enabled priority weight max_concurrency requests_per_minute tokens_per_minute "
    "requests_per_day tokens_per_day proxy details".split()
)
"""Fields that an operator decides. `replace` overwrites those of them that were written."""


class Fate(StrEnum):
    ADDED = "added"
    HERE = "already_here"
    REPLACED = "replaced"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one account."""

    index: int
    """Its place among those that were given, from 0."""
    fate: Fate
    id: str | None = None
    """Of the account that is here now; None for one that a dry run would add."""
    label: str = ""
    problems: tuple[FieldProblem, ...] = ()
    here_as: str | None = None
    """Label of the account that was here before; None when there was none."""
    same_as: int | None = None
    """Place of the first that was given with the same credential, which is the account that is meant."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    index: int
    record: AccountRecord
    account: Account | None
    """None: no credential was given, so only an account that is here can be meant."""
    not_yet: str | None
    """Why it cannot be switched on."""


@dataclass(frozen=True, slots=True)
class AccountAdder:
    accounts: AccountStore
    providers: ProviderStore
    cooldowns: CooldownStore
    configured: Callable[[], Mapping[str, ProviderSettings]]

    async def types(self) -> dict[str, str]:
        """Name → type of every provider. The configuration file counts for more."""
        stored = {each.name: each.type for each in await self.providers.load_all()}
        return stored | {name: each.type for name, each in self.configured().items()}

    async def add(
        self,
        written: Sequence[object],
        now_ms: int,
        *,
        shape: type[AccountInput | AccountRecord] = AccountInput,
        overwrite: bool = False,
        dry_run: bool = False,
        coming: Mapping[str, str] | None = None,
    ) -> list[Added]:
        """One answer per account, in order; what is wrong with one does not hold up the others.

        `overwrite` gives an account that is here the values that were written. `coming`: further providers, by name and type.
        """
        types = {**(coming or {}), **await self.types()}
        wrong: list[Added] = []
        candidates: list[_Candidate] = []
        for index, each in enumerate(written):
            match _candidate(index, check(shape, each), types, now_ms):
                case Added() as refused:
                    wrong.append(refused)
                case found:
                    candidates.append(found)
        done = await self._put(candidates, now_ms, overwrite=overwrite, dry_run=dry_run)
        return sorted([*wrong, *done], key=lambda each: each.index)

    async def _put(
        self, candidates: Sequence[_Candidate], now_ms: int, *, overwrite: bool, dry_run: bool
    ) -> list[Added]:
        new = [each.account for each in candidates if each.account is not None]
        here = await (self._would_be_here(new) if dry_run else self.accounts.add_all(new))
        here |= await self._named(candidates)
        if not dry_run:
            await self._rest(candidates, here, now_ms)
        places = {each.account.id: each.index for each in candidates if each.account is not None}
        labels = await self._labels(set(here.values()) - places.keys())
        done = []
        for each in candidates:
            id = here.get(_id_of(each))
            if id is None and each.account is None:
                done.append(_nobody(each))
            elif id is None:
                done.append(_told(each, Fate.ADDED, None if dry_run else _id_of(each)))
            else:
                if overwrite and not dry_run:
                    await self._overwrite(id, each, now_ms)
                fate = Fate.REPLACED if overwrite else Fate.HERE
                told = _told(each, fate, None if dry_run and id in places else id)
                done.append(replace(told, here_as=labels.get(id), same_as=places.get(id)))
        return done

    async def _labels(self, ids: Collection[str]) -> dict[str, str]:
        """As they are before anything is overwritten."""
        outlines = await self.accounts.outlines() if ids else []
        return {each.id: each.label for each in outlines if each.id in ids}

    async def _would_be_here(self, accounts: Sequence[Account]) -> dict[str, str]:
        taken = await self.accounts.ids_by_fingerprint({each.fingerprint for each in accounts})
        firsts = [taken.setdefault((each.provider, each.fingerprint), each.id) for each in accounts]
        return {each.id: first for each, first in zip(accounts, firsts, strict=True) if first != each.id}

    async def _named(self, candidates: Sequence[_Candidate]) -> dict[str, str]:
        """Accounts that were given by id alone and are here."""
        ids = [each.record.id for each in candidates if each.account is None and each.record.id]
        providers = {each.id: each.provider for each in await self.accounts.outlines()} if ids else {}
        return {
            _id_of(each): each.record.id
            for each in candidates
            if each.account is None
            and each.record.id
            and providers.get(each.record.id) == each.record.provider
        }

    async def _overwrite(self, id: str, candidate: _Candidate, now_ms: int) -> None:
        record = candidate.record
        values: dict[str, Any] = {name: getattr(record, name) for name in record.model_fields_set & DECIDED}
        if values.get("label", "") is None:
            del values["label"]
        if "enabled" in values:
            values |= _switched(record, candidate.not_yet)
        await self.accounts.change(id, lambda it: replace(it, **values, updated_ms=now_ms))

    async def _rest(self, candidates: Sequence[_Candidate], here: Mapping[str, str], now_ms: int) -> None:
        """Accounts that rested where they come from go on resting."""
        await self.cooldowns.save(
            [
                CooldownRow(each.account.id, None, until_ms, CoolingReason.QUOTA, each.record.cooled_reason)
                for each in candidates
                if each.account is not None
                and each.account.id not in here
                and (until_ms := each.record.cooled_until_ms or 0) > now_ms
            ]
        )


def summary(added: Sequence[Added]) -> str:
    """`3 added, 1 invalid`, for the audit log."""
    counts = Counter(each.fate for each in added)
    return ", ".join(f"{counts[fate]} {fate.replace('_', ' ')}" for fate in Fate if counts[fate]) or "nothing"


def _candidate(
    index: int,
    checked: AccountInput | AccountRecord | tuple[FieldProblem, ...],
    types: Mapping[str, str],
    now_ms: int,
) -> _Candidate | Added:
    if isinstance(checked, tuple):
        return Added(index, Fate.INVALID, problems=checked)
    record = _as_record(checked)
    not_yet = off_reason(types[record.provider]) if record.provider in types else None
    if problems := tuple(_problems(record, types)):
        return Added(index, Fate.INVALID, label=record.label or "", problems=problems)
    if record.credential is None:
        return _Candidate(index, record, None, not_yet)
    account = _account(record, record.credential, not_yet, now_ms)
    return _Candidate(index, record, account, not_yet)


def _problems(record: AccountRecord, types: Mapping[str, str]) -> Iterator[FieldProblem]:
    type = types.get(record.provider, "")
    if record.credential is None:
        yield from details_problems(record.kind, record.details, type)
    else:
        yield from account_problems(record.provider, record.kind, record.credential, types, record.details)
    yield from proxy_problems(record.proxy, type)


def _as_record(checked: AccountInput | AccountRecord) -> AccountRecord:
    if isinstance(checked, AccountRecord):
        return checked
    return AccountRecord.model_construct(
        checked.model_fields_set, **{name: getattr(checked, name) for name in type(checked).model_fields}
    )


def _account(
    record: AccountRecord, credential: Mapping[str, Secret], not_yet: str | None, now_ms: int
) -> Account:
    return Account(
        id=new_id("acc"),
        provider=record.provider,
        kind=record.kind,
        label=record.label or f"{record.provider} {hint(credential) or '(no key)'}",
        credential=credential,
        created_ms=now_ms,
        updated_ms=now_ms,
        **_switched(record, not_yet),
        priority=record.priority,
        weight=record.weight,
        max_concurrency=record.max_concurrency,
        requests_per_minute=record.requests_per_minute,
        tokens_per_minute=record.tokens_per_minute,
        requests_per_day=record.requests_per_day,
        tokens_per_day=record.tokens_per_day,
        proxy=record.proxy or None,
        details=record.details,
        successes=record.successes,
        failures=record.failures,
    )


def _switched(record: AccountRecord, not_yet: str | None) -> dict[str, Any]:
    if record.enabled:
        return {"enabled": not_yet is None, "off_reason": not_yet}
    # Its own reason stays: the version that serves the type switches on whatever waited for that alone.
    return {"enabled": False, "off_reason": storable(record.off_reason) if record.off_reason else None}


def _id_of(candidate: _Candidate) -> str:
    return candidate.account.id if candidate.account is not None else f"#{candidate.index}"


def _told(candidate: _Candidate, fate: Fate, id: str | None) -> Added:
    label = candidate.record.label or (candidate.account.label if candidate.account is not None else "")
    return Added(candidate.index, fate, id, label)


def _nobody(candidate: _Candidate) -> Added:
    way_out = "there is no credential, and no account of this provider with this id: export it with secrets"
    problem = FieldProblem("credential", way_out)
    return Added(candidate.index, Fate.INVALID, label=candidate.record.label or "", problems=(problem,))
