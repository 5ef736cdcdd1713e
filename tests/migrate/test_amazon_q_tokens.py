"""A login gives the account that its owner has, however it is spelled."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.secret import Secret
from isthmus.migrate.amazon_q_tokens import (
    Token,
    missing_in,
    moment_of,
    region_of,
    text_in,
    token_of,
    value_in,
)

ARN = "arn:aws:codewhisperer:eu-central-1:000000000000:profile/MADEUPAAAAA"
PAIR = {"clientId": "a", "clientSecret": "b"}
END = {"accessToken": "made-up-access", "expiresAt": "2026-11-21T10:00:00.123456789Z"}


def token(**members: Any) -> Token:
    found = token_of({"refreshToken": "made-up-refresh", **members})
    assert found is not None
    return found


def shown(token: Token) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in token.credential.items()}


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


KINDS: list[tuple[dict[str, Any], str]] = [
    ({}, "social"),
    ({"authMethod": "social"}, "social"),
    ({**PAIR, "authMethod": "Social"}, "social"),
    ({"clientId": "social-made-up", "clientSecret": "social-token"}, "social"),
    (PAIR, "builder_id"),
    ({**PAIR, "authMethod": "IdC", "provider": "BuilderId", "region": "eu-west-1"}, "builder_id"),
    ({**PAIR, "authMethod": "builder-id", "region": "us-east-1"}, "builder_id"),
    ({**PAIR, "startUrl": "https://view.awsapps.com/start/", "region": "us-west-2"}, "builder_id"),
    ({"clientIdHash": "00ff00ff"}, "builder_id"),
    ({"authMethod": "idc"}, "builder_id"),
    ({**PAIR, "provider": "Enterprise"}, "idc"),
    ({**PAIR, "idp": "AWSIdC"}, "idc"),
    ({**PAIR, "startUrl": "https://x.awsapps.com/start"}, "idc"),
    ({**PAIR, "authMethod": "idc", "region": "us-east-2"}, "idc"),
    ({"authMethod": "external_idp", "clientId": "a"}, "external_idp"),
    ({"authMethod": "azuread", "clientId": "a"}, "external_idp"),
    ({"provider": "ExternalIdp", "clientId": "a"}, "external_idp"),
    ({"kiroApiKey": "ksk_made-up", "authMethod": "api_key"}, "api_key"),
    ({"refreshToken": "ksk_made-up"}, "api_key"),
]


@pytest.mark.parametrize(("members", "kind"), KINDS)
def test_a_login_says_what_kind_it_is_in_either_spelling(members: dict[str, Any], kind: str) -> None:
    assert token(**members).kind == kind
    snaked = {snake(name): value for name, value in {"refreshToken": "made-up-refresh", **members}.items()}
    assert token_of(snaked) == token(**members)


def test_members_and_details_of_an_organisation() -> None:
    found = token(
        **PAIR,
        **END,
        startUrl="https://x.awsapps.com/start",
        authRegion="eu-west-1",
        region="ap-south-1",
        apiRegion="eu-central-1",
        profileArn=ARN,
        email=" one@example.com ",
        clientSecretExpiresAt=1_798_761_600,
        machineId="made-up-machine",
        password="made-up-word",
    )
    assert shown(found) == {
        "refresh_token": "made-up-refresh",
        "access_token": "made-up-access",
        "client_id": "a",
        "client_secret": "b",
    }
    assert found.details == {
        "start_url": "https://x.awsapps.com/start",
        "auth_region": "eu-west-1",
        "api_region": "eu-central-1",
        "profile_arn": ARN,
        "email": "one@example.com",
        "expires_at": "2026-11-21T10:00:00.123456Z",
        "client_secret_expires_at": "2027-01-01T00:00:00Z",
    }


def test_the_region_of_a_login_is_not_that_of_the_service() -> None:
    """That one follows from the profile, which may live elsewhere and be chosen later."""
    assert token(region="eu-west-1", profileArn=ARN).details == {
        "auth_region": "eu-west-1",
        "profile_arn": ARN,
    }


def test_an_external_provider_keeps_its_addresses() -> None:
    members = {"tokenEndpoint": "https://x/t", "issuerUrl": "https://x", "scopes": ["one"], "audience": "y"}
    found = token(authMethod="external_idp", clientId="a", **members)
    assert found.details == {snake(name): value for name, value in members.items()}
    assert "token_endpoint" not in token(**members).details


def test_what_was_registered_apart_is_taken_from_there() -> None:
    client = {
        "clientId": "c",
        "clientSecret": "d",
        "region": "eu-west-1",
        "expiresAt": "2027-01-01T00:00:00Z",
    }
    found = token_of({"refreshToken": "r", "clientIdHash": "00ff00ff"}, client)
    assert found is not None
    assert shown(found) == {"refresh_token": "r", "client_id": "c", "client_secret": "d"}
    assert found.details == {"auth_region": "eu-west-1", "client_secret_expires_at": "2027-01-01T00:00:00Z"}
    assert found.kind == "idc"


def test_an_access_token_without_an_end_is_left_behind() -> None:
    assert shown(token(accessToken="made-up-access")) == {"refresh_token": "made-up-refresh"}
    assert "access_token" in shown(token(**END))


@pytest.mark.parametrize("members", [{}, PAIR, {"refreshToken": ""}, {"refreshToken": 5}, {"theme": "dark"}])
def test_what_holds_no_login_is_none(members: dict[str, Any]) -> None:
    assert token_of(members) is None


@pytest.mark.parametrize(
    ("members", "missing"),
    [
        ({}, None),
        (PAIR, None),
        ({"clientIdHash": "00ff00ff"}, "client_id, client_secret"),
        ({**PAIR, **END, "refreshToken": None}, "refresh_token"),
        ({"authMethod": "external_idp"}, "client_id, token_endpoint"),
        ({"kiroApiKey": "ksk_made-up"}, None),
    ],
)
def test_what_a_login_cannot_do_without_is_named(members: dict[str, Any], missing: str | None) -> None:
    assert missing_in(token(**members)) == missing


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"),
        ("2026-11-21T10:00:00.123456789Z", "2026-11-21T10:00:00.123456Z"),
        ("2026-11-21T18:00:00+08:00", "2026-11-21T10:00:00Z"),
        (" 2026-11-21T10:00:00 ", "2026-11-21T10:00:00Z"),
        (1_795_255_200, "2026-11-21T10:00:00Z"),
        (1_795_255_200.0, "2026-11-21T10:00:00Z"),
        (1_795_255_200_000, "2026-11-21T10:00:00Z"),
        ("1795255200", "2026-11-21T10:00:00Z"),
        ("1795255200000", "2026-11-21T10:00:00Z"),
        *((each, None) for each in ("", "yesterday", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00")),
        *((each, None) for each in (0, 5, -1, True, None, [], 10**30, float("nan"), float("inf"))),
    ],
)
def test_ends_are_written_in_words_and_in_numbers(written: object, moment: str | None) -> None:
    assert moment_of(written) == moment


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=6), each, max_size=2),
    max_leaves=4,
)
NAMES = "refreshToken accessToken clientId clientSecret clientIdHash expiresAt authMethod provider region startUrl".split()


@given(st.dictionaries(st.sampled_from([*NAMES, "scopes", "kiroApiKey", "token_endpoint"]), JSON, max_size=6))
def test_whatever_stands_in_a_file_is_read(members: dict[str, Any]) -> None:
    found = token_of(members)
    if found is not None:
        assert all(isinstance(each, Secret) and each for each in found.credential.values())
        assert "made-up" not in repr(found)


@pytest.mark.parametrize(
    ("arn", "region"),
    [(ARN, "eu-central-1"), ("arn:aws:x", None), ("", None), ("arn:aws:x::0:profile/y", None)],
)
def test_the_region_of_a_profile(arn: str, region: str | None) -> None:
    assert region_of(arn) == region


def test_the_first_name_that_has_a_value_counts() -> None:
    values = {"label": "", "nick_name": " x ", "number": 5}
    assert value_in(values, "label", "nickName", "number") == " x "
    assert (text_in(values, "nickName"), text_in(values, "number"), text_in(values, "label")) == (
        "x",
        None,
        None,
    )
