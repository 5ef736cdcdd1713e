"""What runs here is told from what is there, and where files lie to administrators alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from isthmus.config import Settings
from isthmus.control.about import EXTRAS, AboutService, Inside
from isthmus.control.people import OPERATOR, Person, Role
from isthmus.observability.request_log import QueueState
from isthmus.storage.database import Database

VIEWER = Person("usr_1", "vera", Role.VIEWER)


@pytest.fixture
def service(sqlite: Database, tmp_path: Path) -> AboutService:
    inside = Inside(
        version="9.9",
        started_ms=1_000,
        settings=Settings,
        key_required=lambda: True,
        queue=lambda: QueueState(1, 2, 3, 4, None),
        processes=tuple,
        live_tails=lambda: 5,
        accounts=lambda: 6,
        refused=lambda: {"provider x": "no such vendor"},
    )
    return AboutService(sqlite, tmp_path, inside, lambda: 3_500)


async def test_where_files_lie_is_for_administrators(service: AboutService, tmp_path: Path) -> None:
    assert (await service.read(VIEWER)).data_dir is None
    assert (await service.read(OPERATOR)).data_dir == tmp_path


async def test_it_says_what_the_gateway_and_its_database_say(service: AboutService) -> None:
    about = await service.read(VIEWER)
    assert about.python == ".".join(map(str, sys.version_info[:3]))
    assert (about.version, about.uptime_s, about.live_tails, about.accounts) == ("9.9", 2.5, 5, 6)
    assert (about.engine, about.stock.schema) == ("sqlite", about.newest_schema)
    assert about.refused == {"provider x": "no such vendor"}


async def test_an_extra_is_there_when_its_module_is(
    service: AboutService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXTRAS, "redis", ("isthmus", "here"))
    monkeypatch.setitem(EXTRAS, "mysql", ("no_such_module_anywhere", "not here"))
    found = {each.name: each.installed for each in (await service.read(VIEWER)).extras}
    assert (found["redis"], found["mysql"]) == (True, False)
