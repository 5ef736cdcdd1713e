"""`/v2/ips` refuses networks, lets them in again, and keeps the way in for whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter

import asking_as
from asking_as import ADMIN, VIEWER
from isthmus.admin.ips import router
from isthmus.control.ips import IpService
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.ips import BlockStore


@pytest.fixture
def api(sqlite: Database) -> APIRouter:
    return router(IpService(BlockStore(sqlite), AuditLog(sqlite)))


async def blocked(api: APIRouter) -> list[str]:
    answer = (await asking_as.ask(api, "GET", "/v2/ips/blocked", person=VIEWER)).json
    return [each["network"] for each in answer["items"]]


async def test_a_network_is_blocked_and_let_in_again(api: APIRouter) -> None:
    body = {"network": "203.0.113.9/24", "reason": "scans", "expires_at": "2099-01-01T00:00:00+01:00"}
    reply = await asking_as.ask(api, "POST", "/v2/ips/block", body)
    assert reply.status == 200
    assert reply.json.pop("created_at").endswith("Z")
    assert {name: reply.json[name] for name in body} == {
        "network": "203.0.113.0/24",
        "reason": "scans",
        "expires_at": "2098-12-31T23:00:00.000Z",
    }
    assert await blocked(api) == ["203.0.113.0/24"]
    inside = await asking_as.ask(api, "POST", "/v2/ips/unblock", {"network": "203.0.113.9"})
    assert (inside.status, "unblock 203.0.113.0/24" in inside.json["error"]["message"]) == (404, True)
    assert (await asking_as.ask(api, "POST", "/v2/ips/unblock", {"network": "203.0.113.0/24"})).status == 204
    assert await blocked(api) == []


@pytest.mark.parametrize("network", ["127.0.0.1", ADMIN.client])
async def test_the_way_in_stays_open_unless_forced(api: APIRouter, network: str) -> None:
    reply = await asking_as.ask(api, "POST", "/v2/ips/block", {"network": network})
    assert (reply.status, reply.json["error"]["code"]) == (409, "conflict")
    body = {"network": network, "force": True}
    assert (await asking_as.ask(api, "POST", "/v2/ips/block", body)).status == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "network"),
        ({"network": ""}, "network"),
        ({"network": "home"}, "network"),
        ({"network": "10.0.0.0/8\x00"}, "network"),
        ({"network": "10.0.0.0/8", "reason": 1}, "reason"),
        ({"network": "10.0.0.0/8", "reason": "x" * 1001}, "reason"),
        ({"network": "10.0.0.0/8", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"network": "10.0.0.0/8", "expires_at": 4_070_908_800}, "expires_at"),
        ({"network": "10.0.0.0/8", "expires_at": "9999-12-31T23:59:59-23:00"}, "expires_at"),
    ],
)
async def test_what_is_wrong_is_refused_by_its_field(api: APIRouter, body: Any, field: str) -> None:
    reply = await asking_as.ask(api, "POST", "/v2/ips/block", body)
    assert (reply.status, [each["field"] for each in reply.json["error"]["fields"]]) == (422, [field])


async def test_any_reason_can_be_kept(api: APIRouter) -> None:
    body = {"network": "203.0.113.1", "reason": "NUL \x00"}
    assert (await asking_as.ask(api, "POST", "/v2/ips/block", body)).json["reason"] == "NUL \ufffd"


async def test_only_administrators_block(api: APIRouter) -> None:
    for path in ("block", "unblock"):
        body = {"network": "203.0.113.1"}
        assert (await asking_as.ask(api, "POST", f"/v2/ips/{path}", body, VIEWER)).status == 403
