from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from isthmus.core.commands import Reply
from isthmus.core.logins import Access, Holder, LoginError, LoginProblem
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.external_idp import renew
from providers.amazon_q.stepping import World, reply

NOW_S = 1_790_000_000.0
ENDPOINT = "https://login.example/tenant/token"
TOKENS = reply(200, {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "token_type": "Bearer"})


def holder(scopes: Any = None, **credential: str) -> Holder:
    known = {"refresh_token": "old", "client_id": "the client", **credential}
    secrets = {name: Secret(value) for name, value in known.items()}
    return Holder("external_idp", secrets, {"token_endpoint": ENDPOINT, "scopes": scopes})


def form(world: World) -> dict[str, str]:
    [call] = world.calls
    return {name: value for name, [value] in parse_qs(call.body.decode()).items()}


@pytest.mark.parametrize(
    ("account", "beside"),
    [
        (holder(), {}),
        (holder("a b"), {"scope": "a b"}),
        (holder(["a", "b", 7]), {"scope": "a b"}),
        (holder(client_secret="hush"), {"client_secret": "hush"}),
    ],
)
def test_the_endpoint_of_the_organisation_is_asked_as_the_standard_says(
    account: Holder, beside: dict[str, str]
) -> None:
    world = World(TOKENS)
    access = world.play(renew(account, NOW_S))
    assert access == Access(
        {"access_token": Secret("a"), "refresh_token": Secret("r")}, {"expires_at": "2026-09-21T15:13:20Z"}
    )
    assert world.urls == [ENDPOINT]
    grant = {"grant_type": "refresh_token", "refresh_token": "old", "client_id": "the client"}
    assert form(world) == {**grant, **beside}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (reply(400, {"error": "invalid_grant", "error_description": "old has ended"}), LoginProblem.LOST),
        (reply(401, {"error": "invalid_client"}), LoginProblem.LOST),
        (reply(400, {"error": "interaction_required"}), LoginProblem.LOST),
        (reply(400, {"error": "invalid_scope"}), LoginProblem.REFUSED),
        (reply(404, b""), LoginProblem.REFUSED),
    ],
)
def test_what_a_refusal_means(answer: Reply, problem: LoginProblem) -> None:
    with pytest.raises(LoginError) as failed:
        World(answer).play(renew(holder(), NOW_S))
    assert failed.value.problem is problem
    assert "old" not in failed.value.message


def test_trouble_passes() -> None:
    busy = reply(503, {"error": "temporarily_unavailable"})
    with pytest.raises(LoginError) as failed:
        World(busy, busy).play(renew(holder(), NOW_S))
    assert failed.value.problem is LoginProblem.PASSING


def test_without_an_endpoint_there_is_nobody_to_ask() -> None:
    account = Holder("external_idp", {"refresh_token": Secret("r"), "client_id": Secret("c")})
    with pytest.raises(LoginError, match="token_endpoint") as failed:
        World().play(renew(account, NOW_S))
    assert failed.value.problem is LoginProblem.REFUSED
