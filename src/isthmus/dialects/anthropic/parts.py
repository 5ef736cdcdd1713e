"""The JSON of an answer's parts, said the same way in a stream and in a plain answer."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from isthmus.core import thought_tag
from isthmus.core.conversation import ANTHROPIC, Opaque
from isthmus.core.events import Citation, Stop
from isthmus.core.interfaces import Signing
from isthmus.core.usage import Usage
from isthmus.dialects.anthropic.schema import REDACTED, SIGNATURE

STOP_REASONS: Final[dict[Stop, str]] = {
    Stop.END_TURN: "end_turn",
    Stop.MAX_TOKENS: "max_tokens",
    Stop.STOP_SEQUENCE: "stop_sequence",
    Stop.TOOL_USE: "tool_use",
    Stop.REFUSAL: "refusal",
    Stop.PAUSE_TURN: "pause_turn",
    Stop.CONTEXT_WINDOW: "model_context_window_exceeded",
}
_CITATION_TYPES: Final = frozenset(
    (
        "char_location",
        "page_location",
        "content_block_location",
        "web_search_result_location",
        "search_result_location",
    )
)
_SAID_OTHERWISE: Final = frozenset(("text", "thinking", "tool_use"))
"""Blocks with deltas of their own, which may not stand whole in their start."""


def message_id(signing: Signing) -> str:
    return f"msg_{signing.answer_id}"


def own_tool_id(signing: Signing, index: int) -> str:
    """An id for a call whose upstream gave none: the same in a stream and in a plain answer."""
    return f"toolu_{signing.answer_id[:20]}{index:04x}"


def stop_fields(
    reason: Stop, stop_sequence: str | None, explanation: str | None
) -> dict[str, str | dict[str, str | None] | None]:
    """`stop_reason` with what belongs to it."""
    fields: dict[str, str | dict[str, str | None] | None] = {
        "stop_reason": STOP_REASONS[reason],
        "stop_sequence": stop_sequence if reason is Stop.STOP_SEQUENCE else None,
    }
    if reason is Stop.REFUSAL:
        fields["stop_details"] = {"type": "refusal", "category": None, "explanation": explanation}
    return fields


def usage_fields(usage: Usage) -> dict[str, object]:
    """The counts that stand in every usage object, and those that stand there only when there is something to say."""
    fields: dict[str, object] = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.cache_write_tokens:
        long = min(usage.cache_write_1h_tokens, usage.cache_write_tokens)
        fields["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_write_tokens - long,
            "ephemeral_1h_input_tokens": long,
        }
    if usage.web_searches:
        fields["server_tool_use"] = {"web_search_requests": usage.web_searches, "web_fetch_requests": 0}
    if usage.reasoning_tokens:
        fields["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return fields


def signature_of(opaque: Opaque | None, hidden_text: str, signing: Signing) -> str:
    """Claude's own signature, or else the gateway's tag, which carries another model's signature, and the text if the client did
    not get to see it."""
    if opaque is not None and is_signature(opaque):
        return opaque.data
    return thought_tag.mint(signing.provider, hidden_text or None, opaque)


def is_signature(opaque: Opaque) -> bool:
    return opaque.home == ANTHROPIC and opaque.kind == SIGNATURE


def opaque_block(opaque: Opaque) -> dict[str, Any] | None:
    """A block only Anthropic's clients understand, or None when it is somebody else's or damaged. Redacted thoughts of others go
    under the gateway's tag, as clients send them back whatever is in them."""
    if opaque.home != ANTHROPIC:
        tagged = {"type": REDACTED, "data": thought_tag.mint(opaque.home, sealed=opaque)}
        return tagged if opaque.kind == REDACTED else None
    if opaque.kind == REDACTED:
        return {"type": REDACTED, "data": opaque.data}
    try:
        block = msgspec.json.decode(opaque.data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(block, dict) or not isinstance(kind := block.get("type"), str):
        return None
    return None if kind in _SAID_OTHERWISE else block


def citation_fields(citation: Citation) -> dict[str, Any]:
    """Anthropic's own form where the source gave it, else a web search location without the part only they can write."""
    if citation.data is not None:
        try:
            own = msgspec.json.decode(citation.data)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            own = None
        if isinstance(own, dict) and own.get("type") in _CITATION_TYPES:
            return own
    return {
        "type": "web_search_result_location",
        "url": citation.url,
        "title": citation.title or None,
        "cited_text": citation.cited_text,
        "encrypted_index": "",
    }
