"""Turns → Chat messages.

A pure function of the turns, so that the messages of a longer conversation begin with those of the shorter one: the
vendor's prompt cache lives on that. A conversation that was not fitted to its target still gives messages, with what has
no place noted as lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import (
    Block,
    CacheMark,
    Conversation,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    RemoteUrl,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    Turn,
    VendorFile,
)
from isthmus.core.losses import Action, Loss
from isthmus.providers.openai_compatible.vendor import ReasoningBack, Vendor

Message = dict[str, Any]
Part = dict[str, Any]

NO_OUTPUT: Final = "(no output)"
NO_CONTENT: Final = "(no content)"
BELOW: Final = "(its content follows in the next user message)"
BRIDGE: Final = "(the tools have answered)"
"""What the assistant says between tool results and media of the user, for vendors that want it to speak there."""
ERROR: Final = "Error: "


def render_messages(
    conversation: Conversation, vendor: Vendor, able: Abilities, losses: list[Loss], *, addition: str = ""
) -> list[Message]:
    """`addition` is put at the end of the system text."""
    writer = _Writer(vendor, able, losses)
    writer.system(conversation.system, addition)
    for turn in conversation.turns:
        writer.turn(turn)
    return writer.messages


@dataclass(slots=True)
class _Writer:
    vendor: Vendor
    able: Abilities
    losses: list[Loss]
    messages: list[Message] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Ids of the last assistant message's calls: their results are sent in this order."""

    def system(self, texts: Sequence[Text], addition: str) -> None:
        shown = [text for text in texts if text.text.strip()]
        if addition:
            shown.append(Text(addition))
        if shown:
            self._add(self.vendor.system_role, self._texts(shown))

    def turn(self, turn: Turn) -> None:
        match turn.role:
            case Role.USER:
                self._user(turn.blocks)
            case Role.ASSISTANT:
                self._assistant(turn.blocks)
            case Role.SYSTEM:
                texts = [block for block in turn.blocks if isinstance(block, Text) and block.text.strip()]
                if texts:
                    self._add("system", self._texts(texts))

    def _add(self, role: str, content: object) -> None:
        self.messages.append({"role": role, "content": content})

    def _texts(self, texts: Sequence[Text]) -> str | list[Part]:
        """One string, which every server takes; parts only where one of them carries a mark."""
        if self.able.cache_marks and any(text.cache for text in texts):
            return [self._text_part(text) for text in texts]
        return "\n\n".join(text.text for text in texts)

    def _text_part(self, text: Text) -> Part:
        part: Part = {"type": "text", "text": text.text}
        if text.cache is not None and self.able.cache_marks:
            part["cache_control"] = (
                {"type": "ephemeral"} if text.cache is CacheMark.SHORT else {"type": "ephemeral", "ttl": "1h"}
            )
        return part

    # what the user says, and what tools answered

    def _user(self, blocks: tuple[Block, ...]) -> None:
        results = [block for block in blocks if isinstance(block, ToolResult)]
        order = {id: place for place, id in enumerate(self.calls)}
        results.sort(key=lambda result: order.get(result.call_id, len(order)))
        rest: list[Text | Part] = []
        for result in results:
            rest += self._result(result)
        for block in blocks:
            if not isinstance(block, ToolResult):
                rest += self._user_parts(block)
        if results and rest and not self.vendor.user_after_tool:
            rest = self._before_the_assistant(rest)
        if rest or not results:
            self._add("user", self._user_content(rest))

    def _user_content(self, parts: list[Text | Part]) -> str | list[Part]:
        texts = [part for part in parts if isinstance(part, Text)]
        if len(texts) == len(parts):
            return self._texts(texts)
        return [self._text_part(part) if isinstance(part, Text) else part for part in parts]

    def _before_the_assistant(self, rest: list[Text | Part]) -> list[Text | Part]:
        """Mistral refuses a user message after tool messages: texts join the last result, media wait for a bridge."""
        texts = [part.text for part in rest if isinstance(part, Text)]
        if len(texts) == len(rest):
            last = self.messages[-1]
            last["content"] = "\n\n".join(filter(None, [_plain(last["content"]), *texts]))
            self.losses.append(
                Loss("messages.content", Action.CONVERTED, "user text joined to a tool result")
            )
            return []
        self._add("assistant", BRIDGE)
        self.losses.append(Loss("messages", Action.EMULATED, "an assistant message between tool and user"))
        return rest

    def _result(self, result: ToolResult) -> list[Text | Part]:
        """Adds the tool message; what it cannot hold is returned, with the id of the call in front."""
        media: list[Text | Part] = []
        texts: list[Text] = []
        for part in result.parts:
            match part:
                case Text():
                    texts.append(part)
                case ToolReference(name):
                    texts.append(Text(f"Tool loaded: {name}"))
                case Image() | Document():
                    media += self._media(part)
        if media and not texts:
            texts = [Text(BELOW)]
        content = self._result_content(result, texts)
        self.messages.append({"role": "tool", "tool_call_id": result.call_id, "content": content})
        return [Text(f"[content of the result of tool call {result.call_id}]"), *media] if media else []

    def _result_content(self, result: ToolResult, texts: list[Text]) -> str | list[Part]:
        text = "\n".join(text.text for text in texts)
        if result.is_error and not text.lower().startswith("error"):
            text = f"{ERROR}{text}" if text else ERROR.strip()
        if not text.strip() and not self.able.empty_tool_results:
            text = NO_OUTPUT
        mark = result.cache or next((text.cache for text in texts if text.cache), None)
        return [self._text_part(Text(text, mark))] if mark and text and self.able.cache_marks else text

    def _user_parts(self, block: Block) -> list[Text | Part]:
        match block:
            case Text():
                return [block] if block.text else []
            case Image() | Document():
                return self._media(block)
            case Foreign(_, kind, _, summary):
                self.losses.append(Loss(kind, Action.CONVERTED if summary else Action.DROPPED))
                return [Text(summary)] if summary else []
            case _:
                self._misplaced(block)
                return []

    def _misplaced(self, block: Block) -> None:
        self.losses.append(Loss(f"messages.{type(block).__name__}", Action.DROPPED, "no place for it here"))

    def _media(self, block: Image | Document) -> list[Text | Part]:
        part = _image_part(block) if isinstance(block, Image) else self._file_part(block)
        if part is None:
            word = type(block).__name__.lower()
            self.losses.append(Loss(word, Action.REPLACED, "placeholder"))
            return [Text(f"[{word} removed: this model's vendor cannot read it]")]
        context = block.context if isinstance(block, Document) else None
        return [Text(context), part] if context else [part]

    def _file_part(self, document: Document) -> Part | None:
        if not self.able.documents:
            return None
        match document.source:
            case InlineData(media_type, data):
                name = document.title or "document.pdf"
                content = {"filename": name, "file_data": f"data:{media_type};base64,{data}"}
                return {"type": "file", "file": content}
            case RemoteUrl(url):
                return {
                    "type": "file",
                    "file": {"filename": document.title or "document.pdf", "file_data": url},
                }
            case VendorFile():
                return None

    # what the assistant said

    def _assistant(self, blocks: tuple[Block, ...]) -> None:
        texts: list[Text] = []
        thoughts: list[str] = []
        calls: list[ToolCall] = []
        for block in blocks:
            match block:
                case Text():
                    texts.append(block)
                case Thinking(text):
                    thoughts.append(text)
                case ToolCall():
                    calls.append(block)
                case Foreign(_, kind, _, summary):
                    self.losses.append(Loss(kind, Action.CONVERTED if summary else Action.DROPPED))
                    texts += [Text(summary)] if summary else []
                case Opaque(_, kind):
                    self.losses.append(Loss(kind, Action.DROPPED))
                case _:
                    self._misplaced(block)
        self.calls = [call.id for call in calls]
        message: Message = {"role": "assistant", "content": self._spoken(texts, bool(calls))}
        self._think_back(message, "".join(thoughts), bool(calls))
        if calls:
            message["tool_calls"] = [_call(call) for call in calls]
        self.messages.append(message)

    def _spoken(self, texts: list[Text], calls: bool) -> str | list[Part] | None:
        text = "".join(text.text for text in texts)
        if text:
            mark = next((text.cache for text in reversed(texts) if text.cache), None)
            return [self._text_part(Text(text, mark))] if mark and self.able.cache_marks else text
        if calls:
            return None if self.vendor.null_content else ""
        return "" if self.vendor.empty_content else NO_CONTENT

    def _think_back(self, message: Message, thought: str, calls: bool) -> None:
        back = self.vendor.reasoning_back
        if back is ReasoningBack.REQUIRED and (calls or thought):
            message[self.vendor.reasoning_field] = thought or self.vendor.lost_reasoning
        elif back is ReasoningBack.WHEN_KNOWN and thought:
            message[self.vendor.reasoning_field] = thought
        elif thought:
            self.losses.append(Loss("messages.thinking", Action.DROPPED))


def _call(call: ToolCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments or "{}"},
    }


def _image_part(image: Image) -> Part | None:
    match image.source:
        case InlineData(media_type, data):
            shown = {"url": f"data:{media_type};base64,{data}"}
        case RemoteUrl(url):
            shown = {"url": url}
        case VendorFile():
            return None
        case _:
            assert_never(image.source)
    if image.detail is not None:
        shown["detail"] = image.detail
    return {"type": "image_url", "image_url": shown}


def _plain(content: str | Iterable[Part]) -> str:
    return content if isinstance(content, str) else "\n\n".join(str(part["text"]) for part in content)
