"""How many tokens a conversation has, about. For the start of a stream and for `count_tokens` where nobody can count.

An estimate and never more: about 3.6 characters of Latin text to a token, one to two tokens to a character of others, as
tokenizers of the Claude and GPT families behave on ordinary text. Whatever is shown from here is marked as estimated.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from isthmus.core.conversation import (
    Block,
    Conversation,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    ResultPart,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
)

LATIN_CHARS_PER_TOKEN: Final = 3.6
OTHER_TOKENS_PER_BYTE: Final = 0.42
"""Beyond ASCII, by UTF-8 bytes: a Chinese character (3 bytes) comes to about 1.3 tokens."""
TOKENS_PER_TURN: Final = 4
TOKENS_PER_TOOL: Final = 12
TOKENS_PER_IMAGE: Final = 1600
PIXELS_PER_TOKEN: Final = 750
"""Anthropic's rule of thumb for images: width times height over 750."""
DOCUMENT_BYTES_PER_TOKEN: Final = 20


def estimate_tokens(conversation: Conversation) -> int:
    """At least 1."""
    total = sum(estimate_text(text.text) for text in conversation.system)
    for turn in conversation.turns:
        total += TOKENS_PER_TURN
        for block in turn.blocks:
            total += _block(block)
    for tool in conversation.tools:
        total += (
            TOKENS_PER_TOOL
            + estimate_text(tool.name)
            + estimate_text(tool.description or "")
            + estimate_text(tool.schema)
        )
    for server_tool in conversation.server_tools:
        total += estimate_text(server_tool.data)
    return max(1, round(total))


def estimate_text(text: str) -> float:
    if text.isascii():
        return len(text) / LATIN_CHARS_PER_TOKEN
    size = len(text.encode("utf-8", "surrogatepass"))
    # Each character beyond ASCII takes 2 to 4 bytes; 3 is the common case by far (CJK).
    other = min(len(text), (size - len(text)) / 2)
    return (len(text) - other) / LATIN_CHARS_PER_TOKEN + (size - len(text) + other) * OTHER_TOKENS_PER_BYTE


def _block(block: Block | ResultPart) -> float:
    match block:
        case Text(text):
            return estimate_text(text)
        case Thinking(text):
            return estimate_text(text)
        case ToolCall(_, name, arguments):
            return TOKENS_PER_TOOL + estimate_text(name) + estimate_text(arguments)
        case ToolResult(_, parts):
            return TOKENS_PER_TOOL + sum(map(_block, parts))
        case Image(source):
            return _image(source.base64) if isinstance(source, InlineData) else TOKENS_PER_IMAGE
        case Document(source):
            return (
                len(source.base64) * 0.75 / DOCUMENT_BYTES_PER_TOKEN
                if isinstance(source, InlineData)
                else TOKENS_PER_IMAGE
            )
        case Foreign(_, _, data) | Opaque(_, _, data):
            return estimate_text(data)
        case ToolReference(name):
            return estimate_text(name)


def _image(base64_text: str) -> float:
    """By its size where the first bytes of a PNG or GIF say it, else a flat figure."""
    try:
        head = base64.b64decode(base64_text[:44])
    except (binascii.Error, ValueError):
        return TOKENS_PER_IMAGE
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        width, height = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    elif head.startswith(b"GIF8") and len(head) >= 10:
        width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    else:
        return TOKENS_PER_IMAGE
    return min(TOKENS_PER_IMAGE, max(1.0, width * height / PIXELS_PER_TOKEN))
