"""Accounts whose organisation signs them in itself: the token endpoint of its own identity provider, as OAuth 2.0 has it (RFC 6749)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from isthmus.core.logins import REFRESH_TOKEN, Access, Holder, LoginError, LoginProblem, Steps
from isthmus.providers.amazon_q.asking import ask_twice, post_form
from isthmus.providers.amazon_q.oidc import RENEWING
from isthmus.providers.amazon_q.tokens import SNAKE, access_in, needed

EXTERNAL_IDP: Final = "external_idp"
TOKEN_ENDPOINT: Final = "token_endpoint"  # noqa: S105 - the name of a detail
_PROBLEMS: Final = {
    **RENEWING,
    # Of OpenID Connect: only a person in front of a page can help.
    **dict.fromkeys(("login_required", "interaction_required", "consent_required"), LoginProblem.LOST),
}


def renew(holder: Holder, now_s: float) -> Steps[Access]:
    """Raises `LoginError`."""
    held = needed(holder, REFRESH_TOKEN, "client_id")
    endpoint = holder.details.get(TOKEN_ENDPOINT)
    if not isinstance(endpoint, str) or not endpoint:
        raise LoginError(
            LoginProblem.REFUSED, f"the account has no {TOKEN_ENDPOINT}: write it into its details"
        )
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": held[REFRESH_TOKEN].reveal(),
        "client_id": held["client_id"].reveal(),
    }
    if secret := holder.credential.get("client_secret"):
        fields["client_secret"] = secret.reveal()
        held["client_secret"] = secret
    if scope := _scope(holder.details):
        fields["scope"] = scope
    reply = yield from ask_twice(post_form(endpoint, fields))
    return access_in(reply, "renewing the access token", _PROBLEMS, held.values(), now_s, SNAKE)


def _scope(details: Mapping[str, Any]) -> str:
    """Kept as one text, or as a list."""
    match details.get("scopes"):
        case str(text):
            return text
        case list(scopes):
            return " ".join(each for each in scopes if isinstance(each, str))
        case _:
            return ""
