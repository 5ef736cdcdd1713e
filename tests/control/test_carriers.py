"""What another program had is put beside what is here, once; and nothing here is lost that nobody said to replace."""

from dataclasses import replace
from typing import Any

import pytest

from isthmus.config import Settings
from isthmus.control.carriers import BlockCarrier, KeyCarrier, PriceCarrier, SettingCarrier
from isthmus.control.carrying import (
    CarriesBlocks,
    CarriesKeys,
    CarriesPrices,
    CarriesSettings,
    Outcome,
    Result,
)
from isthmus.control.ips import IpService
from isthmus.control.keys import KeyService
from isthmus.control.people import OPERATOR
from isthmus.control.prices import PriceService
from isthmus.control.settings import SettingService
from isthmus.core.secret import Secret
from isthmus.migrate.haul import NewBlock, NewKey, NewPrice
from isthmus.migrate.haul import UsedOnDay as NewUse
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.ips import BlockStore
from isthmus.storage.key_usage import KeyUsageStore
from isthmus.storage.keys import KeyStore
from isthmus.storage.prices import PriceStore
from isthmus.storage.settings import SettingStore

SECRET = Secret("sk-of-the-other-program")
KEY = NewKey(
    "team", SECRET, models=("gpt-5*",), requests_per_minute=5, used=(NewUse("2026-11-20", 3, 10, 20),)
)


@pytest.fixture
def keys(sqlite: Database) -> KeyCarrier:
    return KeyCarrier(KeyService(KeyStore(sqlite), KeyUsageStore(sqlite), AuditLog(sqlite)))


@pytest.fixture
def settings(sqlite: Database) -> SettingCarrier:
    configured = Settings(aliases={"fast": "a/b"})
    return SettingCarrier(
        SettingService(SettingStore(sqlite), AuditLog(sqlite), configured, lambda: ["openai"])
    )


@pytest.fixture
def blocks(sqlite: Database) -> BlockCarrier:
    return BlockCarrier(IpService(BlockStore(sqlite), AuditLog(sqlite)))


@pytest.fixture
def prices(sqlite: Database) -> PriceCarrier:
    return PriceCarrier(PriceService(PriceStore(sqlite), AuditLog(sqlite)))


def results(outcomes: list[Outcome]) -> dict[str, Result]:
    return {each.name: each.result for each in outcomes}


def test_the_carriers_are_what_a_haul_is_given_to(
    keys: CarriesKeys, settings: CarriesSettings, blocks: CarriesBlocks, prices: CarriesPrices
) -> None:
    """For the type checker; that they are there is enough here."""
    assert all((keys, settings, blocks, prices))


async def test_a_key_goes_on_working_and_is_carried_once(keys: KeyCarrier) -> None:
    assert (await keys.carry_key(KEY, replace=False, dry_run=True)).result is Result.MADE
    assert await keys.keys.keys.load_all() == {}
    made = await keys.carry_key(KEY, replace=False, dry_run=False)
    assert (made.result, made.secret) == (Result.MADE, None)
    again = await keys.carry_key(replace(KEY, name="other"), replace=False, dry_run=False)
    assert (again.result, again.text) == (Result.HERE, "as 'team'")
    [key] = (await keys.keys.keys.load_all()).values()
    assert (key.hash, key.terms) == (
        key_hash(SECRET.reveal()),
        KeyTerms(models=("gpt-5*",), requests_per_minute=5),
    )
    [day] = await keys.keys.usage.usage(key.id, "2026-01-01", "2026-12-31")
    assert (day.day, day.used.requests, day.used.tokens) == ("2026-11-20", 3, 30)


async def test_a_replaced_key_takes_the_other_programs_terms_and_counts_its_use_once(
    keys: KeyCarrier,
) -> None:
    await keys.carry_key(KEY, replace=False, dry_run=False)
    narrower = replace(KEY, models=("gpt-5",), enabled=False)
    assert (await keys.carry_key(narrower, replace=True, dry_run=True)).result is Result.REPLACED
    assert (await keys.carry_key(narrower, replace=True, dry_run=False)).result is Result.REPLACED
    [key] = (await keys.keys.keys.load_all()).values()
    assert (key.terms.models, key.enabled) == (("gpt-5",), False)
    [day] = await keys.keys.usage.usage(key.id, "2026-01-01", "2026-12-31")
    assert day.used.requests == 3


async def test_a_key_without_a_secret_is_made_one_once(keys: KeyCarrier) -> None:
    nameless = NewKey(" robot ", None)
    made = await keys.carry_key(nameless, replace=False, dry_run=False)
    assert made.secret is not None
    assert (await keys.carry_key(nameless, replace=False, dry_run=False)).result is Result.HERE
    assert await keys.keys.keys.with_hash(key_hash(made.secret.reveal())) is not None


@pytest.mark.parametrize(
    "key",
    [
        NewKey("short", Secret("sk-1")),
        NewKey("spaces", Secret("sk with spaces")),
        NewKey("nothing", SECRET, models=()),
        NewKey("late", SECRET, expires_ms=1),
        NewKey("", SECRET),
    ],
)
async def test_a_key_that_cannot_be_kept_is_refused_with_the_reason(keys: KeyCarrier, key: NewKey) -> None:
    outcome = await keys.carry_key(key, replace=False, dry_run=False)
    assert outcome.result is Result.REFUSED
    assert outcome.text
    assert key.secret is not None
    assert key.secret.reveal() not in outcome.text
    assert await keys.keys.keys.load_all() == {}


async def test_settings_are_carried_one_by_one(settings: SettingCarrier) -> None:
    await settings.settings.change(OPERATOR, {"auto_cache": False})
    wanted: dict[str, Any] = {
        "request_log.retention_days": 7,
        "auto_cache": True,
        "logging.level": "loud",
        "default_provider": "elsewhere",
        "server.port": 1,
    }
    planned = await settings.carry_settings(wanted, replace=False, dry_run=True)
    assert results(planned)["default_provider"] is Result.MADE  # It may be part of the same haul.
    assert await settings.settings.store.load() == {"auto_cache": False}
    done = await settings.carry_settings(wanted, replace=False, dry_run=False)
    assert results(done) == {
        "request_log.retention_days": Result.MADE,
        "auto_cache": Result.HERE,
        "logging.level": Result.REFUSED,
        "default_provider": Result.REFUSED,
        "server.port": Result.REFUSED,
    }
    assert await settings.settings.store.load() == {"auto_cache": False, "request_log.retention_days": 7}
    again = results(await settings.carry_settings(wanted, replace=True, dry_run=False))
    assert (again["request_log.retention_days"], again["auto_cache"]) == (Result.HERE, Result.REPLACED)
    assert (await settings.settings.store.load())["auto_cache"] is True


async def test_aliases_join_those_in_force(settings: SettingCarrier) -> None:
    wanted = {"fast": "c/d", "slow": "c/d", "x": "y", "y": "x", "self": "self"}
    planned = await settings.carry_aliases(wanted, replace=False, dry_run=True)
    assert await settings.settings.store.load() == {}
    done = await settings.carry_aliases(wanted, replace=False, dry_run=False)
    assert done == planned
    assert results(done) == {
        "fast": Result.HERE,
        "slow": Result.MADE,
        "x": Result.MADE,
        "y": Result.REFUSED,
        "self": Result.REFUSED,
    }
    assert await settings.settings.store.load() == {"aliases": {"fast": "a/b", "slow": "c/d", "x": "y"}}
    again = results(await settings.carry_aliases(wanted, replace=True, dry_run=False))
    assert (again["fast"], again["slow"]) == (Result.REPLACED, Result.HERE)


async def test_blocks_are_recognised_however_they_are_written(blocks: BlockCarrier) -> None:
    wanted = [
        NewBlock("203.0.113.7", "scans"),
        NewBlock("203.0.113.7/32"),
        NewBlock("127.0.0.1"),
        NewBlock("home"),
    ]
    planned = await blocks.carry_blocks(wanted[:1], replace=False, dry_run=True)
    assert (planned[0].result, await blocks.ips.blocks.load(0)) == (Result.MADE, [])
    done = await blocks.carry_blocks(wanted, replace=False, dry_run=False)
    assert [each.result for each in done] == [Result.MADE, Result.HERE, Result.REFUSED, Result.REFUSED]
    [block] = await blocks.ips.blocks.load(0)
    assert (block.network, block.reason) == ("203.0.113.7/32", "scans")
    again = await blocks.carry_blocks([NewBlock("203.0.113.7", "new")], replace=True, dry_run=False)
    assert again[0].result is Result.REPLACED
    assert (await blocks.ips.blocks.load(0))[0].reason == "new"


async def test_prices_are_recognised_by_their_pattern(prices: PriceCarrier) -> None:
    wanted = [NewPrice("m*", {"input": 1, "output": 2}), NewPrice("broken", {"input": -1, "output": 2})]
    planned = await prices.carry_prices(wanted, replace=False, dry_run=True)
    assert await prices.prices.store.rows() == []
    done = await prices.carry_prices(wanted, replace=False, dry_run=False)
    assert results(done) == results(planned) == {"m*": Result.MADE, "broken": Result.REFUSED}
    dearer = [NewPrice("m*", {"input": 2, "output": 2})]
    assert results(await prices.carry_prices(dearer, replace=False, dry_run=False)) == {"m*": Result.HERE}
    assert results(await prices.carry_prices(dearer, replace=True, dry_run=False)) == {"m*": Result.REPLACED}
    assert results(await prices.carry_prices(dearer, replace=True, dry_run=False)) == {"m*": Result.HERE}
    [row] = await prices.prices.store.rows()
    assert row.row == {"input": 2, "output": 2}
