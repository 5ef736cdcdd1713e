"""`/v2/models` lists what is served, and `/v2/models/prices` what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import APIRouter

import asking_as
from asking_as import VIEWER
from isthmus.admin.models import router
from isthmus.control.models import ModelService, Serving
from isthmus.control.prices import PriceService, shipped_as_of
from isthmus.core.abilities import Abilities
from isthmus.core.conversation import ThinkingMode
from isthmus.core.interfaces import ModelInfo
from isthmus.routing.directory import Directory
from isthmus.routing.model_map import ModelMap
from isthmus.routing.prices import Price
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.prices import PriceStore

ALIASES = {"fast": "gpt-5", "lost": "local/x"}


async def listed() -> Sequence[ModelInfo]:
    return [ModelInfo("gpt-5")]


def serving() -> Serving:
    thinking = frozenset({ThinkingMode.ENABLED, ThinkingMode.DISABLED})
    return Serving(
        Directory({"openai": ModelMap({"gpt-5": "gpt-5-2026"})}, ALIASES, "openai"),
        ALIASES,
        listed,
        lambda _provider, _model: Abilities(thinking=thinking, context_window=400_000),
        lambda _provider, _model: Price.parse({"input": 1.25, "output": 10}),
        lambda provider, _model: provider == "openai",
    )


@pytest.fixture
def api(sqlite: Database) -> APIRouter:
    return router(ModelService(serving), PriceService(PriceStore(sqlite), AuditLog(sqlite)))


async def price(api: APIRouter, pattern: str) -> dict[str, Any]:
    answer = (await asking_as.ask(api, "GET", f"/v2/models/prices?text={pattern}")).json
    [row] = [each for each in answer["items"] if each["pattern"] == pattern]
    found: dict[str, Any] = row
    return found


async def test_models_are_listed_with_what_they_can_and_cost(api: APIRouter) -> None:
    answer = (await asking_as.ask(api, "GET", "/v2/models", person=VIEWER)).json
    by_name = {each["name"]: each for each in answer["items"]}
    assert by_name.keys() == {"fast", "gpt-5", "lost"}
    fast = by_name["fast"]
    assert (fast["alias_of"], fast["provider"], fast["model"]) == ("gpt-5", "openai", "gpt-5-2026")
    assert fast["abilities"] == {
        "vision": True,
        "documents": False,
        "tools": True,
        "thinking": ["disabled", "enabled"],
        "efforts": ["low", "medium", "high"],
        "json_schema": True,
        "prefill": False,
        "context_window": 400_000,
        "max_output_tokens": None,
    }
    assert (fast["price"]["input"], fast["price"]["cache_read"], fast["price"]["output"]) == (1.25, 1.25, 10)
    assert (fast["price_is_worth"], by_name["lost"]["price_is_worth"]) == (True, False)
    assert (fast["kind"], fast["origin"], by_name["gpt-5"]["kind"]) == ("alias", "stored", "map")
    assert (by_name["lost"]["provider"], by_name["lost"]["abilities"]) == (None, None)
    assert by_name["lost"]["problem"]


async def test_a_price_is_written_and_taken_back(api: APIRouter) -> None:
    body = {
        "input": 1.5,
        "output": 6,
        "note": "list price",
        "above": [{"tokens": 200_000, "input": 3, "output": 12}],
    }
    reply = await asking_as.ask(api, "PUT", "/v2/models/prices/local/llama*", body)
    assert reply.status == 200
    row = await price(api, "local/llama*")
    assert row == reply.json
    assert (row["origin"], row["cache_read"], row["replaces_shipped"]) == ("operator", None, False)
    assert row["above"][0]["output"] == 12
    assert row["note"] == "list price"
    assert (await asking_as.ask(api, "DELETE", "/v2/models/prices/local/llama*")).status == 204
    assert (await asking_as.ask(api, "DELETE", "/v2/models/prices/local/llama*")).status == 404


async def test_shipped_prices_are_dated_and_can_be_replaced(api: APIRouter) -> None:
    answer = (await asking_as.ask(api, "GET", "/v2/models/prices?limit=500")).json
    assert answer["shipped_as_of"] == shipped_as_of()
    shipped = answer["items"][0]
    assert (shipped["origin"], shipped["updated_at"]) == ("shipped", None)
    path = f"/v2/models/prices/{shipped['pattern']}"
    await asking_as.ask(api, "PUT", path, {"input": 1, "output": 1})
    row = await price(api, shipped["pattern"])
    assert (row["origin"], row["replaces_shipped"], row["input"]) == ("operator", True, 1)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("m", {}, 422),
        ("m", {"input": -1, "output": 1}, 422),
        ("m", {"input": 1, "output": 1e-7}, 422),
        ("m", {"input": 1, "output": 1e9}, 422),
        ("m", {"input": 1, "output": 1, "above": [{"tokens": 10**30, "input": 1, "output": 1}]}, 422),
        ("m", {"input": 1, "output": 1, "per_image": 1}, 422),
        ("a\x00b", {"input": 1, "output": 1}, 422),
        (" m", {"input": 1, "output": 1}, 422),
        ("x" * 201, {"input": 1, "output": 1}, 422),
        ("", {"input": 1, "output": 1}, 422),
        ("m", b"{", 422),
    ],
)
async def test_what_is_no_price_is_refused(api: APIRouter, path: str, body: Any, status: int) -> None:
    reply = await asking_as.ask(api, "PUT", f"/v2/models/prices/{path}", body)
    assert (reply.status, reply.json["error"]["code"]) == (status, "invalid")


async def test_only_administrators_write_prices(api: APIRouter) -> None:
    body = {"input": 1, "output": 1}
    assert (await asking_as.ask(api, "PUT", "/v2/models/prices/m", body, VIEWER)).status == 403
    assert (await asking_as.ask(api, "DELETE", "/v2/models/prices/m", person=VIEWER)).status == 403
