"""Payloads: what is read of them, and what is not to be guessed."""

from __future__ import annotations

import pytest

from isthmus.providers.amazon_q.payloads import (
    ASSISTANT_RESPONSE,
    METADATA,
    TOOL_USE,
    AssistantResponse,
    NotThisPayload,
    ToolUse,
    read,
)


def test_unknown_members_and_nulls_are_passed_over() -> None:
    assert read(ASSISTANT_RESPONSE, b'{"content":null,"modelId":"m","new":[1]}') == AssistantResponse(
        None, "m"
    )
    usage = read(METADATA, b'{"tokenUsage":{"outputTokens":1.0,"normalizedTokenUsage":1.1}}').token_usage
    assert usage is not None and usage.output_tokens == 1


def test_input_is_text_or_an_object() -> None:
    assert read(TOOL_USE, b'{"toolUseId":"t","input":"{"}') == ToolUse("t", None, "{")
    assert read(TOOL_USE, b'{"toolUseId":"t","input":{"a":1},"stop":false}').input == {"a": 1}


def test_half_a_character_is_read() -> None:
    assert read(ASSISTANT_RESPONSE, b'{"content":"\\ud83d"}').content == "\ud83d"


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"\xff", b'{"content":1}', b'{"content":["a"]}'])
def test_what_cannot_be_read_is_shown(payload: bytes) -> None:
    with pytest.raises(NotThisPayload) as caught:
        read(ASSISTANT_RESPONSE, payload)
    assert str(caught.value) == payload.decode("utf-8", "replace")
