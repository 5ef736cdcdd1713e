"""Some upstreams repeat the credential they were sent in what they say is wrong with it; no client is shown that."""

from __future__ import annotations

from typing import Final

from isthmus.core.commands import Headers
from isthmus.core.errors import GatewayError, UpstreamError

MASK: Final = "***"
MIN_CHARS: Final = 8
"""A shorter value would mask ordinary words."""
_HARMLESS: Final = frozenset({"accept", "accept-language", "content-type", "user-agent", "x-app"})
_HARMLESS_PREFIXES: Final = ("anthropic-", "x-stainless-", "x-claude-code-")


def credentials_in(headers: Headers) -> tuple[str, ...]:
    """The values that may be secret: those of all headers but the ones every client sends. Longest first."""
    found: set[str] = set()
    for name, value in headers:
        low = name.lower()
        if low in _HARMLESS or low.startswith(_HARMLESS_PREFIXES):
            continue
        found |= {value, value.partition(" ")[2]}
        if low == "cookie":
            found |= {each.partition("=")[2].strip() for each in value.split(";")}
    return tuple(sorted((each for each in found if len(each) >= MIN_CHARS), key=len, reverse=True))


def veiled(body: bytes, headers: Headers) -> bytes:
    """An upstream's refusal without the credential of the request it refuses."""
    for each in credentials_in(headers):
        body = body.replace(each.encode(), MASK.encode())
    return body


def veiled_text(text: str, headers: Headers) -> str:
    """The same for what was told in other ways, such as a header of the answer."""
    for each in credentials_in(headers):
        text = text.replace(each, MASK)
    return text


def veil(error: GatewayError, headers: Headers) -> None:
    """The same for a failure, such as an error object in an answer that began well."""
    error.message = veiled_text(error.message, headers)
    if isinstance(error, UpstreamError):
        error.detail = veiled_text(error.detail, headers)
