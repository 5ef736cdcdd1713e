from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.openai_chat.chat_cases import named, raw, rows, spell
from isthmus.core import thought_tag
from isthmus.core.conversation import Opaque, Thinking
from isthmus.core.losses import merge
from isthmus.dialects.openai_chat.fields import Reading
from isthmus.dialects.openai_chat.messages import read_messages


@pytest.mark.parametrize("row", rows("conversations.json"), ids=named)
def test_conversations(row: dict[str, Any]) -> None:
    reading = Reading()
    messages = read_messages(raw(row["messages"]), reading)
    assert spell(messages.system) == row.get("system", [])
    assert spell(messages.turns) == row["turns"]
    assert [str(loss) for loss in merge(reading.losses)] == row.get("losses", [])


@pytest.mark.parametrize(("hidden", "told"), [(None, "told"), ("hidden", "hidden")])
def test_a_thought_with_the_gateways_own_tag_is_known_again(hidden: str | None, told: str) -> None:
    """A client may hand over a conversation it had in the other dialect."""
    detail = {
        "type": "reasoning.text",
        "text": "" if hidden else "told",
        "signature": thought_tag.mint("vendor", hidden),
    }
    messages = read_messages(raw([{"role": "assistant", "reasoning_details": [detail]}]), Reading())
    assert messages.turns[0].blocks == (Thinking(told, source="vendor"),)


def test_what_another_model_must_get_back_comes_out_of_our_tag() -> None:
    signature, redacted = Opaque("q", "signature", "s"), Opaque("q", "redacted_thinking", "d")
    details = [
        {
            "type": "reasoning.text",
            "text": "hm",
            "signature": thought_tag.mint("q", sealed=signature),
            "format": "isthmus-v1",
        },
        {
            "type": "reasoning.encrypted",
            "data": thought_tag.mint("q", sealed=redacted),
            "format": "isthmus-v1",
        },
        {"type": "reasoning.encrypted", "data": thought_tag.PREFIX + "damaged", "format": "isthmus-v1"},
    ]
    messages = read_messages(raw([{"role": "assistant", "reasoning_details": details}]), Reading())
    assert messages.turns[0].blocks == (Thinking("hm", signature, "q"), redacted)


SAID = st.sampled_from(
    [
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": "a"},
        {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f"}}]},
        {"role": "assistant", "function_call": {"name": "f"}},
        {"role": "tool", "tool_call_id": "c", "content": "r"},
        {"role": "function", "name": "f", "content": "r"},
        {"role": "system", "content": "s"},
    ]
)


@given(st.lists(SAID, min_size=2, max_size=12), st.integers(1, 11))
def test_a_longer_conversation_begins_as_the_shorter_one(messages: list[dict[str, Any]], at: int) -> None:
    """REQ-03; the last turn may still grow while results come in."""
    whole = read_messages(raw(messages), Reading())
    start = read_messages(raw(messages[:at]), Reading())
    assert whole.system[: len(start.system)] == start.system
    if start.turns:
        *done, last = start.turns
        assert whole.turns[: len(done)] == tuple(done)
        assert whole.turns[len(done)].blocks[: len(last.blocks)] == last.blocks
