import json

import pytest

from isthmus.core.grammar import check
from isthmus.providers.claude_code.self_test import SelfTest


def line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def context(tokens: int) -> bytes:
    told = {"messageBreakdown": {"assistantMessageTokens": tokens}}
    return line(
        {
            "type": "control_response",
            "response": {"subtype": "success", "request_id": "usage", "response": told},
        }
    )


DONE = line({"type": "result", "subtype": "success", "is_error": False, "num_turns": 0})


def said(written: bytes) -> list[dict[str, object]]:
    return [json.loads(each) for each in written.splitlines()]


def test_a_pair_is_told_and_asked_for() -> None:
    test = SelfTest("m")
    initialize, user = said(test.opening())
    assert initialize["type"] == "control_request"
    assert user["shouldQuery"] is False
    assert test.feed(b'{"type":"system","subtype":"init"}\n') == []
    assert test.take() == b""
    test.feed(DONE)
    assistant, asked = said(test.take())
    assert assistant["type"] == "assistant"
    assert asked["request"] == {"subtype": "get_context_usage"}
    check(test.feed(context(779)))
    assert test.passed
    assert test.ended
    assert test.keep_as is None


@pytest.mark.parametrize(
    "answer",
    [
        context(0),
        line(
            {
                "type": "control_response",
                "response": {"subtype": "error", "request_id": "usage", "error": "no"},
            }
        ),
        line(
            {
                "type": "control_response",
                "response": {"subtype": "success", "request_id": "usage", "response": []},
            }
        ),
        b"garbage\n",
    ],
    ids=["forgotten", "refused", "unreadable", "garbage"],
)
def test_anything_else_means_that_lines_are_not_taken(answer: bytes) -> None:
    test = SelfTest("m")
    test.feed(DONE)
    check(test.feed(answer))
    assert test.ended
    assert not test.passed


def test_a_process_that_ends_has_not_passed() -> None:
    test = SelfTest("m")
    check(test.close())
    assert not test.passed
    assert test.close() == []
