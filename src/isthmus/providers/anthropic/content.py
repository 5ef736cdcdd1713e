"""Blocks of the core language → content blocks of the Messages API."""

from __future__ import annotations

from typing import Any, assert_never

from msgspec import Raw

from isthmus.core.conversation import (
    ANTHROPIC,
    Block,
    CacheMark,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    RemoteUrl,
    ResultPart,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    VendorFile,
)
from isthmus.core.losses import Action, Loss
from isthmus.providers.anthropic.schema import REDACTED, SIGNATURE
from isthmus.wire.json_repair import as_object

Json = dict[str, Any]
MOST_MARKS = 4
"""Cache breakpoints of one request (Anthropic docs on prompt caching)."""


class Writer:
    """Writes blocks and notes what it could not carry. `marked` holds every block with a cache mark, in order."""

    def __init__(self) -> None:
        self.losses: list[Loss] = []
        self.marked: list[Json] = []

    def blocks(self, blocks: tuple[Block, ...]) -> list[Json | Raw]:
        written = (self._block(block) for block in blocks)
        return [each for each in written if each is not None]

    def text(self, text: Text) -> Json:
        return self.mark({"type": "text", "text": text.text}, text.cache)

    def mark(self, block: Json, mark: CacheMark | None) -> Json:
        if mark is not None:
            block["cache_control"] = cache_control(mark)
            self.marked.append(block)
        return block

    def settle_marks(self) -> None:
        """The last ones stay, as each covers all that stands before it."""
        surplus = self.marked[:-MOST_MARKS]
        if surplus:
            self.losses.append(Loss("cache_control", Action.CLAMPED, f"{MOST_MARKS} marks at most"))
        for block in surplus:
            del block["cache_control"]
        self.marked = self.marked[-MOST_MARKS:]

    def _block(self, block: Block) -> Json | Raw | None:
        match block:
            case Text() | Image() | Document():
                return self._part(block)
            case ToolCall(id, name, arguments, cache):
                call = {
                    "type": "tool_use",
                    "id": id,
                    "name": name,
                    "input": Raw(_bytes(as_object(arguments))),
                }
                return self.mark(call, cache)
            case ToolResult():
                return self._result(block)
            case Thinking():
                return self._thinking(block)
            case Opaque(home, kind, data):
                return self._opaque(home, kind, data)
            case Foreign(home, kind, data, summary):
                if home == ANTHROPIC:
                    return Raw(_bytes(data))
                self.losses.append(Loss(kind, Action.CONVERTED if summary else Action.DROPPED))
                return {"type": "text", "text": summary} if summary else None
        assert_never(block)

    def _part(self, part: ResultPart) -> Json | None:
        match part:
            case Text(text):
                return self.text(part) if text.strip() else None
            case Image(source, detail, cache):
                if detail is not None:
                    self.losses.append(Loss("image_url.detail", Action.DROPPED))
                return self.mark({"type": "image", "source": _source(source)}, cache)
            case Document(source, title, context, cache):
                named = {"title": title, "context": context}
                fields = {name: value for name, value in named.items() if value}
                return self.mark({"type": "document", "source": _source(source), **fields}, cache)
            case ToolReference(name):
                return {"type": "tool_reference", "tool_name": name}
        assert_never(part)

    def _result(self, result: ToolResult) -> Json:
        written: Json = {"type": "tool_result", "tool_use_id": result.call_id}
        parts = [each for part in result.parts if (each := self._part(part)) is not None]
        if parts:
            written["content"] = parts
        if result.is_error:
            written["is_error"] = True
        return self.mark(written, result.cache)

    def _thinking(self, block: Thinking) -> Json | None:
        """Only with Claude's own signature: any other is refused."""
        opaque = block.opaque
        if opaque is None or opaque.home != ANTHROPIC or opaque.kind != SIGNATURE:
            self.losses.append(Loss("messages.thinking", Action.DROPPED, "not signed by Claude"))
            return None
        return {"type": "thinking", "thinking": block.text, "signature": opaque.data}

    def _opaque(self, home: str, kind: str, data: str) -> Json | Raw | None:
        if home != ANTHROPIC:
            self.losses.append(Loss(kind, Action.DROPPED))
            return None
        return {"type": REDACTED, "data": data} if kind == REDACTED else Raw(_bytes(data))


def cache_control(mark: CacheMark) -> Json:
    return {"type": "ephemeral", "ttl": mark.value} if mark is CacheMark.LONG else {"type": "ephemeral"}


def _source(source: Source) -> Json:
    match source:
        case InlineData(media_type, data):
            return {"type": "base64", "media_type": media_type, "data": data}
        case RemoteUrl(url):
            return {"type": "url", "url": url}
        case VendorFile(file_id):
            return {"type": "file", "file_id": file_id}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
