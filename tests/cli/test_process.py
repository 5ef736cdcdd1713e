"""uvicorn starts, drains and ends as the gateway wants it."""

import asyncio
import gc
import signal
import sys
from collections.abc import Iterator

import pytest
import uvloop

from isthmus.cli import process
from isthmus.cli.compose import build, open_hands
from isthmus.cli.listening import listen, port_of
from isthmus.cli.process import COLLECT_AFTER, KEEP_ALIVE_S, GatewayServer, loop_factory, spare_the_collector
from isthmus.config import Settings

SETTINGS = Settings.model_validate(
    {"providers": {"dummy": {"type": "dummy"}}, "server": {"drain_timeout_s": 0.4}}
)


def test_the_loop_is_uvloop() -> None:
    make = loop_factory()
    assert make is not None
    loop = make()
    assert isinstance(loop, uvloop.Loop)
    loop.close()


async def test_it_says_when_it_is_ready_and_ends_when_told() -> None:
    sockets = listen("127.0.0.1", 0)
    port = port_of(sockets)
    ready = asyncio.Event()
    async with open_hands(SETTINGS.images) as hands:
        gateway = build(SETTINGS, hands)
        server = GatewayServer(gateway, SETTINGS.server, ready.set)
        serving = asyncio.create_task(server.serve(sockets))
        await asyncio.wait_for(ready.wait(), 5)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert not gateway.draining
        server.handle_exit(signal.SIGTERM, None)
        assert gateway.draining
        assert not server.force_exit
        await asyncio.wait_for(serving, 5)
        await reader.read()
        assert reader.at_eof()
        writer.close()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_forces_the_end(second: int) -> None:
    async with open_hands(SETTINGS.images) as hands:
        server = GatewayServer(build(SETTINGS, hands), SETTINGS.server, lambda: None)
    server.handle_exit(signal.SIGTERM, None)
    server.handle_exit(second, None)
    assert server.force_exit


async def test_what_uvicorn_is_told() -> None:
    async with open_hands(SETTINGS.images) as hands:
        config = GatewayServer(build(SETTINGS, hands), SETTINGS.server, lambda: None).config
    assert (config.access_log, config.server_header, config.proxy_headers) == (False, False, False)
    assert config.timeout_keep_alive == KEEP_ALIVE_S
    # uvicorn waits for whole seconds; half a second must not become none.
    assert config.timeout_graceful_shutdown == 1


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_what_is_built_by_then_is_no_more_looked_through() -> None:
    kept: list[object] = []
    spare_the_collector()
    assert gc.get_threshold()[0] == COLLECT_AFTER
    assert gc.get_threshold()[1] > 0  # it goes on collecting
    assert not any(each is kept for each in gc.get_objects())


def test_the_loop_does_not_wait_long_for_other_threads() -> None:
    before = sys.getswitchinterval()
    try:
        process.favour_the_loop()
        assert sys.getswitchinterval() == pytest.approx(process.SWITCH_AFTER_S)
    finally:
        sys.setswitchinterval(before)
