"""Token files of the Kiro IDE, of AWS SSO and of Amazon's command lines, as kiro-gateway finds them: read once, never written."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from isthmus.core.secret import Secret
from isthmus.migrate import source
from isthmus.migrate.source import Unreadable
from isthmus.migrate.sqlite_copy import copied, is_sqlite, rows, tables

SOCIAL: Final = "social"
BUILDER_ID: Final = "builder_id"
IDENTITY_CENTER: Final = "idc"
EXTERNAL: Final = "external_idp"
_BUILDER_ID_START: Final = "https://view.awsapps.com/start"
_TOKEN_KEYS: Final = (
    "kirocli:external-idp:token",
    "kirocli:social:token",
    "kirocli:odic:token",
    "codewhisperer:odic:token",
)
"""`odic` is how the command lines spell it."""
_CLIENT_KEYS: Final = ("kirocli:odic:device-registration", "codewhisperer:odic:device-registration")
_PROFILE_KEY: Final = "api.codewhisperer.profile"
_HASH: Final = re.compile(r"[0-9a-fA-F]{8,128}\Z")
_FRACTION: Final = re.compile(r"\.(\d{1,6})\d*")
_EXTERNAL_MEMBERS: Final = {
    "token_endpoint": "tokenEndpoint",
    "issuer_url": "issuerUrl",
    "scopes": "scopes",
    "audience": "audience",
}


@dataclass(frozen=True, slots=True)
class Token:
    """What a login amounts to."""

    kind: str
    credential: Mapping[str, Secret]
    details: Mapping[str, Any] = field(default_factory=dict)


def tokens_at(path: Path, home: Path) -> list[tuple[Path, Token]]:
    """Of the file, or of every token file in the directory that it is. Raises `Unreadable`."""
    if not path.is_dir():
        if not path.exists():
            raise Unreadable(
                f"{path} does not exist: sign in again there, and give the path of the token file"
            )
        token = _of_database(path) if is_sqlite(path) else _of_json(path, home)
        return [] if token is None else [(path, token)]
    return [(file, token) for file in sorted(path.iterdir()) if (token := _in_directory(file, home))]


def region_of(arn: str) -> str | None:
    """The fourth field of the name of a profile."""
    fields = arn.split(":")
    return fields[3] or None if len(fields) > 5 and fields[0] == "arn" else None


def _in_directory(file: Path, home: Path) -> Token | None:
    """Others than token files may lie beside them."""
    if not file.is_file():
        return None
    try:
        if is_sqlite(file):
            return _of_database(file)
        return _of_json(file, home) if file.suffix == ".json" else None
    except Unreadable:
        return None


def _of_json(path: Path, home: Path) -> Token | None:
    value = source.read_json(path)
    if not isinstance(value, dict) or not (value.get("refreshToken") or value.get("clientId")):
        return None
    client = value if value.get("clientId") else _registered(value.get("clientIdHash"), home)
    region = _text(value.get("region"))
    details = {
        "auth_region": region,
        "api_region": region,
        "profile_arn": _text(value.get("profileArn")),
        "expires_at": _moment(value.get("expiresAt")),
    }
    is_external = value.get("authMethod") == EXTERNAL or value.get("provider") == "ExternalIdp"
    return _token(
        {
            "refresh_token": value.get("refreshToken"),
            "access_token": value.get("accessToken"),
            "client_id": client.get("clientId"),
            "client_secret": client.get("clientSecret"),
        },
        details,
        {ours: value.get(theirs) for ours, theirs in _EXTERNAL_MEMBERS.items()} if is_external else None,
        start_url=_text(value.get("startUrl")),
        provider=_text(value.get("provider")),
        wants_client=bool(value.get("clientIdHash")) or str(value.get("authMethod")).lower() == "idc",
    )


def _registered(hash: object, home: Path) -> Mapping[str, Any]:
    """The client that a token of AWS SSO was made for. The hash is part of a file's name, so it must be nothing else."""
    if not isinstance(hash, str) or not _HASH.match(hash):
        return {}
    file = home / ".aws" / "sso" / "cache" / f"{hash}.json"
    try:
        value = source.read_json(file)
    except Unreadable:
        return {}
    return value if isinstance(value, dict) else {}


def _of_database(path: Path) -> Token | None:
    with copied(path) as connection:
        if not {"key", "value"} <= set(tables(connection).get("auth_kv", ())):
            return None
        values = {str(row["key"]): row["value"] for row in rows(connection, "auth_kv")}
        profile = _profile(connection)
    token = next((found for key in _TOKEN_KEYS if (found := _json(values.get(key)))), None)
    if token is None:
        return None
    client = next((found for key in _CLIENT_KEYS if (found := _json(values.get(key)))), {})
    arn = _text(token.get("profile_arn")) or profile
    details = {
        "auth_region": _text(token.get("region")) or _text(client.get("region")),
        "api_region": region_of(arn) if arn else None,
        "profile_arn": arn,
        "expires_at": _moment(token.get("expires_at")),
    }
    is_external = token.get("auth_method") == EXTERNAL or token.get("provider") == "ExternalIdp"
    is_external = is_external or bool(_json(values.get(_TOKEN_KEYS[0])))
    # A social login has no client of its own, even where one is registered for another login.
    has_client = not is_external and _json(values.get(_TOKEN_KEYS[1])) is None
    return _token(
        {
            "refresh_token": token.get("refresh_token"),
            "access_token": token.get("access_token"),
            "client_id": client.get("client_id") if has_client else token.get("client_id"),
            "client_secret": client.get("client_secret") if has_client else None,
        },
        details,
        {name: token.get(name) for name in _EXTERNAL_MEMBERS} if is_external else None,
        start_url=_text(token.get("start_url")) or _text(client.get("start_url")),
        wants_client=has_client,
    )


def _profile(connection: sqlite3.Connection) -> str | None:
    if not {"key", "value"} <= set(tables(connection).get("state", ())):
        return None
    stored = {str(row["key"]): row["value"] for row in rows(connection, "state")}
    return _text((_json(stored.get(_PROFILE_KEY)) or {}).get("arn"))


def _token(
    credential: Mapping[str, object],
    details: Mapping[str, Any],
    external: Mapping[str, object] | None,
    *,
    start_url: str | None,
    wants_client: bool,
    provider: str | None = None,
) -> Token:
    kept = {name: Secret(text) for name, value in credential.items() if (text := _text(value))}
    known = {**details, "start_url": start_url, **(external or {})}
    has_client = wants_client or {"client_id", "client_secret"} <= {*kept}
    kind = EXTERNAL if external is not None else _kind(start_url, provider) if has_client else SOCIAL
    return Token(kind, kept, {name: value for name, value in known.items() if value})


def _kind(start_url: str | None, provider: str | None) -> str:
    """Of a login with a client of its own."""
    is_other_start = start_url is not None and start_url.rstrip("/") != _BUILDER_ID_START
    return IDENTITY_CENTER if provider == "Enterprise" or is_other_start else BUILDER_ID


def _json(value: object) -> dict[str, Any] | None:
    """Values of the databases are JSON, as text or as bytes."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found else None


def _text(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def _moment(value: object) -> str | None:
    """In UTC, to the microsecond; None for what is no moment."""
    text = _text(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(lambda found: f".{found[1]:0<6}", text))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
