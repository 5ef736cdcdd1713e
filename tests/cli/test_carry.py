"""A haul is put into the database that the configuration names."""

from dataclasses import replace
from pathlib import Path

import pytest

from isthmus.cli.carry import carry
from isthmus.cli.stores import DATABASE_FILE, open_stores
from isthmus.config import Settings
from isthmus.config.settings import StorageSettings
from isthmus.control.carrying import Result
from isthmus.core.secret import Secret
from isthmus.migrate.haul import Haul, NewAccount, NewBlock, NewKey, NewPrice, NewProvider
from isthmus.migrate.programs import PROGRAMS
from isthmus.storage.accounts import AccountStore
from isthmus.storage.audit import AuditFilter, AuditLog
from isthmus.storage.settings import SettingStore
from migrate.reading import read

ROW = {
    "request_id": "old-1",
    "started_ms": 1,
    "endpoint": "messages",
    "dialect": "anthropic",
    "status": 200,
    "duration_ms": 1,
    "client": "127.0.0.1",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage=StorageSettings(data_dir=str(tmp_path / "data")))


def haul() -> Haul:
    return Haul(
        "litellm",
        providers=[NewProvider("vendor", "openai-compatible", {"base_url": "https://vendor.example/v1"})],
        accounts=[NewAccount("vendor", "api_key", {"api_key": Secret("sk-vendor-key-1")}, "one")],
        keys=[NewKey("team", Secret("sk-client-key-of-a-team"))],
        settings={"default_provider": "vendor"},
        aliases={"fast": "vendor/small"},
        blocks=[NewBlock("192.0.2.0/24")],
        prices=[NewPrice("small", {"input": 1.0, "output": 2.0})],
        log_rows=[ROW],
    )


async def test_a_haul_is_stored_whole_and_once(settings: Settings) -> None:
    first = await carry(settings, haul(), replace=False, dry_run=False)
    kinds = [each.what for each in first]
    assert kinds == ["provider", "account", "key", "setting", "alias", "block", "price", "log"]
    assert [each for each in first if each.result is not Result.MADE] == []
    second = await carry(settings, haul(), replace=False, dry_run=False)
    assert [each for each in second if each.result is not Result.HERE] == []
    async with open_stores(settings) as stores:
        (account,) = await AccountStore(stores.database, stores.vault).load_all()
        assert account.credential["api_key"].reveal() == "sk-vendor-key-1"
        stored = await SettingStore(stores.database).load()
        assert stored == {"default_provider": "vendor", "aliases": {"fast": "vendor/small"}}
        lines = await AuditLog(stores.database).page(AuditFilter(), None, 100)
        assert [line.target for line in lines if line.action == "migrate"] == ["litellm", "litellm"]


async def test_a_dry_run_makes_no_database_and_changes_none(settings: Settings, tmp_path: Path) -> None:
    bad_price = replace(haul(), prices=[NewPrice("small", {"input": 1.0})])
    tried = await carry(settings, bad_price, replace=False, dry_run=True)
    assert [each.what for each in tried if each.result is not Result.MADE] == ["price"]
    assert not (tmp_path / "data" / DATABASE_FILE).exists()
    async with open_stores(settings):
        pass
    outcomes = await carry(settings, haul(), replace=False, dry_run=True)
    assert {each.result for each in outcomes} == {Result.MADE}
    async with open_stores(settings) as stores:
        assert await AccountStore(stores.database, stores.vault).load_all() == []
        assert await SettingStore(stores.database).load() == {}


@pytest.mark.parametrize("program", PROGRAMS)
async def test_every_program_is_carried_whole_and_once(settings: Settings, program: str) -> None:
    first = await carry(settings, read(program, with_logs=True), replace=False, dry_run=False)
    assert first
    assert [each for each in first if each.result is Result.REFUSED] == []
    second = await carry(settings, read(program, with_logs=True), replace=False, dry_run=False)
    assert [each for each in second if each.result is not Result.HERE] == []
    third = await carry(settings, read(program), replace=True, dry_run=False)
    assert {each.result for each in third} <= {Result.REPLACED, Result.HERE}
