"""One message of Claude, whole or as the events of a Messages stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .answers import Json, dumps, pieces


@dataclass(slots=True)
class Reply:
    """What Claude says. Blocks are complete content blocks; usage counts are the final ones."""

    id: str
    model: str
    blocks: list[Json] = field(default_factory=list)
    stop_reason: str = "end_turn"
    stop_sequence: str | None = None
    stop_details: Json | None = None
    input_tokens: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output_tokens: int = 20

    @property
    def usage(self) -> Json:
        thinking = any(block["type"] in ("thinking", "redacted_thinking") for block in self.blocks)
        return {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": self.cache_write,
            "cache_read_input_tokens": self.cache_read,
            "cache_creation": {"ephemeral_5m_input_tokens": self.cache_write, "ephemeral_1h_input_tokens": 0},
            "output_tokens": self.output_tokens,
            "output_tokens_details": {"thinking_tokens": 5 if thinking else 0},
            "service_tier": "standard",
        }

    def whole(self) -> Json:
        stop: Json = {"stop_reason": self.stop_reason, "stop_sequence": self.stop_sequence}
        return self._head(self.blocks) | stop | self._details() | {"usage": self.usage}

    def _head(self, content: list[Json]) -> Json:
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
        }

    def _details(self) -> Json:
        return {} if self.stop_details is None else {"stop_details": self.stop_details}

    def events(self) -> Iterator[bytes]:
        opened = self._head([]) | {
            "stop_reason": None,
            "stop_sequence": None,
            "usage": self.usage | {"output_tokens": 1},
        }
        yield event({"type": "message_start", "message": opened})
        for index, block in enumerate(self.blocks):
            yield event({"type": "content_block_start", "index": index, "content_block": emptied(block)})
            if index == 0:
                yield event({"type": "ping"})
            for delta in deltas(block):
                yield event({"type": "content_block_delta", "index": index, "delta": delta})
            yield event({"type": "content_block_stop", "index": index})
        stop: Json = {"stop_reason": self.stop_reason, "stop_sequence": self.stop_sequence}
        yield event({"type": "message_delta", "delta": stop | self._details(), "usage": self.usage})
        yield event({"type": "message_stop"})


def event(data: Json) -> bytes:
    kind: str = data["type"]
    return b"event: " + kind.encode() + b"\ndata: " + dumps(data) + b"\n\n"


def emptied(block: Json) -> Json:
    """The block as it stands in content_block_start."""
    match block["type"]:
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "tool_use":
            return block | {"input": {}}
        case _:
            return block


def deltas(block: Json) -> Iterator[Json]:
    match block["type"]:
        case "text":
            for piece in pieces(block["text"]):
                yield {"type": "text_delta", "text": piece}
        case "thinking":
            for piece in pieces(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use":
            text = dumps(block["input"]).decode() if block["input"] else ""
            for at in range(0, len(text), 8):
                yield {"type": "input_json_delta", "partial_json": text[at : at + 8]}
        case _:
            return
