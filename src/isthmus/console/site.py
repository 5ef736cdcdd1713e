"""What a browser gets under `/admin`: files of the built console, and its one page for every address that is a page.

The page takes care of its own addresses (`/admin/keys`), so all of them are the same file; a file that is not there is a 404.
Scripts come from us alone, none of them inline. Styles may be inline: the components set some on their elements.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from isthmus.console.assets import Asset, load

PATH: Final = "/admin"
BUILT: Final = Path(__file__).with_name("site")
UNBUILT: Final = Path(__file__).with_name("unbuilt")
"""A page that says what to do, in place of a console that has not been built."""
PAGE: Final = "index.html"
NAMED_BY_CONTENT: Final = "assets/"
"""Files below it carry a digest in their name: what was fetched once never changes."""
POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)
SAFE_HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (b"x-frame-options", b"DENY"),
)
_FOREVER: Final = b"public, max-age=31536000, immutable"
_ASK_AGAIN: Final = b"no-cache"
_METHODS: Final = frozenset({"GET", "HEAD"})

HeaderList = list[tuple[bytes, bytes]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: HeaderList
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class ConsoleSite:
    """An ASGI application for `/admin` and everything below. Reads no disk and asks for no sign-in: a page holds no secret."""

    assets: Mapping[str, Asset]
    is_built: bool = True

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        headers = {
            name.lower().decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        answer = self.answer(scope["method"], scope["path"], headers)
        body = b"" if scope["method"] == "HEAD" else answer.body
        length = [] if answer.status == 304 else [(b"content-length", str(len(answer.body)).encode())]
        started = {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*answer.headers, *SAFE_HEADERS, *length],
        }
        await send(started)
        await send({"type": "http.response.body", "body": body})

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """To a decoded path and headers with lower-case names."""
        if method not in _METHODS:
            return _plain(405, f"{method} is not possible here: use GET", [(b"allow", b"GET, HEAD")])
        if path == PATH:
            return Answer(302, [(b"location", f"{PATH}/".encode()), (b"cache-control", _ASK_AGAIN)])
        name = path.removeprefix(f"{PATH}/")
        asset = self.assets.get(name)
        if asset is None and _is_page(name, headers.get("accept", "")):
            name, asset = PAGE, self.assets.get(PAGE)
        if asset is None:
            return _plain(404, f"no such file: {path}", [])
        return self._file(name, asset, headers)

    def _file(self, name: str, asset: Asset, headers: Mapping[str, str]) -> Answer:
        encoding, body = asset.best_for(headers.get("accept-encoding", ""))
        # Each form has a tag of its own, as they are different bytes.
        tag = f'"{asset.etag}{f"-{encoding}" if encoding else ""}"'
        caching = _FOREVER if name.startswith(NAMED_BY_CONTENT) else _ASK_AGAIN
        own = [(b"etag", tag.encode()), (b"cache-control", caching), (b"vary", b"accept-encoding")]
        if _names(headers.get("if-none-match", ""), tag):
            return Answer(304, own)
        own.append((b"content-type", asset.kind.encode()))
        if encoding is not None:
            own.append((b"content-encoding", encoding.encode()))
        return Answer(200 if self.is_built else 503, own, body)


def open_site(built: Path = BUILT, unbuilt: Path = UNBUILT) -> ConsoleSite:
    """Reads the built console, or else the page that says how to build it."""
    assets = load(built)
    return ConsoleSite(assets) if PAGE in assets else ConsoleSite(load(unbuilt), is_built=False)


def _is_page(name: str, accept: str) -> bool:
    """A file has an ending, and a page that has one, too (a model's name, say), is asked for by a browser as a page."""
    if name.startswith(NAMED_BY_CONTENT):
        return False
    return "." not in name.rpartition("/")[2] or "text/html" in accept


def _names(if_none_match: str, tag: str) -> bool:
    return any(each.strip().removeprefix("W/") in {tag, "*"} for each in if_none_match.split(","))


def _plain(status: int, text: str, headers: HeaderList) -> Answer:
    own = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *headers]
    return Answer(status, own, f"{text}\n".encode())
