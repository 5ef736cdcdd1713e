"""The JSON of an answer's parts, said the same way in a stream and in a plain answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from isthmus.core import thought_tag
from isthmus.core.conversation import ANTHROPIC, Opaque
from isthmus.core.events import Citation, Stop
from isthmus.core.interfaces import Signing
from isthmus.core.usage import Usage
from isthmus.dialects.openai_chat.schema import REDACTED, SIGNATURE
from isthmus.wire.json_repair import as_object

FINISH_REASONS: Final[dict[Stop, str]] = {
    Stop.END_TURN: "stop",
    Stop.MAX_TOKENS: "length",
    Stop.STOP_SEQUENCE: "stop",
    Stop.TOOL_USE: "tool_calls",
    Stop.REFUSAL: "content_filter",
    Stop.PAUSE_TURN: "stop",
    Stop.CONTEXT_WINDOW: "length",
}
_CLAUDE_FORMAT: Final = "anthropic-claude-v1"
"""OpenRouter's name for the form of these details; clients written for it send them back."""
_OWN_FORMAT: Final = "isthmus-v1"
"""For the thoughts of other models than Claude, under the gateway's tag."""


def completion_id(signing: Signing) -> str:
    return f"chatcmpl-{signing.answer_id}"


def own_tool_id(signing: Signing, index: int) -> str:
    """An id for a call whose upstream gave none: the same in a stream and in a plain answer."""
    return f"call_{signing.answer_id[:20]}{index:04x}"


def finish_reason(reason: Stop, *, legacy: bool) -> str:
    return "function_call" if legacy and reason is Stop.TOOL_USE else FINISH_REASONS[reason]


def refusal_of(reason: Stop, explanation: str | None) -> str | None:
    """What to say in `refusal`: only a reason that was given."""
    return explanation or None if reason is Stop.REFUSAL else None


def usage_fields(usage: Usage) -> dict[str, object]:
    """Here the prompt includes what was read from and written to the cache."""
    return {
        "prompt_tokens": usage.all_input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def url_citations(citations: Iterable[Citation], start: int, end: int) -> list[dict[str, Any]]:
    """Each source of the text from `start` to `end`, in characters of the whole content. Only what has an address can be
    said: citations of the request's own documents have no counterpart here."""
    return [
        {
            "type": "url_citation",
            "url_citation": {"start_index": start, "end_index": end, "url": each.url, "title": each.title},
        }
        for each in citations
        if each.url
    ]


def signature_detail(text: str, opaque: Opaque | None, index: int) -> dict[str, Any] | None:
    """A thought with the signature that must come back with it; None when it has none.

    The index is there because the Python SDK can only accumulate lists of objects that carry one.
    """
    if opaque is None or opaque.kind != SIGNATURE:
        return None
    return {
        "type": "reasoning.text",
        "text": text,
        "signature": _seal(opaque),
        "format": _format(opaque),
        "index": index,
    }


def redacted_detail(opaque: Opaque, index: int) -> dict[str, Any] | None:
    """A thought nobody may read, but which must come back; None for every other opaque block."""
    if opaque.kind != REDACTED:
        return None
    return {"type": "reasoning.encrypted", "data": _seal(opaque), "format": _format(opaque), "index": index}


def _seal(opaque: Opaque) -> str:
    return opaque.data if opaque.home == ANTHROPIC else thought_tag.mint(opaque.home, sealed=opaque)


def _format(opaque: Opaque) -> str:
    return _CLAUDE_FORMAT if opaque.home == ANTHROPIC else _OWN_FORMAT


def custom_input(arguments: str) -> str:
    """The free text a custom tool is given, out of the arguments of the function that stood for it."""
    try:
        value = msgspec.json.decode(as_object(arguments))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return arguments
    text = value.get("input") if isinstance(value, dict) and len(value) == 1 else None
    return text if isinstance(text, str) else arguments
