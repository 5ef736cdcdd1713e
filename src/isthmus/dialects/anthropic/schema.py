"""The parts of a Messages request, as permissive as the wire is: what is unknown is skipped, what is optional may be null.

One `Block` stands for all kinds of content, because a flat struct decodes in one pass; what a kind needs is asked for
where it is read. Parts whose shape depends on a kind, and JSON that only passes through, stay raw.
"""

from __future__ import annotations

from typing import Final

from msgspec import Raw, Struct
from msgspec.json import Decoder

SIGNATURE: Final = "signature"
"""`Opaque.kind` of a thinking block's signature; its data is the signature itself."""
REDACTED: Final = "redacted_thinking"
"""`Opaque.kind` of a redacted thought; its data is the encrypted string. Every other kind holds a whole block as JSON text."""

ABSENT = Raw()
"""A raw field that was not there."""


class CacheControl(Struct, frozen=True):
    type: str | None = None
    ttl: str | None = None


class Source(Struct, frozen=True):
    type: str
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    content: Raw = ABSENT


class Block(Struct, frozen=True):
    type: str
    text: str | None = None
    cache_control: CacheControl | None = None
    citations: Raw = ABSENT
    source: Raw = ABSENT
    title: str | None = None
    context: str | None = None
    content: Raw = ABSENT
    id: str | None = None
    name: str | None = None
    input: Raw = ABSENT
    tool_use_id: str | None = None
    is_error: bool | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    tool_name: str | None = None


class Kind(Struct, frozen=True):
    """All that must be true of a block nobody knows."""

    type: str


class Format(Struct, frozen=True):
    type: str
    schema: Raw = ABSENT


class OutputConfig(Struct, frozen=True):
    effort: str | None = None
    format: Format | None = None


class Message(Struct, frozen=True):
    role: str
    content: Raw
    output_config: OutputConfig | None = None


class Thinking(Struct, frozen=True):
    type: str
    budget_tokens: int | None = None
    display: str | None = None


class ToolChoice(Struct, frozen=True):
    type: str
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Metadata(Struct, frozen=True):
    user_id: str | None = None


class ClientIdentity(Struct, frozen=True):
    """What Claude Code writes into `metadata.user_id`, as a JSON string (seen with 2.1.330)."""

    device_id: str = ""
    account_uuid: str = ""
    session_id: str = ""


class CustomTool(Struct, frozen=True):
    name: str
    type: str | None = None
    description: str | None = None
    input_schema: Raw = ABSENT
    strict: bool | None = None
    defer_loading: bool | None = None
    cache_control: CacheControl | None = None


class AnyTool(Struct, frozen=True):
    """As much of a tool definition as all kinds have in common; toolsets have no name."""

    type: str | None = None
    name: str | None = None


class EnvelopeFields(Struct, frozen=True):
    model: str
    stream: bool | None = None
    metadata: Raw = ABSENT
    conversation_id: Raw = ABSENT


TOP_LEVEL = Decoder(dict[str, Raw])
ENVELOPE = Decoder(EnvelopeFields)
RAWS = Decoder(list[Raw])
KEYS = Decoder(dict[str, Raw])
MESSAGES = Decoder(list[Message])
CONTENT = Decoder(str | list[Block])
BLOCK = Decoder(Block)
KIND = Decoder(Kind)
SOURCE = Decoder(Source)
SYSTEM = Decoder(str | list[Block] | None)
ANY_TOOL = Decoder(AnyTool)
CUSTOM_TOOL = Decoder(CustomTool)
TOOLS = Decoder(list[Raw] | None)
TOOL_CHOICE = Decoder(ToolChoice | None)
THINKING = Decoder(Thinking | None)
OUTPUT_CONFIG = Decoder(OutputConfig | None)
OUTPUT_FORMAT = Decoder(Format | None)
METADATA = Decoder(Metadata | None)
IDENTITY = Decoder(ClientIdentity)
CACHE_CONTROL = Decoder(CacheControl | None)
STRING = Decoder(str)
OPTIONAL_STRING = Decoder(str | None)
STRINGS = Decoder(list[str] | None)
INTEGER = Decoder(int)
OPTIONAL_INTEGER = Decoder(int | None)
NUMBER = Decoder(float | None)
BOOLEAN = Decoder(bool | None)
