"""`isthmus accounts`, as its users have it."""

from __future__ import annotations

import asyncio
import io
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from desk import KEY
from isthmus.cli.app import main
from isthmus.cli.stores import DATABASE_FILE
from simulators.openai_vendor import OpenAIVendor

CONFIG = {
    "providers": {
        "vendor": {"base_url": "http://127.0.0.1:9/v1"},
        "play": {"type": "dummy"},
        "web": {"type": "claude-web"},
    }
}


class Accounts:
    """Runs commands in this process."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """What was printed for scripts and for people; no key is in it unless it was asked for."""
        assert main(["accounts", *map(str, arguments)]) == code, self._capture.readouterr()
        out, err = self._capture.readouterr()
        assert KEY not in out + err or "--with-secrets" in arguments
        return out + err

    def listed(self, *options: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.run("list", "--json", *options))
        return rows

    def stored(self) -> list[dict[str, Any]]:
        return [row for row in self.listed() if not row["read_only"]]

    def file(self, text: str, name: str = "file") -> Path:
        path = self.folder / name
        path.write_text(text)
        return path


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Accounts:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "isthmus.json").write_text(json.dumps(CONFIG))
    return Accounts(tmp_path, capsys)


def test_a_key_comes_from_a_variable_and_is_kept_sealed(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    monkeypatch.setenv("VENDOR_PROXY", "socks5://user:hunter2@proxy:1080")
    options = ["--label", "team", "--weight", "3", "--rpm", "60", "--proxy-env", "VENDOR_PROXY"]
    assert "1 added" in accounts.run("add", "vendor", "--key-env", "VENDOR_KEY", *options)
    assert "1 already here" in accounts.run("add", "vendor", "--key-env", "VENDOR_KEY")
    [row] = accounts.stored()
    assert (row["label"], row["weight"], row["requests_per_minute"]) == ("team", 3, 60)
    assert (row["credential_hint"], row["proxy"], row["state"]) == ("…1234", "socks5://proxy:1080", "healthy")
    written = b"".join(file.read_bytes() for file in (accounts.folder / "isthmus").glob(f"{DATABASE_FILE}*"))
    assert KEY.encode() not in written
    assert b"hunter2" not in written


def test_many_keys_come_from_one_file(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    file = accounts.file(f"{KEY}\n\n  sk-two  \nsk-three…\nsk-two\n")
    said = accounts.run("add", "vendor", "--key-file", file, code=1)
    assert "account 3: credential.api_key:" in said
    assert "2 added, 1 already here, 1 invalid" in said
    monkeypatch.setattr(sys, "stdin", io.StringIO("sk-four\n"))
    assert "1 added" in accounts.run("add", "vendor", "--key-file", "-")
    assert len(accounts.stored()) == 3


def test_a_key_is_asked_for_without_echo(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(prompt: str = "", *_: object, **__: object) -> str:
        asked.append(prompt)
        return KEY

    monkeypatch.setattr("typer._click.termui.hidden_prompt_func", answer)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert "1 added" in accounts.run("add", "vendor")
    assert len(asked) == 1


def test_another_kind_of_credential_comes_from_json(accounts: Accounts) -> None:
    file = accounts.file('{"session_key": "s-1"}')
    said = accounts.run("add", "vendor", "--kind", "session", "--credential-file", file, code=1)
    assert "kind: providers of type 'openai-compatible' take accounts of kind 'api_key'" in said


def test_what_is_no_session_key_is_said_to_be_none(accounts: Accounts) -> None:
    said = accounts.run("add", "web", "--key-file", accounts.file("sk-ant-api03-made-up\nnonsense\n"), code=1)
    assert "is a key of Anthropic's API: add it to a provider of type anthropic" in said
    assert "is no session key: copy the value of the cookie sessionKey" in said
    assert "made-up" not in said and "nonsense" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--key-env", "NOWHERE"], "NOWHERE is not set"),
        (["--key-file", "missing"], "no such file"),
        (["--key-file", "isthmus.json", "--key-env", "HOME"], "give one of"),
        (["--credential-file", "empty"], "holds no JSON object"),
        (["--key-file", "empty"], "holds no key"),
    ],
)
def test_input_that_cannot_be_read_ends_with_2(accounts: Accounts, arguments: list[str], said: str) -> None:
    accounts.file("", "empty")
    assert said in accounts.run("add", "vendor", *arguments, code=2).replace("\n", " ").lower().replace(
        "nowhere is", "NOWHERE is"
    ).replace("json", "JSON")


def test_accounts_are_switched_and_removed_by_id_or_label(accounts: Accounts) -> None:
    assert "give the id" in accounts.run("test", "configuration file", code=1)
    accounts.run("add", "vendor", "--key-file", accounts.file(KEY), "--label", "team")
    [row] = accounts.stored()
    assert "is off" in accounts.run("disable", "team")
    assert accounts.stored()[0]["state"] == "disabled"
    assert "is on" in accounts.run("enable", row["id"])
    assert "free of rests" in accounts.run("clear-cooldown", "team", "config:play")
    assert "no account 'nobody'" in accounts.run("enable", "nobody", code=1)
    assert "change providers.play in the configuration file" in accounts.run("disable", "config:play", code=1)
    assert "is deleted" in accounts.run("remove", "--yes", "team")
    assert accounts.stored() == []


def test_a_table_shows_who_and_how(accounts: Accounts) -> None:
    accounts.run("add", "vendor", "--key-file", accounts.file(KEY), "--label", "[bold]team", "--disabled")
    said = accounts.run("list", "--provider", "vendor")
    assert "[bold]team" in said
    assert "disabled" in said
    assert "configuration file" not in said  # The provider of the file has no key of its own.
    assert "play" not in said
    assert accounts.listed("--state", "disabled")[0]["label"] == "[bold]team"


def test_an_export_is_private_and_comes_in_again(accounts: Accounts) -> None:
    accounts.run("add", "vendor", "--key-file", accounts.file(KEY), "--label", "team", "--weight", "5")
    safe = json.loads(accounts.run("export"))
    assert "credential" not in safe["accounts"][0]
    file = accounts.folder / "accounts.json"
    file.touch(0o644)
    accounts.run("export", "--with-secrets", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert KEY in file.read_text()
    assert "1 already here" in accounts.run("import", file)
    [here] = json.loads(accounts.run("import", "--dry-run", "--json", file))
    assert (here["result"], here["here_as"]) == ("already_here", "team")
    accounts.run("remove", "--yes", "team")
    assert "1 added: nothing was changed" in accounts.run("import", "--dry-run", file)
    assert accounts.stored() == []
    assert json.loads(accounts.run("import", "--json", file))[0]["result"] == "added"
    assert accounts.stored()[0]["weight"] == 5
    changed = json.loads(file.read_text())
    changed["accounts"][0]["weight"] = 7
    assert "1 replaced" in accounts.run("import", "--replace", accounts.file(json.dumps(changed)))
    assert accounts.stored()[0]["weight"] == 7


@pytest.mark.parametrize("text", ["", "{}", '{"format": "other", "accounts": []}', "[]"])
def test_what_is_no_export_ends_with_2(accounts: Accounts, text: str) -> None:
    assert "is no export of accounts" in accounts.run("import", accounts.file(text), code=2)


def test_an_export_that_cannot_be_written_leaves_nothing(accounts: Accounts) -> None:
    accounts.run("export", "--with-secrets", accounts.folder / "nowhere" / "file", code=1)
    assert not list(accounts.folder.glob("**/*.part"))


async def test_a_test_asks_the_upstream_with_each_account(accounts: Accounts) -> None:
    async with OpenAIVendor(keys=[KEY]) as vendor:
        upstream = {"base_url": vendor.base_url, "default_model": "sim-text"}
        config = {"providers": {"vendor": upstream, "play": {"type": "dummy"}}}
        accounts.file(json.dumps(config), "isthmus.json")
        keys = accounts.file(f"{KEY}\nsk-wrong-key-that-is-long\n", "keys")
        await asyncio.to_thread(accounts.run, "add", "vendor", "--key-file", keys)
        text = await asyncio.to_thread(accounts.run, "test", "--json", code=1)
    rows = {(row["provider"], row["label"]): row for row in json.loads(text)}
    assert {who: row["ok"] for who, row in rows.items()} == {
        ("play", "configuration file"): True,
        ("vendor", "vendor …1234"): True,
        ("vendor", "vendor …long"): False,
    }
    assert "401" in rows["vendor", "vendor …long"]["error"]


def test_a_test_prints_a_line_for_each(accounts: Accounts) -> None:
    said = accounts.run("test", "config:play")
    assert said.startswith("ok      play  configuration file (config:play)")
