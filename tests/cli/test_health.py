"""A gateway is told from nothing and from something else."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from isthmus.cli.failure import CommandFailed
from isthmus.cli.health import demand_entry, demand_gateway
from isthmus.core.secret import Secret


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_gateway() -> None:
    with answering(200, b'{"status":"ok"}') as url:
        demand_gateway(url)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (404, b"{}"), (200, b'{"status":"up"}'), (200, b"\xff")]
)
def test_something_else(status: int, body: bytes) -> None:
    with answering(status, body) as url, pytest.raises(CommandFailed, match="is not this gateway"):
        demand_gateway(url)


def test_nothing_is_said_with_the_way_to_start_it() -> None:
    with answering(200, b"") as gone:
        pass
    with pytest.raises(CommandFailed, match=r"no gateway answers at .*`isthmus serve --config my\.yaml`"):
        demand_gateway(gone, Path("my.yaml"))


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b'{"error": {"message": "no such key"}}', "no such key. `isthmus keys create NAME` makes one"),
        (404, b'{"error": {"message": "no provider \'x\'"}}', "no provider 'x'"),
        (401, b"<html>", "the gateway refuses the request"),
    ],
)
def test_a_gateway_that_lets_nobody_in_with_this_key(status: int, body: bytes, said: str) -> None:
    with answering(status, body) as url, pytest.raises(CommandFailed, match=said):
        demand_entry(url, Secret("key"))


@pytest.mark.parametrize("status", [200, 429, 502, 529])
def test_whether_the_upstream_answers_is_another_question(status: int) -> None:
    with answering(status, b"{}") as url:
        demand_entry(url, Secret("key"))
    demand_entry("http://127.0.0.1:9", Secret("key"))
