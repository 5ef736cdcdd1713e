"""Renewal at Kiro's own sign-in service, and identity providers of somebody's own."""

import pytest

from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import Json, request, told


def post(simulator: Simulator, path: str, body: Json) -> Json:
    return told(simulator.answer(request(f"/social{path}", body)))


def test_an_account_is_renewed(simulator: Simulator) -> None:
    account = simulator.add_account("social")
    held = {"refreshToken": account.refreshing.current}
    renewed = post(simulator, "/refreshToken", held)
    assert (renewed["expiresIn"], renewed["profileArn"]) == (3600, account.profile_arn)
    assert simulator.people.of_access_token(renewed["accessToken"]) is account
    again = {"refreshToken": renewed["refreshToken"]}
    assert post(simulator, "/refreshToken", again)["expiresIn"] == 3600
    assert post(simulator, "/refreshToken", held)["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        # Signing in takes no client but the vendor's own, and no client of ours asks for it.
        ("/oauth/device/authorization", {"loginProvider": "Google"}, "not_found"),
        ("/refreshToken", {"refreshToken": "x"}, "invalid_grant"),
        ("/elsewhere", {}, "not_found"),
    ],
)
def test_what_is_wrong_is_refused(simulator: Simulator, path: str, body: Json, error: str) -> None:
    assert post(simulator, path, body)["error"] == error


def test_tokens_of_another_kind_are_not_taken(simulator: Simulator) -> None:
    [builder] = simulator.people.accounts.values()
    token = builder.refreshing.current
    assert post(simulator, "/refreshToken", {"refreshToken": token})["error"] == "invalid_grant"


def test_an_identity_provider_takes_a_form(simulator: Simulator) -> None:
    account = simulator.add_account("external_idp")
    form = (
        f"grant_type=refresh_token&refresh_token={account.refreshing.current}&client_id={account.client_id}"
    )
    given = told(simulator.answer(request("/idp/token", form.encode())))
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    assert simulator.people.of_access_token(given["access_token"]) is account
    form = f"grant_type=refresh_token&refresh_token={given['refresh_token']}&client_id={account.client_id}"
    rows = {
        form.replace("=refresh_token", "=password"): "unsupported_grant_type",
        form + "x": "invalid_client",
        "grant_type=refresh_token&refresh_token=x": "invalid_grant",
    }
    for wrong, error in rows.items():
        assert told(simulator.answer(request("/idp/token", wrong.encode())))["error"] == error
    account.token_faults.append("server_error")
    assert told(simulator.answer(request("/idp/token", form.encode())))["status"] == 500
