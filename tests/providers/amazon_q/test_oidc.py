"""The table of errors of AWS OIDC, row by row; what is asked, and what comes of it."""

from __future__ import annotations

import pytest

from isthmus.core.commands import Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import Access, Begun, Holder, LoginError, LoginProblem, SignedIn, Waiting
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.oidc import Directory, begin, poll, renew
from isthmus.providers.amazon_q.places import BUILDER_ID_START
from providers.amazon_q.stepping import World, reply

NOW_S = 1_790_000_000.0
SERVICE = "https://oidc.us-east-1.amazonaws.com"
DIRECTORY = Directory(SERVICE, "https://d-1234567890.awsapps.com/start", "us-east-1")
REGISTERED = reply(
    200,
    {
        "clientId": "the-client",
        "clientSecret": "client-secret",
        "clientIdIssuedAt": 1_790_000_000,
        "clientSecretExpiresAt": 1_797_776_000,
    },
)
DEVICE = reply(
    200,
    {
        "deviceCode": "device-code",
        "userCode": "ABCD-EFGH",
        "verificationUri": "https://device.sso.us-east-1.amazonaws.com/",
        "verificationUriComplete": "https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH",
        "expiresIn": 599,
        "interval": 2,
    },
)
TOKENS = reply(200, {"accessToken": "aoa", "tokenType": "Bearer", "expiresIn": 3600, "refreshToken": "aor"})
HOLDER = Holder(
    "idc",
    {name: Secret(name) for name in ("refresh_token", "client_id", "client_secret", "access_token")},
    {"client_secret_expires_at": "2026-12-20T00:00:00Z"},
)


def begun(directory: Directory = DIRECTORY, device: Reply = DEVICE) -> Begun:
    return World(REGISTERED, device).play(begin(directory, "isthmus"))


def test_a_client_is_registered_and_a_code_asked_for() -> None:
    world = World(REGISTERED, DEVICE)
    found = world.play(begin(DIRECTORY, "isthmus"))
    assert world.urls == [f"{SERVICE}/client/register", f"{SERVICE}/device_authorization"]
    assert world.bodies == [
        {
            "clientName": "isthmus",
            "clientType": "public",
            "scopes": [
                "codewhisperer:completions",
                "codewhisperer:analysis",
                "codewhisperer:conversations",
            ],
            "grantTypes": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        },
        {"clientId": "the-client", "clientSecret": "client-secret", "startUrl": DIRECTORY.start_url},
    ]
    assert (found.code, found.expires_in_s, found.interval_s) == ("ABCD-EFGH", 599.0, 2.0)
    assert found.url.endswith("?user_code=ABCD-EFGH")
    assert found.plain_url == "https://device.sso.us-east-1.amazonaws.com/"
    assert "client-secret" not in repr(found) and "device-code" not in repr(found)


def test_what_the_service_leaves_out_is_as_the_standard_has_it() -> None:
    device = reply(200, {"deviceCode": "d", "userCode": "c", "verificationUri": "https://x/"})
    found = begun(device=device)
    assert (found.url, found.expires_in_s, found.interval_s) == ("https://x/", 600.0, 5.0)


@pytest.mark.parametrize(
    ("answers", "problem", "said"),
    [
        ([reply(400, {"error": "invalid_client_metadata"})], LoginProblem.REFUSED, "registering"),
        ([reply(400, {"error": "invalid_scope"})], LoginProblem.REFUSED, "invalid_scope"),
        ([reply(400, {"error": "slow_down"})], LoginProblem.PASSING, "registering"),
        ([reply(500, {"error": "server_error"})], LoginProblem.PASSING, "server_error"),
        ([reply(200, {"clientId": "x"})], LoginProblem.PASSING, "clientSecret"),
        ([reply(200, b"<html>")], LoginProblem.PASSING, "clientId"),
        ([REGISTERED, reply(400, {"error": "invalid_request"})], LoginProblem.REFUSED, "code"),
        ([REGISTERED, reply(200, {"deviceCode": "d"})], LoginProblem.PASSING, "userCode"),
    ],
)
def test_a_beginning_that_fails_says_where(answers: list[Reply], problem: LoginProblem, said: str) -> None:
    with pytest.raises(LoginError, match=said) as failed:
        World(*answers).play(begin(DIRECTORY, "isthmus"))
    assert failed.value.problem is problem


def test_whoever_agreed_is_an_account() -> None:
    world = World(TOKENS)
    found = world.play(poll(begun().state, NOW_S))
    assert world.urls == [f"{SERVICE}/token"]
    assert world.bodies == [
        {
            "clientId": "the-client",
            "clientSecret": "client-secret",
            "grantType": "urn:ietf:params:oauth:grant-type:device_code",
            "deviceCode": "device-code",
        }
    ]
    assert found == SignedIn(
        "idc",
        {
            "client_id": Secret("the-client"),
            "client_secret": Secret("client-secret"),
            "access_token": Secret("aoa"),
            "refresh_token": Secret("aor"),
        },
        {
            "start_url": DIRECTORY.start_url,
            "auth_region": "us-east-1",
            "expires_at": "2026-09-21T15:13:20Z",
            "client_secret_expires_at": "2026-12-20T14:13:20Z",
        },
    )


@pytest.mark.parametrize("start_url", [BUILDER_ID_START, BUILDER_ID_START + "/"])
def test_the_start_url_tells_a_builder_id(start_url: str) -> None:
    state = begun(Directory(SERVICE, start_url, "us-east-1")).state
    found = World(TOKENS).play(poll(state, NOW_S))
    assert isinstance(found, SignedIn) and found.kind == "builder_id"


@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize(("word", "waits_s"), [("authorization_pending", 2.0), ("slow_down", 7.0)])
def test_nobody_has_answered_yet(word: str, status: int, waits_s: float) -> None:
    found = World(reply(status, {"error": word})).play(poll(begun().state, NOW_S))
    assert found == Waiting(waits_s)


def test_every_slow_down_adds_to_what_was_asked_for_before() -> None:
    state = {**begun().state, "interval_s": Secret("7.0")}
    assert World(reply(400, {"error": "authorization_pending"})).play(poll(state, NOW_S)) == Waiting(7.0)
    assert World(reply(400, {"error": "slow_down"})).play(poll(state, NOW_S)) == Waiting(12.0)


def named(status: int, name: str) -> Reply:
    return reply(status, {"message": "said otherwise"}, x_amzn_errortype=f"{name}Exception")


POLLED = [
    ("expired_token", "ExpiredToken", 400, LoginProblem.EXPIRED),
    ("access_denied", "AccessDenied", 400, LoginProblem.DENIED),
    ("invalid_grant", "InvalidGrant", 400, LoginProblem.LOST),
    ("invalid_client", "InvalidClient", 401, LoginProblem.LOST),
    ("invalid_request", "InvalidRequest", 400, LoginProblem.REFUSED),
    ("unauthorized_client", "UnauthorizedClient", 400, LoginProblem.REFUSED),
    ("unsupported_grant_type", "UnsupportedGrantType", 400, LoginProblem.REFUSED),
    ("invalid_scope", "InvalidScope", 400, LoginProblem.REFUSED),
    ("invalid_client_metadata", "InvalidClientMetadata", 400, LoginProblem.REFUSED),
    ("invalid_redirect_uri", "InvalidRedirectUri", 400, LoginProblem.REFUSED),
    ("server_error", "InternalServer", 500, LoginProblem.PASSING),
]


@pytest.mark.parametrize(("word", "name", "status", "problem"), POLLED)
def test_every_other_error_of_a_poll(word: str, name: str, status: int, problem: LoginProblem) -> None:
    bodies = (reply(status, {"error": word}), reply(200, {"error": word}), named(status, name))
    for answer in bodies:
        with pytest.raises(LoginError, match=word) as failed:
            World(answer).play(poll(begun().state, NOW_S))
        assert failed.value.problem is problem


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (reply(503, b"busy"), LoginProblem.PASSING),
        (reply(429, b"", retry_after="9"), LoginProblem.PASSING),
        (reply(200, b"<html>"), LoginProblem.PASSING),
        (reply(200, {"accessToken": "a"}), LoginProblem.REFUSED),
        (reply(404, b""), LoginProblem.REFUSED),
    ],
)
def test_answers_without_a_word(answer: Reply, problem: LoginProblem) -> None:
    with pytest.raises(LoginError) as failed:
        World(answer).play(poll(begun().state, NOW_S))
    assert failed.value.problem is problem


def test_a_renewal_asks_with_the_client_the_token_belongs_to() -> None:
    world = World(TOKENS)
    assert world.play(renew(SERVICE, HOLDER, NOW_S)) == Access(
        {"access_token": Secret("aoa"), "refresh_token": Secret("aor")},
        {"expires_at": "2026-09-21T15:13:20Z"},
    )
    assert world.urls == [f"{SERVICE}/token"]
    assert world.bodies == [
        {
            "clientId": "client_id",
            "clientSecret": "client_secret",
            "grantType": "refresh_token",
            "refreshToken": "refresh_token",
        }
    ]


LOST_WHEN_RENEWING = {"expired_token", "access_denied", "invalid_grant", "invalid_client"}


@pytest.mark.parametrize(("word", "name", "status", "problem"), POLLED)
def test_every_error_of_a_renewal(word: str, name: str, status: int, problem: LoginProblem) -> None:
    meant = LoginProblem.LOST if word in LOST_WHEN_RENEWING else problem
    for answer in (reply(status, {"error": word}), reply(200, {"error": word}), named(status, name)):
        twice = [answer, answer] if problem is LoginProblem.PASSING else [answer]
        with pytest.raises(LoginError, match=word) as failed:
            World(*twice).play(renew(SERVICE, HOLDER, NOW_S))
        assert failed.value.problem is meant


def test_slow_down_is_no_reason_to_drop_a_token() -> None:
    slow = reply(400, {"error": "slow_down"}, x_amzn_errortype="SlowDownException")
    world = World(slow, TOKENS)
    assert world.play(renew(SERVICE, HOLDER, NOW_S)).credential["access_token"] == Secret("aoa")
    assert world.pauses == [5.0]
    with pytest.raises(LoginError) as failed:
        World(slow, slow).play(renew(SERVICE, HOLDER, NOW_S))
    assert (failed.value.problem, failed.value.wait_s) == (LoginProblem.PASSING, 5.0)


def test_a_refused_client_is_told_with_the_end_of_its_registration() -> None:
    refused = reply(401, {"error": "invalid_client", "error_description": "client_secret is wrong"})
    with pytest.raises(LoginError, match=r"lasts until 2026-12-20") as failed:
        World(refused).play(renew(SERVICE, HOLDER, NOW_S))
    assert "client_secret" not in failed.value.message, "the service's words are shown without our secrets"


def test_without_its_client_an_account_must_sign_in_again() -> None:
    with pytest.raises(LoginError, match="client_id, client_secret") as failed:
        World().play(renew(SERVICE, Holder("idc", {"refresh_token": Secret("r")}), NOW_S))
    assert failed.value.problem is LoginProblem.LOST


def test_a_service_that_cannot_be_reached_is_no_login_error() -> None:
    with pytest.raises(UpstreamError, match="no way"):
        World(UpstreamError("no way")).play(renew(SERVICE, HOLDER, NOW_S))
