"""What runs beside a gateway: it is there, it is written down, and it ends with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from asgi import ask
from cli.gateways import DUMMY, gateway
from isthmus.cli.failure import CommandFailed
from isthmus.limiting.redis import RedisLimiter
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums

HELLO = {"model": "dummy", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}


async def logged(stores: Any) -> list[tuple[str | None, int]]:
    logs = RequestLogs(stores.database, RequestSums(stores.database))
    page = await logs.page(LogFilter(), 10)
    return [(each.row.model_used, each.row.status) for each in page.rows]


async def test_requests_are_in_the_log_when_the_gateway_has_ended(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, _):
        await ask(running.live.gateway, "POST", "/v1/messages", HELLO)
        await ask(running.live.gateway, "POST", "/v1/messages", {**HELLO, "model": "dummy-429"})
        await ask(running.live.gateway, "GET", "/healthz")
    async with gateway(tmp_path) as (_, stores):
        assert await logged(stores) == [("dummy-429", 429), ("dummy", 200)]


async def test_the_log_can_be_switched_off_and_what_accounts_did_is_counted_all_the_same(
    tmp_path: Path,
) -> None:
    async with gateway(tmp_path, {**DUMMY, "request_log": {"enabled": False}}) as (running, _):
        await ask(running.live.gateway, "POST", "/v1/messages", HELLO)
    async with gateway(tmp_path) as (_, stores):
        assert await logged(stores) == []


async def test_what_is_shown_once_is_masked_in_the_log(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, _):
        (note,) = running.notes
        assert "POST /v2/setup" in note
        assert running.live.redaction.text(note) != note


async def test_without_administration_there_is_none(tmp_path: Path) -> None:
    async with gateway(tmp_path, {**DUMMY, "admin": {"enabled": False}}) as (running, _):
        assert running.notes == []
        for path in ("/v2/setup", "/admin/"):
            assert (await ask(running.live.gateway, "GET", path)).status == 404
        assert running.console is None


async def test_whoever_starts_it_is_told_how_to_open_the_console(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, _):
        assert running.console is not None
        assert running.set_up_token is not None
        (note,) = running.notes
        assert running.set_up_token.reveal() in note
        page = await ask(running.live.gateway, "GET", "/admin/setup", headers={"accept": "text/html"})
        assert page.status == (200 if running.console.is_built else 503)
        assert page.headers["x-frame-options"] == "DENY"


async def test_limits_can_be_shared_through_redis(tmp_path: Path) -> None:
    configuration = {**DUMMY, "limits": {"redis_url": "redis://127.0.0.1:9/0"}}
    async with gateway(tmp_path, configuration) as (running, _):
        assert isinstance(running.live.gateway.admission.limiter, RedisLimiter)
        assert (await ask(running.live.gateway, "POST", "/v1/messages", HELLO)).status == 200


async def test_what_does_not_fit_together_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="circle"):
        async with gateway(tmp_path, {**DUMMY, "aliases": {"a": "b", "b": "c", "c": "a"}}):
            pass


async def test_whoever_may_call_sees_a_summary(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, _):
        summary = (await ask(running.live.gateway, "GET", "/stats")).json
        shown = {"version", "uptime_s", "today", "month", "caches", "processes", "conversations"}
        assert summary.keys() == shown
        assert summary["conversations"] == {"kept": 0, "messages": 0, "begun_today": 0}
        assert (await ask(running.live.gateway, "POST", "/v1/conversations")).status == 201
        assert (await ask(running.live.gateway, "GET", "/stats")).json["conversations"]["kept"] == 1
