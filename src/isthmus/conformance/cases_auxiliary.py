"""AUX cases: model lists, token counts, probes, keys."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec

from isthmus.conformance import asking
from isthmus.conformance.case import GATEWAYS, Case
from isthmus.conformance.cases_errors import WRONG_KEY
from isthmus.conformance.cast import Role
from isthmus.conformance.client import credentials
from isthmus.conformance.said import Json
from isthmus.conformance.stage import Stage
from isthmus.conformance.subject import Api
from isthmus.conformance.verdict import Moot, require

_ROW: Final[dict[str, type]] = {
    "id": str,
    "created": int,
    "owned_by": str,
    "display_name": str,
    "created_at": str,
}


async def _listed(stage: Stage, api: Api, query: str = "") -> Json:
    answer = await stage.client.send("GET", f"models{query}", headers=credentials(api, stage.subject.key))
    require(answer.status == 200, f"status {answer.status} instead of 200", answer.shown)
    page: Json = answer.json()
    for name, wanted in (("object", "list"), ("has_more", False)):
        if not query:
            require(page.get(name) == wanted, f"`{name}` is {page.get(name)!r}", answer.shown)
    rows = page.get("data")
    require(isinstance(rows, list), "`data` is no list", answer.shown)
    assert isinstance(rows, list)
    for row in rows:
        require(not (fault := _row_fault(row)), f"a row of the list: {fault}", str(row))
    ends = (page.get("first_id"), page.get("last_id"))
    ids = [row["id"] for row in rows]
    right = ends == ((ids[0], ids[-1]) if ids else (None, None))
    require(right, f"first_id and last_id are {ends}", str(ids))
    return page


def _row_fault(row: Any) -> str:
    if not isinstance(row, dict):
        return "no object"
    faults = [name for name, kind in _ROW.items() if not isinstance(row.get(name), kind)]
    faults += [name for name in ("type", "object") if row.get(name) != "model"]
    return f"wrong or missing {', '.join(faults)}" if faults else ""


async def model_list(stage: Stage) -> None:
    """One shape serves all four official SDKs; Claude Code shows only names with `claude` in them."""
    ids = [row["id"] for row in (await _listed(stage, Api.CHAT))["data"]]
    if not ids:
        raise Moot("the list is empty: the upstream has none, and the configuration names no models")
    found = [row["id"] for row in (await _listed(stage, Api.MESSAGES))["data"]]
    require(set(ids) <= set(found), "the list is shorter for Messages clients", str(found))
    for id in ids:
        shown = any("claude" in each.lower() and each.endswith(id) for each in found)
        require(shown, f"Claude Code would not show {id}", str(found))
    first = await _listed(stage, Api.CHAT, "?limit=1")
    require(len(first["data"]) == 1, "`limit` is not kept", str(first))
    require(first["has_more"] is (len(ids) > 1), "`has_more` is wrong", str(first))
    await _one_model(stage, ids[0])


async def _one_model(stage: Stage, id: str) -> None:
    sent = credentials(Api.MESSAGES, stage.subject.key)
    answer = await stage.client.send("GET", f"models/{quote(id)}", headers=sent)
    require(answer.status == 200, f"status {answer.status} for a listed model", answer.shown)
    require(answer.json().get("id") == id, "another model came", answer.shown)
    unknown = await stage.client.send("GET", "models/no-such-model-at-all", headers=sent)
    require(unknown.status == 404, f"status {unknown.status} for an unknown model", unknown.shown)
    require(unknown.json()["error"]["type"] == "not_found_error", "not a not_found_error", unknown.shown)


async def token_count(stage: Stage) -> None:
    content = [{"type": "text", "text": asking.WEATHER}, asking.image(stage.api)]
    counted = {"model": stage.part(Role.TEXT).model, "messages": [{"role": "user", "content": content}]}
    body = msgspec.json.encode(counted | {"tools": [asking.tool(stage.api)]})
    with_version = credentials(stage.api, stage.subject.key)
    without = {name: value for name, value in with_version.items() if name != "anthropic-version"}
    for headers in (with_version, without):
        answer = await stage.client.send("POST", "messages/count_tokens?beta=true", body, headers=headers)
        require(answer.status == 200, f"status {answer.status} instead of 200", answer.shown)
        tokens = answer.json().get("input_tokens")
        require(isinstance(tokens, int) and tokens > 0, f"input_tokens is {tokens!r}", answer.shown)


async def probes(stage: Stage) -> None:
    for method, path, wanted in (
        ("HEAD", "", 200),
        ("HEAD", "api/hello", 200),
        ("GET", "healthz", 200),
        ("OPTIONS", "v1/messages", 204),
    ):
        answer = await stage.client.send(method, path, root=True)
        require(answer.status == wanted, f"{method} /{path}: status {answer.status}", answer.shown)


async def key_headers(stage: Stage) -> None:
    if not stage.subject.key:
        raise Moot("no key is set")
    right, wrong = stage.subject.key.reveal(), WRONG_KEY.reveal()
    for headers in (
        {"authorization": f"Bearer {right}"},
        {"x-api-key": right},
        {"authorization": f"Bearer {wrong}", "x-api-key": right},
        {"authorization": f"Bearer {right}", "x-api-key": wrong},
    ):
        answer = await stage.client.send("GET", "models", headers=headers)
        names = " and ".join(headers)
        require(answer.status == 200, f"refused with the right key in {names}", answer.shown)


CASES: Final = (
    Case(
        "AUX-01",
        "the model list, in the one shape every client reads",
        model_list,
        5,
        lanes=GATEWAYS,
        once=True,
    ),
    Case(
        "AUX-02", "tokens are counted, tools and images included", token_count, 2, (Api.MESSAGES,), GATEWAYS
    ),
    Case("AUX-03", "probes are answered without a key", probes, 4, lanes=GATEWAYS, once=True),
    Case("AUX-04", "the key is found in either header", key_headers, 4, lanes=GATEWAYS, once=True),
)
