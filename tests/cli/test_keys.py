"""`isthmus keys`, as its users have it."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.processes import Run
from isthmus.cli.app import main
from isthmus.cli.stores import DATABASE_FILE
from isthmus.routing.permissions import key_hash
from isthmus.storage.database import open_database
from isthmus.storage.keys import ApiKey, KeyStore
from isthmus.storage.users import StoredUser, UserStore

SECRET = re.compile(r"sk-isthmus-[A-Za-z0-9_-]{40}")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


class Keys:
    """Runs commands in this process, and reads the database beside them."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.url = f"sqlite+aiosqlite:///{folder / 'isthmus' / DATABASE_FILE}"
        self._capture = capture

    def run(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        assert main(["keys", *arguments]) == code
        return self._capture.readouterr()

    def listed(self, *options: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.run("list", "--json", *options)[0])
        return rows

    def stored(self) -> dict[str, ApiKey]:
        async def load() -> dict[str, ApiKey]:
            database = await open_database(self.url)
            try:
                return await KeyStore(database).load_all()
            finally:
                await database.close()

        return asyncio.run(load())

    def add_user(self, id: str, name: str, *, enabled: bool = True) -> None:
        async def add() -> None:
            database = await open_database(self.url)
            await UserStore(database).add(StoredUser(id, name, "holder", None, enabled, 1, 1))
            await database.close()

        asyncio.run(add())


@pytest.fixture
def keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Keys:
    return Keys(tmp_path, capsys)


def test_the_secret_alone_is_on_standard_output(run: Run) -> None:
    done = run("keys", "create", "laptop")
    assert done.returncode == 0
    secret = done.stdout.strip()
    assert SECRET.fullmatch(secret)
    assert "laptop" in done.stderr
    assert secret not in done.stderr
    quiet = run("keys", "create", "robot", "--quiet")
    assert SECRET.fullmatch(quiet.stdout.strip())
    assert quiet.stderr == ""


def test_a_key_is_made_with_its_terms(keys: Keys) -> None:
    keys.run("list")
    keys.add_user("usr_1", "hugo")
    options = (
        "--expires 2099-01-31 --user hugo --provider openai --provider local --model gpt-5* --ip 10.1.2.3/8 --mcp files:read_* --rpm 1 "
        "--rpd 2 --tpm 3 --tpd 4 --tokens-per-month 5 --concurrency 6 --usd-per-day 0.1 --usd-per-month 2.5 --note hers"
    )
    secret = keys.run("create", "laptop", "-q", *options.split())[0].strip()
    [row] = keys.listed()
    assert row | {"id": "", "created_at": "", "updated_at": "", "today": {}, "this_month": {}} == {
        "id": "",
        "name": "laptop",
        "prefix": secret[:14],
        "state": "active",
        "expires_at": "2099-01-31T00:00:00Z",
        "user_id": "usr_1",
        "providers": ["openai", "local"],
        "models": ["gpt-5*"],
        "ips": ["10.0.0.0/8"],
        "mcp": ["files:read_*"],
        "requests_per_minute": 1,
        "requests_per_day": 2,
        "tokens_per_minute": 3,
        "tokens_per_day": 4,
        "tokens_per_month": 5,
        "max_concurrency": 6,
        "usd_per_day": 0.1,
        "usd_per_month": 2.5,
        "note": "hers",
        "created_at": "",
        "updated_at": "",
        "last_used_at": None,
        "today": {},
        "this_month": {},
    }
    assert list(keys.stored()) == [key_hash(secret)]


def test_a_secret_may_be_brought_along_in_a_file(keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("sk-12345678\n")
    out, err = keys.run("create", "old", "--secret-file", str(file))
    assert out == "sk-12345678\n"
    assert "may be guessed" in err
    assert "has this secret" in keys.run("create", "again", "--secret-file", str(file), code=1)[1]
    assert "No such file" in keys.run("create", "x", "--secret-file", "missing", code=2)[1]


def test_json_has_the_secret_of_a_key_that_was_made(keys: Keys) -> None:
    made = json.loads(keys.run("create", "laptop", "--json")[0])
    rotated = json.loads(keys.run("rotate", "laptop", "--json")[0])
    assert rotated["id"] == made["id"]
    assert list(keys.stored()) == [key_hash(rotated["secret"])] != [key_hash(made["secret"])]


def test_a_key_is_switched_off_on_and_deleted(keys: Keys) -> None:
    keys.run("create", "laptop")
    id = keys.listed()[0]["id"]
    keys.run("revoke", "laptop")
    assert keys.listed()[0]["state"] == "disabled"
    keys.run("enable", id)
    assert keys.listed()[0]["state"] == "active"
    keys.run("delete", "laptop", "--yes")
    assert keys.listed() == []
    assert "see `isthmus keys list`" in keys.run("revoke", "laptop", code=1)[1]


def test_deleting_is_asked_for(keys: Keys, run: Run) -> None:
    keys.run("create", "laptop")
    kept = run("keys", "delete", "laptop", stdin=b"n\n")
    assert (kept.returncode, "with what it used?" in kept.stderr) == (1, True)
    assert len(keys.listed()) == 1
    assert run("keys", "delete", "laptop", stdin=b"y\n").returncode == 0
    assert keys.listed() == []


def test_a_name_that_several_have_is_not_guessed_at(keys: Keys) -> None:
    keys.run("create", "twin")
    keys.run("create", "twin")
    ids = {row["id"] for row in keys.listed()}
    error = keys.run("revoke", "twin", code=1)[1]
    assert all(id in error for id in ids)
    keys.run("revoke", ids.pop())
    assert sorted(row["state"] for row in keys.listed()) == ["active", "disabled"]


def test_a_key_of_somebody_who_is_switched_off_says_so(keys: Keys) -> None:
    keys.run("list")  # makes the database
    keys.add_user("usr_9", "olga", enabled=False)
    made = json.loads(keys.run("create", "hers", "--user", "olga", "--json")[0])
    assert made["state"] == "owner_disabled"
    assert keys.listed()[0]["state"] == "owner_disabled"
    assert json.loads(keys.run("rotate", "hers", "--json")[0])["state"] == "owner_disabled"
    assert "owner disabled" in keys.run("list")[0]


def test_lists_are_for_people_too(keys: Keys) -> None:
    assert "isthmus keys create" in keys.run("list")[1]
    keys.run("create", "laptop", "--rpm", "10")
    assert "10 requests" in keys.run("list")[0]
    assert "This month" in keys.run("usage", "laptop")[0]
    assert json.loads(keys.run("usage", "laptop", "--json")[0]) == []
    assert [row["name"] for row in keys.listed("--text", "LAP")] == ["laptop"]
    assert keys.listed("--text", "not there") == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rpm", "0"], "requests_per_minute: 1 to"),
        (["--usd-per-day", "nan"], "usd_per_day: more than 0"),
        (["--usd-per-day", "inf"], "usd_per_day: more than 0"),
        (["--mcp", "files", "--no-mcp"], "--no-mcp: contradicts --mcp"),
        (["--mcp", ":read"], "mcp.0: name a server, such as `files`"),
        (["--ip", "home"], "ips.0: not an address"),
        (["--user", "nobody"], "no user 'nobody'"),
        (["--expires", "2020-01-01"], "expires_at: is in the past"),
    ],
)
def test_what_cannot_be_kept_is_refused(keys: Keys, options: list[str], said: str) -> None:
    assert said in keys.run("create", "laptop", *options, code=1)[1]
    assert keys.listed() == []
