"""A conversation is cut before a question, and never between a call and its result."""

from __future__ import annotations

import pytest

from isthmus.core.conversation import Block, Role, Text, ToolCall, ToolResult, Turn
from isthmus.shaping.recent import begin_of_recent

KINDS: dict[str, tuple[Role, Block]] = {
    "q": (Role.USER, Text("a question")),
    "a": (Role.ASSISTANT, Text("an answer")),
    "c": (Role.ASSISTANT, ToolCall("1", "look", "{}")),
    "r": (Role.USER, ToolResult("1")),
    "s": (Role.SYSTEM, Text("be kind")),
}


@pytest.mark.parametrize(
    ("turns", "at_most", "fixed", "gone"),
    [
        ("qaq", 20, 1, 0),
        ("qaq", 3, 1, 0),
        ("qaqaq", 3, 1, 2),
        ("qaqaq", 4, 1, 2),
        ("qaqaq", 1, 1, 4),
        ("qcraqaq", 5, 1, 4),
        ("qcraq", 4, 1, 4),
        # What is asked now stays, and what it is about with it.
        ("qacrcrcr", 2, 1, 0),
        ("qaqcrcr", 2, 1, 2),
        ("qaqqq", 1, 3, 2),
        ("qaqar", 2, 1, 2),
        ("qasqaq", 4, 1, 3),
        ("rararar", 2, 1, 0),
    ],
)
def test_where_it_begins(turns: str, at_most: int, fixed: int, gone: int) -> None:
    said = [Turn(KINDS[each][0], (KINDS[each][1],)) for each in turns]
    assert begin_of_recent(said, at_most, fixed) == gone
