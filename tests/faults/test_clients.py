"""Clients that leave, or do not read: they harm neither the account nor anybody else."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from faults.answers import CHAT, MESSAGES, drip, endless, good
from faults.gateways import Gateway, soon
from faults.hearing import Way, all_at_once, ask_way, assert_whole, new_model
from faults.stocking import key_of
from faults.upstream import FaultyUpstream
from operations.asking import PATHS, body

Json = dict[str, Any]
STREAMS = [Way(dialect, speaks, stream=True) for dialect in (MESSAGES, CHAT) for speaks in (MESSAGES, CHAT)]


@contextmanager
def asking_by_hand(gateway: Gateway, way: Way, name: str, model: str) -> Iterator[socket.socket]:
    """A connection with a request on it, of which nothing has been read."""
    host, _, port = gateway.origin.removeprefix("http://").partition(":")
    said = json.dumps(body(model, stream=way.stream)).encode()
    path = f"/{name}-{way.speaks}{PATHS[way.dialect]}"
    head = f"POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(said)}\r\n\r\n"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect((host, int(port)))
        connection.sendall(head.encode() + said)
        yield connection


def test_a_client_that_leaves(gateway: Gateway, upstream: FaultyUpstream) -> None:
    for way in STREAMS:
        account, model = f"leaver-{way.speaks}-1", new_model()
        upstream.behaviours[key_of(account)] = drip(30)
        with asking_by_hand(gateway, way, "leaver", model) as connection:
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert soon(lambda model=model: was_let_go(upstream, model)), "the upstream is let go"
        upstream.behaviours[key_of(account)] = good
        # The account takes one request at a time, so its place has come back.
        assert_whole(way, ask_way(gateway, way, "leaver"))
        row = soon(lambda model=model: row_of(gateway, model))
        assert (row["error"], row["status"], row["client_left"]) == (None, 499, 1)
        assert gateway.account(account)["failures"] == 0, "nobody blames the account"


def test_a_client_that_reads_nothing(gateway: Gateway, upstream: FaultyUpstream) -> None:
    memory = resident_kib(gateway)

    def story(way: Way) -> None:
        account, model = f"slow-reader-{way.speaks}-1", new_model()
        upstream.behaviours[key_of(account)] = endless
        with asking_by_hand(gateway, way, "slow-reader", model):
            assert soon(lambda: any(each.model == model for each in upstream.requests))
            assert_whole(way, ask_way(gateway, way, "queue"))
            assert soon(lambda: was_let_go(upstream, model)), "it is given up in the end"
            assert resident_kib(gateway) - memory < 30_000 * len(STREAMS), "of 80 MB each"
        row = soon(lambda: row_of(gateway, model))
        assert row["client_left"]
        assert "read nothing" in row["error_text"]
        assert gateway.account(account)["failures"] == 0

    all_at_once(story, STREAMS)


def row_of(gateway: Gateway, model: str) -> Json | None:
    return next(iter(gateway.rows("SELECT * FROM request_logs WHERE model_asked = ?", model)), None)


def was_let_go(upstream: FaultyUpstream, model: str) -> bool:
    return any(each.model == model for each in upstream.disconnects)


def resident_kib(gateway: Gateway) -> int:
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(gateway.pid)], capture_output=True, check=True)
    return int(shown.stdout)
