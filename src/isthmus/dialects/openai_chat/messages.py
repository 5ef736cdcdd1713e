"""The messages of a request → system text and turns.

Each turn depends only on the messages up to it, so the turns of a longer conversation begin with those of the shorter
one: the upstream's prompt cache lives on that. The one look ahead is that a user message right after tool results joins
their turn, which every API that knows turns asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from isthmus.core import thought_tag
from isthmus.core.conversation import (
    ANTHROPIC,
    Block,
    Opaque,
    ResultPart,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from isthmus.core.losses import Action
from isthmus.dialects.openai_chat import schema
from isthmus.dialects.openai_chat.content import read_parts, read_texts
from isthmus.dialects.openai_chat.fields import Reading, invalid, join, missing, read, require, string_or_none
from isthmus.wire.json_repair import as_object
from isthmus.wire.json_text import given, starts_with, text_of

ENCRYPTED: Final = "reasoning.encrypted"


@dataclass(frozen=True, slots=True)
class Messages:
    system: tuple[Text, ...]
    turns: tuple[Turn, ...]


def read_messages(raw: msgspec.Raw, reading: Reading) -> Messages:
    messages = read(raw, schema.MESSAGES, "messages")
    if not messages:
        raise invalid("messages", "must hold at least one message")
    reader = _Reader(reading)
    for index, message in enumerate(messages):
        reader.take(message, f"messages.{index}", index)
    return Messages(tuple(reader.system), tuple(reader.turns))


@dataclass(slots=True)
class _Reader:
    reading: Reading
    system: list[Text] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    answering: bool = False
    """The last message was a tool's, so what it or the user says next joins its turn."""
    unanswered: list[tuple[str, str]] = field(default_factory=list)
    """Name and id of legacy calls that have no result yet."""

    def take(self, message: schema.Message, path: str, index: int) -> None:
        if message.name is not None and message.role != "function":
            self.reading.lost("messages.name", Action.DROPPED)
        match message.role:
            case "system" | "developer":
                self._operator(message, path)
            case "user":
                self._user(message, path)
            case "assistant":
                self._add(Role.ASSISTANT, tuple(self._assistant(message, path, index)))
            case "tool":
                call_id = require(message.tool_call_id, join(path, "tool_call_id"))
                self._result(call_id, message, path)
            case "function":
                self._result(self._legacy_call(message, path, index), message, path)
            case other:
                allowed = "'system', 'developer', 'user', 'assistant', 'tool' or 'function'"
                raise invalid(join(path, "role"), f"must be {allowed}, not {other!r}")

    def _add(self, role: Role, blocks: tuple[Block, ...]) -> None:
        self.turns.append(Turn(role, blocks))
        self.answering = False

    def _operator(self, message: schema.Message, path: str) -> None:
        texts = read_texts(message.content, join(path, "content"), self.reading)
        if not self.turns:
            self.system += texts
        elif texts:
            self._add(Role.SYSTEM, texts)

    def _user(self, message: schema.Message, path: str) -> None:
        if not given(message.content):
            raise missing(join(path, "content"))
        blocks: tuple[Block, ...] = read_parts(message.content, join(path, "content"), self.reading)
        if self.answering:
            self._join(blocks)
            self.answering = False
        else:
            self._add(Role.USER, blocks)

    def _join(self, blocks: tuple[Block, ...]) -> None:
        last = self.turns[-1]
        self.turns[-1] = Turn(last.role, last.blocks + blocks)

    def _assistant(self, message: schema.Message, path: str, index: int) -> list[Block]:
        if given(message.audio):
            raise invalid(
                join(path, "audio"), "refers to an earlier audio answer, which this gateway cannot have"
            )
        blocks: list[Block] = [*_thoughts(message, self.reading)]
        blocks += read_texts(message.content, join(path, "content"), self.reading)
        if message.refusal:
            blocks.append(Text(message.refusal))
        for at, call in enumerate(message.tool_calls or ()):
            blocks.append(_tool_call(call, f"{path}.tool_calls.{at}"))
        if message.function_call is not None:
            blocks.append(self._function_call(message.function_call, path, index))
        return blocks

    def _function_call(self, call: schema.FunctionCall, path: str, index: int) -> ToolCall:
        """Legacy calls have no id; the place of the message makes one that is the same in every later request."""
        where = join(path, "function_call")
        name, id = require(call.name, join(where, "name")), f"call_of_message_{index}"
        self.unanswered.append((name, id))
        return ToolCall(id, name, _arguments(call.arguments, join(where, "arguments")))

    def _legacy_call(self, message: schema.Message, path: str, index: int) -> str:
        name = require(message.name, join(path, "name"))
        for at in reversed(range(len(self.unanswered))):
            if self.unanswered[at][0] == name:
                return self.unanswered.pop(at)[1]
        return f"result_of_message_{index}"

    def _result(self, call_id: str, message: schema.Message, path: str) -> None:
        parts: tuple[ResultPart, ...] = read_parts(message.content, join(path, "content"), self.reading)
        result = ToolResult(call_id, parts)
        if self.answering:
            self._join((result,))
        else:
            self._add(Role.USER, (result,))
            self.answering = True


def _tool_call(call: schema.ToolCall, path: str) -> ToolCall:
    id = require(call.id, join(path, "id"))
    if call.custom is not None:
        name = require(call.custom.name, join(path, "custom.name"))
        return ToolCall(id, name, custom_arguments(call.custom.input or ""))
    function = require(call.function, join(path, "function"))
    name = require(function.name, join(path, "function.name"))
    return ToolCall(id, name, _arguments(function.arguments, join(path, "function.arguments")))


def custom_arguments(input: str) -> str:
    """The free text of a custom tool, as the arguments of the function that stands for it."""
    return msgspec.json.encode({"input": input}).decode()


def _arguments(raw: msgspec.Raw, path: str) -> str:
    """The text of one JSON object, whatever the client made of it: models do not always write one, and clients send back
    what they wrote. An object in place of its text is seen with clients of Ollama's own API."""
    if not given(raw):
        return "{}"
    return as_object(read(raw, schema.STRING, path) if starts_with(raw, b'"') else text_of(raw))


def _thoughts(message: schema.Message, reading: Reading) -> Iterator[Thinking | Opaque]:
    """What the model thought before it said this, as the client got it from us (or from another vendor's model)."""
    told = string_or_none(message.reasoning_content) or string_or_none(message.reasoning) or ""
    details = _details(message.reasoning_details, reading)
    if not details:
        if told:
            yield Thinking(told)
        return
    texts = [detail for detail in details if detail.type != ENCRYPTED]
    for detail in details:
        if detail.type != ENCRYPTED:
            text = detail.text if detail.text is not None else detail.summary
            # The text is not said twice to clients that keep but one thought: its detail holds the signature alone.
            yield from _signed(told if text is None and len(texts) == 1 else text or "", detail)
        elif detail.data and (tag := thought_tag.read(detail.data)) is not None:
            yield from () if tag.sealed is None else (tag.sealed,)
        elif detail.data and _of_claude(detail):
            yield Opaque(ANTHROPIC, schema.REDACTED, detail.data)
        else:
            reading.lost("messages.reasoning_details", Action.DROPPED, "another vendor's encrypted reasoning")


def _details(raw: msgspec.Raw, reading: Reading) -> list[schema.ReasoningDetail]:
    if not given(raw):
        return []
    try:
        return schema.DETAILS.decode(raw)
    except msgspec.ValidationError:
        # An extension many vendors spell in their own way: not worth refusing a request for.
        reading.lost("messages.reasoning_details", Action.DROPPED, "of unknown form")
        return []


def _signed(text: str, detail: schema.ReasoningDetail) -> Iterator[Thinking]:
    signature = detail.signature or ""
    if (tag := thought_tag.read(signature)) is not None:
        yield Thinking(text or tag.hidden_text or "", tag.sealed, tag.source)
    elif not signature or not _of_claude(detail):
        if text:
            yield Thinking(text)
    else:
        yield Thinking(text, Opaque(ANTHROPIC, schema.SIGNATURE, signature))


def _of_claude(detail: schema.ReasoningDetail) -> bool:
    return detail.format is None or detail.format.startswith("anthropic")
