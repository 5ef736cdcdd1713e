from __future__ import annotations

from typing import Any

import pytest

from conformance.fakes import completion, message
from isthmus.conformance.shapes import answer_faults, error_faults
from isthmus.conformance.subject import Api

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
NO_STRING = CALL | {"function": {"name": "f", "arguments": {}}}


@pytest.mark.parametrize(
    ("api", "value"),
    [
        (Api.MESSAGES, message()),
        (Api.MESSAGES, message(content=[])),
        (Api.MESSAGES, message(content=[{"type": "redacted_thinking", "data": "x"}])),
        (Api.CHAT, completion()),
        (Api.CHAT, completion(None, finish="tool_calls", said={"tool_calls": [CALL]})),
    ],
)
def test_good_answers_have_no_faults(api: Api, value: Any) -> None:
    assert list(answer_faults(api, value)) == []


@pytest.mark.parametrize(
    ("api", "value", "fault"),
    [
        (Api.MESSAGES, [], "no JSON object"),
        (Api.MESSAGES, message(type="msg"), "`type`"),
        (Api.MESSAGES, message(id=""), "`id`"),
        (Api.MESSAGES, message(model=None), "`model`"),
        (Api.MESSAGES, message(content="pong"), "no list"),
        (Api.MESSAGES, message(content=[{"type": "text"}]), "a text block"),
        (
            Api.MESSAGES,
            message(content=[{"type": "tool_use", "id": "1", "name": "f", "input": "{}"}]),
            "tool_use",
        ),
        (Api.MESSAGES, message(content=["pong"]), "content block"),
        (Api.MESSAGES, message(stop_reason=None), "reason to stop"),
        (Api.MESSAGES, message(stop_reason="stop"), "reason to stop"),
        (Api.MESSAGES, message(usage=None), "no `usage`"),
        (Api.MESSAGES, message(usage={"input_tokens": 1}), "usage.output_tokens"),
        (Api.CHAT, completion(object="completion"), "`object`"),
        (Api.CHAT, completion(created="now"), "`created`"),
        (Api.CHAT, completion(choices=[]), "`choices`"),
        (Api.CHAT, completion(finish="end_turn"), "reason to stop"),
        (Api.CHAT, completion(said={"role": "model"}), "role"),
        (Api.CHAT, completion(said={"content": []}), "no `content`"),
        (Api.CHAT, completion(said={"tool_calls": [NO_STRING]}), "tool call"),
        (Api.CHAT, completion(usage={"prompt_tokens": 1, "completion_tokens": 1}), "total_tokens"),
    ],
)
def test_each_fault_is_named(api: Api, value: Any, fault: str) -> None:
    faults = list(answer_faults(api, value))
    assert len(faults) == 1
    assert fault in faults[0]


MESSAGES_ERROR = {"type": "error", "error": {"type": "api_error", "message": "no"}}
CHAT_ERROR = {"error": {"message": "no", "type": "server_error", "param": None, "code": None}}


def test_good_errors_have_no_faults() -> None:
    assert list(error_faults(Api.MESSAGES, MESSAGES_ERROR)) == []
    assert list(error_faults(Api.CHAT, CHAT_ERROR)) == []


@pytest.mark.parametrize(
    ("api", "value", "fault"),
    [
        (Api.MESSAGES, "no", "no `error` object"),
        (Api.CHAT, {"detail": "no"}, "no `error` object"),
        (Api.MESSAGES, {"error": MESSAGES_ERROR["error"]}, "`type` is None"),
        (Api.MESSAGES, MESSAGES_ERROR | {"message": "no"}, "top level"),
        (Api.MESSAGES, MESSAGES_ERROR | {"error": {"type": "api_error", "message": ""}}, "error.message"),
        (Api.CHAT, {"error": {"message": "no", "type": None, "param": None, "code": None}}, "error.type"),
        (Api.CHAT, {"error": {"message": "no", "type": "server_error", "param": None}}, "no `code`"),
    ],
)
def test_each_fault_of_an_error_is_named(api: Api, value: Any, fault: str) -> None:
    faults = list(error_faults(api, value))
    assert len(faults) == 1
    assert fault in faults[0]
