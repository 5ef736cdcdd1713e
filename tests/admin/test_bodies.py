"""Bodies on their way in, through a server that really closes its connections."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.datastructures import Headers

from admin_site import MAX_BODY_BYTES, Caller, Site, open_site
from isthmus.admin import bodies
from isthmus.admin.bodies import Incoming, bounded
from isthmus.control.failures import Invalid
from isthmus.control.people import Role
from isthmus.storage.database import Database


@pytest.fixture
async def site(sqlite: Database) -> Site:
    return await open_site(sqlite)


@pytest.fixture
async def port(site: Site) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(site, lifespan="off", log_config=None, http="httptools")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        yield listening.getsockname()[1]
        server.should_exit = True
        await serving


async def exchange(port: int, head: str, body: bytes) -> tuple[int, bytes]:
    """Sends all of the body before it reads a word, as simple clients do."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
    for start in range(0, len(body), 65536):
        writer.write(body[start : start + 65536])
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    status = int(answer.split(b" ", 2)[1])
    return status, answer


BIG = b" " * 5_000_000


async def test_who_is_refused_while_sending_reads_why(port: int) -> None:
    head = f"POST /v2/keys HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {len(BIG)}"
    status, answer = await exchange(port, head, BIG)
    assert status == 401 and b"unauthenticated" in answer
    status, answer = await exchange(port, head.replace("/v2/keys", "/v2/sign-in"), BIG)
    assert status == 422 and b"too large" in answer


async def test_so_does_who_sends_without_saying_how_much(port: int) -> None:
    head = "POST /v2/sign-in HTTP/1.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked"
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    status, answer = await exchange(port, head, chunk * 60 + b"0\r\n\r\n")
    assert status == 422 and b"too large" in answer
    body = json.dumps({"name": "nobody", "password": "wrong password"}).encode()
    status, _ = await exchange(port, head, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert status == 401


async def test_nobody_is_waited_for_without_end(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LINGER_S", 0.2)
    head = "POST /v2/keys HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 1000000"
    status, _ = await exchange(port, head, b"and nothing more")
    assert status == 401


async def test_what_has_been_said_is_not_waited_for(site: Site) -> None:
    """The whole body was there and too large: a second of waiting for more would be one too many."""
    script = await site.script("bot", Role.HOLDER)
    async with asyncio.timeout(bodies.LINGER_S / 2):
        reply = await script(
            "POST", "/v2/me/tokens", b" " * (MAX_BODY_BYTES + 1), {"transfer-encoding": "chunked"}
        )
    assert reply.status == 422


async def test_a_body_in_pieces_arrives_whole() -> None:
    pieces = [b'{"na', b'me": "x"', b"}"]
    messages = [{"type": "http.request", "body": each, "more_body": True} for each in pieces]
    messages.append({"type": "http.request"})
    messages.append({"type": "http.disconnect"})

    async def receive() -> dict[str, object]:
        return messages.pop(0)

    headers = Headers({"transfer-encoding": "chunked", "content-type": "application/json"})
    through = await bounded("POST", headers, Incoming(receive), 100)
    assert await through() == {"type": "http.request", "body": b"".join(pieces), "more_body": False}
    assert await through() == {"type": "http.disconnect"}


@pytest.mark.parametrize("length", ["", "-1", "+1", "1.0", "x", "²", "9" * 5000])
async def test_a_length_that_is_none(length: str) -> None:
    async def receive() -> dict[str, object]:
        raise AssertionError("nothing is read")

    headers = Headers(
        raw=[(b"content-length", length.encode("latin-1")), (b"content-type", b"application/json")]
    )
    with pytest.raises(Invalid):
        await bounded("POST", headers, Incoming(receive), 100)


async def test_reading_needs_no_type(site: Site) -> None:
    assert (await Caller(site)("GET", "/v2/setup", b"", {"content-type": "text/plain"})).status == 200
