"""What may be said beside an account's credential, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from isthmus.core.logins import EXPIRES_AT, Holder

FAMILIES: Final = ("auto", "q", "codewhisperer", "kiro")
_NO_ADDRESS: Final = "is no address: write one such as https://host/path"
_REGION: Final = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d{1,2}")
_PROFILE: Final = re.compile(
    r"arn:aws[a-z-]*:codewhisperer:[-.a-z0-9]{1,63}:\d{12}:profile/[A-Za-z0-9_-]{1,64}"
)


def problems_of(holder: Holder) -> dict[str, str]:
    """Dotted field → what to do. A detail that is not there, or null, is no problem."""
    found = {
        f"details.{name}": problem
        for name, check in _CHECKS.items()
        if (value := holder.details.get(name)) is not None and (problem := check(value)) is not None
    }
    if (token := holder.credential.get("api_key")) and not token.reveal().isascii():
        found["credential.api_key"] = "holds characters that no request can carry: copy the key again"
    return found


def region_problem(value: object) -> str | None:
    """Regions become part of a host's name, so they must be nothing else."""
    if isinstance(value, str) and _REGION.fullmatch(value):
        return None
    return "is no region: write one such as us-east-1"


def url_problem(value: object) -> str | None:
    """Tokens go there: encrypted, or not off this machine."""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return _NO_ADDRESS
    if not host or parts.scheme not in {"https", "http"} or parts.query or parts.fragment:
        return _NO_ADDRESS
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password, which details are not for"
    if parts.scheme == "http" and not _is_loopback(host):
        return "must begin with https://, as tokens are sent there; http:// is for this machine alone"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _profile_problem(value: object) -> str | None:
    if isinstance(value, str) and _PROFILE.fullmatch(value):
        return None
    return "is no name of a profile: write one such as arn:aws:codewhisperer:us-east-1:123456789012:profile/ABCDEFGHIJKL"


def _family_problem(value: object) -> str | None:
    return None if value in FAMILIES else f"must be one of {', '.join(FAMILIES)}"


def _flag_problem(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _moment_problem(value: object) -> str | None:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        return None
    return "is no moment: write one such as 2026-11-21T09:30:00Z"


_CHECKS: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "api_region": region_problem,
    "auth_region": region_problem,
    "profile_arn": _profile_problem,
    "endpoint_family": _family_problem,
    "start_url": url_problem,
    "token_endpoint": url_problem,
    "chat_url": url_problem,
    "control_url": url_problem,
    "token_url": url_problem,
    "social_url": url_problem,
    "opt_out": _flag_problem,
    "strict_schemas": _flag_problem,
    "files_anywhere": _flag_problem,
    EXPIRES_AT: _moment_problem,
    "client_secret_expires_at": _moment_problem,
}
