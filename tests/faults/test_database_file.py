"""A database file that is held, or cannot grow: requests go on, and nothing that was noted is lost while the gateway lives."""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from clients.running import Answered
from faults.conftest import prepared
from faults.gateways import Gateway
from faults.hearing import ask_every_way, assert_whole
from faults.stocking import Stocked, key_of
from faults.upstream import FaultyUpstream


@pytest.fixture(scope="module")
def near(upstream: FaultyUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose database nobody else uses."""
    names = ("near-chat", "near-messages")
    accounts = {name: [Stocked(key_of(f"{name}-1"))] for name in names}
    with prepared(upstream, tmp_path_factory.mktemp("near"), accounts, {}) as gateway:
        yield gateway


def account_labelled(gateway: Gateway, label: str) -> Answered:
    """Made by an operator, and switched off."""
    credential = {"api_key": f"sk-{label}"}
    account = {"provider": "near-chat", "label": label, "credential": credential, "enabled": False}
    return gateway.administer("/v2/accounts", account)


def test_a_database_file_that_another_process_holds(near: Gateway) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        closing(sqlite3.connect(near.database, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(account_labelled, near, "patient")
        began = time.monotonic()
        for way, answer in ask_every_way(near, "near"):
            assert_whole(way, answer)
        assert time.monotonic() - began < 5
        assert not waiting.done()
        other.execute("ROLLBACK")
        assert waiting.result().status == 201
    assert near.request_row(answer.headers["request-id"])


def test_a_disk_without_room(near: Gateway) -> None:
    """No file of the gateway may grow beyond the size that its write-ahead log has."""
    for way, answer in ask_every_way(near, "near"):
        assert_whole(way, answer)
        assert near.request_row(answer.headers["request-id"])
    size = near.database.with_name("isthmus.db-wal").stat().st_size
    limits = resource.prlimit(near.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    during = ask_every_way(near, "near")
    refused = account_labelled(near, "during")
    assert (refused.status, refused.json["error"]["code"]) == (503, "unavailable")
    assert near.said("the request log cannot be written; rows are kept in memory", level="warning")
    during += ask_every_way(near, "near")
    for way, answer in during:
        assert_whole(way, answer)

    resource.prlimit(near.pid, resource.RLIMIT_FSIZE, limits)
    for _, answer in during:
        assert near.request_row(answer.headers["request-id"])
    assert account_labelled(near, "after").status == 201
    labels = {row["label"] for row in near.rows("SELECT label FROM accounts")}
    assert "after" in labels and "during" not in labels, "what was refused was not done"
    assert near.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_a_log_file_on_a_disk_without_room(near: Gateway) -> None:
    """Not even the log can say that nothing can be written."""
    limits = resource.prlimit(near.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    during = ask_every_way(near, "near")
    assert account_labelled(near, "unlogged").status == 503
    during += ask_every_way(near, "near")
    for way, answer in during:
        assert_whole(way, answer)
    resource.prlimit(near.pid, resource.RLIMIT_FSIZE, limits)
    for _, answer in during:
        assert near.request_row(answer.headers["request-id"])
    assert near.logged(request_id=ask_every_way(near, "near")[0][1].headers["request-id"])
