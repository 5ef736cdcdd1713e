"""Keys, settings, blocks and prices of another program, put beside what is here. A second run finds everything done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from dataclasses import replace as with_fields
from typing import Any, Final

from isthmus.config import ConfigError
from isthmus.config.live import value_of, with_changes, with_stored
from isthmus.control.carrying import Outcome, Result
from isthmus.control.failures import OperationFailed
from isthmus.control.ips import IpService
from isthmus.control.key_input import KeyInput, check_secret, checked
from isthmus.control.keys import KeyService
from isthmus.control.people import OPERATOR, Person
from isthmus.control.prices import PriceService
from isthmus.control.prices import checked as checked_price
from isthmus.control.settings import SettingService
from isthmus.migrate.haul import NewBlock, NewKey, NewPrice
from isthmus.routing.ip_rules import read_network
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.storage.key_usage import Used, UsedOnDay
from isthmus.storage.keys import ApiKey

_ALIASES: Final = "aliases"
_TERMS: Final = tuple(each.name for each in fields(KeyTerms))


@dataclass(frozen=True, slots=True)
class KeyCarrier:
    keys: KeyService
    person: Person = OPERATOR

    async def carry_key(self, key: NewKey, *, replace: bool, dry_run: bool) -> Outcome:
        """A key is recognised by its secret, one without by its name. What it used is counted when it is made, and not again."""
        try:
            wanted = checked(_input(key))
            warnings = [] if key.secret is None else check_secret(key.secret)
            here = await self._here(key)
            if here is not None:
                return await self._meet(here, wanted, replace=replace, dry_run=dry_run)
            if dry_run:
                return Outcome("key", key.name, Result.MADE, "; ".join(warnings))
            made = await self.keys.create(self.person, wanted, key.secret)
        except OperationFailed as failure:
            return Outcome("key", key.name, Result.REFUSED, failure.message)
        await self.keys.usage.add(_usage(made.key.id, key))
        shown = made.secret if key.secret is None else None
        return Outcome("key", key.name, Result.MADE, "; ".join(made.warnings), shown)

    async def _here(self, key: NewKey) -> ApiKey | None:
        if key.secret is not None:
            return await self.keys.keys.with_hash(key_hash(key.secret.reveal()))
        return next(iter(await self.keys.keys.named(key.name.strip())), None)

    async def _meet(self, here: ApiKey, wanted: KeyInput, *, replace: bool, dry_run: bool) -> Outcome:
        if not replace:
            return Outcome(
                "key", wanted.name, Result.HERE, "" if here.name == wanted.name else f"as {here.name!r}"
            )
        if not dry_run:
            await self.keys.edit(
                self.person, here.id, lambda written: with_fields(wanted, user_id=written.user_id)
            )
        return Outcome("key", wanted.name, Result.REPLACED)


@dataclass(frozen=True, slots=True)
class SettingCarrier:
    settings: SettingService
    person: Person = OPERATOR

    async def carry_settings(
        self, settings: Mapping[str, Any], *, replace: bool, dry_run: bool
    ) -> list[Outcome]:
        """One that has been changed here already stays, unless `replace`."""
        stored = await self.settings.store.load()
        return [
            await self._one(name, value, stored, replace=replace, dry_run=dry_run)
            for name, value in settings.items()
        ]

    async def carry_aliases(
        self, aliases: Mapping[str, str], *, replace: bool, dry_run: bool
    ) -> list[Outcome]:
        """Beside those in force, which become the stored ones."""
        configured = self.settings.configured
        in_force, _ = with_stored(configured, await self.settings.store.load())
        merged = dict(in_force.aliases)
        outcomes = []
        for name, meant in aliases.items():
            here = merged.get(name)
            if here == meant or (here is not None and not replace):
                text = "" if here == meant else f"stands for {here}"
                outcomes.append(Outcome("alias", name, Result.HERE, text))
                continue
            try:
                with_changes(configured, {_ALIASES: merged | {name: meant}})
            except ConfigError as error:
                outcomes.append(Outcome("alias", name, Result.REFUSED, _said(error)))
                continue
            merged[name] = meant
            outcomes.append(Outcome("alias", name, Result.MADE if here is None else Result.REPLACED, meant))
        if not dry_run and merged != in_force.aliases:
            await self.settings.change(self.person, {_ALIASES: merged})
        return outcomes

    async def _one(
        self, name: str, value: Any, stored: Mapping[str, Any], *, replace: bool, dry_run: bool
    ) -> Outcome:
        # In a dry run the providers of the same haul are not here yet.
        providers = () if dry_run else self.settings.providers()
        try:
            judged = value_of(with_changes(self.settings.configured, {name: value}, providers), name)
            if name in stored and (stored[name] == judged or not replace):
                text = "" if stored[name] == judged else f"has been set to {stored[name]!r} here"
                return Outcome("setting", name, Result.HERE, text)
            if not dry_run:
                await self.settings.change(self.person, {name: judged})
        except ConfigError as error:
            return Outcome("setting", name, Result.REFUSED, _said(error))
        except OperationFailed as failure:
            return Outcome("setting", name, Result.REFUSED, failure.message)
        return Outcome("setting", name, Result.REPLACED if name in stored else Result.MADE, repr(judged))


@dataclass(frozen=True, slots=True)
class BlockCarrier:
    ips: IpService
    person: Person = OPERATOR

    async def carry_blocks(
        self, blocks: Sequence[NewBlock], *, replace: bool, dry_run: bool
    ) -> list[Outcome]:
        """A block is recognised by its network, however that is written."""
        here = {each.network for each in await self.ips.blocks.load(self.ips.now_ms())}
        return [await self._one(each, here, replace=replace, dry_run=dry_run) for each in blocks]

    async def _one(self, new: NewBlock, here: set[str], *, replace: bool, dry_run: bool) -> Outcome:
        try:
            network = str(read_network(new.network))
            if network in here and not replace:
                return Outcome("block", network, Result.HERE)
            if not dry_run:
                await self.ips.block(self.person, network, new.reason)
        except ValueError:
            return Outcome("block", new.network, Result.REFUSED, "not an address or a network")
        except OperationFailed as failure:
            return Outcome("block", new.network, Result.REFUSED, failure.message)
        known = network in here
        here.add(network)
        return Outcome("block", network, Result.REPLACED if known else Result.MADE, new.reason)


@dataclass(frozen=True, slots=True)
class PriceCarrier:
    prices: PriceService
    person: Person = OPERATOR

    async def carry_prices(
        self, prices: Sequence[NewPrice], *, replace: bool, dry_run: bool
    ) -> list[Outcome]:
        """A price is recognised by its pattern. Those that are shipped give way."""
        here = {each.pattern: each.row for each in await self.prices.store.rows()}
        return [await self._one(each, here, replace=replace, dry_run=dry_run) for each in prices]

    async def _one(
        self, new: NewPrice, here: dict[str, Mapping[str, Any]], *, replace: bool, dry_run: bool
    ) -> Outcome:
        try:
            row = checked_price(new.pattern, new.usd_per_million)
            known = here.get(new.pattern)
            if known is not None and (known == row or not replace):
                text = "" if known == row else "another price has been set here"
                return Outcome("price", new.pattern, Result.HERE, text)
            if not dry_run:
                await self.prices.put(self.person, new.pattern, row)
        except OperationFailed as failure:
            return Outcome("price", new.pattern, Result.REFUSED, failure.message)
        here[new.pattern] = row
        return Outcome("price", new.pattern, Result.MADE if known is None else Result.REPLACED)


def _input(key: NewKey) -> KeyInput:
    terms = KeyTerms(**{name: getattr(key, name) for name in _TERMS})
    return KeyInput(name=key.name, enabled=key.enabled, expires_ms=key.expires_ms, note=key.note, terms=terms)


def _usage(id: str, key: NewKey) -> list[UsedOnDay]:
    return [
        UsedOnDay(
            id,
            each.day,
            Used(each.requests, input_tokens=each.input_tokens, output_tokens=each.output_tokens),
        )
        for each in key.used
    ]


def _said(error: ConfigError) -> str:
    return "; ".join(map(str, error.problems))
