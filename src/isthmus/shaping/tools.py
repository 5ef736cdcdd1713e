"""Which tools are offered, how strongly, under which names and ids."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import (
    Block,
    Choice,
    Conversation,
    ServerTool,
    Text,
    ThinkingMode,
    Tool,
    ToolCall,
    ToolChoice,
    ToolReference,
    ToolResult,
    Turn,
)
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss, Policy
from isthmus.shaping.turns import Fit

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_HASH_CHARS: Final = 8


def offer_tools(conversation: Conversation, target: Target) -> Fit:
    """Deferred tools once they are named, server tools where they can run, none for a model that calls none.

    Raises `BadRequest` when a tool that cannot be offered is forced, or none can be and the policy is strict.
    """
    losses: list[Loss] = []
    conversation = _without_deferred(conversation)
    conversation = _without_server_tools(conversation, target, losses)
    if not target.abilities.tools:
        conversation = _without_tools(conversation, target, losses)
    conversation = _chosen(conversation, target, losses)
    return conversation, tuple(losses)


def _without_deferred(conversation: Conversation) -> Conversation:
    """A deferred tool is shown once a result has named it, or the model has called it."""
    if not any(tool.deferred for tool in conversation.tools):
        return conversation
    known = set(_named(conversation.turns))
    kept = tuple(tool for tool in conversation.tools if not tool.deferred or tool.name in known)
    return replace(conversation, tools=kept)


def _named(turns: Iterable[Turn]) -> Iterator[str]:
    for turn in turns:
        for block in turn.blocks:
            if isinstance(block, ToolCall):
                yield block.name
            elif isinstance(block, ToolResult):
                yield from (part.tool_name for part in block.parts if isinstance(part, ToolReference))


def _without_server_tools(conversation: Conversation, target: Target, losses: list[Loss]) -> Conversation:
    able = target.abilities
    kept = tuple(tool for tool in conversation.server_tools if _runs(tool, able))
    if len(kept) == len(conversation.server_tools):
        return conversation
    forced = conversation.tool_choice.name if conversation.tool_choice is not None else None
    for tool in conversation.server_tools:
        if tool in kept:
            continue
        if tool.name == forced:
            raise BadRequest(
                f"tool_choice: {target.model} has no tool {tool.kind!r} of its own", field="tool_choice.name"
            )
        losses.append(Loss(f"tools.{tool.kind}", Action.DROPPED, "no such server tool here"))
    return replace(conversation, server_tools=kept)


def _runs(tool: ServerTool, able: Abilities) -> bool:
    return tool.home == able.home or tool.kind.startswith(able.server_tools)


def _without_tools(conversation: Conversation, target: Target, losses: list[Loss]) -> Conversation:
    in_history = any(
        isinstance(block, ToolCall | ToolResult) for turn in conversation.turns for block in turn.blocks
    )
    if not conversation.tools and not in_history:
        return conversation
    if target.policy is Policy.STRICT:
        raise BadRequest(f"tools: {target.model} cannot call tools", field="tools")
    losses.append(Loss("tools", Action.DROPPED, "the model calls none"))
    turns = tuple(
        Turn(turn.role, tuple(shown for block in turn.blocks for shown in _told(block)))
        for turn in conversation.turns
    )
    return replace(conversation, tools=(), tool_choice=None, parallel_tools=None, turns=turns)


def _told(block: Block) -> tuple[Block, ...]:
    """A call or result as text, for a model that knows neither."""
    match block:
        case ToolCall(_, name, arguments):
            return (Text(f"[called {name} with {arguments}]"),)
        case ToolResult(_, parts, is_error):
            label = Text("[the call failed]" if is_error else "[the call's result]")
            return (label, *(part for part in parts if not isinstance(part, ToolReference)))
        case _:
            return (block,)


def _chosen(conversation: Conversation, target: Target, losses: list[Loss]) -> Conversation:
    """`tool_choice` and the switch against parallel calls, as far as the target knows them."""
    able = target.abilities
    choice, parallel = conversation.tool_choice, conversation.parallel_tools
    if not conversation.tools and not conversation.server_tools:
        if choice is None and parallel is None:
            return conversation
        if choice is not None and choice.mode in {Choice.ANY, Choice.TOOL}:
            raise BadRequest("tool_choice: a tool is demanded but none is offered", field="tool_choice")
        return replace(conversation, tool_choice=None, parallel_tools=None)
    if choice is not None and choice.mode in {Choice.ANY, Choice.TOOL}:
        choice = _demanded(choice, conversation, able, losses)
    if parallel is False and not able.parallel_tools:
        losses.append(Loss("parallel_tool_calls", Action.DROPPED))
        parallel = None
    if choice is conversation.tool_choice and parallel is conversation.parallel_tools:
        return conversation
    return replace(conversation, tool_choice=choice, parallel_tools=parallel)


def _demanded(
    choice: ToolChoice, conversation: Conversation, able: Abilities, losses: list[Loss]
) -> ToolChoice:
    known = [tool.name for tool in conversation.tools] + [tool.name for tool in conversation.server_tools]
    if choice.mode is Choice.TOOL and choice.name not in known:
        raise BadRequest(
            f"tool_choice: no tool {choice.name!r} is offered: use one of {', '.join(known)}",
            field="tool_choice.name",
        )
    if not able.forced_tools:
        losses.append(Loss("tool_choice", Action.CONVERTED, "auto"))
        return ToolChoice(Choice.AUTO)
    if not able.forced_tools_while_thinking and _thinks(conversation):
        losses.append(Loss("tool_choice", Action.CONVERTED, "auto: thinking is on"))
        return ToolChoice(Choice.AUTO)
    return choice


def _thinks(conversation: Conversation) -> bool:
    return conversation.reasoning.mode in {ThinkingMode.ENABLED, ThinkingMode.ADAPTIVE}


def fit_names(conversation: Conversation, target: Target) -> tuple[Conversation, dict[str, str]]:
    """Tool names the target can take, in tools, choice and history alike, and the way back: name sent → client's own."""
    longest = target.abilities.tool_name_chars
    names = {tool.name for tool in conversation.tools}
    names.update(
        block.name for turn in conversation.turns for block in turn.blocks if isinstance(block, ToolCall)
    )
    renamed = {
        name: _short(name, longest) for name in names if len(name) > longest or not _NAME.fullmatch(name)
    }
    if not renamed:
        return conversation, {}
    tools = tuple(_renamed(tool, renamed) for tool in conversation.tools)
    choice = conversation.tool_choice
    if choice is not None and choice.name in renamed:
        choice = replace(choice, name=renamed[choice.name])

    def change(block: Block) -> Block:
        return (
            replace(block, name=renamed[block.name])
            if isinstance(block, ToolCall) and block.name in renamed
            else block
        )

    conversation = replace(_each_block(conversation, change), tools=tools, tool_choice=choice)
    return conversation, {short: name for name, short in renamed.items()}


def _renamed(tool: Tool, renamed: dict[str, str]) -> Tool:
    return replace(tool, name=renamed[tool.name]) if tool.name in renamed else tool


def _short(name: str, longest: int) -> str:
    clean = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return f"{clean[: longest - _HASH_CHARS - 1]}_{_hash(name, _HASH_CHARS)}"


def fit_ids(conversation: Conversation, target: Target) -> Conversation:
    """Tool ids the target can take: kept when legal, else replaced, alike in call and result and in every turn."""
    legal = re.compile(target.abilities.tool_id_pattern)
    longest = target.abilities.tool_id_chars
    ids = {block.id for turn in conversation.turns for block in turn.blocks if isinstance(block, ToolCall)}
    replaced = {id: _legal_id(id, legal, longest) for id in ids if not legal.fullmatch(id)}
    if not replaced:
        return conversation

    def change(block: Block) -> Block:
        if isinstance(block, ToolCall) and block.id in replaced:
            return replace(block, id=replaced[block.id])
        if isinstance(block, ToolResult) and block.call_id in replaced:
            return replace(block, call_id=replaced[block.call_id])
        return block

    return _each_block(conversation, change)


def _legal_id(id: str, legal: re.Pattern[str], longest: int) -> str:
    clean = re.sub(r"[^A-Za-z0-9_-]", "_", id)[: max(0, longest - _HASH_CHARS - 1)]
    readable = f"{clean}_{_hash(id, _HASH_CHARS)}"
    return readable if legal.fullmatch(readable) else _hash(id, longest)


def _hash(text: str, chars: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:chars]


def _each_block(conversation: Conversation, change: Callable[[Block], Block]) -> Conversation:
    turns = tuple(Turn(turn.role, tuple(map(change, turn.blocks))) for turn in conversation.turns)
    return replace(conversation, turns=turns)
