"""Files that a client points at, fetched so that the client cannot make the gateway look around inside.

Whoever may send an address could otherwise read what only this machine can reach: a cloud's metadata service, a router, a
database's status page. So a connection is made to public addresses only, and the check stands where the connection is made:
a name is looked up once, the addresses found are checked, and one of those is connected to. There is no second look-up
that could answer differently (DNS rebinding), and redirects pass the same gate.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from isthmus.core.commands import Fetch, Fetched
from isthmus.core.errors import BadRequest
from isthmus.transport.http import USER_AGENT

MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SHOWN_HOST_CHARS: Final = 100

Address = IPv4Address | IPv6Address

_UNICAST_V6: Final = ip_network("2000::/3")
_NAT64: Final = ip_network("64:ff9b::/96")
_TUNNELS: Final = (ip_network("2002::/16"), ip_network("2001::/32"))
"""6to4 and Teredo hold an IPv4 address that a relay would connect to. Nobody serves files there."""
_INSIDE: Final = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "::1/128",
        "fc00::/7",
    )
)
"""What an operator means by a private network: this machine, and addresses given out locally."""
_NEVER: Final = frozenset(
    ip_address(each)
    for each in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
"""Where clouds keep credentials for whoever asks: AWS and most others, Alibaba, Azure, Oracle, AWS over IPv6."""


def is_public(address: Address) -> bool:
    """Whether the address belongs to somebody on the public internet, whichever way it is written."""
    address = _unwrapped(address)
    if address in _NEVER or address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv6Address):
        return address in _UNICAST_V6 and not any(address in tunnel for tunnel in _TUNNELS)
    return True


def is_public_or_private(address: Address) -> bool:
    """As `is_public`, or of a private network or this machine; never link-local, multicast or a metadata service."""
    address = _unwrapped(address)
    return is_public(address) or (address not in _NEVER and any(address in network for network in _INSIDE))


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that only carries it."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one file may cost."""

    whole_s: float = 10.0
    """From the first look-up to the last byte, redirects included."""
    max_bytes: int = 10 << 20
    allow_private_networks: bool = False


class GuardedFetch:
    """Fetches files under the guard. An async context manager: it holds a session of its own, without proxy or cookies."""

    def __init__(self, limits: FetchLimits, resolver: AbstractResolver | None = None) -> None:
        self._limits = limits
        self._permits = is_public_or_private if limits.allow_private_networks else is_public
        self._resolver = resolver
        """The system's own when not given."""
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=_VettedResolver(self._resolver or aiohttp.ThreadedResolver(), self._permits),
            socket_factory=self._open_socket,
            use_dns_cache=False,
            force_close=True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            # A compressed answer could unpack to any size; images gain nothing from it.
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),  # one time-out covers the whole fetch, below
            headers={"user-agent": USER_AGENT, "accept": "image/*, */*;q=0.5", "accept-encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, command: Fetch) -> Fetched:
        """The file. Raises `BadRequest` naming the field, in words that do not tell what is inside the network."""
        try:
            async with asyncio.timeout(self._limits.whole_s):
                return await self._follow(_url(command.url))
        except _NotFetchedError as why:
            reason = str(why)
        except TimeoutError:
            reason = f"it did not arrive within {self._limits.whole_s:g} s"
        except (aiohttp.InvalidURL, ValueError):
            reason = "its address is not a valid one"
        except (aiohttp.ClientError, OSError):
            reason = "the connection failed"
        raise BadRequest(
            f"the file{_at_host(command.url)} cannot be fetched: {reason}. Send its content as base64 instead",
            field=command.field,
        ) from None

    async def _follow(self, url: URL) -> Fetched:
        assert self._session is not None, "enter the context first"
        for _ in range(MAX_REDIRECTS + 1):
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await self._read(response)
                url = _target(response)
        raise _NotFetchedError(f"it redirects more than {MAX_REDIRECTS} times")

    async def _read(self, response: aiohttp.ClientResponse) -> Fetched:
        if response.status != 200:
            raise _NotFetchedError(f"the server answered with status {response.status}")
        too_large = f"it is larger than {self._limits.max_bytes / (1 << 20):g} MiB"
        if (response.content_length or 0) > self._limits.max_bytes:
            raise _NotFetchedError(too_large)
        body = bytearray()
        while piece := await response.content.readany():
            body += piece
            if len(body) > self._limits.max_bytes:
                raise _NotFetchedError(too_large)
        return Fetched(response.content_type, bytes(body))

    def _open_socket(self, where: tuple[Any, ...]) -> socket.socket:
        """Every connection passes here, also one to an address that needed no look-up."""
        family, kind, protocol, _, (host, *_) = where
        if not _permitted(str(host), self._permits):
            raise _not_public()
        return socket.socket(family=family, type=kind, proto=protocol)


class _VettedResolver(AbstractResolver):
    """Knows only the addresses that may be connected to."""

    def __init__(self, inner: AbstractResolver, permits: Callable[[Address], bool]) -> None:
        self._inner = inner
        self._permits = permits

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        try:
            found = await self._inner.resolve(host, port, family)
        except OSError:
            found = []
        if vetted := [each for each in found if _permitted(each["host"], self._permits)]:
            return vetted
        raise _not_public()

    async def close(self) -> None:
        await self._inner.close()


class _NotFetchedError(Exception):
    """Why there is no file, in words for the client. No OSError, so that no library takes it for a passing fault."""


def _not_public() -> _NotFetchedError:
    # One text for a name that does not exist and for one that leads inside: the difference would be a map of the inside.
    return _NotFetchedError("it was not found at a public address")


def _permitted(host: str, permits: Callable[[Address], bool]) -> bool:
    try:
        return permits(ip_address(host))
    except ValueError:
        return False


def _url(text: str) -> URL:
    url = URL(text)
    _check(url)
    return url


def _target(response: aiohttp.ClientResponse) -> URL:
    url = response.url.join(URL(response.headers.get("location", "")))
    _check(url)
    return url


def _check(url: URL) -> None:
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise _NotFetchedError("its address must begin with https:// or http:// and name a host")
    if url.user is not None or url.password is not None:
        raise _NotFetchedError("its address must not hold credentials")


def _at_host(text: str) -> str:
    """The client's own host name, and no more of the address: a signed one is a secret, and errors are logged."""
    try:
        host = URL(text).raw_host
    except ValueError:
        host = None
    return f" at {host[:_SHOWN_HOST_CHARS]}" if host else ""
