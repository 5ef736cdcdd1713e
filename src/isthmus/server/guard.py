"""Which web pages may come in: host names, origins, and the words browsers want to hear about it.

A gateway on loopback can be reached by every web page the operator opens. Two checks keep pages out: the `Host` header must
name this machine (else a page's own domain has been re-pointed at it), and a request that a browser marks as coming from
another origin is refused unless that origin is on the allow-list.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from isthmus.core.errors import BadRequest, Kind

_ALLOWED_HEADERS: Final = (
    "authorization,x-api-key,content-type,anthropic-version,anthropic-beta,"
    "anthropic-dangerous-direct-browser-access,x-stainless-arch,x-stainless-lang,x-stainless-os,"
    "x-stainless-package-version,x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,"
    "x-stainless-timeout,x-stainless-helper-method,x-stainless-helper,openai-organization,openai-project,"
    "x-conversation-id"
)
_LIMIT_PARTS: Final = ("limit", "remaining", "reset")
_EXPOSED_HEADERS: Final = ",".join(
    [
        "request-id,x-request-id,retry-after,x-should-retry,x-isthmus-loss,x-isthmus-cache,x-conversation-id",
        *(f"anthropic-ratelimit-{unit}-{part}" for unit in ("requests", "tokens") for part in _LIMIT_PARTS),
        *(f"x-ratelimit-{part}-{unit}" for unit in ("requests", "tokens") for part in _LIMIT_PARTS),
    ]
)


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one listener."""

    hosts: frozenset[str] = frozenset()
    """Host names accepted beside this machine's own, lower case."""
    origins: frozenset[str] = frozenset()
    """Browser origins accepted, such as `https://chat.example.org`."""
    loopback_only: bool = True

    def check_host(self, headers: Mapping[str, str]) -> None:
        """Raises `BadRequest` (permission) when the `Host` header names another machine."""
        name = host_name(headers.get("host", ""))
        if not self.loopback_only and not self.hosts:
            return  # A key is compulsory on such a listener, and a page has none.
        if name in self.hosts or is_loopback(name):
            return
        raise BadRequest(
            f"host {name!r} is not served here: add it to server.allowed_hosts, or use the address the gateway printed at start",
            kind=Kind.PERMISSION,
        )

    def check_origin(self, headers: Mapping[str, str]) -> None:
        """Raises `BadRequest` (permission) when a browser says that a foreign page sends this."""
        origin = headers.get("origin")
        if origin is None:
            if (
                headers.get("sec-fetch-site") in {"cross-site", "same-site"}
                and headers.get("sec-fetch-mode") != "navigate"
            ):
                raise BadRequest(
                    "requests from other web pages are not allowed",
                    kind=Kind.PERMISSION,
                )
            return
        if origin in self.origins or origin.partition("://")[2] == headers.get("host", ""):
            return
        raise BadRequest(
            f"origin {origin!r} may not use this gateway: add it to server.cors_origins if you trust that page",
            kind=Kind.PERMISSION,
        )

    def cors_headers(self, headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """What to add to an answer for an allowed origin; nothing for any other."""
        origin = headers.get("origin")
        if origin is None or origin not in self.origins:
            return ()
        return (
            ("access-control-allow-origin", origin),
            ("access-control-expose-headers", _EXPOSED_HEADERS),
            ("vary", "origin"),
        )

    def preflight_headers(self, headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """What the answer to a preflight says beside `cors_headers`."""
        if not self.cors_headers(headers):
            return ()
        return (
            ("access-control-allow-methods", "GET,POST,DELETE,OPTIONS"),
            ("access-control-allow-headers", _ALLOWED_HEADERS),
            ("access-control-max-age", "600"),
        )


def offered_keys(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Keys in `Authorization: Bearer` and `x-api-key`. Official SDKs use either, some set-ups send both."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    found = (
        bearer.strip() if scheme.lower() == "bearer" else "",
        headers.get("x-api-key", "").strip(),
    )
    return tuple(key for key in found if key)


def host_name(host: str) -> str:
    """`[::1]:8000` → `::1`, `LocalHost:80` → `localhost`."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


@lru_cache(maxsize=256)
def is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def guard_for(host: str, hosts: Iterable[str], origins: Iterable[str]) -> Guard:
    """The rules for a listener on `host`."""
    named = {each.lower() for each in hosts}
    return Guard(frozenset(named), frozenset(origins), is_loopback(host))
