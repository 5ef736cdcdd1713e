from dataclasses import FrozenInstanceError, replace

import pytest

from isthmus.core.conversation import EFFORTS, Conversation, Reasoning, Role, Text, Tool, Turn

HELLO = Conversation("model", (Turn(Role.USER, (Text("hello"),)),))


def test_a_conversation_cannot_be_changed_only_replaced() -> None:
    with pytest.raises(FrozenInstanceError):
        HELLO.model = "other"  # type: ignore[misc]
    assert replace(HELLO, model="other").turns is HELLO.turns


def test_what_was_not_said_is_none_not_a_default_of_ours() -> None:
    assert HELLO.max_tokens is None
    assert HELLO.sampling.temperature is None
    assert HELLO.reasoning == Reasoning()
    assert HELLO.tool_choice is None
    assert HELLO.knobs == {}


def test_a_tool_without_schema_takes_an_empty_object() -> None:
    assert Tool("f").schema == '{"type":"object","properties":{}}'


def test_efforts_go_from_little_to_much() -> None:
    assert EFFORTS[0] == "minimal"
    assert EFFORTS[-1] == "max"
