"""What the configuration says about storage is what is opened."""

import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from isthmus.cli.failure import CommandFailed
from isthmus.cli.stores import open_stores
from isthmus.config import Settings, StorageSettings
from isthmus.storage.schema import settings as settings_table


def configured(**storage: Any) -> Settings:
    return Settings(storage=StorageSettings(**storage))


async def test_by_default_all_is_in_the_data_directory(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with open_stores(configured(data_dir=str(data_dir))) as stores:
        assert stores.data_dir == data_dir
        assert stores.database.engine == "sqlite"
        async with stores.database.read() as connection:
            assert (await connection.execute(select(settings_table))).all() == []
        sealed = stores.vault.seal("secret")
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert {file.name for file in data_dir.iterdir()} >= {"isthmus.db", "secret.key"}
    async with open_stores(configured(data_dir=str(data_dir))) as again:
        assert again.vault.open(sealed) == "secret"


async def test_a_configured_key_and_database_need_no_data_directory(tmp_path: Path) -> None:
    settings = configured(
        data_dir=str(tmp_path / "data"),
        url=f"sqlite:///{tmp_path / 'other.db'}",
        secret_key="a key of sixteen characters",
    )
    async with open_stores(settings) as stores:
        assert stores.database.engine == "sqlite"
    assert (tmp_path / "other.db").exists()
    assert not (tmp_path / "data").exists()


async def test_a_key_that_is_too_short_fails_the_command(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"storage\.secret_key: key 1 of 1 has 5 characters"):
        async with open_stores(configured(data_dir=str(tmp_path), secret_key="short")):
            raise AssertionError


async def test_another_key_than_before_fails_the_command(tmp_path: Path) -> None:
    async with open_stores(configured(data_dir=str(tmp_path))):
        pass
    (tmp_path / "secret.key").unlink()
    with pytest.raises(CommandFailed, match=r"isthmus\.db was sealed with another secret key"):
        async with open_stores(configured(data_dir=str(tmp_path))):
            raise AssertionError
