"""What vendors send, as permissive types: whatever may be missing has a default, whatever may be odd has a union.

`msgspec` ignores fields that are not named here.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import msgspec

from isthmus.core.usage import Usage

Number = int | float | None


class PromptDetails(msgspec.Struct, gc=False):
    cached_tokens: Number = None
    cache_write_tokens: Number = None


class CompletionDetails(msgspec.Struct, gc=False):
    reasoning_tokens: Number = None


class Counts(msgspec.Struct, gc=False):
    """Usage as vendors spell it."""

    prompt_tokens: Number = None
    completion_tokens: Number = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None
    prompt_cache_hit_tokens: Number = None
    """DeepSeek."""
    cached_tokens: Number = None
    """Moonshot."""

    def usage(self) -> Usage | None:
        """None when it counts nothing at all: servers that do not count write zeros, and no prompt has none."""
        if not self.prompt_tokens and not self.completion_tokens:
            return None
        prompt, completion = self.prompt_tokens_details, self.completion_tokens_details
        read = (
            (prompt.cached_tokens if prompt else None) or self.prompt_cache_hit_tokens or self.cached_tokens
        )
        return Usage.from_inclusive(
            _whole(self.prompt_tokens),
            _whole(self.completion_tokens),
            cache_read=_whole(read),
            cache_write=_whole(prompt.cache_write_tokens if prompt else None),
            reasoning=_whole(completion.reasoning_tokens if completion else None),
        )


class FunctionDelta(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | dict[str, Any] | list[Any] | int | float | bool | None = None


class CallDelta(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


class Delta(msgspec.Struct, gc=False):
    """A part of a message, or a whole one: vendors send either under either name."""

    content: str | list[Any] | None = None
    reasoning_content: str | None = None
    reasoning: str | dict[str, Any] | None = None
    reasoning_details: list[Any] | None = None
    refusal: str | None = None
    tool_calls: list[CallDelta] | None = None
    function_call: FunctionDelta | None = None
    annotations: list[Any] | None = None


class Choice(msgspec.Struct, gc=False):
    index: int | None = 0
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None
    matched_stop: str | int | None = None
    """SGLang: the stop string or token that ended the answer."""
    stop_reason: str | int | None = None
    """vLLM: the same."""


class Chunk(msgspec.Struct, gc=False):
    """A frame of a stream, or a whole plain answer."""

    id: str | None = None
    object: str | None = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Counts | None = None
    error: Any = None
    code: str | int | None = None
    message: str | None = None


_read: Final = msgspec.json.Decoder(Chunk).decode


class NotAChunk(ValueError):
    """A frame that is no JSON, or JSON of another shape."""


def read_chunk(data: bytes) -> Chunk:
    """Raises `NotAChunk`."""
    try:
        return _read(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_leniently(data)


def _read_leniently(data: bytes) -> Chunk:
    """JSON that only the standard library takes, such as halves of characters, and numbers given as strings."""
    try:
        return msgspec.convert(json.loads(data), Chunk, strict=False)
    except (ValueError, msgspec.ValidationError, RecursionError):
        raise NotAChunk(data[:200].decode("utf-8", "replace")) from None


def _whole(number: Number) -> int:
    return max(0, int(number)) if number is not None and math.isfinite(number) else 0
