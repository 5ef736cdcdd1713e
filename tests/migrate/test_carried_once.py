"""What a reader finds can be stored as it is; stored again, it is here already."""

from pathlib import Path

import pytest

from isthmus.cli.carry import carry
from isthmus.config.settings import Settings, StorageSettings
from isthmus.control.carrying import Outcome, Result
from isthmus.migrate.programs import PROGRAMS
from migrate.reading import read


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage=StorageSettings(data_dir=str(tmp_path)))


def results(outcomes: list[Outcome]) -> set[Result]:
    return {each.result for each in outcomes}


@pytest.mark.parametrize("program", PROGRAMS)
async def test_everything_is_stored_once(program: str, settings: Settings) -> None:
    haul = read(program, with_logs=True)
    first = await carry(settings, haul, replace=False, dry_run=False)
    assert [each for each in first if each.result is Result.REFUSED] == []
    assert results(first) == {Result.MADE}
    again = await carry(settings, read(program, with_logs=True), replace=False, dry_run=False)
    assert results(again) == {Result.HERE}
    assert [(each.what, each.name) for each in again] == [(each.what, each.name) for each in first]
    assert all(each.secret is None for each in again)
