"""Content blocks of a request → the blocks of the core language.

A block this file does not know becomes `Foreign`, word for word, and whoever fits the conversation to a model decides
about it. A block it knows but cannot read is the client's mistake and is named by its path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from isthmus.core import thought_tag
from isthmus.core.conversation import (
    ANTHROPIC,
    Block,
    Foreign,
    Opaque,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from isthmus.dialects.anthropic import schema
from isthmus.dialects.anthropic.fields import Reading, cache_mark, invalid, join, read, require
from isthmus.dialects.anthropic.nested import (
    document_of,
    image_of,
    items_of,
    parts_of,
    search_result_of,
    text_of_block,
)
from isthmus.dialects.anthropic.summaries import summarise
from isthmus.dialects.anthropic.tool_ids import original
from isthmus.wire.json_repair import as_object
from isthmus.wire.json_text import given, text_of

COMPACTION: Final = "compaction"
"""`Foreign.kind` of a block that sums up what was said before it; its summary is that text."""
_KNOWN: Final = frozenset(
    (
        "text",
        "image",
        "document",
        "search_result",
        "tool_use",
        "tool_result",
        "thinking",
        "redacted_thinking",
    )
)


class ContentReader:
    """Reads the content of one message."""

    __slots__ = ("_path", "_raw", "_reading", "_role")

    def __init__(self, raw: msgspec.Raw, role: Role, path: str, reading: Reading) -> None:
        self._raw = raw
        self._role = role
        self._path = path
        self._reading = reading

    def blocks(self) -> tuple[Block, ...]:
        try:
            content = schema.CONTENT.decode(self._raw)
        except msgspec.ValidationError:
            return tuple(self._one_by_one())
        if isinstance(content, str):
            return (Text(content),)
        blocks: list[Block] = []
        for index, block in enumerate(content):
            blocks += self._read(block, index)
        return tuple(blocks)

    def _one_by_one(self) -> Iterator[Block]:
        """The careful way, for content the struct does not fit: only a block of a known kind must have our types."""
        for index, raw in enumerate(items_of(self._raw, self._path)):
            path = join(self._path, str(index))
            kind = read(raw, schema.KIND, path).type
            if kind in _KNOWN:
                yield from self._read(read(raw, schema.BLOCK, path), index)
            else:
                yield self._foreign(kind, index)

    def _read(self, block: schema.Block, index: int) -> Iterable[Block]:
        path = f"{self._path}.{index}.{block.type}"
        match block.type:
            case "text":
                return (text_of_block(block, path, self._role, self._reading),)
            case "tool_use":
                return (_tool_use(block, path),)
            case "tool_result":
                return (_tool_result(block, path, self._reading),)
            case "thinking":
                return (_thinking(block),)
            case "redacted_thinking":
                return _redacted(require(block.data, join(path, "data")))
            case "image":
                return (image_of(block, path, self._reading),)
            case "document":
                if self._role is Role.ASSISTANT and self._reading.of_october_2026:
                    raise invalid(path, "document blocks are not permitted in assistant messages")
                return document_of(block, path, self._reading)
            case "search_result":
                return search_result_of(block, path, self._reading)
            case kind:
                return (self._foreign(kind, index),)

    def _foreign(self, kind: str, index: int) -> Foreign:
        raw = bytes(schema.RAWS.decode(self._raw)[index])
        summary = _compacted(raw) if kind == COMPACTION else summarise(kind, raw)
        return Foreign(ANTHROPIC, kind, raw.decode(), summary)


def _compacted(block: bytes) -> str:
    content = msgspec.json.decode(block).get("content")
    return content if isinstance(content, str) else ""


def _tool_use(block: schema.Block, path: str) -> ToolCall:
    arguments = text_of(block.input) if given(block.input) else ""
    if not arguments.startswith("{"):
        arguments = as_object(arguments)
    id, name = require(block.id, join(path, "id")), require(block.name, join(path, "name"))
    return ToolCall(original(id), name, arguments, cache_mark(block.cache_control))


def _tool_result(block: schema.Block, path: str, reading: Reading) -> ToolResult:
    call_id = require(block.tool_use_id, join(path, "tool_use_id"))
    parts = tuple(parts_of(block.content, join(path, "content"), reading)) if given(block.content) else ()
    return ToolResult(original(call_id), parts, bool(block.is_error), cache_mark(block.cache_control))


def _redacted(data: str) -> tuple[Opaque, ...]:
    """Claude's own, or what another model redacted; nothing where such a one came back damaged."""
    tag = thought_tag.read(data)
    if tag is None:
        return (Opaque(ANTHROPIC, schema.REDACTED, data),)
    return () if tag.sealed is None else (tag.sealed,)


def _thinking(block: schema.Block) -> Thinking:
    """Claude Code returns thoughts with the signature it got, also when that was empty (seen with 2.1.330)."""
    text = block.thinking or ""
    if not block.signature:
        return Thinking(text)
    if (tag := thought_tag.read(block.signature)) is not None:
        return Thinking(text or tag.hidden_text or "", tag.sealed, tag.source)
    return Thinking(text, Opaque(ANTHROPIC, schema.SIGNATURE, block.signature))
