"""Content that holds content: tool results, documents, search results."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

import msgspec

from isthmus.core.conversation import CacheMark, Document, Image, ResultPart, Role, Text, ToolReference
from isthmus.core.losses import Action
from isthmus.dialects.anthropic import schema
from isthmus.dialects.anthropic.fields import (
    Reading,
    cache_mark,
    invalid,
    is_empty,
    join,
    opens_with,
    read,
    require,
)
from isthmus.dialects.anthropic.sources import document_source, image_source, source_of
from isthmus.wire.json_text import given, text_of

Shown = Text | Image | Document
_KINDS: Final = frozenset(("text", "image", "document", "search_result", "tool_reference"))


def items_of(raw: msgspec.Raw, path: str) -> list[msgspec.Raw]:
    try:
        return schema.RAWS.decode(raw)
    except msgspec.ValidationError:
        raise invalid(path, "Input should be a valid string or list") from None


def parts_of(raw: msgspec.Raw, path: str, reading: Reading) -> Iterator[ResultPart]:
    """What a tool result or a document holds. A kind nobody knows is carried as its own JSON text."""
    if not given(raw):
        raise invalid(path, "Field required")
    if opens_with(raw) == '"':
        if text := read(raw, schema.STRING, path):
            yield Text(text)
        return
    for index, each in enumerate(items_of(raw, path)):
        yield from _part(each, join(path, str(index)), reading)


def _part(raw: msgspec.Raw, path: str, reading: Reading) -> Iterator[ResultPart]:
    kind = read(raw, schema.KIND, path).type
    if kind not in _KINDS:
        reading.lost(f"tool_result.{kind}", Action.CONVERTED, "to its JSON text")
        yield Text(text_of(raw))
        return
    block = read(raw, schema.BLOCK, path)
    path = join(path, kind)
    match kind:
        case "text":
            yield text_of_block(block, path, Role.USER, reading)
        case "image":
            yield image_of(block, path, reading)
        case "document":
            yield from document_of(block, path, reading)
        case "search_result":
            yield from search_result_of(block, path, reading)
        case _:
            yield ToolReference(require(block.tool_name, join(path, "tool_name")))


def text_of_block(block: schema.Block, path: str, role: Role, reading: Reading) -> Text:
    text = require(block.text, join(path, "text"))
    if not is_empty(block.citations):
        if reading.of_october_2026 and role is Role.USER:
            raise invalid(join(path, "citations"), "Extra inputs are not permitted")
        reading.lost("messages.citations", Action.DROPPED)
    return Text(text, cache_mark(block.cache_control))


def image_of(block: schema.Block, path: str, reading: Reading) -> Image:
    where = join(path, "source")
    source = image_source(source_of(block.source, where), where, reading)
    return Image(source, cache=cache_mark(block.cache_control))


def document_of(block: schema.Block, path: str, reading: Reading) -> Iterator[Shown]:
    """A file stays one; a document that is text already becomes text between two tags."""
    if not is_empty(block.citations):
        reading.lost("messages.document.citations", Action.DROPPED)
    where = join(path, "source")
    source = source_of(block.source, where)
    cache = cache_mark(block.cache_control)
    if source.type == "text":
        yield from _enclose(block, [Text(require(source.data, join(where, "text.data")))], cache)
    elif source.type == "content":
        yield from _enclose(block, _shown(source.content, join(where, "content.content"), reading), cache)
    else:
        yield Document(document_source(source, where), block.title, block.context, cache)


def search_result_of(block: schema.Block, path: str, reading: Reading) -> Iterator[Shown]:
    where = join(path, "source")
    source = read(block.source, schema.OPTIONAL_STRING, where) if given(block.source) else None
    inside = _shown(block.content, join(path, "content"), reading)
    yield from _enclose(block, inside, cache_mark(block.cache_control), source)


def _shown(raw: msgspec.Raw, path: str, reading: Reading) -> list[Shown]:
    shown: list[Shown] = []
    for part in parts_of(raw, path, reading):
        if isinstance(part, ToolReference):
            raise invalid(path, "tool_reference blocks are not permitted here")
        shown.append(part)
    return shown


def _enclose(
    block: schema.Block, inside: list[Shown], cache: CacheMark | None, source: str | None = None
) -> Iterator[Shown]:
    """The parts between two tags, one text with them as far as they are text. The cache mark goes on the last."""
    named = (("title", block.title), ("source", source), ("context", block.context))
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in named if value)
    texts = [f"<document{attributes}>\n"]
    for part in inside:
        if isinstance(part, Text):
            texts += (part.text, "\n")
        else:
            if texts:
                yield Text("".join(texts))
            yield part
            texts = []
    yield Text("".join([*texts, "</document>"]), cache)
