"""`/v2/conformance`: a run is planned, begun, watched and removed, by administrators."""

from __future__ import annotations

import asyncio
from pathlib import Path

from assembled import script
from cli.gateways import gateway
from isthmus.control.people import Role

RUN = {"provider": "dummy", "model": "dummy-text", "dialects": ["chat"], "cases": ["STR-01"]}


async def test_a_run_from_the_plan_to_its_end(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, stores):
        root = await script(running, stores, Role.ADMIN)
        viewer = await script(running, stores, Role.VIEWER)
        known = (await viewer("GET", "/v2/conformance/cases")).json["items"]
        assert {"STR", "REQ", "ERR"} <= {each["group"] for each in known}
        plan = (await root("POST", "/v2/conformance/plan", RUN)).json
        assert plan["cost_usd"] is None, "nobody bills for the dummy"
        assert plan["requests"] >= plan["cases"] >= 1
        begun = await root("POST", "/v2/conformance", RUN)
        assert (begun.status, begun.json["by"], begun.json["total"]) == (201, "admin", plan["cases"])
        where = f"/v2/conformance/{begun.json['id']}"
        async with asyncio.timeout(60):
            while (seen := (await viewer("GET", where)).json)["state"] == "running":
                await asyncio.sleep(0.05)
        assert (seen["state"], seen["done"], seen["problem"]) == ("finished", plan["cases"], None)
        assert sum(seen["counts"].values()) == len(seen["results"]) == plan["cases"]
        [listed] = (await viewer("GET", "/v2/conformance")).json["items"]
        assert (listed["id"], "results" in listed) == (seen["id"], False)
        assert (await viewer("DELETE", where)).status == 403
        assert (await root("DELETE", where)).status == 204
        assert (await viewer("GET", where)).status == 404


async def test_a_run_names_its_account_as_long_as_it_is_there(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, stores):
        root = await script(running, stores, Role.ADMIN)
        key = {
            "provider": "dummy",
            "kind": "api_key",
            "label": "mine",
            "credential": {"api_key": "sk-of-mine"},
        }
        account = (await root("POST", "/v2/accounts", key)).json
        begun = await root("POST", "/v2/conformance", RUN | {"account_id": account["id"]})
        assert (begun.status, begun.json["account_label"]) == (201, "mine")
        where = f"/v2/conformance/{begun.json['id']}"
        async with asyncio.timeout(60):
            while (await root("GET", where)).json["state"] == "running":
                await asyncio.sleep(0.05)
        assert (await root("DELETE", f"/v2/accounts/{account['id']}")).status == 204
        [listed] = (await root("GET", "/v2/conformance")).json["items"]
        assert (listed["account_id"], listed["account_label"]) == (account["id"], None)


async def test_cases_are_chosen_one_by_one(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, stores):
        root = await script(running, stores, Role.ADMIN)
        one = (await root("POST", "/v2/conformance/plan", RUN | {"cases": ["STR-01"]})).json
        two = (await root("POST", "/v2/conformance/plan", RUN | {"cases": ["STR-01", "AUX-01"]})).json
        group = (await root("POST", "/v2/conformance/plan", RUN | {"cases": ["STR"]})).json
        assert (one["cases"], two["cases"]) == (1, 2)
        assert one["requests"] < two["requests"] < group["requests"]
        assert one["output_tokens"] < two["output_tokens"] < group["output_tokens"]


async def test_what_is_wrong_is_refused_by_its_field(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, stores):
        root = await script(running, stores, Role.ADMIN)
        for change, field in (
            ({"provider": "nobody"}, "provider"),
            ({"account_id": "acc_9"}, "account_id"),
            ({"cases": ["XYZ"]}, "cases"),
            ({"cases": []}, "cases"),
            ({"dialects": ["gemini"]}, "dialects.0"),
        ):
            reply = await root("POST", "/v2/conformance", RUN | change)
            assert (reply.status, [each["field"] for each in reply.json["error"]["fields"]]) == (422, [field])
