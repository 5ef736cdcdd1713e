"""Short words for building conversations in tests."""

from __future__ import annotations

from typing import Any

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Block, Conversation, Role, Text, Tool, ToolCall, ToolResult, Turn
from isthmus.core.interfaces import Target
from isthmus.core.losses import Policy


def user(*blocks: Block | str) -> Turn:
    return Turn(Role.USER, _blocks(blocks))


def assistant(*blocks: Block | str) -> Turn:
    return Turn(Role.ASSISTANT, _blocks(blocks))


def system(*blocks: Block | str) -> Turn:
    return Turn(Role.SYSTEM, _blocks(blocks))


def call(id: str, name: str = "f", arguments: str = "{}") -> ToolCall:
    return ToolCall(id, name, arguments)


def result(id: str, text: str = "ok") -> ToolResult:
    return ToolResult(id, (Text(text),))


def talk(*turns: Turn, **fields: Any) -> Conversation:
    return Conversation("asked", turns, **fields)


def tools(*names: str) -> tuple[Tool, ...]:
    return tuple(Tool(name) for name in names)


def target(policy: Policy = Policy.REPAIR, **abilities: Any) -> Target:
    return Target("model-x", Abilities(**abilities), policy)


def _blocks(blocks: tuple[Block | str, ...]) -> tuple[Block, ...]:
    return tuple(Text(block) if isinstance(block, str) else block for block in blocks)
