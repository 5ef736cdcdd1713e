"""`/v2/settings` says what may be changed, and changes all or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter

import asking_as
from asking_as import HOLDER, VIEWER
from isthmus.admin.settings import router
from isthmus.config import Settings, Source
from isthmus.config.live import LIVE
from isthmus.control.settings import SettingService
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.settings import SettingStore


@pytest.fixture
def api(sqlite: Database) -> APIRouter:
    return router(
        SettingService(SettingStore(sqlite), AuditLog(sqlite), Settings(), lambda: ["local", "openai"])
    )


async def values(api: APIRouter) -> dict[str, Any]:
    answer = (await asking_as.ask(api, "GET", "/v2/settings", person=VIEWER)).json
    return {each["name"]: each["value"] for each in answer["items"] if each["changed"]}


async def test_every_setting_is_described(api: APIRouter) -> None:
    answer = (await asking_as.ask(api, "GET", "/v2/settings")).json
    assert [each["name"] for each in answer["items"] if each["live"]] == list(LIVE)
    assert next(each for each in answer["items"] if each["name"] == "request_log.retention_days") == {
        "name": "request_log.retention_days",
        "section": "request_log",
        "live": True,
        "source": "default",
        "kind": "duration",
        "choices": None,
        "minimum": 1,
        "maximum": 3650,
        "unit": "days",
        "secret": False,
        "optional": False,
        "value": 30,
        "configured": 30,
        "default": 30,
        "changed": False,
        "problem": None,
        "schema": {"minimum": 1, "maximum": 3650, "type": "integer"},
        "description": "Days after which rows are deleted.",
    }


async def test_what_takes_a_restart_is_shown_without_secrets(sqlite: Database) -> None:
    configured = Settings.model_validate(
        {
            "api_keys": ["sk-canary-1", "sk-canary-2"],
            "storage": {"url": "postgresql://anna:canary@db/x", "data_dir": "/var/lib/x"},
            "limits": {"redis_url": ""},
            "server": {"port": 9000},
        }
    )
    sources = {"server.port": Source.ENVIRONMENT}
    api = router(SettingService(SettingStore(sqlite), AuditLog(sqlite), configured, list, sources))
    reply = await asking_as.ask(api, "GET", "/v2/settings")
    assert b"canary" not in reply.body
    shown = {each["name"]: each for each in reply.json["items"]}
    assert (shown["api_keys"]["value"], shown["storage.url"]["value"]) == (["***", "***"], "***")
    assert shown["limits.redis_url"]["value"] is None
    port = shown["server.port"]
    assert (port["value"], port["default"], port["live"], port["source"]) == (
        9000,
        8000,
        False,
        "environment",
    )
    assert shown["storage.data_dir"]["value"] == "/var/lib/x"
    seen = (await asking_as.ask(api, "GET", "/v2/settings", person=VIEWER)).json["items"]
    assert "storage.data_dir" not in {each["name"] for each in seen}


async def test_a_change_lasts_until_it_is_taken_back(api: APIRouter) -> None:
    changes = {"request_log.retention_days": 7, "aliases": {"fast": "local/llama"}, "streams.keepalive_s": 5}
    reply = await asking_as.ask(api, "PUT", "/v2/settings", changes)
    assert reply.status == 200
    assert await values(api) == changes
    await asking_as.ask(api, "PUT", "/v2/settings", {"aliases": None, "streams.keepalive_s": None})
    assert await values(api) == {"request_log.retention_days": 7}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"logging.level": "loud", "auto_cache": False}, ["logging.level"]),
        ({"server.port": 1}, ["server.port"]),
        ({"vault.canary": None}, ["vault.canary"]),
        ({"\x00": 1}, ["\x00"]),
        ({"aliases": {"a": "b", "b": "a"}}, ["aliases"]),
        ({"aliases": {"a\x00": 1}}, ["aliases.'a\\x00'"]),
        ({"streams.keepalive_s": 10**400}, None),
        ({"streams.keepalive_s": "\ud800"}, None),
        ({"default_provider": "x" * 100_000}, ["default_provider"]),
        ({"defaults.timeout_s": [[[[1]]]]}, ["defaults.timeout_s"]),
        ([], None),
        (b"{", None),
        (b'{"auto_cache": NaN}', None),
        (b"[" * 100_000, None),
    ],
)
async def test_nothing_changes_when_anything_is_wrong(
    api: APIRouter, body: Any, fields: list[str] | None
) -> None:
    reply = await asking_as.ask(api, "PUT", "/v2/settings", body)
    assert reply.status in {400, 422}
    error = reply.json["error"]
    assert len(reply.body) < 5000
    assert fields is None or [each["field"] for each in error["fields"]] == fields
    assert await values(api) == {}


async def test_only_administrators_change_settings(api: APIRouter) -> None:
    for person in (VIEWER, HOLDER):
        reply = await asking_as.ask(api, "PUT", "/v2/settings", {"auto_cache": False}, person)
        assert reply.status == 403
