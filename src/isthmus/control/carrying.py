"""What another program had, put into the store. A second run finds everything here already."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from isthmus.control.account_adding import AccountAdder, Added, Fate
from isthmus.control.account_input import AccountRecord, check
from isthmus.control.clock import now_ms
from isthmus.control.failures import FieldProblem, OperationFailed
from isthmus.control.providers import ProviderInput, ProviderService
from isthmus.core.secret import Secret
from isthmus.migrate.haul import Haul, NewAccount, NewBlock, NewKey, NewPrice, NewProvider
from isthmus.storage.providers import StoredProvider


class Result(StrEnum):
    MADE = "made"
    HERE = "already here"
    REPLACED = "replaced"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one thing of a haul; in a dry run, what would become of it."""

    what: str
    """`provider`, `account`, `key`, `setting`, `alias`, `block`, `price` or `log`."""
    name: str
    result: Result
    text: str = ""
    """Why it was refused and the way out, or what else there is to know."""
    secret: Secret | None = None
    """Of a key that had to be made: shown once, now."""


class CarriesKeys(Protocol):
    async def carry_key(self, key: NewKey, *, replace: bool, dry_run: bool) -> Outcome:
        """A key is recognised by its secret's hash, one without a secret by its name."""


class CarriesSettings(Protocol):
    async def carry_settings(
        self, settings: Mapping[str, Any], *, replace: bool, dry_run: bool
    ) -> Sequence[Outcome]:
        """Run-time settings by dotted name. One that has been changed here already stays, unless `replace`."""

    async def carry_aliases(
        self, aliases: Mapping[str, str], *, replace: bool, dry_run: bool
    ) -> Sequence[Outcome]: ...


class CarriesBlocks(Protocol):
    async def carry_blocks(
        self, blocks: Sequence[NewBlock], *, replace: bool, dry_run: bool
    ) -> Sequence[Outcome]: ...


class CarriesPrices(Protocol):
    async def carry_prices(
        self, prices: Sequence[NewPrice], *, replace: bool, dry_run: bool
    ) -> Sequence[Outcome]: ...


class CarriesLogs(Protocol):
    async def carry_log_rows(self, rows: Iterable[Mapping[str, Any]], *, dry_run: bool) -> Outcome:
        """Rows by column name of `request_logs`, read while they are stored. Those that are here already are left out."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Puts hauls into the store. Providers come first, so that everything else finds them."""

    providers: ProviderService
    accounts: AccountAdder
    keys: CarriesKeys
    settings: CarriesSettings
    blocks: CarriesBlocks
    prices: CarriesPrices
    logs: CarriesLogs

    async def carry(self, haul: Haul, *, replace: bool = False, dry_run: bool = False) -> list[Outcome]:
        """One outcome per thing, in the order of the haul. What is refused does not hold up the rest.

        `replace` overwrites what is here already; `dry_run` changes nothing.
        """
        made = [await self._provider(each, replace=replace, dry_run=dry_run) for each in haul.providers]
        accounts = await self._accounts(haul, _there(haul, made), replace=replace, dry_run=dry_run)
        keys = [await self.keys.carry_key(each, replace=replace, dry_run=dry_run) for each in haul.keys]
        done = [*made, *accounts, *keys]
        done += await self.settings.carry_settings(haul.settings, replace=replace, dry_run=dry_run)
        done += await self.settings.carry_aliases(haul.aliases, replace=replace, dry_run=dry_run)
        done += await self.blocks.carry_blocks(haul.blocks, replace=replace, dry_run=dry_run)
        done += await self.prices.carry_prices(haul.prices, replace=replace, dry_run=dry_run)
        if haul.log_rows:
            done.append(await self.logs.carry_log_rows(haul.log_rows, dry_run=dry_run))
        return done

    async def _provider(self, new: NewProvider, *, replace: bool, dry_run: bool) -> Outcome:
        written = {"name": new.name, "type": new.type, "enabled": new.enabled, "settings": new.settings}
        checked = check(ProviderInput, written)
        if isinstance(checked, tuple):
            return _refused("provider", new.name, checked)
        if new.name in self.providers.configured():
            return Outcome("provider", new.name, Result.HERE, "declared in the configuration file")
        try:
            provider = self.providers.checked(checked)
        except OperationFailed as failure:
            return _refused("provider", new.name, failure.fields, failure.message)
        return await self._store(provider, new.reason or "", replace=replace, dry_run=dry_run)

    async def _store(self, provider: StoredProvider, text: str, *, replace: bool, dry_run: bool) -> Outcome:
        store = self.providers.providers
        is_here = await store.find(provider.name) is not None
        if not is_here:
            if not dry_run:
                await store.add(provider)
            return Outcome("provider", provider.name, Result.MADE, text)
        if not replace:
            return Outcome("provider", provider.name, Result.HERE, text)
        if not dry_run:
            await store.change(
                provider.name, lambda old: dataclasses.replace(provider, created_ms=old.created_ms)
            )
        return Outcome("provider", provider.name, Result.REPLACED, text)

    async def _accounts(
        self, haul: Haul, coming: Mapping[str, str], *, replace: bool, dry_run: bool
    ) -> list[Outcome]:
        added = await self.accounts.add(
            [_written(each) for each in haul.accounts],
            now_ms(),
            shape=AccountRecord,
            overwrite=replace,
            dry_run=dry_run,
            coming=coming,
        )
        return [_outcome(each, haul.accounts[each.index]) for each in added]


_RESULTS: Final = {Fate.ADDED: Result.MADE, Fate.HERE: Result.HERE, Fate.REPLACED: Result.REPLACED}


def _there(haul: Haul, outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Name → type of the providers that will be there; in a dry run they are not yet."""
    pairs = zip(haul.providers, outcomes, strict=True)
    return {each.name: each.type for each, outcome in pairs if outcome.result is not Result.REFUSED}


def _written(new: NewAccount) -> dict[str, object]:
    """In the shape in which accounts are checked."""
    return {each.name: getattr(new, each.name) for each in dataclasses.fields(new)}


def _outcome(added: Added, new: NewAccount) -> Outcome:
    name = f"{new.provider}: {new.label}"
    if added.fate is Fate.INVALID:
        return _refused("account", name, added.problems)
    return Outcome("account", name, _RESULTS[added.fate], new.off_reason or "")


def _refused(what: str, name: str, problems: Sequence[FieldProblem], otherwise: str = "") -> Outcome:
    said = "; ".join(f"{each.field}: {each.message}" for each in problems)
    return Outcome(what, name, Result.REFUSED, said or otherwise)
