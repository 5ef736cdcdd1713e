"""A client that keeps what it sends and receives as bytes, and when each piece came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import msgspec

from isthmus.conformance.subject import Api, Subject
from isthmus.conformance.verdict import Fault
from isthmus.core.secret import Secret

USER_AGENT: Final = "isthmus-conformance"
ANTHROPIC_VERSION: Final = "2023-06-01"
_SESSION_KEY: Final = "sk-ant-oat"
"""So begin the keys that Anthropic takes as Bearer tokens only."""
_MASK: Final = "***"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that came together, `at_s` seconds after the request was sent."""

    at_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    pieces: tuple[Piece, ...] = ()
    broken: str = ""
    """How the connection broke in the middle of the body, if it did."""

    @property
    def body(self) -> bytes:
        return b"".join(piece.data for piece in self.pieces)

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @property
    def shown(self) -> str:
        """Evidence: the status and what was said."""
        return f"{self.status} {self.body.decode(errors='replace')}"

    def json(self) -> Any:
        """Raises `Fault` when the body is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (ValueError, RecursionError):
            raise Fault("the body is not JSON", self.shown) from None


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One entry of the transcript, without the key."""

    method: str
    url: str
    sent: str
    status: int
    """0: no answer came."""
    received: str
    seconds: float


@dataclass(slots=True)
class Client:
    """Use as an async context manager. `transcript` holds every request since it was last cleared."""

    subject: Subject
    timeout_s: float = 120.0
    transcript: list[Exchanged] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = field(init=False, default=None)

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=self.timeout_s)
        self._session = aiohttp.ClientSession(
            timeout=timeout, trust_env=True, headers={"user-agent": USER_AGENT}, auto_decompress=True
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        root: bool = False,
    ) -> Answer:
        """Raises `Fault` when no answer comes. Redirects are not followed; with `root` the path is the server's own."""
        started = time.perf_counter()
        try:
            async with self._opened(method, path, body, headers=headers, root=root) as response:
                pieces, broken = await _read(response, started)
                answer = Answer(response.status, _lower(response), pieces, broken)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._note(
                method, self._url(path, root=root), body, 0, f"{type(error).__name__}: {error}", started
            )
            raise Fault("no answer came", f"{type(error).__name__}: {error}") from None
        received = answer.body.decode(errors="replace") + (f"\n[{answer.broken}]" if answer.broken else "")
        self._note(method, self._url(path, root=root), body, answer.status, received, started)
        return answer

    async def leave_early(self, path: str, body: bytes, *, headers: Mapping[str, str]) -> Answer:
        """Posts, and hangs up as soon as something of the answer's body has come. Raises as `send` does."""
        started = time.perf_counter()
        url = self._url(path, root=False)
        try:
            async with self._opened("POST", path, body, headers=headers) as response:
                piece = Piece(time.perf_counter() - started, await response.content.readany())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._note("POST", url, body, 0, f"{type(error).__name__}: {error}", started)
            raise Fault("no answer came", f"{type(error).__name__}: {error}") from None
        answer = Answer(response.status, _lower(response), (piece,))
        received = answer.body.decode(errors="replace") + "\n[left early]"
        self._note("POST", url, body, answer.status, received, started)
        return answer

    @asynccontextmanager
    async def _opened(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        root: bool = False,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer before its body is read; the connection is closed afterwards."""
        assert self._session is not None
        sent = dict(headers or {})
        if body is not None:
            sent.setdefault("content-type", "application/json")
        url = self._url(path, root=root)
        response = await self._session.request(method, url, data=body, headers=sent, allow_redirects=False)
        try:
            yield response
        finally:
            response.close()

    def _url(self, path: str, *, root: bool) -> str:
        base = self.subject.root if root else self.subject.versioned
        return f"{base}/{path}"

    def _note(
        self, method: str, url: str, body: bytes | None, status: int, received: str, started: float
    ) -> None:
        seconds = round(time.perf_counter() - started, 3)
        sent = self.redacted((body or b"").decode(errors="replace"))
        self.transcript.append(Exchanged(method, url, sent, status, self.redacted(received), seconds))

    def redacted(self, text: str) -> str:
        """The text with the key masked, should a server quote it."""
        key = self.subject.key.reveal()
        return text.replace(key, _MASK) if key else text


def credentials(api: Api | None, key: Secret) -> dict[str, str]:
    """The headers a client of this API sends."""
    if api is Api.MESSAGES:
        return {"anthropic-version": ANTHROPIC_VERSION, **_messages_key(key)}
    return {"authorization": f"Bearer {key.reveal()}"} if key else {}


def _messages_key(key: Secret) -> dict[str, str]:
    if not key:
        return {}
    value = key.reveal()
    return {"authorization": f"Bearer {value}"} if value.startswith(_SESSION_KEY) else {"x-api-key": value}


def _lower(response: aiohttp.ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


async def _read(response: aiohttp.ClientResponse, started: float) -> tuple[tuple[Piece, ...], str]:
    pieces: list[Piece] = []
    try:
        while data := await response.content.readany():
            pieces.append(Piece(time.perf_counter() - started, data))
    except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as error:
        return tuple(pieces), f"the connection broke: {type(error).__name__}"
    return tuple(pieces), ""
