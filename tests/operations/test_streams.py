"""Streams as a slow network sees them: when headers leave, what fills silence, who gives up and when, and how it all ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from itertools import pairwise
from typing import Any

import pytest

from clients.running import NO_REST, RunningGateway
from clients.stage import Stage
from operations.asking import DIALECTS, PATHS, ask, body, error_of
from simulators.anthropic_api import AnthropicApi
from simulators.openai_behaviours import TEXT
from simulators.openai_vendor import OpenAIVendor
from simulators.service import Simulator

Json = dict[str, Any]
Gateways = Callable[[Json], RunningGateway]
PING = {"messages": b"event: ping\n", "chat": b": ping\n"}


@pytest.fixture(scope="module")
def brisk(
    vendor: OpenAIVendor, claude_api: AnthropicApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """Shows itself after half a second, and is never silent for longer than that."""
    at_vendor = {"base_url": vendor.base_url, "api_key": vendor.key}
    impatient = {"first_byte_timeout_s": 1.5, "idle_timeout_s": 1.5, "timeout_s": 1.5}
    at_claude = {"type": "anthropic", "base_url": claude_api.base_url, "api_key": claude_api.key}
    configuration = {
        "accounts": NO_REST,
        "streams": {"commit_after_s": 0.5, "keepalive_s": 0.5},
        "providers": {
            "vendor": at_vendor,
            "claude": at_claude,
            "impatient": at_vendor | impatient,
            "impatient-claude": at_claude | impatient,
            "dummy": {"type": "dummy"},
        },
    }
    with RunningGateway(configuration, tmp_path_factory.mktemp("brisk")) as running:
        yield running


class Heard:
    """A streamed answer with the time at which each piece of it came, in seconds after the question."""

    def __init__(
        self, gateway: RunningGateway, dialect: str, model: str, *, provider: str = "vendor", text: str = "hi"
    ) -> None:
        self.began = time.monotonic()
        self.connection = HTTPConnection(gateway.origin.removeprefix("http://"), timeout=30)
        said = json.dumps(body(model, stream=True, text=text))
        self.connection.request(
            "POST", f"/{provider}{PATHS[dialect]}", said, {"content-type": "application/json"}
        )
        self.response: HTTPResponse = self.connection.getresponse()
        self.headers_s = self.now
        self.pieces: list[tuple[float, bytes]] = []

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def to_the_end(self) -> bytes:
        while piece := self.response.read1():
            self.pieces.append((self.now, piece))
        self.connection.close()
        return self.text

    @property
    def text(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("provider", "model"), [("vendor", "sim-text"), ("claude", "claude-opus-4-6"), ("dummy", "dummy-text")]
)
def test_a_stream_says_that_nobody_may_hold_it_back(
    provider: str, model: str, dialect: str, gateway: RunningGateway
) -> None:
    heard = Heard(gateway, dialect, model, provider=provider)
    heard.to_the_end()
    told = heard.response.headers
    assert told["content-type"].startswith("text/event-stream")
    assert (told["x-accel-buffering"], told["cache-control"]) == ("no", "no-cache")
    assert told["content-length"] is None and told["content-encoding"] is None
    assert "request-id" in told and "x-request-id" in told


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("provider", "model", "text"),
    [
        ("vendor", "sim-slow-0.15", "hi"),
        ("claude", "claude-opus-4-6", "[[sim: slow 0.15]]"),
    ],
)
def test_each_event_leaves_as_it_comes(
    provider: str, model: str, text: str, dialect: str, gateway: RunningGateway
) -> None:
    heard = Heard(gateway, dialect, model, provider=provider, text=text)
    heard.to_the_end()
    times = [at for at, _ in heard.pieces]
    gaps = [late - early for early, late in pairwise(times)]
    assert times[0] < 1 and len(times) >= 5
    assert max(gaps) < 0.6, gaps


@pytest.mark.parametrize("dialect", DIALECTS)
def test_headers_wait_for_the_first_real_event(dialect: str, gateway: RunningGateway) -> None:
    heard = Heard(gateway, dialect, "sim-silent-1.5")
    assert 1.3 < heard.headers_s < 3
    assert PING[dialect] not in heard.to_the_end()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_failure_before_the_first_event_has_its_status(dialect: str, gateway: RunningGateway) -> None:
    refused = ask(gateway, dialect, "vendor/sim-error-first-frame", stream=True)
    assert refused.status == {"messages": 529, "chat": 503}[dialect]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("provider", "model", "text"),
    [
        ("vendor", "sim-silent-2", "hi"),
        ("vendor", "sim-stall-2", "hi"),
        ("vendor", "sim-silent-headers-2", "hi"),
        ("claude", "claude-opus-4-6", "[[sim: silent 2]]"),
        ("claude", "claude-opus-4-6", "[[sim: stall 2]]"),
        ("dummy", "dummy-silent-2", "hi"),
    ],
)
def test_silence_is_filled_from_the_start(
    provider: str, model: str, text: str, dialect: str, brisk: RunningGateway
) -> None:
    heard = Heard(brisk, dialect, model, provider=provider, text=text)
    assert heard.headers_s < 1
    told = heard.to_the_end()
    moments = [0.0, heard.headers_s, *(at for at, _ in heard.pieces)]
    assert max(late - early for early, late in pairwise(moments)) < 1, moments
    assert 2 <= told.count(PING[dialect]) <= 5
    assert told.rstrip().endswith(b'{"type":"message_stop"}' if dialect == "messages" else b"[DONE]")


def frames(told: bytes) -> list[bytes]:
    return [frame for frame in told.replace(b"\r\n", b"\n").split(b"\n\n") if frame.strip()]


def assert_honest_end(told: bytes, dialect: str, kind: str) -> Json:
    """The last frame is the dialect's error, and nothing pretends that all went well."""
    last = frames(told)[-1]
    if dialect == "messages":
        assert last.startswith(b"event: error\ndata: ")
        assert b"message_stop" not in told
    else:
        assert last.startswith(b"data: ") and b"[DONE]" not in told
        assert b'"finish_reason":"' not in told
    said: Json = json.loads(last.partition(b"data: ")[2])["error"]
    assert said["type"] == kind, said
    return said


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("provider", "model", "text"),
    [
        ("impatient", "sim-hang", "hi"),
        ("impatient", "sim-silent-9", "hi"),
        ("impatient", "sim-stall-9", "hi"),
        ("impatient-claude", "claude-opus-4-6", "[[sim: hang]]"),
        ("impatient-claude", "claude-opus-4-6", "[[sim: stall 9]]"),
    ],
)
def test_a_committed_stream_whose_upstream_falls_silent_ends_in_an_error(
    provider: str,
    model: str,
    text: str,
    dialect: str,
    brisk: RunningGateway,
    vendor: OpenAIVendor,
    claude_api: AnthropicApi,
) -> None:
    upstream: Simulator = claude_api if "claude" in provider else vendor
    gone = len(upstream.disconnects)
    heard = Heard(brisk, dialect, model, provider=provider, text=text)
    told = heard.to_the_end()
    assert 1.2 < heard.now < 4
    said = assert_honest_end(told, dialect, {"messages": "timeout_error", "chat": "server_error"}[dialect])
    assert "1.5 s" in said["message"]
    until = time.monotonic() + 1
    while len(upstream.disconnects) == gone and time.monotonic() < until:
        time.sleep(0.02)
    assert len(upstream.disconnects) == gone + 1, "the upstream is let go"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_plain_answer_that_takes_too_long_is_a_504(dialect: str, brisk: RunningGateway) -> None:
    began = time.monotonic()
    refused = ask(brisk, dialect, "sim-silent-9", provider="impatient")
    assert (refused.status, 1.2 < time.monotonic() - began < 4) == (504, True)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_upstream_that_takes_no_connection_is_given_up(dialect: str, gateways: Gateways) -> None:
    """Its queue of connections is full: nothing answers, nothing refuses."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        queued = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            queued.append(filler)
        gateway = gateways(
            {"providers": {"deaf": {"base_url": f"http://127.0.0.1:{port}/v1", "connect_timeout_s": 1}}}
        )
        for stream in (False, True):
            began = time.monotonic()
            refused = ask(gateway, dialect, "any", stream=stream)
            assert time.monotonic() - began < 3
            assert refused.status == 504, refused.body
            assert "connect" in error_of(refused)["message"]
        for filler in queued:
            filler.close()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("vendor/sim-cut-mid-text", "hi"),
        ("vendor/sim-end-mid-text", "hi"),
        ("vendor/sim-error-in-stream", "hi"),
        ("dummy/dummy-cut-text", "hi"),
        ("dummy/dummy-cut-tool", "hi"),
        ("claude/claude-opus-4-6", "[[sim: cut]]"),
    ],
)
def test_a_broken_stream_ends_in_an_error_and_never_in_a_silent_stop(
    model: str, text: str, dialect: str, gateway: RunningGateway
) -> None:
    answer = ask(gateway, dialect, model, stream=True, text=text)
    assert answer.status == 200
    assert_honest_end(answer.body, dialect, {"messages": "api_error", "chat": "server_error"}[dialect])
    line = gateway.logged(request_id=answer.headers["request-id"])[0]
    assert line["error"] == "upstream"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_client_that_stops_reading_holds_the_upstream_back(
    dialect: str, stage: Stage, gateways: Gateways
) -> None:
    """Not the gateway's memory: little is read of what nobody takes, and in the end the client is given up."""
    generous = stage.play(lambda: OpenAIVendor(window=9_999_999, output_limit=9_999_999))
    settings = {"base_url": generous.base_url, "api_key": generous.key, "idle_timeout_s": 2}
    gateway = gateways({"providers": {"vendor": settings}})
    memory = resident_kib(gateway)
    gone = len(generous.disconnects)
    host, _, port = gateway.origin.removeprefix("http://").partition(":")
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect((host, int(port)))
        said = json.dumps(body("sim-long-100000", stream=True, max_tokens=999_999)).encode()
        head = f"POST {PATHS[dialect]} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(said)}\r\n\r\n"
        lazy.sendall(head.encode() + said)
        until = time.monotonic() + 15
        while len(generous.disconnects) == gone and time.monotonic() < until:
            time.sleep(0.05)
        assert len(generous.disconnects) == gone + 1
        assert resident_kib(gateway) - memory < 20_000
    line = gateway.logged(client_left=True)[0]
    assert "read nothing" in line["error_text"]


def resident_kib(gateway: RunningGateway) -> int:
    assert gateway._process is not None
    shown = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(gateway._process.pid)], capture_output=True, check=True
    )
    return int(shown.stdout)


def terminated(gateway: RunningGateway) -> subprocess.Popen[bytes]:
    assert gateway._process is not None
    gateway._process.send_signal(signal.SIGTERM)
    return gateway._process


@pytest.mark.parametrize("dialect", DIALECTS)
def test_sigterm_lets_a_running_stream_finish(dialect: str, vendor: OpenAIVendor, gateways: Gateways) -> None:
    settings = {"base_url": vendor.base_url, "api_key": vendor.key}
    gateway = gateways({"providers": {"vendor": settings}, "server": {"drain_timeout_s": 10}})
    heard = Heard(gateway, dialect, "sim-slow-0.2")
    process = terminated(gateway)
    told = heard.to_the_end()
    assert told.rstrip().endswith(b'{"type":"message_stop"}' if dialect == "messages" else b"[DONE]")
    assert TEXT.split()[-1].encode() in told
    assert process.wait(5) == 0
    assert gateway.logged(status=200, provider="vendor")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stream_that_outlasts_the_drain_is_told_so(
    dialect: str, vendor: OpenAIVendor, gateways: Gateways
) -> None:
    settings = {"base_url": vendor.base_url, "api_key": vendor.key}
    gateway = gateways({"providers": {"vendor": settings}, "server": {"drain_timeout_s": 1}})
    heard = Heard(gateway, dialect, "sim-slow-0.9")
    process = terminated(gateway)
    told = heard.to_the_end()
    said = assert_honest_end(told, dialect, {"messages": "overloaded_error", "chat": "server_error"}[dialect])
    assert "shutting down" in said["message"]
    assert process.wait(5) == 0


def test_a_second_signal_does_not_wait(vendor: OpenAIVendor, gateways: Gateways) -> None:
    settings = {"base_url": vendor.base_url, "api_key": vendor.key}
    gateway = gateways({"providers": {"vendor": settings}, "server": {"drain_timeout_s": 60}})
    heard = Heard(gateway, "chat", "sim-slow-2")
    reading = threading.Thread(target=heard.to_the_end)
    reading.start()
    began = time.monotonic()
    process = terminated(gateway)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(6) == 0
    assert time.monotonic() - began < 6
    reading.join(5)


def test_a_draining_gateway_says_that_it_is_not_ready(vendor: OpenAIVendor, gateways: Gateways) -> None:
    """Whoever balances load asks over a connection of its own."""
    settings = {"base_url": vendor.base_url, "api_key": vendor.key}
    gateway = gateways({"providers": {"vendor": settings}, "server": {"drain_timeout_s": 10}})
    assert gateway.ask("/readyz").json == {"status": "ready"}
    heard = Heard(gateway, "chat", "sim-slow-0.4")
    process = terminated(gateway)
    time.sleep(0.5)
    draining = gateway.ask("/readyz")
    assert (draining.status, draining.json) == (503, {"status": "draining"})
    assert gateway.ask("/healthz").status == 200
    refused = ask(gateway, "messages", "sim-text")
    assert (refused.status, error_of(refused)["type"]) == (529, "overloaded_error")
    assert heard.to_the_end().rstrip().endswith(b"[DONE]")
    assert process.wait(5) == 0
