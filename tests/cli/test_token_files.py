"""`isthmus accounts import --from amazon-q`, as its users have it."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import asgi
from cli.gateways import gateway
from isthmus.cli.app import main
from isthmus.cli.failure import CommandFailed
from isthmus.cli.token_files import find_tokens, import_tokens
from isthmus.control.account_adding import Fate
from isthmus.simulators.amazon_q import Simulator
from migrating import state

TOKEN = {
    "access_token": "made-up-access",
    "refresh_token": "aorAAAAAmade-up-cli",
    "expires_at": "2026-11-21T10:00:00Z",
}
Run = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of somebody who uses Kiro, its command line, and another gateway."""
    home = tmp_path / "home"
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {
        "refreshToken": "aorAAAAAmade-up-ide",
        "clientIdHash": "00ff00ff",
        "authMethod": "IdC",
        "provider": "BuilderId",
    }
    (cache / "kiro-auth-token.json").write_text(json.dumps(token))
    (cache / "00ff00ff.json").write_text('{"clientId": "made-up-client", "clientSecret": "made-up-secret"}')
    with closing(sqlite3.connect(home / "data.sqlite3")) as connection:
        connection.execute("CREATE TABLE auth_kv (key TEXT PRIMARY KEY, value TEXT)")
        connection.execute("INSERT INTO auth_kv VALUES ('kirocli:social:token', ?)", (json.dumps(TOKEN),))
        connection.commit()
    exported = [
        {"label": "one", "refreshToken": "aorAAAAAmade-up-1"},
        {"label": "two", "refreshToken": "****"},
    ]
    (home / "export.json").write_text(json.dumps(exported))
    return home


@pytest.fixture
def run(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs `isthmus accounts import` in this process; what was printed, on both outputs."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "isthmus.json").write_text('{"providers": {"play": {"type": "dummy"}}}')

    def run(*arguments: str | Path, code: int = 0) -> str:
        assert main(["accounts", "import", *map(str, arguments)]) == code, capsys.readouterr()
        out, err = capsys.readouterr()
        assert "made-up" not in out + err
        return out + err

    return run


def stored(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    main(["accounts", "list", "--json"])
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return [row for row in rows if not row["read_only"]]


def test_everything_that_is_pointed_at_is_taken(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(home)
    said = run("--from", "amazon-q", home / ".aws", home / "data.sqlite3", home / "export.json", code=1)
    assert "Provider 'amazon-q' was made for them." in said
    assert "3 added, 1 invalid." in said
    assert "refresh_token is masked" in said
    assert "a refresh ends the token that the other one has" in said
    rows = stored(capsys)
    assert sorted((row["kind"], row["provider"], row["state"]) for row in rows) == [
        ("builder_id", "amazon-q", "healthy"),
        ("social", "amazon-q", "healthy"),
        ("social", "amazon-q", "healthy"),
    ]
    assert state(home) == before, "the sources are only read"
    assert "1 already here." in run("--from", "amazon-q", home / "data.sqlite3")


def test_a_dry_run_says_what_would_become_of_each(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = json.loads(run("--from", "amazon-q", "--dry-run", "--json", home / "data.sqlite3"))
    [item] = answer.pop("items")
    assert answer == {"provider": "amazon-q", "provider_is_new": True, "dry_run": True}
    assert (item["from"], item["kind"], item["result"]) == (str(home / "data.sqlite3"), "social", "added")
    assert "run it again without --dry-run" in run("--from", "amazon-q", "--dry-run", home / "data.sqlite3")
    assert stored(capsys) == []


def test_tokens_come_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("aorAAAAAmade-up-refresh-9\n"))
    assert "-: line 1" in run("--from", "amazon-q", "-")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "amazon-q", "nowhere"], "nowhere does not exist"),
        (["--from", "amazon-q", "empty"], "empty holds no login"),
        (["--from", "amazon-q", "--replace", "list.txt"], "--replace is for exports"),
        (["--from", "somewhere", "list.txt"], "somewhere"),
        (["list.txt", "list.txt"], "go with --from amazon-q alone"),
        (["--provider", "q", "list.txt"], "go with --from amazon-q alone"),
        (["list.txt"], "say --from amazon-q"),
    ],
)
def test_what_cannot_be_done_ends_with_2(tmp_path: Path, run: Run, arguments: list[str], said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.txt").write_text("aorAAAAAmade-up-refresh-1")
    assert said in run(*arguments, code=2)


def test_a_provider_that_takes_none_is_refused(run: Run, home: Path) -> None:
    assert "it is of type 'dummy'" in run(
        "--from", "amazon-q", "--provider", "play", home / "export.json", code=1
    )


def test_each_place_is_named_with_its_path(home: Path) -> None:
    export = home / "export.json"
    assert [each.at for each in find_tokens([export], home)] == [f"{export}: [0]", f"{export}: [1]"]
    (home / "settings.json").write_text('{"theme": "dark"}')
    with pytest.raises(CommandFailed, match="does not exist"):
        find_tokens([export, home / "nowhere"], home)
    (found,) = find_tokens([home / "settings.json"], home)
    assert "holds no login" in found.problem


@pytest.mark.parametrize("with_access", [True, False], ids=["access", "refresh alone"])
async def test_imported_logins_of_every_kind_answer(tmp_path: Path, with_access: bool) -> None:
    """With access of their own, or with nothing but what renews it."""
    kinds = ("builder_id", "idc", "social", "api_key", "external_idp")
    async with Simulator(kinds) as simulator:
        entries = [simulator.entry_of(each) for each in simulator.people.accounts.values()]
        exported = [_exported(each, with_access=with_access) for each in entries]
        (tmp_path / "export.json").write_text(json.dumps({"version": "1", "accounts": exported}))
        providers = {"amazon-q": {"type": "amazon-q", "amazon_q": simulator.settings}}
        config = tmp_path / "isthmus.json"
        config.write_text(json.dumps({"providers": providers, "storage": {"data_dir": str(tmp_path)}}))
        found = find_tokens([tmp_path / "export.json"], tmp_path)
        imported = await import_tokens(config, found, None, dry_run=False)
        assert [(each.kind, each.added.fate) for each in imported.taken] == [
            (kind, Fate.ADDED) for kind in kinds
        ]
        settings = {"providers": providers, "accounts": {"strategy": "round-robin"}}
        async with gateway(tmp_path, settings) as (running, _):
            replies = [
                await asgi.ask(running.live.gateway, "POST", "/v1/messages", _question(number))
                for number in range(len(kinds))
            ]
    assert [each.status for each in replies] == [200] * len(kinds)
    chats = [each for each in simulator.log if each.path.endswith("generateAssistantResponse")]
    assert len({dict(each.headers)["authorization"] for each in chats}) == len(kinds), (
        "each account was asked"
    )


def _exported(entry: dict[str, Any], *, with_access: bool) -> dict[str, Any]:
    """An account as another gateway would write it: in camelCase, its end in milliseconds."""
    members = {**entry["credential"], **entry["details"]}
    ends = members.pop("expires_at", None)
    if with_access and ends:
        members["expires_at"] = int(datetime.fromisoformat(ends).timestamp() * 1000)
    login = {
        re.sub(r"_([a-z])", lambda found: found[1].upper(), name): value for name, value in members.items()
    }
    return {"email": members["email"], "credentials": {**login, "authMethod": entry["kind"]}}


def _question(number: int) -> bytes:
    message = {"role": "user", "content": f"question {number}"}
    return json.dumps({"model": "claude-sonnet-4.5", "max_tokens": 100, "messages": [message]}).encode()
