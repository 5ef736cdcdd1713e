"""`isthmus login`, as its users have it, against the simulator."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import pytest

from cli.processes import ISTHMUS
from isthmus.cli.app import main
from isthmus.simulators.amazon_q.sign_ins import Said
from isthmus.simulators.amazon_q.simulator import Simulator

START_URL = "https://d-1234567890.awsapps.com/start"


class Town:
    """The simulator in a thread of its own, with a person who answers every code as soon as it is shown."""

    def __init__(self) -> None:
        self.simulator = Simulator()
        self.answer: Callable[[str], object] | None = self.simulator.approve
        self._ready, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()))

    async def _live(self) -> None:
        async with self.simulator:
            self._ready.set()
            while not self._over.is_set():
                for each in self.simulator.sign_ins.by_device.values():
                    if self.answer is not None and each.said is Said.NOTHING:
                        self.answer(each.user_code)
                await asyncio.sleep(0.02)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


class Login:
    """Runs commands in this process, in an otherwise empty folder."""

    def __init__(self, town: Town, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.town = town
        self.folder = folder
        self._capture = capture

    def run(self, *arguments: str, code: int = 0) -> str:
        assert main(["login", *arguments]) == code, self._capture.readouterr()
        out, err = self._capture.readouterr()
        for secret in ("aoa-sim-", "aor-sim-", "client-secret-", "device-"):
            assert secret not in out + err
        return out + err

    def accounts(self) -> list[dict[str, Any]]:
        assert main(["accounts", "list", "--json"]) == 0
        rows: list[dict[str, Any]] = json.loads(self._capture.readouterr().out)
        return [each for each in rows if not each["read_only"]]


@pytest.fixture
def town() -> Iterator[Town]:
    with Town() as town:
        yield town


@pytest.fixture
def login(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Login:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    provider = {"type": "amazon-q", "amazon_q": town.simulator.settings}
    (tmp_path / "isthmus.json").write_text(json.dumps({"providers": {"amazon-q": provider}}))
    return Login(town, tmp_path, capsys)


def test_a_person_agrees_and_the_account_is_there(login: Login) -> None:
    said = login.run("amazon-q", "--label", "mine")
    assert "internal use" in said and "never been tried against the live service" in said
    assert f"{login.town.simulator.page_url}?user_code=" in said
    assert "code: " in said and "Waiting for you" in said
    [row] = login.accounts()
    assert (row["provider"], row["kind"], row["label"]) == ("amazon-q", "builder_id", "mine")
    assert f"mine ({row['id']}) is signed in" in said


def test_an_organisation_is_meant_where_its_start_url_is_given(login: Login) -> None:
    login.run("amazon-q", "--start-url", START_URL, "--region", "us-east-1")
    [row] = login.accounts()
    assert (row["kind"], row["label"]) == ("idc", "person@example.com")
    assert row["details"]["start_url"] == START_URL
    assert row["details"]["profile_arn"]


def test_a_person_says_no(login: Login) -> None:
    login.town.answer = login.town.simulator.deny
    assert "was denied: nothing was added" in login.run("amazon-q", code=1)
    assert login.accounts() == []


def test_trouble_of_the_service_does_not_end_it(login: Login) -> None:
    login.town.simulator.tokens.coming.append("server_error")
    said = login.run("amazon-q")
    assert "Still trying: signing in" in said and "server_error" in said
    assert len(login.accounts()) == 1


def with_profiles(town: Town) -> str:
    owner = town.simulator.add_account("idc", email="person@example.com")
    owner.more_profiles = ("arn:aws:codewhisperer:us-east-1:000000000000:profile/SECONDPROFILE",)
    return owner.more_profiles[0]


def test_profiles_are_listed_where_nobody_is_there_to_choose(login: Login) -> None:
    second = with_profiles(login.town)
    said = login.run("amazon-q", "--start-url", START_URL, code=1)
    assert "--profile-arn" in said and second in said
    assert login.accounts() == []
    login.run("amazon-q", "--start-url", START_URL, "--profile-arn", second)
    assert [row["details"]["profile_arn"] for row in login.accounts()] == [second]


def test_an_account_signs_in_again(login: Login) -> None:
    login.run("amazon-q", "--label", "mine")
    [before] = login.accounts()
    main(["accounts", "disable", "mine"])
    login.run("amazon-q", "--account", "mine")
    [after] = login.accounts()
    assert (after["id"], after["state"]) == (before["id"], "healthy")
    assert after["credential_hint"] != before["credential_hint"]
    assert "no account 'hers'" in login.run("amazon-q", "--account", "hers", code=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "'nobody' is neither"),
        (["amazon-q", "--method", "password"], "choose one of builder_id, idc"),
        (["amazon-q", "--method", "idc"], "(--start-url)"),
        (["amazon-q", "--provider", "other"], "'other'"),
        (["amazon-q", "--start-url", "http://x"], "https://"),
        (["amazon-q", "--label", "x" * 201], "label"),
    ],
)
def test_what_cannot_begin_says_why(login: Login, arguments: list[str], said: str) -> None:
    login.town.answer = None
    assert said in login.run(*arguments, code=1)


def test_alone_it_lists_the_ways(login: Login) -> None:
    said = login.run()
    for word in ("amazon-q", "builder_id", "idc", "start_url, [auth_region]"):
        assert word in said
    assert "social" not in said


def started(login: Login, *arguments: str, terminal: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*ISTHMUS, "login", "amazon-q", "--no-browser", *arguments],
        cwd=login.folder,
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if terminal is None else terminal,
        env=os.environ | {"XDG_DATA_HOME": str(login.folder)},
    )


def test_giving_up_leaves_nothing_behind(login: Login) -> None:
    login.town.answer = None
    process = started(login)
    assert process.stderr is not None
    said = b""
    while b"Waiting for you" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=100)
    assert process.returncode == 130
    assert login.accounts() == []
    database = next((login.folder / "isthmus").glob("*.db"))
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM logins").fetchone() == (0,)


def test_somebody_at_a_terminal_is_asked_for_the_profile(login: Login) -> None:
    second = with_profiles(login.town)
    ours, theirs = pty.openpty()
    try:
        process = started(login, "--start-url", START_URL, terminal=theirs)
        said = b""
        while b"Profile" not in said.rpartition(b"SECONDPROFILE")[2]:
            said += os.read(ours, 4096)
        os.write(ours, b"3\n2\n")
        assert process.wait(30) == 0, said
    finally:
        os.close(ours)
        os.close(theirs)
    assert [row["details"]["profile_arn"] for row in login.accounts()] == [second]
