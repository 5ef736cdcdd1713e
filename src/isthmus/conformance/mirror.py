"""What an echoing model received, in one form whatever the echo's own: neutral, a Messages body or a Chat body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from isthmus.conformance.cast import Form
from isthmus.conformance.verdict import Fault

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` is text, image, document, call, result, thinking, or the echo's own word for anything else.

    A call has `id`, `name` and `arguments` (parsed); a result the call's `id`, its text, `kinds` of its parts and `error`;
    an image its media type as `name`.
    """

    kind: str
    text: str = ""
    id: str = ""
    name: str = ""
    arguments: Any = None
    kinds: tuple[str, ...] = ()
    error: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Chat's tool messages count as the user's, and neighbours of one role as one turn."""

    role: str
    blocks: tuple[Block, ...]

    @property
    def kinds(self) -> list[str]:
        return [block.kind for block in self.blocks]


@dataclass(frozen=True, slots=True)
class Seen:
    form: Form
    system: tuple[str, ...]
    turns: tuple[Turn, ...]
    tools: dict[str, Any]
    """Name → schema of the parameters; None for a tool that the vendor runs."""
    choice: str | None
    """auto, any, none, or `tool NAME`."""
    parallel: bool | None
    max_tokens: int | None
    schema: Any
    """Of the structured output asked for."""
    raw: Json

    def blocks(self, kind: str) -> list[Block]:
        return [block for turn in self.turns for block in turn.blocks if block.kind == kind]

    @property
    def texts(self) -> str:
        return "\n".join([*self.system, *(block.text for turn in self.turns for block in turn.blocks)])


def seen(form: Form, text: str) -> Seen:
    """Raises `Fault` when the text is no such echo."""
    try:
        raw = msgspec.json.decode(text)
        match form:
            case Form.NEUTRAL:
                return _neutral(raw)
            case Form.MESSAGES:
                return _messages(raw)
            case Form.CHAT:
                return _chat(raw)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Fault(f"the echo cannot be read ({type(error).__name__} {error})", text) from None


def _joined(turns: Iterator[tuple[str, list[Block]]]) -> tuple[Turn, ...]:
    joined: list[tuple[str, list[Block]]] = []
    for role, blocks in turns:
        if joined and joined[-1][0] == role:
            joined[-1][1].extend(blocks)
        else:
            joined.append((role, blocks))
    return tuple(Turn(role, tuple(blocks)) for role, blocks in joined)


def _parsed(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return msgspec.json.decode(arguments)
    except (ValueError, RecursionError):
        return arguments


# neutral ---------------------------------------------------------------------------------------------


def _neutral(raw: Json) -> Seen:
    parameters = raw["parameters"]
    tools = {tool["name"]: tool["schema"] for tool in raw["tools"]}
    tools |= dict.fromkeys(raw["server_tools"])
    return Seen(
        Form.NEUTRAL,
        tuple(raw["system"]),
        _joined((turn["role"], [_neutral_block(each) for each in turn["blocks"]]) for turn in raw["turns"]),
        tools,
        _choice(parameters.get("tool_choice")),
        parameters.get("parallel_tools"),
        parameters.get("max_tokens"),
        _parsed((parameters.get("output") or {}).get("schema")),
        raw,
    )


def _neutral_block(block: Json) -> Block:
    match block["kind"]:
        case "text":
            return Block("text", block["text"])
        case "image":
            return Block("image", name=block["source"].split(",")[0])
        case "tool_call":
            return Block("call", id=block["id"], name=block["name"], arguments=_parsed(block["arguments"]))
        case "tool_result":
            parts = [_neutral_block(part) for part in block["parts"]]
            text = "".join(part.text for part in parts)
            kinds = tuple(part.kind for part in parts)
            return Block("result", text, block["call_id"], kinds=kinds, error=block["is_error"])
        case kind:
            return Block(kind, block.get("text") or "")


def _choice(choice: Json | None) -> str | None:
    if choice is None:
        return None
    return f"tool {choice['name']}" if choice["mode"] == "tool" else str(choice["mode"])


# Messages --------------------------------------------------------------------------------------------


def _messages(raw: Json) -> Seen:
    system = raw.get("system") or []
    choice = raw.get("tool_choice") or {}
    disabled = choice.get("disable_parallel_tool_use")
    output = (raw.get("output_config") or {}).get("format") or {}
    return Seen(
        Form.MESSAGES,
        (system,) if isinstance(system, str) else tuple(block["text"] for block in system),
        _joined(
            (message["role"], [_messages_block(each) for each in _content(message["content"])])
            for message in raw["messages"]
        ),
        {tool["name"]: tool.get("input_schema") for tool in raw.get("tools") or ()},
        f"tool {choice['name']}" if choice.get("type") == "tool" else choice.get("type"),
        None if disabled is None else not disabled,
        raw.get("max_tokens"),
        output.get("schema"),
        raw,
    )


def _content(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def _messages_block(block: Json) -> Block:
    match block["type"]:
        case "text":
            return Block("text", block["text"])
        case "image":
            return Block("image", name=block["source"].get("media_type") or "")
        case "tool_use":
            return Block("call", id=block["id"], name=block["name"], arguments=block["input"])
        case "tool_result":
            parts = [_messages_block(part) for part in _content(block.get("content"))]
            text = "".join(part.text for part in parts)
            kinds = tuple(part.kind for part in parts)
            error = block.get("is_error") is True
            return Block("result", text, block["tool_use_id"], kinds=kinds, error=error)
        case kind:
            return Block(kind, block.get("thinking") or "")


# Chat ------------------------------------------------------------------------------------------------


def _chat(raw: Json) -> Seen:
    messages = raw["messages"]
    lead = 0
    while lead < len(messages) and messages[lead]["role"] in ("system", "developer"):
        lead += 1
    texts = (_text_of(message["content"]) for message in messages[:lead])
    format = raw.get("response_format") or {}
    return Seen(
        Form.CHAT,
        tuple(texts),
        _joined((_chat_role(message), _chat_blocks(message)) for message in messages[lead:]),
        {tool["function"]["name"]: tool["function"].get("parameters") for tool in raw.get("tools") or ()},
        _chat_choice(raw.get("tool_choice")),
        raw.get("parallel_tool_calls"),
        raw.get("max_completion_tokens") or raw.get("max_tokens"),
        (format.get("json_schema") or {}).get("schema"),
        raw,
    )


def _chat_role(message: Json) -> str:
    role: str = message["role"]
    return {"tool": "user", "developer": "system"}.get(role, role)


def _chat_blocks(message: Json) -> list[Block]:
    if message["role"] == "tool":
        text = _text_of(message["content"])
        failed = text.startswith("Error:")
        return [Block("result", text, message["tool_call_id"], kinds=("text",), error=failed)]
    blocks = [Block("thinking", message["reasoning_content"])] if message.get("reasoning_content") else []
    blocks += [_chat_part(part) for part in _content(message.get("content"))]
    for call in message.get("tool_calls") or ():
        function = call["function"]
        arguments = _parsed(function["arguments"])
        blocks.append(Block("call", id=call["id"], name=function["name"], arguments=arguments))
    return blocks


def _chat_part(part: Json) -> Block:
    match part["type"]:
        case "text":
            return Block("text", part["text"])
        case "image_url":
            return Block("image", name=part["image_url"]["url"].removeprefix("data:").partition(";")[0])
        case "file":
            return Block("document")
        case kind:
            return Block(kind)


def _text_of(content: Any) -> str:
    return "".join(part.get("text", "") for part in _content(content))


def _chat_choice(choice: Any) -> str | None:
    if isinstance(choice, dict):
        return f"tool {choice['function']['name']}"
    return "any" if choice == "required" else choice
