"""Where a vendor's endpoints are, from whatever the operator wrote as its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from isthmus.providers.openai_compatible.vendor import Vendor

_ENDPOINTS: Final = ("/chat/completions", "/completions", "/embeddings", "/models")
_ROOT: Final = "/v1"


@dataclass(frozen=True, slots=True)
class Addresses:
    """`root` has no slash at its end; `query` is empty or begins with `?`."""

    root: str
    query: str = ""
    continuation_root: str = ""

    def of(self, path: str) -> str:
        """The address of a path as clients know it, such as `/v1/chat/completions`."""
        return f"{self.root}{path.removeprefix(_ROOT)}{self.query}"

    def of_continuation(self, path: str) -> str:
        """The same where answers that continue a message are given."""
        return f"{self.continuation_root or self.root}{path.removeprefix(_ROOT)}{self.query}"


def addresses_of(base_url: str, vendor: Vendor) -> Addresses:
    """Tolerates a missing `/v1` (or what the vendor has in its place), a closing slash and a whole endpoint.

    Raises `ValueError` when neither the operator nor the vendor's row gives an address.
    """
    given = base_url.strip() or vendor.base_url
    if not given:
        raise ValueError("base_url is missing: give the address of the API, usually ending in /v1")
    parts = urlsplit(given if "//" in given else f"http://{given}")
    path = parts.path.rstrip("/")
    for endpoint in _ENDPOINTS:
        path = path.removesuffix(endpoint)
    own = _is_of(parts.hostname or "", vendor)
    usual = urlsplit(vendor.base_url).path or _ROOT
    if not path or (own and usual.startswith(f"{path}/")):
        path = usual
    root = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    query = f"?{parts.query}" if parts.query else ""
    return Addresses(root, query, vendor.continuation_url if own else "")


def _is_of(host: str, vendor: Vendor) -> bool:
    host = host.lower()
    return any(host == known or host.endswith(f".{known}") for known in vendor.hosts)
