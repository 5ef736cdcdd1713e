"""What the Messages API answers, as far as it is read here: permissive, with JSON that only passes through left raw."""

from __future__ import annotations

from typing import Final

from msgspec import Raw, Struct
from msgspec.json import Decoder

SIGNATURE: Final = "signature"
"""`Opaque.kind` of a thinking block's signature; its data is the signature itself."""
REDACTED: Final = "redacted_thinking"
"""`Opaque.kind` of a redacted thought; its data is the encrypted string. Every other kind holds a whole block as JSON text."""
ABSENT: Final = Raw()
"""A raw field that was not there."""


class Delta(Struct, frozen=True, gc=False):
    """The delta of a content block or of the message: the two share no field but the type."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    citation: Raw = ABSENT
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Raw = ABSENT


class Event(Struct, frozen=True, gc=False):
    """One frame of a stream."""

    type: str
    index: int = -1
    delta: Delta | None = None
    content_block: Raw = ABSENT
    message: Raw = ABSENT
    usage: Raw = ABSENT
    error: Raw = ABSENT


class Block(Struct, frozen=True):
    type: str
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: Raw = ABSENT
    citations: Raw = ABSENT


class Message(Struct, frozen=True):
    """A whole answer, or its beginning in `message_start`."""

    type: str | None = None
    id: str | None = None
    model: str | None = None
    content: Raw = ABSENT
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Raw = ABSENT
    usage: Raw = ABSENT
    error: Raw = ABSENT


class StopDetails(Struct, frozen=True):
    explanation: str | None = None


class CacheCreation(Struct, frozen=True):
    ephemeral_1h_input_tokens: int | None = None


class ServerToolUse(Struct, frozen=True):
    web_search_requests: int | None = None


class OutputDetails(Struct, frozen=True):
    thinking_tokens: int | None = None


class Counts(Struct, frozen=True):
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation: CacheCreation | None = None
    server_tool_use: ServerToolUse | None = None
    output_tokens_details: OutputDetails | None = None


class Citation(Struct, frozen=True):
    type: str | None = None
    url: str | None = None
    title: str | None = None
    document_title: str | None = None
    source: str | None = None
    cited_text: str | None = None


class ErrorDetail(Struct, frozen=True):
    type: str | None = None
    message: str | None = None


class ErrorBody(Struct, frozen=True):
    error: ErrorDetail


EVENT: Final = Decoder(Event)
BLOCK: Final = Decoder(Block)
MESSAGE: Final = Decoder(Message)
RAWS: Final = Decoder(list[Raw])
STOP_DETAILS: Final = Decoder(StopDetails | None)
COUNTS: Final = Decoder(Counts | None)
CITATION: Final = Decoder(Citation)
ERROR_DETAIL: Final = Decoder(ErrorDetail)
ERROR_BODY: Final = Decoder(ErrorBody)


def is_given(raw: Raw) -> bool:
    """Whether an optional raw field was there and was not null."""
    return bytes(raw) not in (b"", b"null")
