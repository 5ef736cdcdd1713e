"""Who may ask, where, and with what: tokens, families, regions, profiles, encodings and quotas."""

import pytest

from isthmus.simulators.amazon_q.faults import BAD_TOKEN
from isthmus.simulators.amazon_q.quota import Quota, Share
from isthmus.simulators.amazon_q.service import AWS_JSON
from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import Clock, Json, asked, bearer, chat, events, request, text_of, told

TARGET = "AmazonCodeWhispererStreamingService.GenerateAssistantResponse"


def test_a_token_must_be_good(simulator: Simulator, clock: Clock) -> None:
    [account] = simulator.people.accounts.values()
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": account.access_token}):
        refused = told(simulator.answer(request("/q/generateAssistantResponse", chat(), headers=headers)))
        assert (refused["status"], refused["message"]) == (403, BAD_TOKEN)
    simulator.expire_access(account)
    assert told(asked(simulator, account, chat()))["message"] == BAD_TOKEN
    simulator.people.sign_in(account)
    assert text_of(asked(simulator, account, chat()))
    clock.now += 3600
    assert told(asked(simulator, account, chat()))["message"] == BAD_TOKEN


def test_a_token_is_of_its_region_where_one_is_named(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    assert text_of(asked(simulator, account, chat(), family="q/us-east-1"))
    assert told(asked(simulator, account, chat(), family="q/eu-central-1"))["message"] == BAD_TOKEN


def test_keys_and_foreign_tokens_say_what_they_are(simulator: Simulator) -> None:
    key, idp = simulator.add_account("api_key"), simulator.add_account("external_idp")
    rows = [
        (key.api_key, {"tokentype": "API_KEY"}, key.profile_arn, 200),
        (key.api_key, {}, key.profile_arn, 403),
        ("ksk_wrong", {"tokentype": "API_KEY"}, key.profile_arn, 401),
        (idp.access_token, {"tokentype": "EXTERNAL_IDP"}, idp.profile_arn, 200),
        (idp.access_token, {}, idp.profile_arn, 403),
    ]
    for token, headers, arn, status in rows:
        sent = {"authorization": f"Bearer {token}", **headers}
        answer = simulator.answer(
            request("/kiro/generateAssistantResponse", chat(profileArn=arn), headers=sent)
        )
        assert (events(answer) != []) if status == 200 else told(answer)["status"] == status
    simulator.revoke(key)
    sent = {"authorization": f"Bearer {rows[0][0]}", "tokentype": "API_KEY"}
    assert (
        told(simulator.answer(request("/kiro/generateAssistantResponse", chat(), headers=sent)))["status"]
        == 401
    )


def test_a_profile_is_demanded_where_the_service_demands_it(simulator: Simulator) -> None:
    [builder] = simulator.people.accounts.values()
    idc = simulator.add_account("idc")
    needed = "profileArn is required for this request."
    assert told(asked(simulator, builder, chat(), family="kiro"))["message"] == needed
    assert told(asked(simulator, idc, chat(), family="q"))["message"] == needed
    assert text_of(asked(simulator, idc, chat(profileArn=idc.profile_arn), family="kiro"))
    idc.families = frozenset(("q",))
    refused = told(asked(simulator, idc, chat(profileArn=idc.profile_arn), family="kiro"))
    assert refused["message"] == "Your subscription does not support this application."


def test_without_a_profile_there_is_claude_alone(simulator: Simulator) -> None:
    [builder] = simulator.people.accounts.values()
    assert told(asked(simulator, builder, chat(model="glm-5")))["reason"] == "INVALID_MODEL_ID"
    builder.lacks = {"claude-sonnet-4.5"}
    assert told(asked(simulator, builder, chat()))["reason"] == "INVALID_MODEL_ID"


@pytest.mark.parametrize(
    ("family", "target", "status"),
    [
        ("q", TARGET, 200),
        ("codewhisperer", TARGET, 200),
        ("kiro", "KiroRuntimeService.GenerateAssistantResponse", 200),
        ("kiro", TARGET, 404),
        ("q", "KiroRuntimeService.GenerateAssistantResponse", 404),
        ("q", "AmazonCodeWhispererService.GenerateAssistantResponse", 404),
        ("q", "AmazonCodeWhispererStreamingService.Other", 404),
        ("q", "", 404),
    ],
)
def test_aws_json_goes_by_its_target(simulator: Simulator, family: str, target: str, status: int) -> None:
    account = simulator.add_account("social")
    headers = {**bearer(account), "content-type": AWS_JSON, "x-amz-target": target}
    body = chat(profileArn=account.profile_arn)
    answer = simulator.answer(request(f"/{family}", body, headers=headers))
    if status == 200:
        assert events(answer)[0][0] == "initial-response"
    else:
        refused = told(answer)
        assert refused["status"] == status
        assert refused["__type"].endswith("UnknownOperationException")


def test_rest_goes_by_method_and_path(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    for method, path in (("GET", "/q/generateAssistantResponse"), ("POST", "/q/other"), ("POST", "/q/")):
        refused = told(simulator.answer(request(path, chat(), method=method, headers=bearer(account))))
        assert refused["status"] == 404
        assert "__type" not in refused


@pytest.mark.parametrize(
    ("body", "headers", "status", "rule"),
    [
        (b"{", {}, 400, "json"),
        (b"[]", {}, 400, "json"),
        (chat(), {"content-type": "text/plain"}, 415, "media-type"),
        ({}, {}, 400, "missing-member"),
    ],
)
def test_the_body_is_json(simulator: Simulator, body: Json, headers: Json, status: int, rule: str) -> None:
    [account] = simulator.people.accounts.values()
    sent = request("/q/generateAssistantResponse", body, headers={**bearer(account), **headers})
    assert told(simulator.answer(sent))["status"] == status
    assert sent.rule.partition(":")[0] == rule


def test_credits_fall_until_nothing_is_left(simulator: Simulator) -> None:
    account = simulator.add_account("builder_id", quota=Quota(Share(0.03), trial=Share(0.01)))
    spent = 0.0
    answers = 0
    while (answer := asked(simulator, account, chat())) is not None and hasattr(answer, "steps"):
        spent += dict(events(answer))["meteringEvent"]["usage"]
        answers += 1
        limits = told(simulator.answer(request("/q/getUsageLimits", method="GET", headers=bearer(account))))
        [row] = limits["usageBreakdownList"]
        used = row["currentUsageWithPrecision"] + row["freeTrialInfo"]["currentUsageWithPrecision"]
        assert used == pytest.approx(spent, abs=0.0002)
    assert answers > 1
    refused = told(answer)
    assert (refused["status"], refused["reason"]) == (402, "MONTHLY_REQUEST_COUNT")
    account.quota.renew()
    assert text_of(asked(simulator, account, chat()))
    assert account.counts == {"calls": answers + 1, "refusals": 1}


def test_documents_of_the_clients_own_keep_their_nulls(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    schema = {"type": "object", "properties": {"a": {"default": None}}}
    declared = {"toolSpecification": {"name": "t", "description": "d", "inputSchema": {"json": schema}}}
    body = chat("[[sim: echo]]", tools=[declared])
    assert '"default": null' in text_of(asked(simulator, account, body))


@pytest.mark.parametrize(
    "fault", ["cut", "cut-first", "exception throttled", "crc-message", "ends-early", "stall 5"]
)
def test_the_answers_of_an_account_may_suffer_from_anything(simulator: Simulator, fault: str) -> None:
    [account] = simulator.people.accounts.values()
    whole = asked(simulator, account, chat())
    simulator.fail(account, fault)
    assert asked(simulator, account, chat()).steps != whole.steps  # type: ignore[union-attr]
    assert asked(simulator, account, chat()).steps == whole.steps  # type: ignore[union-attr]
