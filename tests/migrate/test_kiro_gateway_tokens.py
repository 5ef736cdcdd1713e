"""Every token file gives the account that its owner has."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from isthmus.migrate.kiro_gateway_tokens import Token, region_of, tokens_at
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
    ((_, token),) = tokens_at(path, home or path.parent)
    return token


def shown(token: Token) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in token.credential.items()}


def of_json(tmp_path: Path, **members: Any) -> Token:
    path = tmp_path / "token.json"
    path.write_text(json.dumps({"refreshToken": "made-up-refresh", **members}))
    return only(path)


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
            {"kirocli:odic:token": TOKEN, "kirocli:odic:device-registration": CLIENT},
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
        ({"kirocli:odic:token": json.dumps(TOKEN).encode()}, "builder_id", {"refresh_token", "access_token"}),
    ],
)
def test_a_database_of_the_command_line(
    tmp_path: Path, values: dict[str, Any], kind: str, members: set[str]
) -> None:
    token = only(database(tmp_path, values, ARN))
    assert (token.kind, {*token.credential}) == (kind, members)
    assert token.details["profile_arn"] == ARN
    assert token.details["api_region"] == "eu-central-1"
    assert token.details["auth_region"] == "us-west-2"
    assert token.details["expires_at"] == "2026-11-21T10:00:00.123456Z"


def test_the_first_of_several_tokens_counts(tmp_path: Path) -> None:
    values = {"codewhisperer:odic:token": {**TOKEN, "refresh_token": "older"}, "kirocli:odic:token": TOKEN}
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
def test_a_database_without_a_login_has_none(tmp_path: Path, values: dict[str, Any]) -> None:
    assert tokens_at(database(tmp_path, values), tmp_path) == []


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({}, "social"),
        ({"authMethod": "social"}, "social"),
        ({"clientId": "a", "clientSecret": "b"}, "builder_id"),
        ({"clientId": "a", "clientSecret": "b", "authMethod": "IdC", "provider": "BuilderId"}, "builder_id"),
        ({"clientId": "a", "clientSecret": "b", "provider": "Enterprise"}, "idc"),
        ({"clientId": "a", "clientSecret": "b", "startUrl": "https://x.awsapps.com/start"}, "idc"),
        ({"clientId": "a", "clientSecret": "b", "startUrl": "https://view.awsapps.com/start/"}, "builder_id"),
        ({"clientIdHash": "00ff00ff"}, "builder_id"),
        ({"authMethod": "external_idp", "clientId": "a"}, "external_idp"),
        ({"provider": "ExternalIdp", "clientId": "a"}, "external_idp"),
    ],
)
def test_a_json_file_says_what_kind_it_is(tmp_path: Path, members: dict[str, str], kind: str) -> None:
    assert of_json(tmp_path, **members).kind == kind


def test_an_external_provider_keeps_its_addresses(tmp_path: Path) -> None:
    token = of_json(
        tmp_path,
        authMethod="external_idp",
        clientId="a",
        tokenEndpoint="https://x/t",
        issuerUrl="https://x",
        scopes=["one"],
        audience="y",
        region="eu-west-1",
        profileArn=ARN,
        expiresAt="2026-11-21T18:00:00+08:00",
    )
    assert token.details == {
        "token_endpoint": "https://x/t",
        "issuer_url": "https://x",
        "scopes": ["one"],
        "audience": "y",
        "auth_region": "eu-west-1",
        "api_region": "eu-west-1",
        "profile_arn": ARN,
        "expires_at": "2026-11-21T10:00:00Z",
    }


def test_a_client_is_looked_up_by_its_hash_and_by_nothing_else(tmp_path: Path) -> None:
    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    (cache / "00ff00ff.json").write_text('{"clientId": "a", "clientSecret": "b"}')
    (tmp_path / "secret.json").write_text('{"clientId": "stolen", "clientSecret": "stolen"}')
    assert shown(of_json(tmp_path, clientIdHash="00ff00ff"))["client_id"] == "a"
    assert "client_id" not in shown(of_json(tmp_path, clientIdHash="../../../secret"))


def test_of_a_directory_the_token_files_are_read(tmp_path: Path) -> None:
    of_json(tmp_path)
    database(tmp_path, {"kirocli:social:token": TOKEN})
    (tmp_path / "other.json").write_text('{"theme": "dark"}')
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "notes.txt").write_text("made-up")
    (tmp_path / "below.json").mkdir()
    assert [path.name for path, _ in tokens_at(tmp_path, tmp_path)] == ["data.sqlite3", "token.json"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"refreshToken": "made-up"')
    for path in (tmp_path / "broken.json", tmp_path / "nothing.json"):
        with pytest.raises(Unreadable, match=path.name) as failed:
            tokens_at(path, tmp_path)
        assert "made-up" not in str(failed.value)
    with pytest.raises(Unreadable, match="token file"):
        tokens_at(tmp_path / "nothing.json", tmp_path)


@pytest.mark.parametrize("text", ["yesterday", 5, None, "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_is_left_out(tmp_path: Path, text: object) -> None:
    assert "expires_at" not in of_json(tmp_path, expiresAt=text).details


@pytest.mark.parametrize(
    ("arn", "region"),
    [(ARN, "eu-central-1"), ("arn:aws:x", None), ("", None), ("arn:aws:x::0:profile/y", None)],
)
def test_the_region_of_a_profile(arn: str, region: str | None) -> None:
    assert region_of(arn) == region
