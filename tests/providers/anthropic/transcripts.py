"""Captured-looking Messages answers (shapes of Anthropic's streaming documentation), and ways to cut them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import msgspec

FOLDER = Path(__file__).resolve().parents[2] / "wire" / "anthropic"


def transcript(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def event(data: dict[str, object]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (str(data["type"]).encode(), msgspec.json.encode(data))


def start(**message: object) -> bytes:
    usage = {"input_tokens": 10, "output_tokens": 1}
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5", "content": []}
    return event({"type": "message_start", "message": {**whole, "usage": usage, **message}})


def block(index: int, content: dict[str, object], *deltas: dict[str, object]) -> bytes:
    frames = [event({"type": "content_block_start", "index": index, "content_block": content})]
    frames += [event({"type": "content_block_delta", "index": index, "delta": delta}) for delta in deltas]
    return b"".join([*frames, event({"type": "content_block_stop", "index": index})])


def text(index: int, *pieces: str) -> bytes:
    deltas: Iterable[dict[str, object]] = ({"type": "text_delta", "text": piece} for piece in pieces)
    return block(index, {"type": "text", "text": ""}, *deltas)


def end(stop_reason: str | None = "end_turn", usage: object = None, **delta: object) -> bytes:
    counts = {"output_tokens": 5} if usage is None else usage
    stop = {"stop_reason": stop_reason, "stop_sequence": None, **delta}
    return event({"type": "message_delta", "delta": stop, "usage": counts}) + event({"type": "message_stop"})


def error(kind: str, message: str) -> bytes:
    return event({"type": "error", "error": {"type": kind, "message": message}})


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[left:right] for left, right in pairwise(edges)]
