from __future__ import annotations

import pytest

import talk
from isthmus.core.conversation import Conversation, ToolCall, ToolResult
from isthmus.providers.claude_code.call_ids import told_apart


def of(*ids: str) -> Conversation:
    calls, results = [talk.call(id) for id in ids], [talk.result(id, f"of {id}") for id in ids]
    return talk.talk(talk.user("hi"), talk.assistant("words", *calls), talk.user(*results, "go on"))


@pytest.mark.parametrize(
    ("ids", "wanted"),
    [
        (("call_1", "call_2"), ("call_1", "call_2")),
        (("call", "call_b", "call_2b"), ("call", "call_b", "call_2b")),
        (("call", "call_2"), ("call", "call-2")),
        (("call_02", "call"), ("call-02", "call")),
        (("call_1", "call_1_1", "call_1_1_1"), ("call_1", "call_1-1", "call_1_1-1")),
        (("a", "a_2", "a-2"), ("a", "a-2x", "a-2")),
    ],
)
def test_no_call_looks_like_a_part_of_another(ids: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    found = told_apart(of(*ids))
    blocks = [block for turn in found.turns for block in turn.blocks]
    assert tuple(block.id for block in blocks if isinstance(block, ToolCall)) == wanted
    results = [block for block in blocks if isinstance(block, ToolResult)]
    assert tuple(block.call_id for block in results) == wanted
    assert [block.parts for block in results] == [talk.result("", f"of {id}").parts for id in ids]


def test_a_conversation_without_such_ids_stays_as_it_is() -> None:
    conversation = of("call_1", "call_2")
    assert told_apart(conversation) is conversation
