"""Models, profiles, limits and search, in both encodings."""

import json
from typing import Any

import pytest

from isthmus.simulators.amazon_q.accounts import Account
from isthmus.simulators.amazon_q.quota import Quota, Share
from isthmus.simulators.amazon_q.service import AWS_JSON
from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import Json, bearer, request, told


def get(simulator: Simulator, account: Account, path: str, query: str = "") -> Json:
    return told(simulator.answer(request(path, method="GET", query=query, headers=bearer(account))))


def post(simulator: Simulator, account: Account, path: str, body: Any, **headers: str) -> Json:
    sent = {**bearer(account), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return told(simulator.answer(request(path, body, headers=sent)))


def aws_json(simulator: Simulator, account: Account, target: str, body: Json, family: str = "q") -> Json:
    return post(simulator, account, f"/{family}", body, content_type=AWS_JSON, x_amz_target=target)


@pytest.fixture
def account(simulator: Simulator) -> Account:
    return simulator.add_account("idc", quota=Quota(Share(50, 10)))


def test_models_come_in_pages(simulator: Simulator, account: Account) -> None:
    seen: list[str] = []
    token = ""
    while True:
        page = get(simulator, account, "/kiro/List-Available-Models", f"origin=KIRO_CLI&maxResults=7{token}")
        assert len(page["models"]) <= 7
        seen += [model["modelId"] for model in page["models"]]
        if "nextToken" not in page:
            break
        token = f"&nextToken={page['nextToken']}"
    assert len(seen) == len(set(seen)) > 80
    assert {"auto", "claude-sonnet-4.5", "gpt-5.6-sol", "sim-parallel"} <= set(seen)
    assert page["defaultModel"]["modelId"] == "auto"


def test_an_account_may_lack_a_model(simulator: Simulator, account: Account) -> None:
    account.lacks = {"auto"}
    assert get(simulator, account, "/q/ListAvailableModels", "origin=CLI")["models"][0]["modelId"] != "auto"


def test_both_encodings_say_the_same(simulator: Simulator, account: Account) -> None:
    service = "AmazonCodeWhispererService"
    rows = [
        (
            "ListAvailableModels",
            {"origin": "CLI"},
            get(simulator, account, "/q/ListAvailableModels", "origin=CLI"),
        ),
        ("ListAvailableProfiles", {}, post(simulator, account, "/q/ListAvailableProfiles", {})),
        ("GetUsageLimits", {}, get(simulator, account, "/q/getUsageLimits")),
    ]
    for operation, body, wanted in rows:
        assert wanted["status"] == 200
        assert aws_json(simulator, account, f"{service}.{operation}", body) == wanted
        assert (
            aws_json(simulator, account, f"KiroControlPlaneBearerService.{operation}", body, "kiro") == wanted
        )


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/q/ListAvailableModels", ""),
        ("/q/ListAvailableModels", "origin=ELSEWHERE"),
        ("/q/ListAvailableModels", "origin=CLI&maxResults=0"),
        ("/q/ListAvailableModels", "origin=CLI&maxResults=many"),
        ("/q/ListAvailableModels", "origin=CLI&nextToken=x"),
    ],
)
def test_what_is_wrong_is_refused(simulator: Simulator, account: Account, path: str, query: str) -> None:
    assert get(simulator, account, path, query)["status"] == 400


def test_profiles_are_of_a_region_and_not_for_builder_ids(simulator: Simulator, account: Account) -> None:
    account.more_profiles = ("arn:aws:codewhisperer:us-east-1:000000000000:profile/SECOND000000",)
    rows = post(simulator, account, "/q/us-east-1/ListAvailableProfiles", {})["profiles"]
    assert [row["arn"] for row in rows] == [account.profile_arn, *account.more_profiles]
    assert post(simulator, account, "/q/eu-central-1/ListAvailableProfiles", {})["profiles"] == []
    [builder] = [each for each in simulator.people.accounts.values() if each.kind == "builder_id"]
    refused = post(simulator, builder, "/q/ListAvailableProfiles", {})
    assert (refused["status"], refused["message"]) == (
        403,
        "AWS Builder ID is not supported for this operation.",
    )


def test_limits_know_the_account_and_may_know_no_resource_type(
    simulator: Simulator, account: Account
) -> None:
    query = "origin=AI_EDITOR&resourceType=AGENTIC_REQUEST&isEmailRequired=true"
    found = get(simulator, account, "/q/getUsageLimits", query)
    assert (found["usageBreakdownList"][0]["currentUsage"], found["userInfo"]["email"]) == (10, account.email)
    account.plain_limits = True
    assert get(simulator, account, "/q/getUsageLimits", query)["reason"] == "FEATURE_NOT_SUPPORTED"
    assert get(simulator, account, "/q/getUsageLimits", "origin=AI_EDITOR")["status"] == 200


def test_search(simulator: Simulator, account: Account) -> None:
    asked = {"jsonrpc": "2.0", "id": "1", "method": "tools/call"}
    params = {"name": "web_search", "arguments": {"query": "gateways"}}
    found = post(simulator, account, "/kiro/mcp", {**asked, "params": params})
    [row] = json.loads(found["result"]["content"][0]["text"])["results"]
    assert row["title"] == "About gateways"
    for wrong in ({"name": "other"}, {"name": "web_search", "arguments": {"query": "x" * 201}}):
        assert post(simulator, account, "/kiro/mcp", {**asked, "params": wrong})["error"]["code"] == -32602
