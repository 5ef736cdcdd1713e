from __future__ import annotations

import pytest

from isthmus.core.commands import Reply
from isthmus.core.logins import Access, Holder, LoginError, LoginProblem
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.social import renew
from providers.amazon_q.stepping import World, reply

NOW_S = 1_790_000_000.0
SERVICE = "https://prod.us-east-1.auth.desktop.kiro.dev"
ARN = "arn:aws:codewhisperer:us-east-1:123456789012:profile/ABCDEFGHIJKL"
HOLDER = Holder("social", {"refresh_token": Secret("the-refresh-token")})


def test_a_renewal_shows_the_refresh_token_alone() -> None:
    world = World(reply(200, {"accessToken": "a", "expiresIn": 3600, "profileArn": ARN}))
    assert world.play(renew(SERVICE, HOLDER, NOW_S)) == Access(
        {"access_token": Secret("a")}, {"expires_at": "2026-09-21T15:13:20Z", "profile_arn": ARN}
    )
    assert (world.urls, world.bodies) == (
        [f"{SERVICE}/refreshToken"],
        [{"refreshToken": "the-refresh-token"}],
    )


def test_a_profile_that_an_operator_chose_stays() -> None:
    holder = Holder("social", HOLDER.credential, {"profile_arn": "chosen"})
    world = World(reply(200, {"accessToken": "a", "expiresIn": 1, "profileArn": ARN}))
    assert "profile_arn" not in world.play(renew(SERVICE, holder, NOW_S)).details


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (reply(400, {"error": "invalid_grant"}), LoginProblem.LOST),
        (reply(400, {"message": "Invalid_Grant: no such token"}), LoginProblem.LOST),
        (reply(401, {"message": "Bad credentials"}), LoginProblem.LOST),
        (reply(403, b""), LoginProblem.LOST),
        (reply(400, {"message": "malformed"}), LoginProblem.REFUSED),
        (reply(404, b""), LoginProblem.REFUSED),
        (reply(429, b""), LoginProblem.PASSING),
        (reply(503, {"message": "invalid_grant service is down"}), LoginProblem.PASSING),
        (reply(200, b"<html>"), LoginProblem.PASSING),
    ],
)
def test_what_a_refused_renewal_means(answer: Reply, problem: LoginProblem) -> None:
    is_asked_twice = answer.head.status in {429, 503}
    with pytest.raises(LoginError) as failed:
        World(*[answer] * (2 if is_asked_twice else 1)).play(renew(SERVICE, HOLDER, NOW_S))
    assert failed.value.problem is problem
    assert "the-refresh-token" not in failed.value.message
