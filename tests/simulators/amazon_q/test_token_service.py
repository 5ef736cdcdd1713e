"""The OIDC token service, as a device meets it."""

from typing import Any

import pytest

from isthmus.simulators.amazon_q.answers import Silence, Whole
from isthmus.simulators.amazon_q.simulator import Simulator
from isthmus.simulators.amazon_q.token_service import DEVICE_GRANT, ERRORS
from simulators.amazon_q.asking import Clock, Json, request, told

REGISTERING = {"clientName": "a gateway", "clientType": "public", "scopes": ["codewhisperer:completions"]}
BUILDER_ID = "https://view.awsapps.com/start"


def post(simulator: Simulator, path: str, body: Any, region: str = "") -> Json:
    return told(simulator.answer(request(f"/oidc{region}{path}", body)))


def begun(simulator: Simulator, start_url: str = BUILDER_ID) -> tuple[Json, Json]:
    """Client and device, as later requests name them."""
    made = post(simulator, "/client/register", REGISTERING)
    client = {name: made[name] for name in ("clientId", "clientSecret")}
    return client, post(simulator, "/device_authorization", {**client, "startUrl": start_url})


def poll(simulator: Simulator, client: Json, device: Json) -> Json:
    asked = {**client, "grantType": DEVICE_GRANT, "deviceCode": device["deviceCode"]}
    return post(simulator, "/token", asked)


def refresh(simulator: Simulator, client: Json, token: str) -> Json:
    return post(simulator, "/token", {**client, "grantType": "refresh_token", "refreshToken": token})


def test_the_whole_way_with_a_patient_device(simulator: Simulator, clock: Clock) -> None:
    client, device = begun(simulator)
    assert device["verificationUriComplete"].endswith(f"/device?user_code={device['userCode']}")
    assert (device["expiresIn"], device["interval"]) == (600, 1)
    assert poll(simulator, client, device)["error"] == "authorization_pending"
    assert poll(simulator, client, device)["error"] == "slow_down"
    account = simulator.approve(device["userCode"], "new@example.com")
    clock.now += 6
    given = poll(simulator, client, device)
    assert given.keys() == {"status", "accessToken", "refreshToken", "tokenType", "expiresIn"}
    assert given["expiresIn"] == 3600
    assert simulator.people.of_access_token(given["accessToken"]) is account
    clock.now += 6
    assert poll(simulator, client, device)["error"] == "expired_token", "a code works once"
    assert refresh(simulator, client, given["refreshToken"])["refreshToken"] != given["refreshToken"]


def test_no_means_no_and_time_runs_out(simulator: Simulator, clock: Clock) -> None:
    client, device = begun(simulator)
    simulator.deny(device["userCode"])
    assert poll(simulator, client, device)["error"] == "access_denied"
    client, device = begun(simulator)
    clock.now += 600
    assert poll(simulator, client, device)["error"] == "expired_token"


def test_the_start_url_decides_the_kind(simulator: Simulator) -> None:
    _, device = begun(simulator, "https://d-123.awsapps.com/start")
    assert simulator.approve(device["userCode"]).kind == "idc"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"clientName": ""}, "invalid_request"),
        ({"clientType": "confidential"}, "invalid_client_metadata"),
        ({"scopes": ["sso:account:access"]}, "invalid_scope"),
        ({"scopes": "all"}, "invalid_scope"),
        ({"grantTypes": ["password"]}, "unsupported_grant_type"),
    ],
)
def test_a_registration_that_is_wrong(simulator: Simulator, wrong: Json, error: str) -> None:
    assert post(simulator, "/client/register", REGISTERING | wrong)["error"] == error


def test_other_requests_that_are_wrong(simulator: Simulator) -> None:
    client, device = begun(simulator)
    rows: list[tuple[str, Any, str]] = [
        ("/device_authorization", {**client, "startUrl": "https://example.com/start"}, "invalid_request"),
        ("/device_authorization", {**client, "clientSecret": "x", "startUrl": BUILDER_ID}, "invalid_client"),
        ("/token", {**client, "grantType": "password"}, "unsupported_grant_type"),
        ("/token", client, "invalid_request"),
        ("/token", {**client, "grantType": DEVICE_GRANT, "deviceCode": "x"}, "invalid_grant"),
        ("/token", {**client, "grantType": "refresh_token", "refreshToken": "x"}, "invalid_grant"),
        ("/token", {"clientId": "x"}, "invalid_client"),
        ("/token", b"no json", "invalid_request"),
        ("/elsewhere", {}, "invalid_request"),
    ]
    for path, body, error in rows:
        assert post(simulator, path, body)["error"] == error, (path, body)
    assert (
        post(simulator, "/device_authorization", {**client, "startUrl": BUILDER_ID}, "/eu-west-1")["status"]
        == 400
    )
    other, _ = begun(simulator)
    assert poll(simulator, other, device)["error"] == "invalid_grant", (
        "the device belongs to the first client"
    )


def test_a_refresh_needs_the_very_client_that_signed_in(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    token = account.refreshing.current
    other, _ = begun(simulator)
    assert refresh(simulator, other, token)["error"] == "invalid_grant"
    own = {"clientId": account.client_id, "clientSecret": account.client_secret}
    assert refresh(simulator, own, token)["status"] == 200


def test_a_registration_ends(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    own = {"clientId": account.client_id, "clientSecret": account.client_secret}
    simulator.tokens.expire_registrations()
    refused = refresh(simulator, own, account.refreshing.current)
    assert (refused["status"], refused["error"]) == (401, "invalid_client")


def test_a_client_is_of_its_region(simulator: Simulator) -> None:
    made = post(simulator, "/client/register", REGISTERING, "/eu-west-1")
    client = {name: made[name] for name in ("clientId", "clientSecret")}
    asked = {**client, "startUrl": "https://d-1.awsapps.com/start"}
    assert post(simulator, "/device_authorization", asked, "/eu-north-1")["error"] == "invalid_client"
    assert post(simulator, "/device_authorization", asked, "/eu-west-1")["status"] == 200


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_can_be_ordered_for_everybody_or_for_one_account(
    simulator: Simulator, error: str
) -> None:
    [account] = simulator.people.accounts.values()
    own = {"clientId": account.client_id, "clientSecret": account.client_secret}
    simulator.tokens.coming.append(error)
    account.token_faults.append(error)
    status, name, _ = ERRORS[error]
    for _ in range(2):
        asked = {**own, "grantType": "refresh_token", "refreshToken": account.refreshing.current}
        answer = simulator.answer(request("/oidc/token", asked))
        assert isinstance(answer, Whole)
        assert (told(answer)["error"], answer.status, answer.headers["x-amzn-ErrorType"]) == (
            error,
            status,
            name,
        )
    assert account.counts == {"refused_refreshes": 1}
    assert refresh(simulator, own, account.refreshing.current)["status"] == 200


def test_a_refresh_may_go_unanswered(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    own = {"clientId": account.client_id, "clientSecret": account.client_secret}
    asked = {**own, "grantType": "refresh_token", "refreshToken": account.refreshing.current}
    for coming in (simulator.tokens.coming, account.token_faults):
        coming.append("unanswered")
        assert isinstance(simulator.answer(request("/oidc/token", asked)), Silence)


def test_errors_may_come_without_their_name_and_pending_with_status_200(clock: Clock) -> None:
    simulator = Simulator(clock=clock, named_errors=False, pending_as_200=True, patient=True)
    client, device = begun(simulator)
    for _ in range(2):
        assert poll(simulator, client, device)["status"] == 200
    asked = {**client, "grantType": DEVICE_GRANT, "deviceCode": device["deviceCode"]}
    answer = simulator.answer(request("/oidc/token", asked))
    assert isinstance(answer, Whole)
    assert answer.headers == {}
