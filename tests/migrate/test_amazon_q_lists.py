"""Lists of accounts are read in the shapes in which other gateways export them, and what is none says why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.migrate.amazon_q_lists import Found, found_in_login, found_in_rows, found_in_text, found_in_value

ONE, TWO = "aorAAAAAmade-up-refresh-1", "aorAAAAAmade-up-refresh-2"
PAIR = {"clientId": "made-up-client", "clientSecret": "made-up-client-secret"}


def only(value: object) -> Found:
    (found,) = found_in_text(json.dumps(value))
    return found


def refresh_tokens(found: list[Found]) -> list[str | None]:
    return [each.token.credential["refresh_token"].reveal() if each.token else None for each in found]


SHAPES: dict[str, object] = {
    "q2api and claude-api: a list, or a feed of accounts": [
        {"label": "a", **PAIR, "refreshToken": ONE, "accessToken": None, "other": {}, "enabled": True},
        {"label": "b", **PAIR, "refreshToken": TWO, "errorCount": 0},
    ],
    "claude-api: what its feed takes": {"accounts": [{"refresh_token": ONE}, {"refresh_token": TWO}]},
    "kiro.rs": [
        {"refreshToken": ONE, "expiresAt": "2025-12-31T02:32:45.144Z", "authMethod": "social", "priority": 0},
        {"refreshToken": TWO, "authMethod": "idc", **PAIR, "region": "us-east-2", "proxyUrl": "direct"},
    ],
    "Kiro-account-manager": {
        "version": "1.5.0",
        "exportedAt": 1_795_255_200_000,
        "accounts": [
            {"email": "a@example.com", "credentials": {"refreshToken": ONE, "expiresAt": 1_795_255_200_000}},
            {"email": "b@example.com", "credentials": {"refreshToken": TWO, **PAIR, "provider": "BuilderId"}},
        ],
        "groups": [],
        "tags": [],
    },
    "a list of tokens alone": [ONE, TWO],
    "lists within a document": {"data": {"ignored": 1}, "tokens": [{"refreshToken": ONE}, TWO]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_lists(shape: str) -> None:
    value = SHAPES[shape]
    for text in (json.dumps(value), "\ufeff" + json.dumps(value, indent=2)):
        found = found_in_text(text)
        assert refresh_tokens(found) == [ONE, TWO]
        assert len({each.at for each in found}) == 2


def test_a_list_may_have_comments() -> None:
    assert refresh_tokens(found_in_text(f'[ // mine\n "{ONE}", ]')) == [ONE]


def test_json_lines_and_lines() -> None:
    lines = [json.dumps({"refreshToken": ONE}), "", json.dumps({"refreshToken": TWO}), "{broken"]
    found = found_in_text("\n".join(lines))
    assert [each.at for each in found] == ["line 1", "line 3", "line 4"]
    assert refresh_tokens(found) == [ONE, TWO, None]
    found = found_in_text(f"# mine\n{ONE}\r\n\n  {TWO}  \nksk_made-up-key-of-kiro\n")
    assert [(each.at, each.token.kind if each.token else None) for each in found] == [
        ("line 2", "social"),
        ("line 4", "social"),
        ("line 5", "api_key"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("{", "is not JSON"),
        ('[{"refreshToken": "made-up" oops}]', "is not JSON"),
        ("5", "is no refresh token"),
        ("someone@example.com----made-up-word", "holds a name and a password"),
        (f"someone@example.com:made-up-word:{ONE}", "holds a name and a password"),
        ("aor...zzz", "is masked"),
        ("two words that are quite long", "is no refresh token"),
        ("short", "is no refresh token"),
        ("[5]", "is no account"),
        ("{}", "holds no login"),
        ('{"theme": "dark"}', "holds no login"),
        ('{"clientId": "a", "clientSecret": "b"}', "holds no login"),
        ('{"username": "a", "password": "made-up-word"}', "holds a name and a password"),
        ('{"format": "isthmus-accounts", "accounts": []}', None),
        ('{"format": "isthmus-accounts"}', "is an export of this gateway"),
        ('{"type": "json", "path": "/a/b.json"}', "names a token file"),
        ('{"KIRO_OAUTH_CREDS_FILE_PATH": "/a/b.json"}', "names a token file"),
        ('{"refreshToken": "aor...zzz"}', "refresh_token is masked"),
        (json.dumps({"refreshToken": ONE, "clientIdHash": "00ff"}), "needs client_id, client_secret"),
        (json.dumps({"refreshToken": ONE, **PAIR, "clientSecret": "****"}), "client_secret is masked"),
    ],
)
def test_what_is_no_account_says_why_and_shows_nothing(text: str, problem: str | None) -> None:
    found = found_in_text(text)
    if problem is None:
        assert found == []
        return
    assert found[0].token is None
    assert problem in found[0].problem
    assert "made-up" not in found[0].problem


def test_a_word_beside_the_login_is_kept() -> None:
    found = only(
        {
            "email": "one@example.com",
            "nickname": "team\none",
            "refreshToken": ONE,
            "priority": 3,
            "proxyUrl": "socks5://proxy.example.com:1080",
            "proxyUsername": "user a",
            "proxyPassword": "made-up/word",
        }
    )
    assert (found.label, found.priority, found.off_reason) == ("team one", 3, None)
    assert found.proxy is not None
    assert found.proxy.reveal() == "socks5://user%20a:made-up%2Fword@proxy.example.com:1080"
    assert found.token is not None
    assert found.token.details["email"] == "one@example.com"


@pytest.mark.parametrize(
    ("proxy", "kept"),
    [
        ("direct", None),
        ("", None),
        ("127.0.0.1:7890", "http://127.0.0.1:7890"),
        ("http://a:b@h:1", "http://a:b@h:1"),
    ],
)
def test_proxies(proxy: str, kept: str | None) -> None:
    found = only({"refreshToken": ONE, "proxyUrl": proxy}).proxy
    assert (found.reveal() if found else None) == kept


@pytest.mark.parametrize(
    ("members", "is_off"),
    [
        ({}, False),
        ({"enabled": True, "disabled": False, "status": "active"}, False),
        ({"status": "expired"}, False),  # Of the access token, which is renewed.
        ({"enabled": False}, True),
        ({"enabled": 0}, True),
        ({"enabled": "false"}, True),
        ({"disabled": True}, True),
        ({"isDisabled": True}, True),
        ({"status": "banned"}, True),
        ({"status": "Suspended"}, True),
    ],
)
def test_what_was_off_stays_off(members: dict[str, Any], is_off: bool) -> None:
    assert bool(only({"refreshToken": ONE, **members}).off_reason) == is_off


@pytest.mark.parametrize("priority", [True, "1", 1.5, None])
def test_a_priority_that_is_no_number_is_none(priority: object) -> None:
    assert only({"refreshToken": ONE, "priority": priority}).priority == 0


def test_a_client_is_looked_up_where_the_login_has_none() -> None:
    asked: list[str] = []

    def registered(hash: str) -> dict[str, Any]:
        asked.append(hash)
        return PAIR

    entries = [
        {"refreshToken": ONE, "clientIdHash": "00ff"},
        {"refreshToken": TWO, "clientIdHash": "11ee", **PAIR},
    ]
    found = found_in_value(entries, registered)
    assert [each.token.kind for each in found if each.token] == ["builder_id", "builder_id"]
    assert asked == ["00ff"]


def test_rows_and_single_logins() -> None:
    assert [each.at for each in found_in_rows([{"refreshToken": ONE}, {"refreshToken": ""}])] == [
        "row 1",
        "row 2",
    ]
    assert found_in_login({"refreshToken": ONE, "clientIdHash": "x"}, PAIR).token is not None


def test_a_place_is_named_within_its_file() -> None:
    assert Found("[1]").below("a.json").at == "a.json: [1]"
    assert Found("").below("a.json").at == "a.json"


def test_lists_in_lists_come_to_an_end() -> None:
    value: object = [ONE]
    for _ in range(30):
        value = [value]
    assert [each.problem for each in found_in_value(value)] == ["is nested too deeply"]


@given(st.text() | st.text(alphabet='{}[]",:aor-@. \n0', max_size=60))
def test_any_text_is_read_to_its_end(text: str) -> None:
    for each in found_in_text(text):
        assert (each.token is None) == bool(each.problem)
