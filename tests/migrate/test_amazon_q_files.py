"""Token files, databases and directories are found and read, and stay as they are."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from isthmus.migrate.amazon_q_files import found_among, found_at
from isthmus.migrate.amazon_q_lists import Found
from isthmus.migrate.amazon_q_tokens import Token
from isthmus.migrate.source import Unreadable
from migrating import state

ARN = "arn:aws:codewhisperer:eu-central-1:000000000000:profile/MADEUPAAAAA"
CLIENT = {"client_id": "made-up-client", "client_secret": "made-up-secret", "region": "eu-west-1"}
TOKEN = {
    "access_token": "made-up-access",
    "refresh_token": "made-up-refresh",
    "expires_at": "2026-11-21T10:00:00.123456789Z",
    "region": "us-west-2",
}


def database(folder: Path, values: dict[str, Any], arn: str | None = None) -> Path:
    path = folder / "data.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE auth_kv (key TEXT PRIMARY KEY, value TEXT)")
        stored = [
            (key, value if isinstance(value, str | bytes) else json.dumps(value))
            for key, value in values.items()
        ]
        connection.executemany("INSERT INTO auth_kv VALUES (?, ?)", stored)
        if arn:
            connection.execute("CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB)")
            profile = json.dumps({"arn": arn}).encode()
            connection.execute("INSERT INTO state VALUES ('api.codewhisperer.profile', ?)", (profile,))
    return path


def only(path: Path, home: Path | None = None) -> Token:
    (found,) = found_at(path, home or path.parent)
    assert found.token is not None
    return found.token


def shown(token: Token) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in token.credential.items()}


def json_file(tmp_path: Path, **members: Any) -> Path:
    path = tmp_path / "token.json"
    path.write_text(json.dumps({"refreshToken": "made-up-refresh", **members}))
    return path


def of_json(tmp_path: Path, **members: Any) -> Token:
    return only(json_file(tmp_path, **members))


@pytest.mark.parametrize(
    ("values", "kind", "members"),
    [
        ({"kirocli:social:token": TOKEN}, "social", {"refresh_token", "access_token"}),
        (
            {"kirocli:social:token": TOKEN, "kirocli:odic:device-registration": CLIENT},
            "social",
            {"refresh_token", "access_token"},
        ),
        (
            {
                "kirocli:odic:token": {**TOKEN, "region": "us-east-1"},
                "kirocli:odic:device-registration": CLIENT,
            },
            "builder_id",
            {"refresh_token", "access_token", "client_id", "client_secret"},
        ),
        (
            {
                "codewhisperer:odic:token": {**TOKEN, "start_url": "https://made-up.awsapps.com/start"},
                "codewhisperer:odic:device-registration": CLIENT,
            },
            "idc",
            {"refresh_token", "access_token", "client_id", "client_secret"},
        ),
        (
            {
                "kirocli:social:token": TOKEN,
                "kirocli:external-idp:token": {
                    **TOKEN,
                    "client_id": "theirs",
                    "token_endpoint": "https://x/t",
                },
                "kirocli:odic:device-registration": CLIENT,
            },
            "external_idp",
            {"refresh_token", "access_token", "client_id"},
        ),
        (
            {
                "kirocli:odic:token": json.dumps(TOKEN).encode(),
                "kirocli:odic:device-registration": json.dumps(CLIENT).encode(),
            },
            "idc",
            {"refresh_token", "access_token", "client_id", "client_secret"},
        ),
    ],
)
def test_a_database_of_the_command_line(
    tmp_path: Path, values: dict[str, Any], kind: str, members: set[str]
) -> None:
    token = only(database(tmp_path, values, ARN))
    assert (token.kind, {*token.credential}) == (kind, members)
    assert token.details["profile_arn"] == ARN
    assert "api_region" not in token.details
    assert token.details["auth_region"] in ("us-west-2", "us-east-1")
    assert token.details["expires_at"] == "2026-11-21T10:00:00.123456Z"


def test_the_first_of_several_tokens_counts(tmp_path: Path) -> None:
    older = {**TOKEN, "refresh_token": "older"}
    values = {"codewhisperer:odic:token": older, "kirocli:social:token": TOKEN}
    assert shown(only(database(tmp_path, values)))["refresh_token"] == "made-up-refresh"


def test_a_database_in_use_is_left_alone(tmp_path: Path) -> None:
    path = database(tmp_path, {})
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("INSERT INTO auth_kv VALUES ('kirocli:social:token', ?)", (json.dumps(TOKEN),))
        writer.execute("BEGIN IMMEDIATE")
        before = state(tmp_path)
        assert only(path).kind == "social"
        assert state(tmp_path) == before
        writer.execute("ROLLBACK")


@pytest.mark.parametrize("values", [{}, {"kirocli:odic:token": "no json"}, {"kirocli:odic:token": "[]"}])
def test_a_database_without_a_login_says_so(tmp_path: Path, values: dict[str, Any]) -> None:
    (found,) = found_at(database(tmp_path, values), tmp_path)
    assert found.is_nothing
    assert "without a login" in found.problem


def test_a_client_is_looked_up_by_its_hash_and_by_nothing_else(tmp_path: Path) -> None:
    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    (cache / "00ff00ff.json").write_text('{"clientId": "a", "clientSecret": "b"}')
    (tmp_path / "secret.json").write_text('{"clientId": "stolen", "clientSecret": "stolen"}')
    assert shown(of_json(tmp_path, clientIdHash="00ff00ff"))["client_id"] == "a"
    (found,) = found_at(json_file(tmp_path, clientIdHash="../../../secret"), tmp_path)
    assert found.token is None
    assert "needs client_id" in found.problem


def test_a_client_beside_its_token_counts_first(tmp_path: Path) -> None:
    (tmp_path / "00ff00ff.json").write_text('{"clientId": "a", "clientSecret": "b"}')
    assert shown(only(json_file(tmp_path, clientIdHash="00ff00ff"), tmp_path / "home"))["client_id"] == "a"


def test_of_a_directory_the_token_files_are_read(tmp_path: Path) -> None:
    json_file(tmp_path)
    database(tmp_path, {"kirocli:social:token": TOKEN})
    below = tmp_path / "1700000000_kiro-auth-token"
    below.mkdir()
    (below / "list.json").write_text(
        json.dumps([{"refreshToken": "made-up-1"}, {"refreshToken": "made-up-2"}])
    )
    (tmp_path / "other.json").write_text('{"theme": "dark"}')
    (tmp_path / "00ff00ff.json").write_text('{"clientId": "a", "clientSecret": "b"}')
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "notes.txt").write_text("aorAAAAAmade-up-refresh-9")
    (tmp_path / "again").symlink_to(tmp_path)
    found = found_at(tmp_path, tmp_path)
    assert [(each.at, each.token is not None) for each in found] == [
        (f"{below.name}/list.json: [0]", True),
        (f"{below.name}/list.json: [1]", True),
        ("broken.json", False),
        ("data.sqlite3", True),
        ("token.json", True),
    ]


def test_a_table_of_accounts_is_a_list(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE accounts (id TEXT, label TEXT, refreshToken TEXT, other BLOB, enabled INTEGER)"
        )
        rows = [("1", "a", "aorAAAAAmade-up-1", b"{}", 1), ("2", b"b", "aorAAAAAmade-up-2", None, 0)]
        connection.executemany("INSERT INTO accounts VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
    assert [(each.label, bool(each.off_reason)) for each in found_at(path, tmp_path)] == [
        ("a", False),
        ("b", True),
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes(b'{"refreshToken": "made-up-\xe9"}')
    for path in (tmp_path / "latin.json", tmp_path / "nothing.json"):
        with pytest.raises(Unreadable, match=path.name) as failed:
            found_at(path, tmp_path)
        assert "made-up" not in str(failed.value)
    (tmp_path / "torn.sqlite").write_bytes(b"SQLite format 3\x00 and no more")
    with pytest.raises(Unreadable, match="not a whole SQLite database"):
        found_at(tmp_path / "torn.sqlite", tmp_path)


def test_files_that_were_sent_are_read_alike(tmp_path: Path) -> None:
    stored = database(tmp_path, {"kirocli:social:token": TOKEN})
    with closing(sqlite3.connect(stored)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    token = {"refreshToken": "aorAAAAAmade-up-refresh-1", "clientIdHash": "00ff00ff"}
    found = found_among(
        {
            "data.sqlite3": stored.read_bytes(),
            "token.json": b"\xef\xbb\xbf" + json.dumps(token).encode(),
            "cache/00ff00ff.json": b'{"clientId": "a", "clientSecret": "b"}',
            "torn.sqlite": b"SQLite format 3\x00 and no more",
            "picture.png": b"\x89PNG",
        }
    )
    assert [(each.at, each.token.kind if each.token else None) for each in found] == [
        ("data.sqlite3", "social"),
        ("token.json", "builder_id"),
        ("torn.sqlite", None),
        ("picture.png", None),
    ]
    assert_says(found[2:], "not a whole SQLite database", "neither UTF-8 text")


def assert_says(found: list[Found], *problems: str) -> None:
    assert all(said in each.problem for each, said in zip(found, problems, strict=True))
