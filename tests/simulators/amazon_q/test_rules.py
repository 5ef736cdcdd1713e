"""Each rule of a request, with a body that breaks just this one."""

import base64
from typing import Any

import pytest

from isthmus.simulators.amazon_q import rules
from isthmus.simulators.amazon_q.draft import redacted, signature
from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import (
    MODEL,
    Json,
    asked,
    chat,
    events,
    request,
    result,
    said,
    told,
    tool,
    use,
    user,
)

PNG = {"format": "png", "source": {"bytes": base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()}}
CALL = [user("Look."), said("", toolUses=[use("a")])]
PAIR = [user("Hello"), said("Hi")]


def refused(simulator: Simulator, body: Json) -> tuple[str, Json]:
    """The rule, and what the client hears."""
    [account] = simulator.people.accounts.values()
    sent = request(
        "/q/generateAssistantResponse", body, headers={"authorization": f"Bearer {account.access_token}"}
    )
    answer = told(simulator.answer(sent))
    return sent.rule.partition(":")[0], answer


def thought(model: str = MODEL, text: str = "hm", **rest: str) -> Json:
    return {"reasoningText": {"text": text, **({"signature": signature(model, "hm")} | rest)}}


GOOD: dict[str, Json] = {
    "a first message": chat(),
    "a conversation": chat(history=PAIR),
    "results": chat("", history=CALL, results=[result("a")], tools=[tool()]),
    "an earlier call": chat(history=[*CALL, user("", userInputMessageContext={"toolResults": [result("a")]}), said("Sunny")],
                            tools=[tool()]),
    "images": chat(message={"images": [PNG] * 10}),
    "a signed thought": chat(history=[user("a"), said("b", reasoningContent=thought())]),
    "a redacted thought": chat(history=[user("a"), said("b", reasoningContent={"redactedContent": redacted(MODEL, "hm")})]),
    "effort": chat(additionalModelRequestFields={"output_config": {"effort": "max"}, "max_tokens": 1024}),
    "nulls": chat(message={"images": None}, history=None or (), additionalModelRequestFields=None),
}  # fmt: skip

BAD: dict[str, Json] = {
    "conversation-id": chat() | {"conversationState": chat()["conversationState"] | {"conversationId": "x" * 129}},
    "current-message": {"conversationState": {"chatTriggerType": "MANUAL", "currentMessage": said("Hi")}},
    "history-first": chat(history=[said("Hi")]),
    "history-last": chat(history=[user("Hi")]),
    "alternation": chat(history=[user("a"), user("b"), said("c")]),
    "history-first-results": chat(history=[user("", userInputMessageContext={"toolResults": [result("a")]}), said("b")],
                                  tools=[tool()]),
    "content-empty": chat("  "),
    "content-length": chat("x" * (rules.MOST_CONTENT + 1)),
    "said-empty": chat(history=[user("a"), said("")]),
    "said-length": chat(history=[user("a"), said("x" * (rules.MOST_SAID + 1))]),
    "too-long": chat("y" * 400_000, history=[user("x" * 500_000), said("b")]),
    "image-count": chat(message={"images": [PNG] * 11}),
    "image-size": chat(message={"images": [{**PNG, "source": {"bytes": "A" * (rules.MOST_IMAGE + 4)}}]}),
    "image-base64": chat(message={"images": [{**PNG, "source": {"bytes": "!"}}]}),
    "image-format": chat(message={"images": [{**PNG, "format": "jpeg"}]}),
    "image-with-results": chat("", history=CALL, results=[result("a")], tools=[tool()], message={"images": [PNG]}),
    "signature": chat(history=[user("a"), said("b", reasoningContent=thought(text="hm!"))]),
    "fields": chat(additionalModelRequestFields={"output_config": {"effort": "xhigh"}}),
    "fields-unknown": chat(model="claude-haiku-4.5", additionalModelRequestFields={"max_tokens": 2000}),
    "model-id": chat(model="claude-99"),
    "profile-form": chat(profileArn="arn:aws:iam::1:role/x"),
    "profile-foreign": chat(profileArn="arn:aws:codewhisperer:us-east-1:123456789012:profile/ABCDEFGHJKLM"),
    "unknown-member": chat(temperature=1),
}  # fmt: skip


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_what_is_in_order_is_answered(simulator: Simulator, body: Json) -> None:
    [account] = simulator.people.accounts.values()
    assert events(asked(simulator, account, body))[-1][0] == "metadataEvent"


@pytest.mark.parametrize(("rule", "body"), BAD.items(), ids=BAD)
def test_each_rule(simulator: Simulator, rule: str, body: Json) -> None:
    broken, answer = refused(simulator, body)
    assert broken == rule
    assert answer["status"] in {400, 403}
    assert answer.keys() == {"status", "message", "reason"}


def test_reasons_are_the_services_own(simulator: Simulator) -> None:
    reasons = {rule: refused(simulator, body)[1]["reason"] for rule, body in BAD.items()}
    assert reasons["too-long"] == "CONTENT_LENGTH_EXCEEDS_THRESHOLD"
    assert reasons["image-count"] == "IMAGE_COUNT_EXCEEDED"
    assert reasons["signature"] == "THINKING_SIGNATURE_INVALID"
    assert reasons["model-id"] == "INVALID_MODEL_ID"
    assert reasons["history-first"] == "REQUEST_BODY_INVALID"


@pytest.mark.parametrize(
    "reasoning",
    [
        thought("claude-opus-4.5"),
        thought(signature="AAAA"),
        {"redactedContent": "AAEC"},
        {"redactedContent": "?"},
    ],
)
def test_a_thought_of_another_model_or_nobody_is_refused(simulator: Simulator, reasoning: Json) -> None:
    assert (
        refused(simulator, chat(history=[user("a"), said("b", reasoningContent=reasoning)]))[0] == "signature"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"output_config": []},
        {"thinking": {"type": "enabled"}},
        {"thinking": {"display": "omitted"}},
        {"max_tokens": 16},
        {"max_tokens": True},
        {"max_tokens": "2000"},
        {"temperature": 1},
        {"reasoning": {"effort": "low"}},
    ],
)
def test_additional_fields_follow_the_models_schema(simulator: Simulator, fields: dict[str, Any]) -> None:
    assert refused(simulator, chat(additionalModelRequestFields=fields))[0] == "fields"


def test_a_body_that_is_too_large(simulator: Simulator) -> None:
    body = chat(model="claude-opus-5", message={"images": [{**PNG, "source": {"bytes": "A" * 700_000}}] * 9})
    assert refused(simulator, body)[0] == "too-long"


def test_models_without_eyes(simulator: Simulator) -> None:
    account = simulator.add_account("idc")
    for wrong, rule in (({"images": [PNG]}, "image-model"), ({"documents": [_document()]}, "document")):
        body = chat(model="glm-5", message=wrong, profileArn=account.profile_arn)
        sent = request(
            "/kiro/generateAssistantResponse",
            body,
            headers={"authorization": f"Bearer {account.access_token}"},
        )
        assert told(simulator.answer(sent))["status"] == 400
        assert sent.rule == rule


def _document() -> Json:
    return {"name": "a", "format": "pdf", "source": {"bytes": "AAAA"}}
