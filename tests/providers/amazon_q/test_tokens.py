from __future__ import annotations

import pytest

from isthmus.core.logins import Holder, LoginError, LoginProblem
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.tokens import SNAKE, access_in, needed
from providers.amazon_q.stepping import reply

NOW_S = 1_790_000_000.0


def test_tokens_in_both_spellings() -> None:
    camel = reply(200, {"accessToken": "a", "refreshToken": "r", "expiresIn": 3600, "tokenType": "Bearer"})
    snake = reply(200, {"access_token": "a", "refresh_token": "r", "expires_in": 3600.0})
    for access in (
        access_in(camel, "asking", {}, [], NOW_S),
        access_in(snake, "asking", {}, [], NOW_S, SNAKE),
    ):
        assert access.credential == {"access_token": Secret("a"), "refresh_token": Secret("r")}
        assert access.details == {"expires_at": "2026-09-21T15:13:20Z"}


@pytest.mark.parametrize("life", [None, "3600", 0, -5, True])
def test_nobody_guesses_how_long_a_token_lasts(life: object) -> None:
    access = access_in(reply(200, {"accessToken": "a", "expiresIn": life}), "asking", {}, [], NOW_S)
    assert access.credential == {"access_token": Secret("a")}, "the old refresh token stays"
    assert access.details == {"expires_at": None}, (
        "what was known of the token before is not true of this one"
    )


def test_an_answer_with_an_error_in_it_gives_no_tokens() -> None:
    both = reply(200, {"accessToken": "a", "error": "invalid_grant"})
    with pytest.raises(LoginError) as failed:
        access_in(both, "asking", {"invalid_grant": LoginProblem.LOST}, [], NOW_S)
    assert failed.value.problem is LoginProblem.LOST
    with pytest.raises(LoginError) as trouble:
        access_in(reply(200, {"refreshToken": "r"}), "asking", {}, [], NOW_S)
    assert trouble.value.problem is LoginProblem.PASSING


def test_what_a_renewal_cannot_do_without() -> None:
    holder = Holder("idc", {"refresh_token": Secret("r"), "client_id": Secret(""), "other": Secret("o")})
    assert needed(holder, "refresh_token") == {"refresh_token": Secret("r")}
    with pytest.raises(LoginError, match="no client_id, client_secret: it must sign in again") as failed:
        needed(holder, "refresh_token", "client_id", "client_secret")
    assert failed.value.problem is LoginProblem.LOST
