"""Names of a client's tools that the CLI has given to tools of its own: the client's step aside, and are told by their own names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from isthmus.core.conversation import Block, Conversation, ToolCall, ToolReference, ToolResult

_AHEAD: Final = "client_"


def step_aside(
    conversation: Conversation, taken: Callable[[str], bool]
) -> tuple[Conversation, Mapping[str, str]]:
    """The conversation under names that are not `taken`, and the way back: name sent → the client's own."""
    known = {tool.name for tool in conversation.tools}
    others = {name for name in known if taken(name)}
    if not others:
        return conversation, {}
    renamed: dict[str, str] = {}
    for name in sorted(others):
        new = f"{_AHEAD}{name}"
        while new in known or new in renamed.values():
            new = f"{_AHEAD}{new}"
        renamed[name] = new
    choice = conversation.tool_choice
    if choice is not None and choice.name in renamed:
        choice = replace(choice, name=renamed[choice.name])
    conversation = replace(
        conversation,
        tools=tuple(replace(tool, name=renamed.get(tool.name, tool.name)) for tool in conversation.tools),
        tool_choice=choice,
        turns=tuple(
            replace(turn, blocks=tuple(_renamed(block, renamed) for block in turn.blocks))
            for turn in conversation.turns
        ),
    )
    return conversation, {new: name for name, new in renamed.items()}


def _renamed(block: Block, renamed: Mapping[str, str]) -> Block:
    match block:
        case ToolCall(name=name) if name in renamed:
            return replace(block, name=renamed[name])
        case ToolResult(parts=parts) if any(isinstance(part, ToolReference) for part in parts):
            return replace(
                block,
                parts=tuple(
                    ToolReference(renamed.get(part.tool_name, part.tool_name))
                    if isinstance(part, ToolReference)
                    else part
                    for part in parts
                ),
            )
        case _:
            return block
