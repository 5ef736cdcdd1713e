"""The token service of Builder ID and IAM Identity Center: device authorization and renewal.

JSON without signature or authorization header (botocore, `sso-oidc/2019-06-10`; aws/amazon-q-developer-cli, `auth/`). A refresh
token belongs to the very client that it was issued to, so each account keeps the client it was registered with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.core.commands import Reply
from isthmus.core.logins import (
    INTERVAL_S,
    REFRESH_TOKEN,
    Access,
    Begun,
    Holder,
    LoginError,
    LoginProblem,
    SignedIn,
    Steps,
    Waiting,
)
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.asking import ask, ask_twice, demand, post
from isthmus.providers.amazon_q.places import BUILDER_ID_START
from isthmus.providers.amazon_q.token_answers import (
    PENDING,
    SLOW_DOWN,
    SLOWER_S,
    body_of,
    error_word,
    moment,
    number_in,
    text_in,
)
from isthmus.providers.amazon_q.tokens import access_in, needed

BUILDER_ID: Final = "builder_id"
IDENTITY_CENTER: Final = "idc"
CLIENT_ENDS: Final = "client_secret_expires_at"
SCOPES: Final = ("codewhisperer:completions", "codewhisperer:analysis", "codewhisperer:conversations")
"""Those of the vendor's command line. It warns against asking for `sso:account:access`."""
DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
DEFAULT_INTERVAL_S: Final = 5.0
"""Where the service names none (RFC 8628)."""
DEFAULT_LIFE_S: Final = 600.0

RENEWING: Final[Mapping[str, LoginProblem]] = {
    "invalid_grant": LoginProblem.LOST,
    "invalid_client": LoginProblem.LOST,
    "expired_token": LoginProblem.LOST,
    "access_denied": LoginProblem.LOST,
}
POLLING: Final[Mapping[str, LoginProblem]] = {
    "expired_token": LoginProblem.EXPIRED,
    "access_denied": LoginProblem.DENIED,
    "invalid_grant": LoginProblem.LOST,
    "invalid_client": LoginProblem.LOST,
}


@dataclass(frozen=True, slots=True)
class Directory:
    """Where somebody signs in."""

    service: str
    """Address of the token service, without a slash at the end."""
    start_url: str
    region: str

    @property
    def kind(self) -> str:
        is_builder_id = self.start_url.rstrip("/") == BUILDER_ID_START
        return BUILDER_ID if is_builder_id else IDENTITY_CENTER


def begin(directory: Directory, client_name: str) -> Steps[Begun]:
    """Registers a client and asks for a code. Raises `LoginError`."""
    reply = yield from ask(
        post(
            f"{directory.service}/client/register",
            {
                "clientName": client_name,
                "clientType": "public",
                "scopes": SCOPES,
                "grantTypes": [DEVICE_GRANT, "refresh_token"],
            },
        )
    )
    client = demand(reply, "registering with the token service", ("clientId", "clientSecret"))
    ends_s = number_in(body_of(reply), "clientSecretExpiresAt")
    reply = yield from ask(
        post(f"{directory.service}/device_authorization", {**client, "startUrl": directory.start_url})
    )
    return _begun(directory, client, "" if ends_s is None else moment(ends_s), reply)


def _begun(directory: Directory, client: Mapping[str, str], client_ends: str, reply: Reply) -> Begun:
    names = ("deviceCode", "userCode", "verificationUri")
    device = demand(reply, "asking for a code to sign in with", names, [Secret(client["clientSecret"])])
    body = body_of(reply)
    interval_s = number_in(body, "interval") or DEFAULT_INTERVAL_S
    state = {
        "service": directory.service,
        "start_url": directory.start_url,
        "auth_region": directory.region,
        "client_id": client["clientId"],
        "client_secret": client["clientSecret"],
        CLIENT_ENDS: client_ends,
        "device_code": device["deviceCode"],
        INTERVAL_S: str(interval_s),
    }
    return Begun(
        text_in(body, "verificationUriComplete") or device["verificationUri"],
        device["userCode"],
        number_in(body, "expiresIn") or DEFAULT_LIFE_S,
        interval_s,
        {name: Secret(value) for name, value in state.items()},
        plain_url=device["verificationUri"],
    )


def poll(state: Mapping[str, Secret], now_s: float) -> Steps[Waiting | SignedIn]:
    """Asks once whether the person has agreed. Raises `LoginError`."""
    known = {name: value.reveal() for name, value in state.items()}
    directory = Directory(known["service"], known["start_url"], known["auth_region"])
    question = {
        "clientId": known["client_id"],
        "clientSecret": known["client_secret"],
        "grantType": DEVICE_GRANT,
        "deviceCode": known["device_code"],
    }
    reply = yield from ask(post(f"{directory.service}/token", question))
    if (waiting := _still_waiting(reply, state)) is not None:
        return waiting
    access = access_in(reply, "signing in", POLLING, state.values(), now_s)
    if REFRESH_TOKEN not in access.credential:
        raise LoginError(LoginProblem.REFUSED, "signing in: the service gave no refresh token")
    credential = {name: state[name] for name in ("client_id", "client_secret")}
    details = {"start_url": directory.start_url, "auth_region": directory.region, **access.details}
    if known[CLIENT_ENDS]:
        details[CLIENT_ENDS] = known[CLIENT_ENDS]
    return SignedIn(directory.kind, {**credential, **access.credential}, details)


def _still_waiting(reply: Reply, state: Mapping[str, Secret]) -> Waiting | None:
    """When nobody has answered yet."""
    interval_s = float(state[INTERVAL_S].reveal())
    word = error_word(reply)
    if word == PENDING:
        return Waiting(interval_s)
    return Waiting(interval_s + SLOWER_S) if word == SLOW_DOWN else None


def renew(service: str, holder: Holder, now_s: float) -> Steps[Access]:
    """Raises `LoginError`."""
    held = needed(holder, REFRESH_TOKEN, "client_id", "client_secret")
    question = {
        "clientId": held["client_id"].reveal(),
        "clientSecret": held["client_secret"].reveal(),
        "grantType": "refresh_token",
        "refreshToken": held[REFRESH_TOKEN].reveal(),
    }
    reply = yield from ask_twice(post(f"{service}/token", question))
    wanted = "renewing the access token"
    if error_word(reply) == "invalid_client" and (ends := holder.details.get(CLIENT_ENDS)):
        wanted += f" (the client's registration lasts until {ends})"
    return access_in(reply, wanted, RENEWING, held.values(), now_s)
