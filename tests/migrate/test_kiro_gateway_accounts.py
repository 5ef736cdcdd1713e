"""What is said beside a token, and which logins are complete."""

import json
from pathlib import Path
from typing import Any

import pytest

from isthmus.core.secret import Secret
from isthmus.migrate.amazon_q_tokens import Token
from isthmus.migrate.gathered import Gathered
from isthmus.migrate.haul import Haul
from isthmus.migrate.kiro_gateway_accounts import Accounts, Place, Regions

ARN = "arn:aws:codewhisperer:eu-central-1:000000000000:profile/MADEUPAAAAA"


def added(tmp_path: Path, members: dict[str, Any], regions: Regions | None = None) -> Haul:
    haul = Haul("kiro-gateway")
    (tmp_path / "token.json").write_text(json.dumps(members))
    accounts = Accounts(haul, Gathered(haul, "amazon-q"), Place(tmp_path, tmp_path))
    accounts.of_file("here", "token.json", regions or Regions())
    return haul


@pytest.mark.parametrize(
    ("within", "beside", "auth", "api"),
    [
        ({}, Regions(), "us-east-1", None),
        ({}, Regions(auth_region="eu-west-1"), "eu-west-1", None),
        ({"auth_region": "a", "api_region": "a"}, Regions(auth_region="b"), "a", "a"),
        ({"auth_region": "a", "api_region": "a"}, Regions(api_region="c"), "a", "c"),
        ({"auth_region": "a", "api_region": "a", "profile_arn": ARN}, Regions(), "a", "a"),
        ({"api_region": "a"}, Regions(profile_arn=ARN, api_region="c"), "us-east-1", "c"),
    ],
)
def test_regions(within: dict[str, str], beside: Regions, auth: str, api: str | None) -> None:
    details = beside.of(Token("social", {"refresh_token": Secret("x")}, within)).details
    assert (details["auth_region"], details.get("api_region")) == (auth, api)


@pytest.mark.parametrize(
    ("members", "missing"),
    [
        (
            {"accessToken": "made-up", "expiresAt": 1_795_255_200, "clientId": "a", "clientSecret": "b"},
            "refresh_token",
        ),
        ({"refreshToken": "made-up", "clientIdHash": "00ff00ff"}, "client_id, client_secret"),
        ({"refreshToken": "made-up", "authMethod": "external_idp"}, "client_id, token_endpoint"),
    ],
)
def test_what_a_login_cannot_do_without_is_named(
    tmp_path: Path, members: dict[str, str], missing: str
) -> None:
    haul = added(tmp_path, members)
    assert haul.accounts == []
    assert f"needs {missing}: sign in again" in haul.report.left_out[0].text


def test_a_file_of_no_login_is_said(tmp_path: Path) -> None:
    haul = added(tmp_path, {"theme": "dark"})
    assert (haul.accounts, haul.report.closing) == ([], [])
    assert "holds no login" in haul.report.left_out[0].text


def test_a_region_that_gives_way_is_said(tmp_path: Path) -> None:
    members = {"refreshToken": "made-up-refresh", "region": "eu-west-1"}
    haul = added(tmp_path, members, Regions(auth_region="us-east-1"))
    assert haul.accounts[0].details["auth_region"] == "eu-west-1"
    assert "'us-east-1' becomes 'eu-west-1'" in haul.report.changed[0].text
    assert "sign in anew" in haul.report.closing[0]


@pytest.mark.parametrize(
    ("text", "path"),
    [("~", "/home"), ("~/a/b", "/home/a/b"), ("~\\a\\b", "/home/a/b"), ("a/b", "/here/a/b"), ("/a", "/a")],
)
def test_paths_are_meant_as_the_program_means_them(text: str, path: str) -> None:
    assert Place(Path("/here"), Path("/home")).path_of(text) == Path(path)
