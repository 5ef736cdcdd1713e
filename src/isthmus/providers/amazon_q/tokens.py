"""Tokens as services give them → what is stored of an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from isthmus.core.commands import Reply
from isthmus.core.logins import (
    ACCESS_TOKEN,
    EXPIRES_AT,
    REFRESH_TOKEN,
    Access,
    Holder,
    LoginError,
    LoginProblem,
)
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.token_answers import (
    body_of,
    error_word,
    moment,
    number_in,
    refusal,
    text_in,
)

CAMEL: Final = ("accessToken", "refreshToken", "expiresIn")
SNAKE: Final = ("access_token", "refresh_token", "expires_in")


def access_in(
    reply: Reply,
    wanted: str,
    problems: Mapping[str, LoginProblem],
    secrets: Iterable[Secret],
    now_s: float,
    names: tuple[str, str, str] = CAMEL,
) -> Access:
    """Raises `LoginError`. A refresh token is there only when a new one came: the old one is good then, and stays."""
    access, refresh, life = names
    body = body_of(reply)
    token = text_in(body, access)
    if token is None or reply.head.status >= 400 or error_word(reply) is not None:
        raise refusal(reply, wanted, problems, secrets)
    credential = {ACCESS_TOKEN: Secret(token)}
    if renewed := text_in(body, refresh):
        credential[REFRESH_TOKEN] = Secret(renewed)
    lasts_s = number_in(body, life)
    return Access(credential, {EXPIRES_AT: None if lasts_s is None else moment(now_s + lasts_s)})


def needed(holder: Holder, *names: str) -> dict[str, Secret]:
    """Members of a credential without which there is no renewal. Raises `LoginError`."""
    missing = [name for name in names if not holder.credential.get(name)]
    if missing:
        raise LoginError(LoginProblem.LOST, f"the account has no {', '.join(missing)}: it must sign in again")
    return {name: holder.credential[name] for name in names}
