"""Two small real proxies on loopback: an HTTP one (forwarding and CONNECT) and a SOCKS5 one."""

from __future__ import annotations

import asyncio
import base64
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import TracebackType
from typing import Self

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy(ABC):
    """Serves one kind of proxy. `names` are the hosts that it alone knows; `asked` is what it was asked to reach."""

    scheme: str

    def __init__(self, names: Mapping[str, str] | None = None, login: str | None = None) -> None:
        self.names = dict(names or {})
        self.login = login
        """`user:password`, when one is demanded."""
        self.asked: list[str] = []
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        who = f"{self.login}@" if self.login else ""
        return f"{self.scheme}://{who}127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...

    async def reach(self, host: str, port: int) -> Streams:
        self.asked.append(f"{host}:{port}")
        return await asyncio.open_connection(self.names.get(host, host), port)


async def join(one: Streams, other: Streams) -> None:
    """Carries bytes both ways until one side ends."""
    ways = [
        asyncio.ensure_future(_carry(one[0], other[1])),
        asyncio.ensure_future(_carry(other[0], one[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        other[1].close()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()


class HttpProxy(Proxy):
    scheme = "http"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *headers = head.split("\r\n")
        if self.login is not None and not self._knows(headers):
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            return
        method, target, version = line.split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            upstream = await self.reach(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            authority, _, path = target.removeprefix("http://").partition("/")
            host, _, port = authority.rpartition(":")
            upstream = await self.reach(host, int(port))
            kept = [each for each in headers if not each.lower().startswith("proxy-")]
            upstream[1].write("\r\n".join([f"{method} /{path} {version}", *kept]).encode("latin-1"))
        await join((reader, writer), upstream)

    def _knows(self, headers: list[str]) -> bool:
        assert self.login is not None
        expected = f"proxy-authorization: basic {base64.b64encode(self.login.encode()).decode()}"
        return any(each.lower() == expected.lower() for each in headers)


class Socks5Proxy(Proxy):
    """RFC 1928 with RFC 1929 logins: CONNECT to names and IPv4 addresses."""

    scheme = "socks5"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = 2 if self.login else 0
        if wanted not in methods:
            writer.write(b"\x05\xff")
            return
        writer.write(bytes([5, wanted]))
        if self.login and not await self._log_in(reader, writer):
            return
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            assert kind == 1
            host = ".".join(map(str, await reader.readexactly(4)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        try:
            upstream = await self.reach(host, port)
        except OSError:
            writer.write(b"\x05\x05\x00\x01" + bytes(6))
            return
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await join((reader, writer), upstream)

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.readexactly(1)
        user = await reader.readexactly((await reader.readexactly(1))[0])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        fine = f"{user.decode()}:{password.decode()}" == self.login
        writer.write(b"\x01\x00" if fine else b"\x01\x01")
        return fine
