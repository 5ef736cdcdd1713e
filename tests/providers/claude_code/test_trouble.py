import json
from typing import Any

import pytest

from isthmus.providers.claude_code import lines, result
from isthmus.providers.claude_code.errors import Trouble
from isthmus.providers.claude_code.trouble import in_result, in_words


def words(message: dict[str, Any], **facts: object) -> Trouble | None:
    raw = json.dumps({"type": "assistant", "message": message, **facts}).encode()
    return in_words(lines.LINE.decode(raw), raw)


def test_a_failure_told_as_an_answer_is_told_from_one() -> None:
    message = {
        "model": "<synthetic>",
        "content": [{"type": "text", "text": "Credit balance "}, {"text": "is too low"}],
    }
    facts = {"error": "billing_error", "api_error_status": 402, "api_error_type": "billing_error"}
    assert words(message, **facts) == Trouble(
        "Credit balance is too low", "billing_error", 402, "billing_error"
    )
    assert words(message) == Trouble("Credit balance is too low")


@pytest.mark.parametrize(
    "content", ["What does <synthetic> mean?", [{"type": "text", "text": "<synthetic>"}], []]
)
def test_the_model_may_say_any_word(content: object) -> None:
    assert words({"model": "claude-opus-5-5", "content": content}) is None


def test_a_failure_that_cannot_be_read_is_one_all_the_same() -> None:
    assert words({"model": 3}, error="rate_limit") == Trouble("", "rate_limit")


def test_a_result_tells_why_it_is_none() -> None:
    told = result.read(
        b'{"is_error":true,"subtype":"error_during_execution","terminal_reason":"aborted_streaming","result":null}'
    )
    assert told is not None
    assert in_result(told).text == "error_during_execution aborted_streaming"
    lost = result.read(
        b'{"is_error":true,"subtype":"success","api_error":"connection_failed","result":"Lost."}'
    )
    assert lost is not None
    assert in_result(lost) == Trouble("Lost.", "server_error")
