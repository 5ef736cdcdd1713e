"""A whole answer → the plain (not streamed) Messages body. It says what the stream of the same answer would add up to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

import msgspec

from isthmus.core.fold import Answer, Said, SaidCall, SaidOpaque, SaidText, SaidThinking
from isthmus.core.interfaces import Signing
from isthmus.core.usage import estimated_input
from isthmus.dialects.anthropic.encode import Style
from isthmus.dialects.anthropic.parts import (
    citation_fields,
    message_id,
    opaque_block,
    own_tool_id,
    signature_of,
    stop_fields,
    usage_fields,
)
from isthmus.dialects.anthropic.tool_ids import shown
from isthmus.wire.json_repair import as_object
from isthmus.wire.json_text import to_json


def encode_answer(answer: Answer, style: Style, signing: Signing) -> bytes:
    content: list[dict[str, Any]] = []
    for said in answer.blocks:
        content += _block(said, len(content), style, signing)
    usage = answer.usage or estimated_input(signing.input_estimate)
    return to_json(
        {
            "id": message_id(signing),
            "type": "message",
            "role": "assistant",
            "model": signing.model,
            "content": content,
            **stop_fields(answer.reason, answer.stop_sequence, answer.explanation),
            "usage": usage_fields(usage),
            **({} if signing.conversation is None else {"conversation_id": signing.conversation}),
        }
    )


def _block(said: Said, index: int, style: Style, signing: Signing) -> Iterator[dict[str, Any]]:
    match said:
        case SaidText(text, citations):
            if text or citations:
                cited = {"citations": [citation_fields(each) for each in citations]} if citations else {}
                yield {"type": "text", "text": text, **cited}
        case SaidThinking(text, opaque):
            hidden = text if style.hide_thinking else ""
            yield {
                "type": "thinking",
                "thinking": "" if style.hide_thinking else text,
                "signature": signature_of(opaque, hidden, signing),
            }
        case SaidCall(id, name, arguments):
            yield {
                "type": "tool_use",
                "id": shown(id) if id else own_tool_id(signing, index),
                "name": name,
                "input": msgspec.Raw(as_object(arguments).encode("utf-8", "replace")),
            }
        case SaidOpaque(opaque):
            if (block := opaque_block(opaque)) is not None:
                yield block
        case _:
            assert_never(said)
