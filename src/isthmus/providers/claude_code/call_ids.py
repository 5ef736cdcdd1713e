"""Ids of calls that the CLI would misread: beside a call `X` it takes `X_2` for a part of that one, and loses its result.

As seen of Claude Code 2.1.330. Clients name calls as they like, and repeated ids are made unique in just this way.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from isthmus.core.conversation import Block, Conversation, ToolCall, ToolResult

_PART: Final = re.compile(r"(?P<whole>.+)_(?P<number>\d+)", re.ASCII | re.DOTALL)


def told_apart(conversation: Conversation) -> Conversation:
    """The conversation with other ids for such calls and their results: the same ones every time it is sent."""
    ids = [block.id for turn in conversation.turns for block in turn.blocks if isinstance(block, ToolCall)]
    taken, changed = set(ids), dict[str, str]()
    for id in dict.fromkeys(ids):
        part = _PART.fullmatch(id)
        if part is None or part["whole"] not in taken:
            continue
        new = f"{part['whole']}-{part['number']}"
        while new in taken:
            new += "x"
        taken.add(new)
        changed[id] = new
    if not changed:
        return conversation
    turns = tuple(
        replace(turn, blocks=tuple(_renamed(block, changed) for block in turn.blocks))
        for turn in conversation.turns
    )
    return replace(conversation, turns=turns)


def _renamed(block: Block, changed: dict[str, str]) -> Block:
    match block:
        case ToolCall(id=id) if id in changed:
            return replace(block, id=changed[id])
        case ToolResult(call_id=id) if id in changed:
            return replace(block, call_id=changed[id])
        case _:
            return block
