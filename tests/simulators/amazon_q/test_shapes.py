"""Members of a request: what is missing, unknown or of another kind is refused."""

from typing import Any

import pytest

from isthmus.simulators.amazon_q.answers import Refusal
from isthmus.simulators.amazon_q.shapes import SHAPES, check_shape
from simulators.amazon_q.asking import chat, result, said, tool, use


def test_a_full_request_is_in_order() -> None:
    full = chat(
        tools=[tool(), {"cachePoint": {"type": "default"}}],
        history=[said("x", toolUses=[use("a")], reasoningContent={"redactedContent": "AAEC"})],
        results=[result("a")],
        message={"images": [{"format": "png", "source": {"bytes": ""}}], "userIntent": None},
        profileArn="arn",
        additionalModelRequestFields={"anything": [1]},
    )
    check_shape("request", full)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("request", [], "member-kind"),
        ("request", {}, "missing-member: .conversationState"),
        ("request", {"conversationState": {}, "model": "x"}, "unknown-member: .model"),
        ("state", {"currentMessage": {}, "chatTriggerType": "AUTO"}, "union"),
        (
            "state",
            {"currentMessage": {"userInputMessage": {"content": ""}}, "chatTriggerType": "AUTO"},
            "unknown-word",
        ),
        (
            "message",
            {"userInputMessage": {"content": ""}, "assistantResponseMessage": {"content": ""}},
            "union",
        ),
        ("user", {"content": 1}, "member-kind: content is no str"),
        ("user", {"content": "", "origin": "GATEWAY"}, "unknown-word"),
        ("user", {"content": "", "images": {}}, "member-kind: images is no list"),
        ("image", {"format": "tiff", "source": {"bytes": ""}}, "unknown-word"),
        ("environment", {"timezoneOffset": True}, "member-kind"),
        ("environment", {"operatingSystem": ["linux"]}, "unknown-word"),
        ("use", {"toolUseId": "a", "name": "b", "input": "{}"}, "member-kind: input is no dict"),
        ("result", {"toolUseId": "a", "content": [{"text": "a", "json": {}}]}, "union"),
        ("tool", {"cachePoint": {"type": "ephemeral"}}, "unknown-word"),
    ],
)
def test_what_is_not(name: str, value: Any, rule: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_shape(name, value)
    assert refused.value.rule.startswith(rule)
    assert (refused.value.message, refused.value.reason) == (
        "Improperly formed request.",
        "REQUEST_BODY_INVALID",
    )


def test_every_shape_is_reached_from_the_request() -> None:
    reached = {"request"}
    waiting = ["request"]
    while waiting:
        for kind in SHAPES[waiting.pop()].values():
            inner = kind[0] if isinstance(kind, list) else kind
            if isinstance(inner, str) and inner not in reached:
                reached.add(inner)
                waiting.append(inner)
    assert reached == set(SHAPES)
