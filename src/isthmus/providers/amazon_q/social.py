"""Accounts of Kiro's own sign-in, behind Google and GitHub: how they are renewed, which names no client.

Known from third parties alone (gajae-code's Kiro sign-in; hank9999/kiro.rs; justlovemaki/AIClient-2-API). Signing in takes no client
but the vendor's own, so it is not done here: such an account is taken over from where the vendor's program keeps it.
"""

from __future__ import annotations

from typing import Final

from isthmus.core.commands import Reply
from isthmus.core.logins import REFRESH_TOKEN, Access, Holder, LoginError, LoginProblem, Steps
from isthmus.providers.amazon_q.asking import ask_twice, post
from isthmus.providers.amazon_q.token_answers import body_of, error_word, is_trouble, refusal, text_in
from isthmus.providers.amazon_q.tokens import access_in, needed

SOCIAL: Final = "social"
_RENEWING: Final = dict.fromkeys(
    ("invalid_grant", "invalid_token", "expired_token", "access_denied"), LoginProblem.LOST
)


def renew(service: str, holder: Holder, now_s: float) -> Steps[Access]:
    """Raises `LoginError`."""
    held = needed(holder, REFRESH_TOKEN)
    question = {"refreshToken": held[REFRESH_TOKEN].reveal()}
    reply = yield from ask_twice(post(f"{service}/refreshToken", question))
    wanted, secrets = "renewing the access token", held.values()
    if _is_lost(reply):
        lost = refusal(reply, wanted, {}, secrets)
        raise LoginError(LoginProblem.LOST, lost.message)
    access = access_in(reply, wanted, _RENEWING, secrets, now_s)
    profile_arn = text_in(body_of(reply), "profileArn")
    if profile_arn is None or holder.details.get("profile_arn"):
        # What an operator chose stands above what the service names.
        return access
    return Access(access.credential, {**access.details, "profile_arn": profile_arn})


def _is_lost(reply: Reply) -> bool:
    """The words for it are not known for certain, so the status counts, and the word wherever it stands."""
    if is_trouble(reply) or reply.head.status < 400:
        return False
    return reply.head.status in {401, 403} or (
        reply.head.status == 400 and error_word(reply) is None and b"invalid_grant" in reply.body.lower()
    )
