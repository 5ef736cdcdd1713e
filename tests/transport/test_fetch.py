"""What a client can and cannot make the gateway fetch. The servers are real, on loopback; name look-ups are ours."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from ipaddress import ip_address

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from isthmus.core.commands import Fetch, Fetched
from isthmus.core.errors import BadRequest
from isthmus.transport.fetch import FetchLimits, GuardedFetch, is_public, is_public_or_private

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
NOT_PUBLIC = "it was not found at a public address"

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.9.10",
    "::1",
    "fd12:3456::1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
]
NEVER = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "169.254.1.1",
    "fe80::1",
    "fe80::1%lo",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "::7f00:1",
    "224.0.0.1",
    "239.255.255.250",
    "ff02::1",
    "ff0e::1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "2001:0:7f00:1::1",
    "64:ff9b:1::7f00:1",
    "fec0::1",
    "4000::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))
    assert is_public_or_private(ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_are_the_operators_choice(text: str) -> None:
    assert not is_public(ip_address(text))
    assert is_public_or_private(ip_address(text))


@pytest.mark.parametrize("text", NEVER)
def test_addresses_that_no_setting_opens(text: str) -> None:
    assert not is_public(ip_address(text))
    assert not is_public_or_private(ip_address(text))


class Names(AbstractResolver):
    """A name server of our own: each look-up of a name takes the next of its answers, the last one for good."""

    def __init__(self, answers: Mapping[str, list[list[str]]]) -> None:
        self._answers = {name: list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self._answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        queue = self._answers[host]
        addresses = queue.pop(0) if len(queue) > 1 else queue[0]
        return [_resolved(host, address, port) for address in addresses]

    async def close(self) -> None:
        pass


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}


class Site:
    """A web server on loopback, and the heads of the requests it got."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        match request.path.strip("/").split("/"):
            case ["image"]:
                return web.Response(
                    body=PNG, headers={"content-type": "image/png; name=x", "set-cookie": "a=b"}
                )
            case ["hop", count] if int(count) > 0:
                return web.Response(
                    status=302, headers={"location": f"/hop/{int(count) - 1}", "set-cookie": "c=d"}
                )
            case ["hop", _]:
                return web.Response(body=PNG, content_type="image/png")
            case ["to"]:
                return web.Response(status=307, headers={"location": request.query["url"]})
            case ["endless"]:
                return await _drip(request, b"x" * 1000, pause_s=0)
            case ["slow"]:
                return await _drip(request, b"x", pause_s=0.05)
            case ["cut"]:
                response = web.StreamResponse(headers={"content-length": "100"})
                await response.prepare(request)
                await response.write(b"x")
                assert request.transport is not None
                request.transport.close()
                return response
            case _:
                return web.Response(status=404, text="secret page")


async def _drip(request: web.Request, piece: bytes, pause_s: float) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(piece)
        await asyncio.sleep(pause_s)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


OPEN = FetchLimits(allow_private_networks=True)


async def fetch(
    url: str, limits: FetchLimits = OPEN, names: Names | Mapping[str, list[list[str]]] | None = None
) -> Fetched:
    resolver = names if isinstance(names, Names) else Names(names or {})
    async with GuardedFetch(limits, resolver) as guarded:
        return await guarded.fetch(Fetch(url, "messages.0.content.1"))


async def refusal(
    url: str, limits: FetchLimits = OPEN, names: Names | Mapping[str, list[list[str]]] | None = None
) -> str:
    with pytest.raises(BadRequest) as caught:
        await fetch(url, limits, names)
    assert caught.value.field == "messages.0.content.1"
    assert caught.value.message.endswith(". Send its content as base64 instead")
    return caught.value.message


async def test_a_file_with_its_media_type(site: Site) -> None:
    assert await fetch(f"http://127.0.0.1:{site.port}/image") == Fetched("image/png", PNG)


async def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(site: Site) -> None:
    names = Names({"pictures.example": [["127.0.0.1"], ["169.254.169.254"]]})
    url = f"http://pictures.example:{site.port}/image"
    assert (await fetch(url, names=names)).body == PNG
    assert names.asked == ["pictures.example"]
    assert site.requests[0].headers["host"] == f"pictures.example:{site.port}"


async def test_of_a_name_with_several_addresses_only_the_permitted_are_used(site: Site) -> None:
    names = {"pictures.example": [["169.254.169.254", "127.0.0.1"]]}
    assert (await fetch(f"http://pictures.example:{site.port}/image", names=names)).body == PNG


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "localhost",
        "inside.example",
        "absent.example",
        "sly.example",
        "0x7f.1",
    ],
)
async def test_inside_and_absent_look_the_same(site: Site, host: str) -> None:
    names = {
        "localhost": [["127.0.0.1", "::1"]],
        "inside.example": [["10.0.0.7"]],
        "sly.example": [["::ffff:127.0.0.1"]],
        "0x7f.1": [["127.0.0.1"]],
    }
    message = await refusal(f"http://{host}:{site.port}/image", FetchLimits(), names)
    assert NOT_PUBLIC in message
    assert site.requests == []


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0177.0.0.1", "127.0.0.1."])
async def test_other_spellings_of_loopback_do_not_arrive(site: Site, host: str) -> None:
    await refusal(f"http://{host}:{site.port}/image", FetchLimits())
    assert site.requests == []


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/meta-data", "http://cloud.example/", "//169.254.169.254/"]
)
async def test_a_redirect_passes_the_same_gate(site: Site, url: str) -> None:
    names = {"cloud.example": [["169.254.169.254"]]}
    assert NOT_PUBLIC in await refusal(f"http://127.0.0.1:{site.port}/to?url={url}", names=names)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:image/png;base64,AAAA"])
async def test_a_redirect_to_another_scheme_is_refused(site: Site, url: str) -> None:
    assert "must begin with https://" in await refusal(f"http://127.0.0.1:{site.port}/to?url={url}")


async def test_a_redirect_that_brings_credentials_is_refused(site: Site) -> None:
    url = f"http://127.0.0.1:{site.port}/to?url=http://me:pass@127.0.0.1:{site.port}/image"
    message = await refusal(url)
    assert "credentials" in message
    assert "pass" not in message
    assert [each.path for each in site.requests] == ["/to"]


async def test_three_redirects_are_followed_without_cookies(site: Site) -> None:
    assert (await fetch(f"http://127.0.0.1:{site.port}/hop/3")).body == PNG
    assert [each.path for each in site.requests] == ["/hop/3", "/hop/2", "/hop/1", "/hop/0"]
    assert all("cookie" not in each.headers for each in site.requests)


async def test_four_are_not(site: Site) -> None:
    assert "more than 3 times" in await refusal(f"http://127.0.0.1:{site.port}/hop/4")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/a.png", "must begin with https://"),
        ("file:///etc/passwd", "must begin with https://"),
        ("gopher://example.com", "must begin with https://"),
        ("a.png", "must begin with https://"),
        ("", "must begin with https://"),
        ("http:///a.png", "must begin with https://"),
        ("https://me:pass@example.com/a.png", "must not hold credentials"),
        ("http://example.com:99999/", "not a valid one"),
        ("http://[::1/", "not a valid one"),
        ("http://exa\ud800mple.com/", "not a valid one"),
    ],
)
async def test_addresses_that_are_not_tried(url: str, reason: str) -> None:
    names = Names({})
    message = await refusal(url, names=names)
    assert reason in message
    assert "pass@" not in message
    assert names.asked == []


async def test_the_message_names_the_host_and_not_the_rest(site: Site) -> None:
    message = await refusal(f"http://127.0.0.1:{site.port}/absent?signature=s3cret")
    assert message.startswith("the file at 127.0.0.1 cannot be fetched: the server answered with status 404")
    assert "s3cret" not in message
    assert "secret page" not in message


async def test_an_announced_size_above_the_cap_is_not_read(site: Site) -> None:
    limits = FetchLimits(max_bytes=len(PNG) - 1, allow_private_networks=True)
    assert "it is larger than" in await refusal(f"http://127.0.0.1:{site.port}/image", limits)


async def test_a_size_at_the_cap_is_fine(site: Site) -> None:
    limits = FetchLimits(max_bytes=len(PNG), allow_private_networks=True)
    assert (await fetch(f"http://127.0.0.1:{site.port}/image", limits)).body == PNG


async def test_an_endless_answer_is_cut_at_the_cap(site: Site) -> None:
    limits = FetchLimits(max_bytes=1 << 20, allow_private_networks=True)
    message = await refusal(f"http://127.0.0.1:{site.port}/endless", limits)
    assert "it is larger than 1 MiB" in message


async def test_time_counts_from_start_to_end(site: Site) -> None:
    limits = FetchLimits(whole_s=0.3, allow_private_networks=True)
    started = asyncio.get_running_loop().time()
    assert "within 0.3 s" in await refusal(f"http://127.0.0.1:{site.port}/slow", limits)
    assert asyncio.get_running_loop().time() - started < 2


async def test_a_look_up_that_hangs_counts_too() -> None:
    class Hanging(Names):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[ResolveResult]:
            await asyncio.sleep(60)
            return []

    message = await refusal("http://slow.example/", FetchLimits(whole_s=0.1), Hanging({}))
    assert "within 0.1 s" in message


async def test_a_broken_connection_is_said_plainly(site: Site) -> None:
    assert "the connection failed" in await refusal(f"http://127.0.0.1:{site.port}/cut")


async def test_a_refused_connection_names_no_address() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        message = await refusal(
            f"http://pictures.example:{port}/", names={"pictures.example": [["127.0.0.1"]]}
        )
    assert "the connection failed" in message
    assert "127.0.0.1" not in message
    assert str(port) not in message


async def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")
    assert (await fetch(f"http://127.0.0.1:{site.port}/image")).body == PNG
