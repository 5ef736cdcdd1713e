"""What a request looks like to the simulated model: what was asked last, and what was done about it since."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.core.conversation import Choice, Conversation, Role, Text, Tool, ToolCall, ToolResult, Turn

_REMINDER: Final = re.compile(r"<system-reminder>.*?(?:</system-reminder>|\Z)", re.DOTALL)
"""Claude Code puts notes of its own into the user's text between these tags; they are no request."""
_DIRECTORY: Final = re.compile(
    r"working directory(?: is)?:?\s*[`'\"]?((?:/|[A-Za-z]:\\)[^\s`'\"<>]*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Scene:
    conversation: Conversation
    request: str = ""
    """The last text of the user's own."""
    calls: tuple[ToolCall, ...] = ()
    """The model's calls since that text."""
    results: tuple[ToolResult, ...] = ()
    """Their results, in order of arrival."""
    numbers: tuple[float, ...] = ()
    """The figures that stand in the model's name."""

    @property
    def must_call(self) -> bool:
        choice = self.conversation.tool_choice
        return choice is not None and choice.mode in {Choice.ANY, Choice.TOOL} and bool(self.tools)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that may be called."""
        choice = self.conversation.tool_choice
        if choice is None or choice.mode in {Choice.AUTO, Choice.ANY}:
            return self.conversation.tools
        if choice.mode is Choice.NONE:
            return ()
        return tuple(tool for tool in self.conversation.tools if tool.name == choice.name)

    def working_directory(self) -> str | None:
        """Where the client works, as coding agents tell their model in the system text."""
        for text in _texts(self.conversation):
            if found := _DIRECTORY.search(text):
                return found[1].rstrip(".,;")
        return None

    def new_call_ids(self) -> Iterator[str]:
        """Ids that no call of the conversation has, the same every time."""
        used = {call.id for turn in self.conversation.turns for call in _calls(turn)}
        number = 0
        while True:
            number += 1
            if (id := f"call_dummy_{number}") not in used:
                yield id


def read_scene(conversation: Conversation, numbers: tuple[float, ...] = ()) -> Scene:
    calls: list[ToolCall] = []
    results: list[ToolResult] = []
    for turn in reversed(conversation.turns):
        said = own_text(turn) if turn.role is Role.USER else ""
        if said:
            return Scene(conversation, said, tuple(reversed(calls)), tuple(reversed(results)), numbers)
        calls += reversed(list(_calls(turn)))
        results += reversed([block for block in turn.blocks if isinstance(block, ToolResult)])
    return Scene(conversation, "", tuple(reversed(calls)), tuple(reversed(results)), numbers)


def own_text(turn: Turn) -> str:
    """What the user wrote, without what the client put in."""
    texts = (_REMINDER.sub("", block.text).strip() for block in turn.blocks if isinstance(block, Text))
    return "\n".join(text for text in texts if text)


def text_of(result: ToolResult) -> str:
    return "\n".join(part.text for part in result.parts if isinstance(part, Text)).strip()


def schema_of(tool: Tool) -> dict[str, Any]:
    """The schema of a tool's parameters; empty when it is none."""
    return as_schema(tool.schema)


def as_schema(text: str | None) -> dict[str, Any]:
    try:
        schema = msgspec.json.decode(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return schema if isinstance(schema, dict) else {}


def _calls(turn: Turn) -> Iterator[ToolCall]:
    return (block for block in turn.blocks if isinstance(block, ToolCall))


def _texts(conversation: Conversation) -> Iterator[str]:
    yield from (text.text for text in conversation.system)
    for turn in conversation.turns:
        yield from (block.text for block in turn.blocks if isinstance(block, Text))
