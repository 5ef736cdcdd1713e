"""The parts of a Chat Completions request, as permissive as the wire is: what is unknown is skipped, what is optional may
be null.

Parts whose shape depends on a kind, and JSON that only passes through, stay raw.
"""

from __future__ import annotations

from typing import Final

from msgspec import Raw, Struct
from msgspec.json import Decoder

HOME: Final = "openai"
"""Home of what only OpenAI-style APIs understand."""
SIGNATURE: Final = "signature"
"""`Opaque.kind` of a thinking block's signature at home "anthropic"; its data is the signature itself."""
REDACTED: Final = "redacted_thinking"
"""`Opaque.kind` of a redacted thought at home "anthropic"; its data is the encrypted string."""

ABSENT = Raw()
"""A raw field that was not there."""


class CacheBreakpoint(Struct, frozen=True):
    """`prompt_cache_breakpoint` (OpenAI) and `cache_control` (as gateways such as OpenRouter take it on parts)."""

    type: str | None = None
    mode: str | None = None
    ttl: str | None = None


class File(Struct, frozen=True):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class ImageUrl(Struct, frozen=True):
    url: str
    detail: str | None = None


class Part(Struct, frozen=True):
    type: str
    text: str | None = None
    image_url: ImageUrl | str | None = None
    file: File | None = None
    refusal: str | None = None
    prompt_cache_breakpoint: CacheBreakpoint | None = None
    cache_control: CacheBreakpoint | None = None


class FunctionCall(Struct, frozen=True):
    name: str | None = None
    arguments: Raw = ABSENT


class CustomCall(Struct, frozen=True):
    name: str | None = None
    input: str | None = None


class ToolCall(Struct, frozen=True):
    id: str | None = None
    type: str | None = None
    function: FunctionCall | None = None
    custom: CustomCall | None = None


class Message(Struct, frozen=True):
    role: str
    content: Raw = ABSENT
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    function_call: FunctionCall | None = None
    refusal: str | None = None
    audio: Raw = ABSENT
    reasoning_content: Raw = ABSENT
    reasoning: Raw = ABSENT
    reasoning_details: Raw = ABSENT


class ReasoningDetail(Struct, frozen=True):
    """One entry of the extension in which thoughts travel with what must come back with them."""

    type: str = ""
    text: str | None = None
    summary: str | None = None
    signature: str | None = None
    data: str | None = None
    format: str | None = None


class Function(Struct, frozen=True):
    name: str
    description: str | None = None
    parameters: Raw = ABSENT
    strict: bool | None = None


class Grammar(Struct, frozen=True):
    syntax: str | None = None
    definition: str | None = None


class CustomFormat(Struct, frozen=True):
    type: str
    grammar: Grammar | None = None


class Custom(Struct, frozen=True):
    name: str
    description: str | None = None
    format: CustomFormat | None = None


class Kind(Struct, frozen=True):
    """All that must be true of a tool nobody knows."""

    type: str | None = None


class Tool(Struct, frozen=True):
    type: str | None = None
    function: Function | None = None
    custom: Custom | None = None
    cache_control: CacheBreakpoint | None = None


class Named(Struct, frozen=True):
    name: str


class AllowedTool(Struct, frozen=True):
    function: Named | None = None
    custom: Named | None = None
    name: str | None = None


class AllowedTools(Struct, frozen=True):
    mode: str
    tools: list[AllowedTool]


class ToolChoice(Struct, frozen=True):
    type: str | None = None
    function: Named | None = None
    custom: Named | None = None
    allowed_tools: AllowedTools | None = None


class JsonSchema(Struct, frozen=True):
    name: str | None = None
    schema: Raw = ABSENT
    strict: bool | None = None
    description: str | None = None


class ResponseFormat(Struct, frozen=True):
    type: str
    json_schema: JsonSchema | None = None


class StreamOptions(Struct, frozen=True):
    include_usage: bool | None = None


class Thinking(Struct, frozen=True):
    """The switch of DeepSeek, Zhipu, Moonshot and others, and Anthropic's own."""

    type: str
    budget_tokens: int | None = None


class EnvelopeFields(Struct, frozen=True):
    model: str
    stream: bool | None = None
    prompt_cache_key: Raw = ABSENT
    conversation_id: Raw = ABSENT


TOP_LEVEL = Decoder(dict[str, Raw])
ENVELOPE = Decoder(EnvelopeFields)
MESSAGES = Decoder(list[Message])
CONTENT: Decoder[str | list[Part] | None] = Decoder(str | list[Part] | None)
DETAILS = Decoder(list[ReasoningDetail])
TOOL = Decoder(Tool)
TOOL_KIND = Decoder(Kind)
RAWS: Decoder[list[Raw] | None] = Decoder(list[Raw] | None)
FUNCTIONS: Decoder[list[Function] | None] = Decoder(list[Function] | None)
TOOL_CHOICE: Decoder[ToolChoice | str | None] = Decoder(ToolChoice | str | None)
FUNCTION_CHOICE: Decoder[Named | str | None] = Decoder(Named | str | None)
RESPONSE_FORMAT: Decoder[ResponseFormat | None] = Decoder(ResponseFormat | None)
STREAM_OPTIONS: Decoder[StreamOptions | None] = Decoder(StreamOptions | None)
CACHE_BREAKPOINT: Decoder[CacheBreakpoint | None] = Decoder(CacheBreakpoint | None)
THINKING = Decoder(Thinking)
STOP: Decoder[str | list[str] | None] = Decoder(str | list[str] | None)
STRING = Decoder(str)
OPTIONAL_STRING: Decoder[str | None] = Decoder(str | None)
OPTIONAL_STRINGS: Decoder[list[str] | None] = Decoder(list[str] | None)
OPTIONAL_INTEGER: Decoder[int | None] = Decoder(int | None)
OPTIONAL_NUMBER: Decoder[float | None] = Decoder(float | None)
OPTIONAL_BOOLEAN: Decoder[bool | None] = Decoder(bool | None)
