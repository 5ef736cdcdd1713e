"""How subjects are configured and started, and what is said when one does not start."""

import sys
from pathlib import Path

import pytest

from bench import subjects
from bench.process import Cores
from bench.subjects import NotReady, Subject, can_take, missing, nginx_config, running
from bench.workload import LANES, RAW_MESSAGES

UNPINNED = Cores(None, None, None)
UPSTREAM = Subject("direct", 1, 9999)


def test_lanes_are_chosen_by_path_in_the_gateway_only() -> None:
    gateway, nginx = Subject("isthmus", 1, 80), Subject("nginx", 2, 81)
    assert [gateway.path(lane) for lane in LANES.values()] == [
        "/chat/v1/messages",
        "/claude/v1/chat/completions",
        "/chat/v1/chat/completions",
        "/claude/v1/messages",
    ]
    assert nginx.path(RAW_MESSAGES) == "/v1/messages"


@pytest.mark.parametrize("gateway", ["isthmus", "isthmus-bare", "isthmus-before"])
def test_only_gateways_translate(gateway: str) -> None:
    taken = {(name, lane) for name in (gateway, "nginx") for lane in LANES if can_take(name, LANES[lane])}
    assert taken == {(gateway, lane) for lane in LANES} | {("nginx", "raw-chat"), ("nginx", "raw-messages")}


def test_nginx_proxies_without_buffering_on_one_worker() -> None:
    config = nginx_config(Path("/somewhere"), 80, 81)
    for line in (
        "worker_processes 1;",
        "listen 127.0.0.1:80 ",
        "server 127.0.0.1:81;",
        "proxy_buffering off;",
    ):
        assert line in config


def test_an_absent_nginx_is_a_reason_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "not on PATH" in (missing("nginx") or "")
    assert missing("isthmus") is None


def test_a_subject_that_dies_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dying = [sys.executable, "-c", "raise SystemExit('port taken')"]
    monkeypatch.setattr(subjects, "_command", lambda *_: (dying, {}))
    with (
        pytest.raises(NotReady, match=r"isthmus ended before it was ready:\nport taken"),
        running("isthmus", UPSTREAM, tmp_path, UNPINNED),
    ):
        pytest.fail("a dead process was taken for a ready one")


def test_direct_is_the_upstream_itself(tmp_path: Path) -> None:
    with running("direct", UPSTREAM, tmp_path, UNPINNED) as subject:
        assert subject is UPSTREAM
