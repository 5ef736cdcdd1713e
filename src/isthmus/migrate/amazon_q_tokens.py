"""One login of Amazon Q or Kiro as programs write it: camelCase or snake_case, and an end in words or in seconds.

Read by members, not by program, since they copy each other: the Kiro IDE's and AWS SSO's token files, kiro-cli's database
(aws/amazon-q-developer-cli), and the lists of hank9999/kiro.rs, CassiopeiaCode/q2api, chaogei/Kiro-account-manager,
justlovemaki/AIClient-2-API, jwadow/kiro-gateway and CLIProxyAPI's forks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from isthmus.core.secret import Secret
from isthmus.migrate.gathered import one_line

SOCIAL: Final = "social"
BUILDER_ID: Final = "builder_id"
IDENTITY_CENTER: Final = "idc"
EXTERNAL: Final = "external_idp"
API_KEY: Final = "api_key"
REGION: Final = "us-east-1"
"""Where Builder ID lives: a login made elsewhere is one of an organisation."""
_BUILDER_ID_START: Final = "https://view.awsapps.com/start"
_KEY_BEGINNING: Final = "ksk_"
_METHODS: Final = {
    **dict.fromkeys(("idc", "builderid", "iam", "iamsso", "awsidc", "enterprise"), IDENTITY_CENTER),
    **dict.fromkeys(("externalidp", "azuread", "entraid"), EXTERNAL),
    "social": SOCIAL,
    "apikey": API_KEY,
}
"""What programs call the ways of signing in, without case and punctuation."""
_OF_ORGANISATIONS: Final = frozenset(("enterprise", "awsidc", "iamsso", "internal"))
_EXTERNAL_MEMBERS: Final = {
    "token_endpoint": "tokenEndpoint",
    "issuer_url": "issuerUrl",
    "scopes": "scopes",
    "audience": "audience",
}
_CAPITAL: Final = re.compile(r"([A-Z])")
_FRACTION: Final = re.compile(r"\.(\d{1,6})\d*")
_DIGITS: Final = re.compile(r"\d{10,13}(?:\.\d+)?\Z")
_EARLIEST_S: Final = 1_000_000_000
"""A number below is no moment after 2001, and so no end of a token."""
_LEAST_MS: Final = 100_000_000_000
"""A number from here on counts milliseconds: as seconds it would be after the year 5000."""
_MOST_CHARS: Final = 500
"""Of a detail; no region, profile or address is longer."""
_LAST_S: Final = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Token:
    """What a login amounts to."""

    kind: str
    credential: Mapping[str, Secret]
    details: Mapping[str, Any] = field(default_factory=dict)


def token_of(login: Mapping[str, Any], client: Mapping[str, Any] | None = None) -> Token | None:
    """None when there is no login in it. `client`: what was registered for it apart, where the login names that."""
    registered = client or {}
    if key := text_in(login, "kiroApiKey", "apiKey") or _key_among_tokens(login):
        return Token(API_KEY, {API_KEY: Secret(key)}, _details(login, registered, API_KEY))
    credential = {
        "refresh_token": text_in(login, "refreshToken"),
        "access_token": text_in(login, "accessToken"),
        "client_id": text_in(login, "clientId") or text_in(registered, "clientId"),
        "client_secret": text_in(login, "clientSecret") or text_in(registered, "clientSecret"),
    }
    if not credential["refresh_token"] and not credential["access_token"]:
        return None
    kind = _kind(login, registered, credential)
    details = _details(login, registered, kind)
    if kind == SOCIAL:
        # It has no client of its own, even where one was registered for another login.
        del credential["client_id"], credential["client_secret"]
    if "expires_at" not in details:
        # Nobody knows whether it is still good: another is fetched before first use.
        del credential["access_token"]
    return Token(kind, {name: Secret(text) for name, text in credential.items() if text}, details)


def missing_in(token: Token) -> str | None:
    """What an account of the kind cannot do without, and has not."""
    match token.kind:
        case "api_key":
            wanted: tuple[str, ...] = (API_KEY,)
        case "social":
            wanted = ("refresh_token",)
        case "external_idp":
            wanted = ("refresh_token", "client_id")
        case _:
            wanted = ("refresh_token", "client_id", "client_secret")
    missing = [name for name in wanted if not token.credential.get(name)]
    if token.kind == EXTERNAL and not token.details.get("token_endpoint"):
        missing.append("token_endpoint")
    return ", ".join(missing) or None


def value_in(values: Mapping[str, Any], *names: str) -> Any:
    """Of the first of these that has one. Names are given in camelCase and looked for in snake_case, too."""
    for name in names:
        for spelling in (name, _snake(name)):
            if values.get(spelling) not in (None, ""):
                return values[spelling]
    return None


@cache
def _snake(name: str) -> str:
    return _CAPITAL.sub(r"_\1", name).lower()


def text_in(values: Mapping[str, Any], *names: str) -> str | None:
    """The same, if it is text."""
    found = value_in(values, *names)
    return (found.strip() or None) if isinstance(found, str) else None


def region_of(arn: str) -> str | None:
    """The fourth field of the name of a profile."""
    fields = arn.split(":")
    return fields[3] or None if len(fields) > 5 and fields[0] == "arn" else None


def moment_of(value: object) -> str | None:
    """RFC 3339 in UTC, of a text or of seconds or milliseconds since 1970; None for what is no moment."""
    match value:
        case bool():
            return None
        case int() | float():
            return _of_number(value)
        case str() if _DIGITS.match(value.strip()):
            return _of_number(float(value))
        case str():
            return _of_text(value.strip())
        case _:
            return None


def _key_among_tokens(login: Mapping[str, Any]) -> str | None:
    """Some lists keep a Kiro API key where a token would be."""
    found = (text_in(login, name) for name in ("accessToken", "refreshToken"))
    return next((text for text in found if text and text.startswith(_KEY_BEGINNING)), None)


def _kind(login: Mapping[str, Any], client: Mapping[str, Any], credential: Mapping[str, str | None]) -> str:
    method = _METHODS.get(_word(value_in(login, "authMethod")))
    provider = _word(value_in(login, "provider", "idp"))
    if method == EXTERNAL or provider == "externalidp":
        return EXTERNAL
    names_client = bool(value_in(login, "clientIdHash")) or method == IDENTITY_CENTER
    has_client = bool(credential["client_id"] and credential["client_secret"])
    # claude-api and its kin write `social-…` where there is no client.
    is_marked = (credential["client_id"] or "").startswith("social-")
    if method == SOCIAL or is_marked or not (has_client or names_client):
        return SOCIAL
    start = (text_in(login, "startUrl") or text_in(client, "startUrl") or "").rstrip("/")
    if provider in _OF_ORGANISATIONS or start not in ("", _BUILDER_ID_START):
        return IDENTITY_CENTER
    is_named = provider == "builderid" or start == _BUILDER_ID_START
    is_elsewhere = (_auth_region(login, client) or REGION) != REGION
    return IDENTITY_CENTER if is_elsewhere and not is_named else BUILDER_ID


def _details(login: Mapping[str, Any], client: Mapping[str, Any], kind: str) -> dict[str, Any]:
    known: dict[str, Any] = {
        "auth_region": _auth_region(login, client),
        # Unsaid it follows from the profile, which may live elsewhere than the login.
        "api_region": text_in(login, "apiRegion"),
        "profile_arn": text_in(login, "profileArn"),
        "start_url": text_in(login, "startUrl") or text_in(client, "startUrl"),
        "email": text_in(login, "email"),
        "expires_at": None if kind == API_KEY else moment_of(value_in(login, "expiresAt")),
        "client_secret_expires_at": _client_end(login, client),
    }
    if kind == EXTERNAL:
        known |= {ours: value_in(login, theirs) for ours, theirs in _EXTERNAL_MEMBERS.items()}
    return {
        name: one_line(value, _MOST_CHARS) if isinstance(value, str) else value
        for name, value in known.items()
        if value
    }


def _auth_region(login: Mapping[str, Any], client: Mapping[str, Any]) -> str | None:
    own = text_in(login, "authRegion", "ssoRegion", "idcRegion", "region")
    return own or text_in(client, "region")


def _client_end(login: Mapping[str, Any], client: Mapping[str, Any]) -> str | None:
    """In a registration's own file its end is `expiresAt`."""
    own = value_in(login, "clientSecretExpiresAt")
    return moment_of(own or value_in(client, "clientSecretExpiresAt", "expiresAt"))


def _word(value: object) -> str:
    return re.sub(r"[^a-z]", "", value.lower()) if isinstance(value, str) else ""


def _of_number(value: float) -> str | None:
    seconds = value / 1000 if value >= _LEAST_MS else value
    if not _EARLIEST_S <= seconds <= _LAST_S:
        return None
    return _written(datetime.fromtimestamp(seconds, UTC))


def _of_text(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(lambda found: f".{found[1]:0<6}", text))
        return _written(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
