"""What the gateways under test are given, and that one so equipped answers, limits and logs."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bench.client import connections
from bench.gateways import (
    BARE,
    EARLIER,
    FULL,
    ROOT,
    Ground,
    NoSuchCommit,
    check_out,
    configuration,
    environment,
    fill_earlier,
    prepare,
)
from bench.process import Cores
from bench.subjects import running, running_upstream
from bench.workload import RAW_CHAT, Plain, render_request

UNPINNED = Cores(None, None, None)


def test_both_providers_point_at_the_simulator() -> None:
    config = configuration(FULL, Path("/somewhere"), 80, 81, stocked=True)
    assert config["server"] == {"host": "127.0.0.1", "port": 80}
    assert config["providers"]["chat"]["base_url"] == "http://127.0.0.1:81/v1"
    assert config["providers"]["claude"]["base_url"] == "http://127.0.0.1:81"


def test_each_gateway_is_configured_as_its_name_says() -> None:
    full, stocked, bare, earlier = (
        configuration(name, Path("/somewhere"), 80, 81, stocked=stocked)
        for name, stocked in ((FULL, True), (EARLIER, True), (BARE, False), (EARLIER, False))
    )
    assert "request_log" not in full  # the default is what operators have
    assert bare["request_log"] == bare["admin"] == {"enabled": False}
    assert full["storage"] == bare["storage"] == {"data_dir": "/somewhere/data"}
    assert stocked == full  # what is compared is the code
    assert "storage" not in earlier  # it would refuse a setting that it does not know


def test_gateway_settings_of_the_caller_do_not_leak_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISTHMUS_LOG__LEVEL", "debug")
    monkeypatch.setenv("KEPT", "yes")
    ground = Ground(tmp_path)
    assert "ISTHMUS_LOG__LEVEL" not in environment(FULL, ground)
    assert environment(FULL, ground)["KEPT"] == "yes"
    # An earlier gateway is not told where its data are: it must not find the user's.
    assert environment(EARLIER, ground)["XDG_DATA_HOME"] == str(tmp_path)
    assert environment(EARLIER, ground)["PYTHONPATH"] == str(tmp_path / "earlier" / "src")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone: there are no earlier commits")
def test_an_earlier_commit_is_checked_out_beside_the_present_one(tmp_path: Path) -> None:
    check_out("HEAD", tmp_path)
    assert (tmp_path / "src" / "isthmus" / "__init__.py").is_file()
    with pytest.raises(NoSuchCommit, match="no-such-commit"):
        check_out("no-such-commit", tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone: there are no earlier commits")
def test_an_earlier_commit_with_accounts_and_keys_starts_from_a_database_of_its_own(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    asyncio.run(prepare(ground, "HEAD"))
    stock = ground.stock_of(EARLIER)
    assert stock is not None
    with sqlite3.connect(stock / "isthmus.db") as stored:
        assert stored.execute("SELECT id FROM api_keys").fetchall() == [("key_bench",)]


def test_an_earlier_commit_without_them_starts_from_nothing(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    (ground.earlier / "src" / "isthmus").mkdir(parents=True)
    (ground.earlier / "src" / "isthmus" / "__init__.py").touch()
    fill_earlier(ground)
    assert ground.stock_of(EARLIER) is None


@pytest.mark.slow
def test_the_full_gateway_answers_for_its_key_and_logs_it(tmp_path: Path) -> None:
    asyncio.run(_ask_once(tmp_path))
    [database] = tmp_path.glob("isthmus-*/data/isthmus.db")
    with sqlite3.connect(database) as stored:
        query = "SELECT key_id, account_id IS NOT NULL, cost_nano_usd > 0, status FROM request_logs"
        assert stored.execute(query).fetchall() == [("key_bench", 1, 1, 200)]


async def _ask_once(folder: Path) -> None:
    await prepare(Ground(folder), None)
    with running_upstream(folder, UNPINNED) as upstream, running(FULL, upstream, folder, UNPINNED) as gateway:
        request = render_request(RAW_CHAT.client, gateway.path(RAW_CHAT), gateway.port, Plain())
        async with connections(gateway.port, 1) as [connection]:
            await connection.ask(request, stream=False)
