"""What an answer says, read from the wire by the published grammar of its API and nothing of the gateway's own code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from isthmus.conformance.client import Answer
from isthmus.conformance.subject import Api
from isthmus.conformance.verdict import Fault
from isthmus.wire.sse import Frame, SseDecoder

Json = dict[str, Any]


@dataclass(slots=True)
class Call:
    id: str
    name: str
    arguments: str = ""

    def parsed(self) -> Any:
        """Raises `Fault` when the arguments are no JSON object."""
        try:
            value = msgspec.json.decode(self.arguments or "{}")
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise Fault(f"the arguments of {self.name} are no JSON object", self.arguments)
        return value


@dataclass(slots=True)
class Said:
    """One answer, whichever way it came."""

    id: str = ""
    model: str = ""
    text: str = ""
    thinking: str = ""
    refusal: str = ""
    calls: list[Call] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """Kinds of blocks in the order they began (Messages only)."""
    stop: str | None = None
    stop_sequence: str | None = None
    signatures: int = 0
    """Signed thinking blocks (Messages only)."""
    usage: Json = field(default_factory=dict)
    error: Json | None = None
    """An error told inside a stream."""
    ended: bool = False
    """A stream's own end was seen (`message_stop`, `[DONE]`), not an error and not the end of the connection."""
    pings: int = 0
    """Keep-alives in the API's own way: `ping` events or comments."""


def read(api: Api, answer: Answer) -> Said:
    """Raises `Fault` for an answer that cannot be read at all. Lints judge what can."""
    try:
        if answer.is_stream:
            return _message_stream(answer.body) if api is Api.MESSAGES else _chunk_stream(answer.body)
        value = answer.json()
        return _message(value) if api is Api.MESSAGES else _completion(value)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Fault(f"the answer cannot be read: {type(error).__name__} {error}", answer.shown) from None


def _frames(body: bytes) -> Iterator[Frame]:
    decoder = SseDecoder()
    yield from decoder.feed(body)
    yield from decoder.finish()


def _decoded(frame: Frame) -> Json:
    try:
        value = msgspec.json.decode(frame.data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Fault("a frame of the stream is no JSON object", frame.data.decode(errors="replace"))
    return value


def _message(value: Json) -> Said:
    said = Said(id=value["id"], model=value["model"], stop=value.get("stop_reason"), usage=value["usage"])
    said.stop_sequence = value.get("stop_sequence")
    said.refusal = (value.get("stop_details") or {}).get("explanation") or ""
    for block in value["content"]:
        _block(said, block)
        if block["type"] == "tool_use":
            said.calls[-1].arguments = msgspec.json.encode(block["input"]).decode()
    return said


def _block(said: Said, block: Json) -> None:
    said.order.append(block["type"])
    said.text += block.get("text") or ""
    said.thinking += block.get("thinking") or ""
    said.signatures += bool(block.get("signature"))
    if block["type"] == "tool_use":
        said.calls.append(Call(block["id"], block["name"]))


def _message_stream(body: bytes) -> Said:
    said = Said()
    for frame in _frames(body):
        event = _decoded(frame)
        match event.get("type"):
            case "message_start":
                start = event["message"]
                said.id, said.model, said.usage = start["id"], start["model"], dict(start["usage"])
            case "content_block_start":
                _block(said, event["content_block"])
            case "content_block_delta":
                _delta(said, event["delta"])
            case "message_delta":
                _message_delta(said, event)
            case "message_stop":
                said.ended = True
            case "error":
                said.error = event["error"]
            case "ping":
                said.pings += 1
            case _:
                pass
    return said


def _delta(said: Said, delta: Json) -> None:
    said.text += delta.get("text") or ""
    said.thinking += delta.get("thinking") or ""
    said.signatures += bool(delta.get("signature"))
    if "partial_json" in delta:
        said.calls[-1].arguments += delta["partial_json"]


def _message_delta(said: Said, event: Json) -> None:
    delta = event["delta"]
    said.stop, said.stop_sequence = delta.get("stop_reason"), delta.get("stop_sequence")
    said.refusal = (delta.get("stop_details") or {}).get("explanation") or ""
    # Zeros of the input counts repeat nothing: Claude Code, too, keeps what the start said.
    said.usage |= {name: value for name, value in event["usage"].items() if value is not None}


def _completion(value: Json) -> Said:
    choice = value["choices"][0]
    message = choice["message"]
    said = Said(id=value["id"], model=value["model"], stop=choice["finish_reason"])
    said.usage = value.get("usage") or {}
    said.text, said.refusal = message.get("content") or "", message.get("refusal") or ""
    said.thinking = _reasoning(message)
    for call in message.get("tool_calls") or ():
        said.calls.append(Call(call["id"], call["function"]["name"], call["function"]["arguments"]))
    return said


def _chunk_stream(body: bytes) -> Said:
    said = Said(pings=sum(line.startswith(b":") for line in body.splitlines()))
    for frame in _frames(body):
        if frame.data.strip() == b"[DONE]":
            said.ended = True
            continue
        chunk = _decoded(frame)
        if "error" in chunk:
            said.error = chunk["error"] if isinstance(chunk["error"], dict) else {"message": chunk["error"]}
            continue
        said.id, said.model = said.id or chunk["id"], said.model or chunk["model"]
        said.usage = chunk.get("usage") or said.usage
        for choice in chunk["choices"]:
            _choice(said, choice)
    return said


def _choice(said: Said, choice: Json) -> None:
    if choice.get("index"):
        return
    said.stop = choice.get("finish_reason") or said.stop
    delta = choice.get("delta") or {}
    said.text += delta.get("content") or ""
    said.refusal += delta.get("refusal") or ""
    said.thinking += _reasoning(delta)
    for call in delta.get("tool_calls") or ():
        function = call.get("function") or {}
        if call["index"] == len(said.calls):
            said.calls.append(Call(call.get("id") or "", function.get("name") or ""))
        said.calls[call["index"]].arguments += function.get("arguments") or ""


def _reasoning(message: Json) -> str:
    return message.get("reasoning_content") or message.get("reasoning") or ""
