"""The gateway under the CLI benchmark is configured as its table says."""

from pathlib import Path

import pytest

from bench.claude_gateway import CROWD, CROWD_PROCESSES, KEPT, NEW, POOLS, READY, Gateway, configuration, key
from bench.client import BadAnswer
from isthmus.config import Settings


def test_each_provider_comes_by_its_processes_in_another_way(tmp_path: Path) -> None:
    settings = Settings.model_validate(configuration(tmp_path, 80, 81, Path("/opt/claude")))
    found = {name: each.claude_code for name, each in settings.providers.items()}
    assert set(found) == set(POOLS)
    assert [found[name].pool.size for name in (NEW, READY, KEPT, CROWD)] == [0, 1, 0, 0]
    assert [name for name in found if found[name].mode == "interactive"] == [KEPT]
    assert found[CROWD].pool.max_processes == CROWD_PROCESSES
    assert {each.cli_path for each in found.values()} == {"/opt/claude"}
    assert {each.base_url for each in settings.providers.values()} == {"http://127.0.0.1:81"}
    assert [each.api_key.reveal() for each in settings.providers.values()] == [key(name) for name in POOLS]


def test_a_provider_without_a_process_has_no_size() -> None:
    # Nobody has a process of this number.
    with pytest.raises(BadAnswer, match="ready has no process"):
        Gateway(2**30, 80).sizes(READY)
