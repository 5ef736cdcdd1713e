"""An account fits its provider, or is told why not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from isthmus import registry
from isthmus.control.account_checks import (
    SERVED_TYPES,
    account_problems,
    credential_problems,
    details_problems,
    kinds_of,
    off_reason,
    proxy_problems,
)
from isthmus.core.secret import Secret

TYPES = {
    "openai": "openai-compatible",
    "claude": "anthropic",
    "play": "dummy",
    "web": "claude-web",
    "q": "amazon-q",
    "code": "claude-code",
    "later": "of-later",
}
SESSION = "sk-ant-sid01-made-up-made-up"
TOKEN = {"refresh_token": "made-up-refresh"}
CLIENT = {"client_id": "made-up-client", "client_secret": "made-up-secret"}


@pytest.mark.parametrize(
    ("provider", "kind", "credential", "fields"),
    [
        ("openai", "api_key", {"api_key": "sk-1"}, []),
        ("openai", "api_key", {"api_key": ""}, []),  # A local server.
        ("play", "api_key", {"api_key": ""}, []),
        ("web", "session_key", {"session_key": SESSION}, []),
        ("web", "session_key", {}, ["credential.session_key"]),
        ("web", "session_key", {"session_key": SESSION, "device": "made-up"}, ["credential.device"]),
        ("web", "session_key", {"session_key": "sk-ant-api03-made-up"}, ["credential.session_key"]),
        ("web", "session_key", {"session_key": "sk-ant-oat01-made-up"}, ["credential.session_key"]),
        ("web", "session_key", {"session_key": f"{SESSION};x=1"}, ["credential.session_key"]),
        ("web", "api_key", {"api_key": SESSION}, ["kind"]),
        ("later", "session", {"session_key": "s", "device": "d"}, []),
        ("code", "session", {"session_key": "a-session-key"}, ["kind"]),
        ("code", "api_key", {"api_key": "sk-ant-api03-made-up"}, []),
        ("code", "api_key", {"api_key": "key-of-an-own-upstream"}, []),
        ("code", "api_key", {"api_key": ""}, ["credential.api_key"]),
        ("code", "api_key", {"api_key": "sk-ant-oat01-made-up"}, ["credential.api_key"]),
        ("code", "auth_token", {"api_key": "sk-ant-oat01-made-up"}, ["credential.api_key"]),
        ("code", "auth_token", {"api_key": "sk-ant-api03-made-up"}, ["credential.api_key"]),
        ("code", "auth_token", {"api_key": "token-of-an-own-upstream"}, []),
        ("code", "oauth_token", {"api_key": "sk-ant-oat01-made-up"}, []),
        ("code", "oauth_token", {"api_key": "sk-ant-api03-made-up"}, ["credential.api_key"]),
        ("code", "oauth_token", {"oauth_token": "sk-ant-oat01-made-up"}, ["credential"]),
        ("claude", "api_key", {"api_key": ""}, ["credential.api_key"]),
        ("openai", "api_key", {"api_key": "sk-…"}, ["credential.api_key"]),
        ("openai", "api_key", {"key": "sk-1"}, ["credential"]),
        ("openai", "api_key", {"api_key": "sk-1", "more": "x"}, ["credential"]),
        ("openai", "session", {"session_key": "a-session-key"}, ["kind"]),
        ("nobody", "api_key", {"api_key": "sk-1"}, ["provider"]),
    ],
)
def test_what_fits_and_what_does_not(
    provider: str, kind: str, credential: Mapping[str, str], fields: list[str]
) -> None:
    secrets = {name: Secret(value) for name, value in credential.items()}
    problems = list(account_problems(provider, kind, secrets, TYPES))
    assert [each.field for each in problems] == fields
    assert all(value not in str(problems) for value in credential.values() if value)


def test_the_way_out_names_the_providers_there_are() -> None:
    [problem] = account_problems("nobody", "api_key", {"api_key": Secret("x")}, TYPES)
    assert "claude, code, later, openai, play, q, web" in problem.message


@pytest.mark.parametrize(
    ("kind", "credential", "details", "fields"),
    [
        ("social", TOKEN, {}, []),
        ("social", TOKEN | {"access_token": "made-up-access"}, {"email": "one@example.com"}, []),
        ("builder_id", TOKEN | CLIENT, {}, []),
        ("idc", TOKEN | CLIENT, {"auth_region": "eu-west-1"}, []),
        ("api_key", {"api_key": "ksk_made-up"}, {}, []),
        ("external_idp", TOKEN | {"client_id": "made-up-id"}, {"token_endpoint": "https://x.example/t"}, []),
        ("external_idp", TOKEN | {"client_id": "made-up-id"}, {}, ["details.token_endpoint"]),
        ("session", {"session_key": "made-up-key"}, {}, ["kind"]),
        ("idc", TOKEN, {}, ["credential.client_id", "credential.client_secret"]),
        ("builder_id", TOKEN | CLIENT | {"client_secret": ""}, {}, ["credential.client_secret"]),
        ("social", TOKEN | CLIENT, {}, ["credential.client_id", "credential.client_secret"]),
        ("social", {"refresh_token": "made-up…refresh"}, {}, ["credential.refresh_token"]),
        ("social", {"refresh_token": "made-up\nrefresh"}, {}, ["credential.refresh_token"]),
        ("api_key", {"api_key": "ksk_made-up…"}, {}, ["credential.api_key"]),
        ("api_key", {"api_key": ""}, {}, ["credential.api_key"]),
        ("social", TOKEN, {"chat_url": "http://elsewhere.example"}, ["details.chat_url"]),
        ("social", TOKEN, {"chat_url": "http://127.0.0.1:9"}, []),
    ],
)
def test_accounts_that_sign_in_have_what_their_kind_needs(
    kind: str, credential: Mapping[str, str], details: Mapping[str, str], fields: list[str]
) -> None:
    secrets = {name: Secret(value) for name, value in credential.items()}
    problems = list(account_problems("q", kind, secrets, TYPES, details))
    assert [each.field for each in problems] == fields
    assert "made-up" not in str(problems)


def test_what_is_refused_names_what_would_do() -> None:
    [kind] = account_problems("q", "session", {}, TYPES)
    assert all(repr(each) in kind.message for each in kinds_of("amazon-q"))
    [member, _] = account_problems("q", "social", {name: Secret("x") for name in (*TOKEN, *CLIENT)}, TYPES)
    assert "has 'refresh_token', 'access_token'" in member.message


def test_details_alone_are_checked_without_their_credential() -> None:
    assert not list(details_problems("idc", {"auth_region": "eu-west-1"}, "amazon-q"))
    [problem] = details_problems("idc", {"auth_region": "nowhere/else"}, "amazon-q")
    assert problem.field == "details.auth_region"
    assert not list(details_problems("api_key", {"auth_region": 5}, "openai-compatible"))
    assert not list(credential_problems("older_kind", {"a": Secret("b")}, "amazon-q"))


@pytest.mark.parametrize(
    ("type", "proxy", "fields"),
    [
        ("claude-code", "socks5://u:made-up@p:1", ["proxy"]),
        ("claude-code", "http://u:made-up@p:1", []),
        ("claude-code", None, []),
        ("anthropic", "socks5://u:made-up@p:1", []),
        ("of-later", "socks5://u:made-up@p:1", []),
    ],
)
def test_a_proxy_that_its_provider_cannot_use_is_refused(
    type: str, proxy: str | None, fields: list[str]
) -> None:
    problems = list(proxy_problems(None if proxy is None else Secret(proxy), type))
    assert [each.field for each in problems] == fields
    assert all("http://" in each.message for each in problems)
    assert "made-up" not in str(problems)


def test_a_new_credential_is_checked_alike() -> None:
    assert not list(credential_problems("api_key", {"api_key": Secret("sk-1")}, "anthropic"))
    assert list(credential_problems("api_key", {"api_key": Secret("")}, "anthropic"))


def test_what_is_served_is_what_the_registry_has() -> None:
    assert registry.PROVIDERS.keys() == SERVED_TYPES
    assert [type for type in (*SERVED_TYPES, "of-later") if off_reason(type)] == ["of-later"]
