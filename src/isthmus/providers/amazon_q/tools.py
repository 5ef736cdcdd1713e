"""Tools as `tools` of the current message, and what the protocol has no field for, said in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.core.conversation import Choice, Conversation, Tool, ToolCall, ToolChoice, Turn
from isthmus.core.losses import Action, Loss
from isthmus.providers.amazon_q.schemas import Fitted, reduced, repaired
from isthmus.providers.without_fields import say_choice

MAX_DESCRIPTION_CHARS: Final = 10_240
"""As last published (aws/language-servers, October 2025)."""
MORE: Final = "\n[continued in the instructions]"
PLACEHOLDER: Final = (
    "This tool was used earlier in the conversation and is not available now. Do not call it."
)
_OPEN: Final = {"type": "object", "properties": {}}
_ONE_CALL: Final = "Call at most one tool in each answer, and wait for its result."


@dataclass(slots=True)
class Offer:
    """What is offered to the model."""

    specifications: list[dict[str, Any]] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    """Places in `specifications` after which the client wants the prompt cached."""
    instructions: list[str] = field(default_factory=list)
    """For the end of the system text."""
    losses: list[Loss] = field(default_factory=list)


def offer(conversation: Conversation, *, plain: bool, told: bool = False) -> Offer:
    """Empty when there are no tools, or none may be called. `plain`: schemas with the plainest keywords alone. `told`: what was
    called before is told as text, so nothing need be declared for its sake."""
    made = Offer()
    if not conversation.tools:
        return made
    choice = conversation.tool_choice or ToolChoice(Choice.AUTO)
    if choice.mode is Choice.NONE:
        made.losses.append(Loss("tool_choice", Action.EMULATED, "tools left out"))
        return made
    declared: set[str] = set()
    for tool in conversation.tools:
        if tool.name in declared:
            made.losses.append(Loss("tools", Action.DROPPED, "declared twice"))
            continue
        declared.add(tool.name)
        _declare(tool, made, plain=plain)
    if not told:
        _declare_again(conversation.turns, declared, made)
    _say_wishes(choice, conversation.parallel_tools, made)
    return made


def _declare(tool: Tool, made: Offer, *, plain: bool) -> None:
    fitted = reduced(tool.schema) if plain else repaired(tool.schema)
    if fitted.lost:
        made.losses.append(Loss("tools.input_schema", Action.CONVERTED, fitted.lost))
    if tool.strict:
        made.losses.append(Loss("tools.strict", Action.DROPPED))
    description = _description(tool, fitted, made)
    made.specifications.append(_specification(tool.name, description, fitted.schema))
    if tool.cache is not None:
        made.marks.append(len(made.specifications))


def _description(tool: Tool, fitted: Fitted, made: Offer) -> str:
    """Never empty, and never longer than the service takes: the rest stands in the system text."""
    said = (tool.description or "").strip()
    described = "\n\n".join(text for text in (said, fitted.note) if text) or f"The tool {tool.name}."
    if len(described) <= MAX_DESCRIPTION_CHARS:
        return described
    kept = MAX_DESCRIPTION_CHARS - len(MORE)
    made.instructions.append(f"The description of the tool {tool.name} goes on:\n{described[kept:]}")
    made.losses.append(Loss("tools.description", Action.CONVERTED, "its end stands in the system text"))
    return described[:kept] + MORE


def _declare_again(turns: Iterable[Turn], declared: set[str], made: Offer) -> None:
    """Every name that the history calls must be declared (a comment of aws/amazon-q-developer-cli, conversation.rs, tells of
    the refusal)."""
    called = [name for name in dict.fromkeys(_called(turns)) if name not in declared]
    made.specifications += [_specification(name, PLACEHOLDER, _OPEN) for name in called]
    if called:
        made.losses.append(
            Loss("tools", Action.EMULATED, "placeholders for tools that only the history knows")
        )


def _called(turns: Iterable[Turn]) -> Iterator[str]:
    for turn in turns:
        for block in turn.blocks:
            if isinstance(block, ToolCall):
                yield block.name


def _say_wishes(choice: ToolChoice, parallel: bool | None, made: Offer) -> None:
    say_choice(choice, made.instructions, made.losses)
    if parallel is False:
        made.instructions.append(_ONE_CALL)
        made.losses.append(Loss("parallel_tool_calls", Action.EMULATED, "by instruction"))


def _specification(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"toolSpecification": {"name": name, "description": description, "inputSchema": {"json": schema}}}
