"""Logins that were found in token files and lists, made into accounts, and told one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from isthmus.control.account_adding import AccountAdder, Added, Fate, summary
from isthmus.control.account_input import MAX_BATCH, AccountRecord
from isthmus.control.accounts import AccountService
from isthmus.control.clock import now_ms
from isthmus.control.failures import FieldProblem, Invalid
from isthmus.control.people import Person
from isthmus.control.provider_choice import choose_provider, make_sure
from isthmus.control.providers import ProviderService
from isthmus.migrate.amazon_q_files import found_among
from isthmus.migrate.amazon_q_lists import Found
from isthmus.migrate.upstreams import AMAZON_Q


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one login."""

    at: str
    """Its place: the file, and where in it."""
    kind: str | None
    """None for what is no account."""
    added: Added


@dataclass(frozen=True, slots=True)
class TokenImport:
    provider: str
    is_new: bool
    """The provider was made for them; in a dry run, would be."""
    taken: Sequence[Taken]


@dataclass(frozen=True, slots=True)
class TokenFiles:
    accounts: AccountService
    providers: ProviderService

    async def take(
        self, person: Person, found: Sequence[Found], provider: str | None = None, *, dry_run: bool = False
    ) -> TokenImport:
        """One answer per login, in order; one that cannot be taken does not hold up the others.

        Without a name they belong to the only provider of their type, which is made when there is none and an account for it.
        Raises `Invalid` and `Conflict`.
        """
        if len(found) > MAX_BATCH:
            raise Invalid(f"there are {len(found)} logins: give at most {MAX_BATCH} at a time")
        choice = await choose_provider(self.providers, AMAZON_Q, provider)
        usable = [(index, each) for index, each in enumerate(found) if each.token is not None]
        if usable and not dry_run:
            await make_sure(self.providers, person, choice)
        added = await self._adder.add(
            [_record(each, choice.name) for _, each in usable],
            now_ms(),
            shape=AccountRecord,
            dry_run=dry_run,
            coming={choice.name: choice.type},
        )
        fates = {index: each for (index, _), each in zip(usable, added, strict=True)}
        places = [index for index, _ in usable]
        taken = [_taken(index, each, fates.get(index), places) for index, each in enumerate(found)]
        if not dry_run:
            told = summary([each.added for each in taken])
            await self.accounts.note(person, "account.import_tokens", "", f"{choice.name}: {told}")
        return TokenImport(choice.name, bool(usable) and not choice.exists, taken)

    async def take_files(
        self,
        person: Person,
        files: Mapping[str, bytes],
        provider: str | None = None,
        *,
        dry_run: bool = False,
    ) -> TokenImport:
        """The same for files by name that were sent here; a text that was typed has an empty name."""
        found = await asyncio.to_thread(found_among, files)
        return await self.take(person, found, provider, dry_run=dry_run)

    @property
    def _adder(self) -> AccountAdder:
        service = self.accounts
        return AccountAdder(service.accounts, service.providers, service.cooldowns, service.configured)


def _record(found: Found, provider: str) -> dict[str, Any]:
    """As an account is written."""
    assert found.token is not None
    return {
        "provider": provider,
        "kind": found.token.kind,
        "credential": found.token.credential,
        "label": found.label,
        "enabled": found.off_reason is None,
        "off_reason": found.off_reason,
        "priority": found.priority,
        "proxy": found.proxy,
        "details": found.token.details,
    }


def _taken(index: int, found: Found, added: Added | None, places: Sequence[int]) -> Taken:
    """`places`: of those that could be used, among all that were found."""
    if added is None:
        problem = FieldProblem("", found.problem)
        return Taken(found.at, None, Added(index, Fate.INVALID, label=found.label or "", problems=(problem,)))
    kind = None if found.token is None else found.token.kind
    same_as = None if added.same_as is None else places[added.same_as]
    return Taken(found.at, kind, replace(added, index=index, same_as=same_as))
