"""Commands over HTTP, on aiohttp.

One `Channel` per provider holds its connections, time-outs and proxy. Whatever goes wrong on the network leaves here as an
`UpstreamError`; aiohttp's own exceptions go no further. Idle and first-byte time-outs are the caller's (the relay keeps one
timer per answer, which is cheaper than one per read).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from multidict import CIMultiDict
from yarl import URL

from isthmus import __version__
from isthmus.core.commands import Call, Forward, Head, Headers, Reply, Stream
from isthmus.core.errors import Kind, Next, UpstreamError, UpstreamProtocolError

USER_AGENT: Final = f"isthmus/{__version__}"
MAX_REFUSAL_BYTES: Final = 64 * 1024
"""How much of an error body is read; the rest says nothing more."""
MAX_CALL_BYTES: Final = 16 << 20
SOCKS_PORT: Final = 1080
LINGER_S: Final = 1.0
COOKIES: Final = "set-cookie"
REUSE_S: Final = 30.0
"""How long an idle connection is kept. Many load balancers close theirs after 60 s; being first avoids a race."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Time-outs of one provider, in seconds."""

    connect_s: float = 10.0
    first_byte_s: float = 300.0
    idle_s: float = 300.0
    whole_s: float = 600.0
    """For plain (not streamed) answers, from sending to the last byte."""


class Incoming:
    """An upstream's answer whose body is still on its way. `close()` is safe to call at any time, more than once."""

    __slots__ = ("_response", "head")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.head = Head(
            response.status,
            _lower(response.headers),
        )

    async def read(self) -> bytes:
        """What has arrived, b"" at the end. Raises `UpstreamProtocolError` when the connection broke off."""
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise _cut_off(error) from None

    async def read_all(self, at_most: int) -> bytes:
        """The body's first `at_most` bytes."""
        pieces: list[bytes] = []
        size = 0
        while size < at_most and (piece := await self.read()):
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)[:at_most]

    @property
    def ended(self) -> bool:
        return self._response.content.at_eof()

    def close(self) -> None:
        """Gives the connection back if the body was read to its end, else cuts it: the upstream stops working."""
        if self.ended:
            self._response.release()
        else:
            self._response.close()


class Channel:
    """The way to one provider."""

    def __init__(self, limits: Limits, session: aiohttp.ClientSession, proxy: str | None = None) -> None:
        self.limits = limits
        self._session = session
        self._proxy = proxy
        self._retiring: set[asyncio.Task[None]] = set()
        self._timeout = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=limits.connect_s)

    async def open(self, command: Stream | Forward | Call) -> Incoming:
        """Sends the request and returns once the answer's head is there, whatever its status."""
        try:
            response = await self._session.request(
                command.method,
                command.url,
                data=command.body or None,
                headers=_headers(command.headers),
                allow_redirects=False,
                timeout=self._timeout,
                proxy=self._proxy,
            )
        except (TimeoutError, aiohttp.ServerTimeoutError, ProxyTimeoutError):
            raise UpstreamError(
                f"could not connect to the upstream within {self.limits.connect_s:g} s",
                kind=Kind.TIMEOUT,
                next=Next.OTHER_ACCOUNT,
            ) from None
        except (aiohttp.ClientError, OSError, ValueError, ProxyError, ProxyConnectionError) as error:
            raise _unreachable(error) from None
        if 300 <= response.status < 400:
            response.close()
            raise UpstreamError(
                "the upstream answered with a redirect: the base_url is probably not its API root",
                status=response.status,
                next=Next.OTHER_ACCOUNT,
            )
        return Incoming(response)

    async def call(self, command: Call) -> Reply:
        """The whole answer to a small request, within the first-byte and whole time-outs."""
        try:
            async with asyncio.timeout(min(self.limits.whole_s, self.limits.first_byte_s)):
                incoming = await self.open(command)
                try:
                    return Reply(incoming.head, await incoming.read_all(MAX_CALL_BYTES))
                finally:
                    incoming.close()
        except TimeoutError:
            raise UpstreamError("the upstream did not answer in time", kind=Kind.TIMEOUT) from None

    def retire(self, incoming: Incoming) -> None:
        """Done with an answer that said its end. A body's closing bytes may still be on their way: waiting for them a
        moment, in the background, saves the connection."""
        if incoming.ended:
            incoming.close()
            return
        task = asyncio.get_running_loop().create_task(_linger(incoming))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)


class Http:
    """Opens and closes the sessions that channels share: one direct, one per proxy that needs its own connector."""

    def __init__(self) -> None:
        self._sessions: dict[str | None, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def channel(self, limits: Limits, proxy: str | None = None) -> Channel:
        """Must be called inside the event loop. `proxy` is an http://, https://, socks4:// or socks5:// URL."""
        if proxy is not None and proxy.startswith("socks"):
            return Channel(limits, self._session(proxy, lambda: _socks(proxy)))
        return Channel(limits, self._session(None, _direct), proxy)

    def _session(
        self, key: str | None, connector: Callable[[], aiohttp.BaseConnector]
    ) -> aiohttp.ClientSession:
        if key not in self._sessions:
            self._sessions[key] = aiohttp.ClientSession(
                connector=connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
                raise_for_status=False,
                trust_env=False,
                # Plain text only: a compressing upstream gathers bytes before it sends them, and events must not wait.
                headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
                skip_auto_headers=("content-type", "accept"),
            )
        return self._sessions[key]


async def _linger(incoming: Incoming) -> None:
    try:
        async with asyncio.timeout(LINGER_S):
            while await incoming.read():
                pass
    except (TimeoutError, UpstreamError):
        pass
    finally:
        incoming.close()


def _direct() -> aiohttp.BaseConnector:
    return aiohttp.TCPConnector(limit=0, limit_per_host=0, keepalive_timeout=REUSE_S, ttl_dns_cache=60)


def _socks(proxy: str) -> aiohttp.BaseConnector:
    return ProxyConnector.from_url(
        _socks_url(proxy), limit=0, limit_per_host=0, keepalive_timeout=REUSE_S, rdns=True
    )


def _socks_url(proxy: str) -> str:
    """`socks5h` is what others call SOCKS5 with names resolved by the proxy, which is how it is done here anyway."""
    url = URL(proxy)
    scheme = {"socks5h": "socks5", "socks4a": "socks4"}.get(url.scheme, url.scheme)
    return str(url.with_scheme(scheme) if url.port else url.with_scheme(scheme).with_port(SOCKS_PORT))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    """The last of each name; of cookies all, as each is one of its own."""
    lower = {name.lower(): value for name, value in headers.items()}
    if COOKIES in lower:
        lower[COOKIES] = ", ".join(value for name, value in headers.items() if name.lower() == COOKIES)
    return lower


def _headers(headers: Headers) -> CIMultiDict[str]:
    return CIMultiDict(headers)


def _unreachable(error: Exception) -> UpstreamError:
    """The client learns what kind of trouble it is; host names and addresses stay in the log."""
    match error:
        case aiohttp.ClientHttpProxyError():
            # Its text holds the proxy's whole address, password included.
            reason, detail = "the proxy refused the connection", f"proxy answered {error.status}"
        case ProxyError() | ProxyConnectionError():
            reason, detail = "the proxy refused the connection", str(error)
        case aiohttp.ClientConnectorDNSError():
            reason, detail = "its host name could not be resolved", str(error)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            reason, detail = "its TLS certificate or handshake was not accepted", str(error)
        case aiohttp.InvalidURL() | ValueError():
            reason, detail = "its base_url is not a valid address", str(error)
        case _:
            reason, detail = "the connection failed", str(error)
    return UpstreamError(f"the upstream cannot be reached: {reason}", next=Next.OTHER_ACCOUNT, detail=detail)


def _cut_off(error: Exception) -> UpstreamProtocolError:
    return UpstreamProtocolError(
        "the upstream's connection broke off in the middle of its answer",
        detail=str(error),
    )
