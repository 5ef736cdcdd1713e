"""The JSON inside the frames of an answer (npm `@aws/codewhisperer-streaming-client`, `dist-types/models`). Unknown members are passed
over, and a member of the wrong type makes the whole payload unreadable: what it meant is not to be guessed."""

from __future__ import annotations

import json
from typing import Any, Final, TypeVar

import msgspec


class AssistantResponse(msgspec.Struct, frozen=True, rename="camel", gc=False):
    content: str | None = None
    model_id: str | None = None


class ReasoningContent(msgspec.Struct, frozen=True, rename="camel", gc=False):
    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None


class ToolUse(msgspec.Struct, frozen=True, rename="camel", gc=False):
    tool_use_id: str = ""
    name: str | None = None
    input: str | dict[str, Any] | None = None
    """A fragment of JSON text. Objects have been seen too (Servoy/opencode-kiro-auth)."""
    stop: bool | None = None


class TokenUsage(msgspec.Struct, frozen=True, rename="camel"):
    uncached_input_tokens: int | float | None = None
    output_tokens: int | float | None = None
    cache_read_input_tokens: int | float | None = None
    cache_write_input_tokens: int | float | None = None
    context_usage_percentage: float | None = None


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    token_usage: TokenUsage | None = None
    stop_reason: str | None = None


class Metering(msgspec.Struct, frozen=True):
    usage: float | None = None
    unit: str | None = None


class ContextUsage(msgspec.Struct, frozen=True, rename="camel"):
    context_usage_percentage: float | None = None


class Reference(msgspec.Struct, frozen=True, rename="camel"):
    license_name: str | None = None
    repository: str | None = None
    url: str | None = None


class CodeReference(msgspec.Struct, frozen=True):
    references: list[Reference] | None = None


Payload = TypeVar("Payload", bound=msgspec.Struct)


class NotThisPayload(ValueError):
    """A payload is no JSON, or not of its event's form. The message is its beginning."""


def reader(form: type[Payload]) -> msgspec.json.Decoder[Payload]:
    return msgspec.json.Decoder(form)


def read(decoder: msgspec.json.Decoder[Payload], payload: bytes) -> Payload:
    """Raises `NotThisPayload`."""
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_leniently(decoder, payload)


def _read_leniently(decoder: msgspec.json.Decoder[Payload], payload: bytes) -> Payload:
    """JSON that only the standard library takes: halves of characters, where a text was cut between them."""
    try:
        return msgspec.convert(json.loads(payload), decoder.type)
    except (ValueError, msgspec.ValidationError, RecursionError):
        raise NotThisPayload(payload[:MAX_SHOWN].decode("utf-8", "replace")) from None


MAX_SHOWN: Final = 200
ASSISTANT_RESPONSE: Final = reader(AssistantResponse)
REASONING_CONTENT: Final = reader(ReasoningContent)
TOOL_USE: Final = reader(ToolUse)
METADATA: Final = reader(Metadata)
METERING: Final = reader(Metering)
CONTEXT_USAGE: Final = reader(ContextUsage)
CODE_REFERENCE: Final = reader(CodeReference)
