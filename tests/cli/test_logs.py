"""`isthmus logs`, as its users have it."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from cli.processes import ISTHMUS
from isthmus.cli.app import main
from isthmus.cli.stores import DATABASE_FILE
from isthmus.control.clock import now_ms
from isthmus.observability.log_row import LogRow
from isthmus.storage.database import open_database
from isthmus.storage.keys import ApiKey, KeyStore
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from log_rows import log_row


class Logs:
    """Runs commands in this process, and writes rows beside them as a gateway does."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        (folder / "isthmus").mkdir()
        self.url = f"sqlite+aiosqlite:///{folder / 'isthmus' / DATABASE_FILE}"
        self._capture = capture

    def write(self, rows: Iterable[LogRow], keys: Iterable[ApiKey] = ()) -> None:
        async def write() -> None:
            database = await open_database(self.url)
            await RequestLogs(database, RequestSums(database)).save(list(rows))
            for key in keys:
                await KeyStore(database).add(key)
            await database.close()

        asyncio.run(write())

    def run(self, *arguments: str, code: int = 0) -> str:
        assert main(["logs", *arguments]) == code
        return "".join(self._capture.readouterr())

    def tailed(self, *options: str) -> list[str]:
        lines = self.run("tail", "--json", *options).splitlines()
        return [json.loads(line)["request_id"] for line in lines]


@pytest.fixture
def logs(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Logs:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Logs(tmp_path, capsys)


def test_the_newest_come_last(logs: Logs) -> None:
    logs.write(log_row(number) for number in range(30))
    assert logs.tailed("-n", "3") == ["req_27", "req_28", "req_29"]
    assert len(logs.tailed()) == 20
    assert logs.tailed("-n", "0") == []
    assert "main/claude" in logs.run("tail", "-n", "1")


def test_filters(logs: Logs) -> None:
    key = ApiKey(id="key_1", name="laptop", hash="0" * 64, prefix="sk-", created_ms=1, updated_ms=1)
    rows = [
        log_row(1, status=429, error="rate_limit", error_text="Slow down"),
        log_row(2, key_id="key_1"),
        log_row(3, model_used="gpt", account_id="acc_1", provider="other"),
        log_row(4, duration_ms=9000, first_token_ms=300),
        log_row(5, duration_ms=9000, first_token_ms=8000),
    ]
    logs.write(rows, [key])
    for options, expected in {
        ("--status", "429"): ["req_1"],
        ("--status", "4xx"): ["req_1"],
        ("--failed",): ["req_1"],
        ("--error", "rate_limit"): ["req_1"],
        ("--text", "slow"): ["req_1"],
        ("--key", "laptop"): ["req_2"],
        ("--key", "key_1"): ["req_2"],
        ("--key", "key_gone"): [],
        ("--model", "gpt"): ["req_3"],
        ("--account", "acc_1"): ["req_3"],
        ("--provider", "other"): ["req_3"],
        ("--slower-than", "1.5s"): ["req_4", "req_5"],
        ("--slower-than", "999999m"): [],
        ("--first-token-slower-than", "300ms"): ["req_5"],
    }.items():
        assert logs.tailed(*options) == expected, options


def test_keys_are_shown_by_name_and_deleted_ones_by_id(logs: Logs) -> None:
    key = ApiKey(id="key_1", name="laptop", hash="0" * 64, prefix="sk-", created_ms=1, updated_ms=1)
    logs.write([log_row(1, key_id="key_1"), log_row(2, key_id="key_gone")], [key])
    first, second = logs.run("tail").splitlines()
    assert "key laptop" in first
    assert "key key_gone" in second


@pytest.mark.parametrize("status", ["6xx", "42", "ok", "4291"])
def test_what_is_no_status_is_refused(logs: Logs, status: str) -> None:
    assert "write 429, or 5xx" in logs.run("tail", "--status", status, code=2)


def test_what_is_no_length_is_refused(logs: Logs) -> None:
    assert "write 800ms, 5s" in logs.run("tail", "--slower-than", "5", code=2)


@pytest.mark.slow
def test_following_shows_what_comes(logs: Logs, tmp_path: Path) -> None:
    logs.write([log_row(1)])
    command = [*ISTHMUS, "logs", "tail", "--follow", "--json", "--failed"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as following:
        try:
            assert following.stdout is not None
            until = time.monotonic() + 20
            number = 2
            os.set_blocking(following.stdout.fileno(), False)
            said = b""
            while b"\n" not in said and time.monotonic() < until:
                logs.write([log_row(number), log_row(number + 1, status=500, error="upstream")])
                number += 2
                time.sleep(0.3)
                said += following.stdout.read() or b""
            row = json.loads(said.splitlines()[0])
            assert (row["status"], row["error"]) == (500, "upstream")
        finally:
            following.kill()


def test_statistics(logs: Logs) -> None:
    now = now_ms()
    rows = [log_row(started_ms=now - 1000 - number, model_used=model) for number, model in enumerate("aab")]
    logs.write([*rows, log_row(started_ms=now - 3 * 86_400_000)])
    shown = json.loads(logs.run("stats", "--by", "model", "--json"))
    assert shown["total"]["requests"] == 3
    assert [(each["name"], each["figures"]["requests"]) for each in shown["groups"]] == [("a", 2), ("b", 1)]
    assert json.loads(logs.run("stats", "--since", "7d", "--json"))["total"]["requests"] == 4
    assert "100.0%" in logs.run("stats", "--every", "day")
    assert "62 days" in logs.run("stats", "--since", "20w", "--every", "hour", code=1)
    assert "--since" in logs.run("stats", "--since", "yesterday", code=2)
