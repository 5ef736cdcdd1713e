"""What is promised of signing in (`core.logins.Logins`), kept by Amazon Q: which service each kind of account is renewed at."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.core.commands import Grant
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import Holder, LoginError, LoginProblem, Logins, SignedIn, Waiting
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.logins import KINDS, METHODS, AmazonQLogins
from isthmus.providers.amazon_q.options import Options
from providers.amazon_q.stepping import World, reply

NOW_S = 1_790_000_000.0
START_URL = "https://d-1234567890.awsapps.com/start"
TOKENS = reply(200, {"accessToken": "a", "refreshToken": "r", "expiresIn": 60})
REGISTERED = reply(200, {"clientId": "c", "clientSecret": "s"})
DEVICE = reply(200, {"deviceCode": "d", "userCode": "u", "verificationUri": "https://x/", "interval": 1})
SECRETS = {name: Secret(name) for name in ("refresh_token", "client_id", "client_secret", "access_token")}


def logins(**options: Any) -> AmazonQLogins:
    return AmazonQLogins(Options(**options), lambda: NOW_S)


def test_it_is_what_the_core_asks_for() -> None:
    known: Logins = logins()
    assert known.kinds.keys() == {"builder_id", "idc", "social", "api_key", "external_idp"}
    assert [name for name, kind in known.kinds.items() if not kind.renewable] == ["api_key"]
    assert next(iter(known.methods)) == "builder_id", "the usual one"
    assert known.methods.keys() < known.kinds.keys()
    assert "social" not in known.methods, "its service takes no client but the vendor's own"


def test_problems_are_those_of_the_details() -> None:
    assert list(logins().problems(Holder("idc", SECRETS, {"api_region": "x"}))) == ["details.api_region"]


OIDC = "https://oidc.{}.amazonaws.com/token"
SOCIAL = "https://prod.us-east-1.auth.desktop.kiro.dev/refreshToken"


@pytest.mark.parametrize(
    ("kind", "options", "details", "url"),
    [
        ("builder_id", {}, {}, OIDC.format("us-east-1")),
        ("builder_id", {"auth_region": "eu-west-1"}, {}, OIDC.format("us-east-1")),
        ("builder_id", {}, {"auth_region": "eu-west-1"}, OIDC.format("eu-west-1")),
        ("idc", {}, {}, OIDC.format("us-east-1")),
        ("idc", {"auth_region": "eu-west-1"}, {}, OIDC.format("eu-west-1")),
        ("idc", {"auth_region": "eu-west-1"}, {"auth_region": "eu-west-2"}, OIDC.format("eu-west-2")),
        ("idc", {"token_url": "http://127.0.0.1:1/"}, {}, "http://127.0.0.1:1/token"),
        ("idc", {"token_url": "https://a"}, {"token_url": "https://b/"}, "https://b/token"),
        ("social", {}, {}, SOCIAL),
        ("social", {"social_url": "https://a/x/"}, {}, "https://a/x/refreshToken"),
    ],
)
def test_where_an_account_is_renewed(
    kind: str, options: dict[str, str], details: dict[str, str], url: str
) -> None:
    world = World(TOKENS)
    access = world.play(logins(**options).renew(Holder(kind, SECRETS, details)))
    assert world.urls == [url]
    assert access.credential == {"access_token": Secret("a"), "refresh_token": Secret("r")}
    assert access.details["expires_at"] == "2026-09-21T14:14:20Z"


def test_an_organisations_own_endpoint_renews_its_accounts() -> None:
    world = World(reply(200, {"access_token": "a", "expires_in": 60}))
    endpoint = "https://login.example/token"
    access = world.play(logins().renew(Holder("external_idp", SECRETS, {"token_endpoint": endpoint})))
    assert (world.urls, list(access.credential)) == ([endpoint], ["access_token"])


@pytest.mark.parametrize(
    ("kind", "problem"), [("api_key", LoginProblem.LOST), ("cookie", LoginProblem.REFUSED)]
)
def test_what_is_not_renewed(kind: str, problem: LoginProblem) -> None:
    with pytest.raises(LoginError) as failed:
        World().play(logins().renew(Holder(kind, {"api_key": Secret("k")})))
    assert failed.value.problem is problem


@pytest.mark.parametrize(
    ("method", "options", "service", "start_url"),
    [
        ("builder_id", {}, "https://oidc.us-east-1.amazonaws.com", "https://view.awsapps.com/start"),
        ("idc", {"start_url": START_URL}, "https://oidc.us-east-1.amazonaws.com", START_URL),
        (
            "idc",
            {"start_url": f" {START_URL} ", "auth_region": "eu-west-1"},
            "https://oidc.eu-west-1.amazonaws.com",
            START_URL,
        ),
    ],
)
def test_a_sign_in_from_beginning_to_end(
    method: str, options: dict[str, str], service: str, start_url: str
) -> None:
    known, world = logins(), World(REGISTERED, DEVICE)
    begun = world.play(known.begin(method, options))
    assert world.urls == [f"{service}/client/register", f"{service}/device_authorization"]
    assert world.bodies[0]["clientName"] == "isthmus"
    assert world.bodies[1]["startUrl"] == start_url
    pending = reply(400, {"error": "authorization_pending"})
    assert World(pending).play(known.poll(method, begun.state)) == Waiting(1.0)
    signed = World(TOKENS).play(known.poll(method, begun.state))
    assert isinstance(signed, SignedIn)
    assert signed.kind == method
    assert not [name for name in KINDS[method].required if name not in signed.credential]


@pytest.mark.parametrize(
    ("method", "options", "field"),
    [
        ("idc", {}, "start_url"),
        ("idc", {"start_url": " "}, "start_url"),
        ("idc", {"start_url": "http://d-1.awsapps.com/start"}, "start_url"),
        ("idc", {"start_url": START_URL, "auth_region": "Frankfurt"}, "auth_region"),
        ("idc", {"start_url": START_URL, "user": "x"}, "user"),
        ("builder_id", {"start_url": START_URL}, "start_url"),
        ("social", {}, "method"),
        ("password", {}, "method"),
    ],
)
def test_options_that_cannot_be_right_are_named(method: str, options: dict[str, str], field: str) -> None:
    with pytest.raises(LoginError) as refused:
        World().play(logins().begin(method, options))
    assert (refused.value.problem, refused.value.field) == (LoginProblem.REFUSED, field)


def test_every_method_says_what_it_is() -> None:
    for method in METHODS.values():
        assert method.title and all(option.title for option in method.options)


def test_a_survey_asks_where_the_account_belongs() -> None:
    world = World(*[UpstreamError("no way")] * 20)
    grant = Grant("builder_id", Secret("token"), {"chat_url": "http://127.0.0.1:1/q"})
    with pytest.raises(UpstreamError):
        world.play(logins().survey(grant))
    assert world.urls and all(url.startswith("http://127.0.0.1:1/q/") for url in world.urls)
