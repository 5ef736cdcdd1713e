"""Commands over real connections on loopback: what arrives, what breaks, and what is said about it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from typing import NoReturn

import pytest
from aiohttp import web

from isthmus.core.commands import Call, Forward, Head, Listener, Reply, Stream
from isthmus.core.errors import Kind, Next, UpstreamError, UpstreamProtocolError
from isthmus.transport import http as transport
from isthmus.transport.http import USER_AGENT, Channel, Http, Incoming, Limits
from transport.proxies import HttpProxy, Socks5Proxy

EVENT = b'data: {"text": "hello"}\n\n'


class Upstream:
    """A web server that keeps what it was asked, from which connection, and who left early."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.peers: list[object] = []
        self.left = asyncio.Event()
        self.port = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        assert request.transport is not None
        self.peers.append(request.transport.get_extra_info("peername"))
        try:
            return await self._answers[request.path](self, request)
        except asyncio.CancelledError:
            self.left.set()
            raise

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = await _stream(request)
        for _ in range(3):
            await response.write(EVENT)
            await asyncio.sleep(0.01)
        return response

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = await _stream(request)
        await response.write(EVENT)
        await asyncio.sleep(60)
        return response

    async def _late_end(self, request: web.Request) -> web.StreamResponse:
        """The last chunk of the body comes a moment after the last event."""
        response = await _stream(request)
        await response.write(EVENT)
        await asyncio.sleep(0.1)
        return response

    async def _cut_chunked(self, request: web.Request) -> web.StreamResponse:
        response = await _stream(request)
        await response.write(EVENT)
        return _hang_up(request, response)

    async def _cut_sized(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "1000"})
        await response.prepare(request)
        await response.write(EVENT)
        return _hang_up(request, response)

    async def _refusal(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(
            {"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "7"}
        )

    async def _redirect(self, _: web.Request) -> web.StreamResponse:
        return web.Response(status=308, headers={"location": self.url("/events")})

    async def _cookie(self, _: web.Request) -> web.StreamResponse:
        response = web.Response(headers={"set-cookie": "a=b; path=/"})
        response.headers.add("set-cookie", "c=d; path=/")
        return response

    async def _silent(self, _: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    _answers: dict[str, Callable[[Upstream, web.Request], Awaitable[web.StreamResponse]]] = {  # noqa: RUF012
        "/events": _events,
        "/endless": _endless,
        "/late-end": _late_end,
        "/cut-chunked": _cut_chunked,
        "/cut-sized": _cut_sized,
        "/refusal": _refusal,
        "/redirect": _redirect,
        "/cookie": _cookie,
        "/silent": _silent,
    }


async def _stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    return response


def _hang_up(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return response


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    made = Upstream()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


@pytest.fixture
async def channel(http: Http) -> Channel:
    return http.channel(Limits())


def never_listens(_: Head) -> Listener:
    raise AssertionError("the transport does not read along")


def never_classifies(_: Head, __: bytes) -> UpstreamError:
    raise AssertionError("the transport does not judge statuses")


def forward(url: str, body: bytes = b"{}", headers: tuple[tuple[str, str], ...] = ()) -> Forward:
    return Forward("POST", url, headers, body, never_listens, never_classifies)


async def rest(incoming: Incoming) -> bytes:
    return b"".join([piece async for piece in _pieces(incoming)])


async def _pieces(incoming: Incoming) -> AsyncIterator[bytes]:
    while piece := await incoming.read():
        yield piece


async def failure(channel: Channel, url: str) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await channel.open(forward(url))
    return caught.value


@pytest.fixture
def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


async def test_a_stream_arrives_as_it_is_said(upstream: Upstream, channel: Channel) -> None:
    incoming = await channel.open(forward(upstream.url("/events"), b'{"a": 1}'))
    assert incoming.head.status == 200
    assert incoming.head.content_type == "text/event-stream"
    assert all(name == name.lower() for name in incoming.head.headers)
    assert await incoming.read() == EVENT
    assert not incoming.ended
    assert await rest(incoming) == EVENT * 2
    assert incoming.ended
    assert await incoming.read() == b""
    incoming.close()
    incoming.close()
    assert upstream.bodies == [b'{"a": 1}']


async def test_only_our_own_headers_and_the_commands_are_sent(upstream: Upstream, channel: Channel) -> None:
    given = (("content-type", "application/json"), ("anthropic-beta", "a"), ("anthropic-beta", "b"))
    incoming = await channel.open(forward(upstream.url("/events"), headers=given))
    incoming.close()
    sent = upstream.requests[0].headers
    assert sent.getall("anthropic-beta") == ["a", "b"]
    assert sent["content-type"] == "application/json"
    assert sent["user-agent"] == USER_AGENT
    assert sent["accept-encoding"] == "identity"
    names = {name.lower() for name in sent}
    assert names == {
        "content-type", "anthropic-beta", "user-agent", "accept-encoding", "host", "content-length"
    }  # fmt: skip


async def test_a_commands_user_agent_wins(upstream: Upstream, channel: Channel) -> None:
    (await channel.open(forward(upstream.url("/events"), headers=(("user-agent", "claude-cli/2"),)))).close()
    assert upstream.requests[0].headers.getall("user-agent") == ["claude-cli/2"]


async def test_a_stream_command_is_sent_likewise(upstream: Upstream, channel: Channel) -> None:
    def decode(_: Head) -> NoReturn:
        raise AssertionError("the transport decodes nothing")

    command = Stream("POST", upstream.url("/events"), (), b"{}", decode, never_classifies)
    incoming = await channel.open(command)
    assert await rest(incoming) == EVENT * 3
    incoming.close()


async def test_a_refusal_is_an_answer(upstream: Upstream, channel: Channel) -> None:
    incoming = await channel.open(forward(upstream.url("/refusal")))
    assert incoming.head.status == 429
    assert incoming.head.headers["retry-after"] == "7"
    assert await incoming.read_all(10) == b'{"error": '
    incoming.close()


@pytest.mark.parametrize("path", ["/cut-chunked", "/cut-sized"])
async def test_a_connection_that_breaks_off_is_a_broken_protocol(
    upstream: Upstream, channel: Channel, path: str
) -> None:
    incoming = await channel.open(forward(upstream.url(path)))
    with pytest.raises(UpstreamProtocolError) as caught:
        await rest(incoming)
    assert caught.value.message == "the upstream's connection broke off in the middle of its answer"
    incoming.close()


async def test_nobody_listens(channel: Channel, free_port: int) -> None:
    error = await failure(channel, f"http://127.0.0.1:{free_port}/v1")
    assert error.message == "the upstream cannot be reached: the connection failed"
    assert (error.kind, error.next, error.status) == (Kind.UPSTREAM, Next.OTHER_ACCOUNT, 0)
    assert str(free_port) in error.detail


async def test_a_name_that_does_not_resolve_stays_in_the_log(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    error = await failure(channel, "https://inner.corp.example/v1")
    assert error.message == "the upstream cannot be reached: its host name could not be resolved"
    assert "inner.corp.example" in error.detail
    assert error.next is Next.OTHER_ACCOUNT


async def test_an_upstream_without_tls_is_told_apart(upstream: Upstream, channel: Channel) -> None:
    error = await failure(channel, upstream.url("/events").replace("http:", "https:"))
    assert error.message == (
        "the upstream cannot be reached: its TLS certificate or handshake was not accepted"
    )


@pytest.mark.parametrize("url", ["http://", "nonsense", "http://127.0.0.1:99999/"])
async def test_an_address_that_is_none(channel: Channel, url: str) -> None:
    error = await failure(channel, url)
    assert error.message == "the upstream cannot be reached: its base_url is not a valid address"


async def test_connecting_takes_only_so_long(http: Http) -> None:
    with ExitStack() as held:
        listening = held.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        # Nobody accepts: once the queue is full the kernel drops further attempts, as a firewall would.
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        started = asyncio.get_running_loop().time()
        error = await failure(http.channel(Limits(connect_s=0.2)), f"http://127.0.0.1:{address[1]}/")
        assert asyncio.get_running_loop().time() - started < 2
    assert error.message == "could not connect to the upstream within 0.2 s"
    assert (error.kind, error.next) == (Kind.TIMEOUT, Next.OTHER_ACCOUNT)


async def test_a_redirect_is_not_followed(upstream: Upstream, channel: Channel) -> None:
    error = await failure(channel, upstream.url("/redirect"))
    assert error.status == 308
    assert "base_url is probably not its API root" in error.message
    assert [each.path for each in upstream.requests] == ["/redirect"]


async def test_closing_early_stops_the_upstream(upstream: Upstream, channel: Channel) -> None:
    incoming = await channel.open(forward(upstream.url("/endless")))
    assert await incoming.read() == EVENT
    incoming.close()
    async with asyncio.timeout(1):
        await upstream.left.wait()


async def test_leaving_before_the_head_stops_the_upstream(upstream: Upstream, channel: Channel) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await channel.open(forward(upstream.url("/silent")))
    async with asyncio.timeout(1):
        await upstream.left.wait()


async def test_a_connection_read_to_its_end_is_used_again(upstream: Upstream, channel: Channel) -> None:
    for _ in range(3):
        incoming = await channel.open(forward(upstream.url("/events")))
        await rest(incoming)
        incoming.close()
    assert len(upstream.peers) == 3
    assert len(set(upstream.peers)) == 1


async def test_a_connection_cut_early_is_not_used_again(upstream: Upstream, channel: Channel) -> None:
    for _ in range(2):
        incoming = await channel.open(forward(upstream.url("/endless")))
        await incoming.read()
        incoming.close()
    assert len(set(upstream.peers)) == 2


async def test_retiring_waits_for_the_bodys_end_and_saves_the_connection(
    upstream: Upstream, channel: Channel
) -> None:
    for _ in range(2):
        incoming = await channel.open(forward(upstream.url("/late-end")))
        assert await incoming.read() == EVENT
        assert not incoming.ended
        channel.retire(incoming)
        await asyncio.sleep(0.3)
        assert incoming.ended
    assert len(set(upstream.peers)) == 1


async def test_retiring_does_not_wait_for_ever(
    upstream: Upstream, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LINGER_S", 0.1)
    incoming = await channel.open(forward(upstream.url("/endless")))
    await incoming.read()
    channel.retire(incoming)
    async with asyncio.timeout(1):
        await upstream.left.wait()


async def test_retiring_what_has_ended_gives_the_connection_back_at_once(
    upstream: Upstream, channel: Channel
) -> None:
    for _ in range(2):
        incoming = await channel.open(forward(upstream.url("/events")))
        await rest(incoming)
        channel.retire(incoming)
    assert len(set(upstream.peers)) == 1


async def test_a_call_brings_the_whole_answer_whatever_its_status(
    upstream: Upstream, channel: Channel
) -> None:
    reply = await channel.call(Call("GET", upstream.url("/refusal")))
    assert reply == Reply(reply.head, b'{"error": {"message": "slow down"}}')
    assert reply.head.status == 429
    assert (await channel.call(Call("GET", upstream.url("/events")))).body == EVENT * 3
    assert upstream.bodies == [b"", b""]


async def test_a_calls_answer_is_read_up_to_a_size(
    upstream: Upstream, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_CALL_BYTES", 5)
    assert (await channel.call(Call("GET", upstream.url("/events")))).body == EVENT[:5]


@pytest.mark.parametrize("path", ["/silent", "/endless"])
@pytest.mark.parametrize("limits", [Limits(first_byte_s=0.2), Limits(whole_s=0.2)])
async def test_a_call_that_takes_too_long(upstream: Upstream, http: Http, path: str, limits: Limits) -> None:
    with pytest.raises(UpstreamError) as caught:
        await http.channel(limits).call(Call("GET", upstream.url(path)))
    assert caught.value.kind is Kind.TIMEOUT
    assert caught.value.message == "the upstream did not answer in time"
    async with asyncio.timeout(1):
        await upstream.left.wait()


async def test_every_cookie_is_told(upstream: Upstream, channel: Channel) -> None:
    reply = await channel.call(Call("GET", upstream.url("/cookie")))
    assert reply.head.headers["set-cookie"] == "a=b; path=/, c=d; path=/"


async def test_cookies_are_not_kept(upstream: Upstream, channel: Channel) -> None:
    await channel.call(Call("GET", upstream.url("/cookie", "localhost")))
    await channel.call(Call("GET", upstream.url("/cookie", "localhost")))
    assert len(upstream.requests) == 2
    assert all("cookie" not in each.headers for each in upstream.requests)


async def test_proxies_of_the_environment_are_not_used(
    upstream: Upstream, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    assert (await channel.call(Call("GET", upstream.url("/events")))).head.status == 200


@pytest.mark.parametrize("login", [None, "me:pass"])
async def test_an_http_proxy_forwards(upstream: Upstream, http: Http, login: str | None) -> None:
    async with HttpProxy({"vendor.example": "127.0.0.1"}, login) as proxy:
        channel = http.channel(Limits(), proxy.url)
        incoming = await channel.open(forward(upstream.url("/events", "vendor.example"), b'{"a": 1}'))
        assert await rest(incoming) == EVENT * 3
        incoming.close()
        assert proxy.asked == [f"vendor.example:{upstream.port}"]
    assert upstream.bodies == [b'{"a": 1}']
    assert "proxy-authorization" not in upstream.requests[0].headers


async def test_https_goes_through_a_tunnel(upstream: Upstream, http: Http) -> None:
    async with HttpProxy({"vendor.example": "127.0.0.1"}) as proxy:
        channel = http.channel(Limits(), proxy.url)
        error = await failure(channel, upstream.url("/events", "vendor.example").replace("http:", "https:"))
        assert proxy.asked == [f"vendor.example:{upstream.port}"]
    # The upstream of this test speaks no TLS: that the handshake with it failed shows that the tunnel led there.
    assert "its TLS certificate or handshake was not accepted" in error.message


async def test_a_proxy_that_wants_another_password(upstream: Upstream, http: Http) -> None:
    async with HttpProxy(login="me:pass") as proxy:
        channel = http.channel(Limits(), proxy.url.replace("me:pass", "me:wrong-s3cret"))
        reply = await channel.call(Call("GET", upstream.url("/events")))
    assert reply.head.status == 407
    assert upstream.requests == []


async def test_a_tunnel_that_wants_another_password(upstream: Upstream, http: Http) -> None:
    async with HttpProxy(login="me:pass") as proxy:
        channel = http.channel(Limits(), proxy.url.replace("me:pass", "me:wrong-s3cret"))
        error = await failure(channel, upstream.url("/events").replace("http:", "https:"))
    assert error.message == "the upstream cannot be reached: the proxy refused the connection"
    assert proxy.asked == []


async def test_a_proxys_password_stays_out_of_the_log(upstream: Upstream, http: Http) -> None:
    async with HttpProxy(login="me:pass") as proxy:
        channel = http.channel(Limits(), proxy.url.replace("me:pass", "me:wrong-s3cret"))
        error = await failure(channel, upstream.url("/events").replace("http:", "https:"))
    assert "s3cret" not in error.message + error.detail


async def test_a_proxy_that_is_not_there(upstream: Upstream, http: Http, free_port: int) -> None:
    error = await failure(http.channel(Limits(), f"http://127.0.0.1:{free_port}"), upstream.url("/events"))
    assert error.message == "the upstream cannot be reached: the connection failed"
    assert upstream.requests == []


@pytest.mark.parametrize("login", [None, "me:pass"])
async def test_a_socks_proxy_looks_names_up_itself(upstream: Upstream, http: Http, login: str | None) -> None:
    async with Socks5Proxy({"vendor.example": "127.0.0.1"}, login) as proxy:
        channel = http.channel(Limits(), proxy.url)
        incoming = await channel.open(forward(upstream.url("/events", "vendor.example"), b'{"a": 1}'))
        assert await rest(incoming) == EVENT * 3
        incoming.close()
        assert proxy.asked == [f"vendor.example:{upstream.port}"]
    assert upstream.bodies == [b'{"a": 1}']


async def test_a_socks_proxy_that_cannot_reach_the_upstream(http: Http, free_port: int) -> None:
    async with Socks5Proxy() as proxy:
        error = await failure(http.channel(Limits(), proxy.url), f"http://127.0.0.1:{free_port}/")
    assert error.message == "the upstream cannot be reached: the proxy refused the connection"


async def test_a_socks_proxy_that_wants_another_password(upstream: Upstream, http: Http) -> None:
    async with Socks5Proxy(login="me:pass") as proxy:
        channel = http.channel(Limits(), proxy.url.replace("me:pass", "me:wrong-s3cret"))
        error = await failure(channel, upstream.url("/events"))
    assert "the proxy refused the connection" in error.message
    assert "s3cret" not in error.message + error.detail
    assert upstream.requests == []


async def test_a_socks_proxy_that_is_not_there(upstream: Upstream, http: Http, free_port: int) -> None:
    error = await failure(http.channel(Limits(), f"socks5://127.0.0.1:{free_port}"), upstream.url("/events"))
    assert "the upstream cannot be reached" in error.message
    assert upstream.requests == []


@pytest.mark.parametrize("url", ["socks5h://127.0.0.1:1080", "socks5://127.0.0.1"])
async def test_every_proxy_the_configuration_takes_is_understood(http: Http, url: str) -> None:
    assert http.channel(Limits(), url).limits == Limits()


async def test_channels_of_one_way_share_their_connections(upstream: Upstream, http: Http) -> None:
    for channel in (http.channel(Limits()), http.channel(Limits(connect_s=1))):
        await channel.call(Call("GET", upstream.url("/events")))
    assert len(set(upstream.peers)) == 1
