"""Clients that leave, or do not read: they harm neither the account nor anybody else."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from faults.answers import CHAT, MESSAGES, drip, endless, good
from faults.gateways import Gateway, soon
from faults.hearing import Way, ask_way, assert_whole, new_model
from faults.stocking import key_of
from faults.upstream import FaultyUpstream
from operations.asking import PATHS, body

STREAMS = [Way(dialect, speaks, stream=True) for dialect in (MESSAGES, CHAT) for speaks in (MESSAGES, CHAT)]
every_stream = pytest.mark.parametrize("way", STREAMS, ids=lambda way: f"{way.dialect}-from-{way.speaks}")


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


@every_stream
def test_a_client_that_leaves(way: Way, gateway: Gateway, upstream: FaultyUpstream) -> None:
    account = f"leaver-{way.speaks}-1"
    upstream.behaviours[key_of(account)] = drip(30)
    model = new_model()
    with asking_by_hand(gateway, way, "leaver", model) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert soon(lambda: was_let_go(upstream, model)), "the upstream is let go"
    upstream.behaviours[key_of(account)] = good
    answer = ask_way(gateway, way, "leaver")
    assert_whole(way, answer)  # The account takes one request at a time, so its place has come back.
    row = gateway.request_row(answer.headers["request-id"])
    left = gateway.rows(
        "SELECT * FROM request_logs WHERE account_id = ? AND client_left ORDER BY id DESC", account
    )[0]
    assert left["id"] < row["id"]
    assert (left["error"], left["status"]) == (None, 499)
    assert gateway.account(account)["failures"] == 0, "nobody blames the account"


@every_stream
def test_a_client_that_reads_nothing(way: Way, gateway: Gateway, upstream: FaultyUpstream) -> None:
    account = f"slow-reader-{way.speaks}-1"
    upstream.behaviours[key_of(account)] = endless
    memory = resident_kib(gateway)
    model = new_model()
    with asking_by_hand(gateway, way, "slow-reader", model):
        assert soon(lambda: any(each.model == model for each in upstream.requests))
        upstream.behaviours[key_of(account)] = good
        assert_whole(way, ask_way(gateway, way, "slow-reader"))
        assert soon(lambda: was_let_go(upstream, model)), "it is given up in the end"
        assert resident_kib(gateway) - memory < 30_000
    left = soon(
        lambda: gateway.rows("SELECT * FROM request_logs WHERE account_id = ? AND client_left", account)
    )
    assert left
    assert gateway.account(account)["failures"] == 0


def was_let_go(upstream: FaultyUpstream, model: str) -> bool:
    return any(each.model == model for each in upstream.disconnects)


def resident_kib(gateway: Gateway) -> int:
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(gateway.pid)], capture_output=True, check=True)
    return int(shown.stdout)
