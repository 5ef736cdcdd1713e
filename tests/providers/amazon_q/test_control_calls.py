"""Profiles, models and usage limits: what is asked, and what is made of the answers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from isthmus.core.commands import Call, Reply
from isthmus.core.errors import Scope, UpstreamError
from isthmus.core.survey import Survey
from isthmus.providers.amazon_q.control_calls import (
    MAX_PAGES,
    ask_usage_limits,
    get_usage_limits,
    list_models,
    list_profiles,
    survey,
)
from isthmus.providers.amazon_q.options import Options
from q_answers import refusal
from q_steps import ARN, OTHER_ARN, grant, reply, walk

MODELS = {"models": [{"modelId": "auto"}, {"modelId": "claude-sonnet-4.5", "modelName": "Sonnet"}]}
LIMITS = {
    "nextDateReset": 1785542400,
    "subscriptionInfo": {"subscriptionTitle": "KIRO PRO"},
    "usageBreakdownList": [{"resourceType": "CREDIT", "currentUsage": 1, "usageLimit": 50}],
}
NO_BUILDER_ID = reply(refusal("AWS Builder ID is not supported for this operation"), 403)
GATED = reply(refusal("This feature is not supported.", "FEATURE_NOT_SUPPORTED"), 403)
EXPIRED = reply(refusal("The bearer token included in the request is invalid."), 403)


def profile(arn: str, **more: Any) -> dict[str, Any]:
    return {"arn": arn, "profileName": f"of {arn.split(chr(58))[3]}", **more}


def operation(call: Call) -> str:
    target = dict(call.headers).get("x-amz-target", "")
    return target.rpartition(".")[2] or urlsplit(call.url).path.rpartition("/")[2]


def asked(call: Call) -> dict[str, Any]:
    if call.body:
        read: dict[str, Any] = json.loads(call.body)
        return read
    return {name: values[0] for name, values in parse_qs(urlsplit(call.url).query).items()}


class Service:
    """Answers by operation; those in a list one after another."""

    def __init__(self, profiles: Any = None, models: Any = None, limits: Any = None) -> None:
        self.answers = {
            "ListAvailableProfiles": profiles or reply({"profiles": []}),
            "ListAvailableModels": models or reply(MODELS),
            "GetUsageLimits": limits or reply(LIMITS),
        }
        self.answers["getUsageLimits"] = self.answers["GetUsageLimits"]

    def __call__(self, call: Call) -> Reply | Exception:
        answer = self.answers[operation(call)]
        return answer.pop(0) if isinstance(answer, list) else answer


def surveyed(service: Service, kind: str = "idc", **options: Any) -> tuple[Survey, list[Call]]:
    return walk(survey(grant(kind), Options(**options)), service)


def test_calls_by_path() -> None:
    options = Options(endpoint_family="q", profile_arn=ARN)
    models = list_models(grant(), options, "page-2")
    assert models.method == "GET"
    assert models.url.startswith("https://q.eu-central-1.amazonaws.com/ListAvailableModels?")
    assert asked(models) == {"origin": "CLI", "profileArn": ARN, "nextToken": "page-2"}
    profiles = list_profiles(grant(), options)
    assert (profiles.method, operation(profiles)) == ("POST", "ListAvailableProfiles")
    assert asked(profiles) == {"maxResults": 10}
    limits = get_usage_limits(grant(), options)
    assert urlsplit(limits.url).path == "/getUsageLimits"
    assert asked(limits)["isEmailRequired"] == "true"


def test_calls_by_target() -> None:
    options = Options(profile_arn=ARN)
    for call in (
        list_models(grant(), options),
        list_profiles(grant(), options),
        get_usage_limits(grant(), options),
    ):
        assert (call.method, call.url) == ("POST", "https://management.eu-central-1.kiro.dev/")
        assert dict(call.headers)["x-amz-target"].startswith("AmazonCodeWhispererService.")
    assert asked(list_models(grant(), options)) == {"origin": "KIRO_CLI", "profileArn": ARN}


def test_a_whole_survey() -> None:
    service = Service(
        profiles=[reply({"profiles": []}), reply({"profiles": [profile(ARN, status="ACTIVE")]})]
    )
    found, calls = surveyed(service)
    assert [row["id"] for row in found.models] == ["auto", "claude-sonnet-4.5"]
    assert found.profiles[0]["id"] == ARN
    assert found.profiles[0]["name"] == "of eu-central-1"
    assert (found.plan, found.resets_ms, found.quotas[0].used) == ("KIRO PRO", 1_785_542_400_000, 1.0)
    assert found.problems == ()
    assert [urlsplit(call.url).netloc.split(".")[1] for call in calls[:2]] == ["us-east-1", "eu-central-1"]
    # The one profile there is speaks for the account at once, and leads to its region.
    assert all(asked(call)["profileArn"] == ARN and "eu-central-1" in call.url for call in calls[2:])


def test_several_profiles_are_for_the_operator_to_choose_from() -> None:
    pages = [
        reply({"profiles": [profile(ARN), profile(OTHER_ARN, status="DISABLED")], "nextToken": "2"}),
        reply({"profiles": [profile(OTHER_ARN.replace("MMM", "NNN"))]}),
    ]
    found, calls = surveyed(Service(profiles=pages), control_url="http://127.0.0.1:9/q")
    assert len(found.profiles) == 2
    assert asked(calls[1])["nextToken"] == "2"
    assert all("profileArn" not in asked(call) for call in calls)
    assert all(call.url.startswith("http://127.0.0.1:9/q/") for call in calls)


def test_models_on_several_pages() -> None:
    pages = [reply({**MODELS, "nextToken": "2"}), reply({"models": [{"modelId": "glm-5"}]})]
    found, _ = surveyed(Service(models=pages), profile_arn=ARN)
    assert [row["id"] for row in found.models] == ["auto", "claude-sonnet-4.5", "glm-5"]
    endless, calls = surveyed(Service(models=reply({**MODELS, "nextToken": "again"})), profile_arn=ARN)
    assert len(endless.models) == 2
    assert sum(operation(call) == "ListAvailableModels" for call in calls) == MAX_PAGES


def test_half_a_list_of_models_is_none() -> None:
    found, _ = surveyed(
        Service(models=[reply({**MODELS, "nextToken": "2"}), reply(b"", 500)]), profile_arn=ARN
    )
    assert found.models == ()
    assert found.lists("glm-5") is None
    assert found.problems == ("models: 500",)


def test_a_builder_id_has_no_profiles_and_that_is_no_problem() -> None:
    found, _ = surveyed(Service(profiles=NO_BUILDER_ID), "builder_id")
    assert (found.profiles, found.problems) == ((), ())
    others, _ = surveyed(Service(profiles=NO_BUILDER_ID), "idc", api_region="us-east-1")
    assert others.problems == ("profiles: AWS Builder ID is not supported for this operation",)


@pytest.mark.parametrize("refused", [0, 1, 2])
def test_limits_are_asked_for_with_less_when_that_is_refused(refused: int) -> None:
    limits, calls = walk(
        ask_usage_limits(grant(), Options()), Service(limits=[*[GATED] * refused, reply(LIMITS)])
    )
    assert limits.remaining == 49
    assert len(calls) == refused + 1
    assert ("resourceType" in asked(calls[-1]), "origin" in asked(calls[-1])) == (refused == 0, refused < 2)


def test_a_gate_on_limits_alone_is_a_problem_and_no_more() -> None:
    found, _ = surveyed(Service(limits=GATED), profile_arn=ARN)
    assert found.plan is None
    assert found.problems == (
        "usage limits: not supported: This feature is not supported. (FEATURE_NOT_SUPPORTED)",
    )


def test_a_refused_token_is_told_at_once() -> None:
    with pytest.raises(UpstreamError) as caught:
        surveyed(Service(models=EXPIRED), profile_arn=ARN)
    assert caught.value.scope is Scope.CREDENTIAL


def test_a_gate_says_nothing_of_an_account_whose_service_is_in_trouble() -> None:
    with pytest.raises(UpstreamError) as caught:
        surveyed(Service(GATED, reply({}, 500), GATED))
    assert (caught.value.status, caught.value.scope) == (500, Scope.MODEL)
    with pytest.raises(UpstreamError) as caught:
        surveyed(Service(GATED, GATED, GATED))
    assert caught.value.scope is Scope.CREDENTIAL


def test_when_nothing_can_be_read_the_first_failure_is_told() -> None:
    down = UpstreamError("the upstream cannot be reached")
    with pytest.raises(UpstreamError) as caught:
        surveyed(Service(down, reply(b"<html>"), reply(b"[]")))
    assert caught.value is down
    found, _ = surveyed(Service(down, reply(b"<html>"), reply(LIMITS)))
    assert len(found.problems) == 3
