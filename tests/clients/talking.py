"""A conversation as a program holds it with an SDK: what the model said goes back as it came, results follow calls."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

from clients.asking import ANTHROPIC, Client, Said

Json = dict[str, Any]
SCHEMA: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}


def tool(protocol: str, name: str = "get_weather", schema: Json = SCHEMA) -> Json:
    """A tool in the protocol's own form."""
    described = {"name": name, "description": f"Does {name}."}
    if protocol == ANTHROPIC:
        return described | {"input_schema": schema}
    return {"type": "function", "function": described | {"parameters": schema}}


def png(side: int = 4) -> bytes:
    """A small valid picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xff\x80\x00" * side for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def picture(protocol: str, media_type: str = "image/png") -> Json:
    """A picture as a content part; `media_type` is what the client claims it is."""
    data = base64.b64encode(png()).decode()
    if protocol == ANTHROPIC:
        return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}
    return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{data}"}}


@dataclass(slots=True)
class Talk:
    """One conversation. Each method sends the whole of it and keeps what was said."""

    client: Client
    model: str
    how: str = "final"
    args: Json = field(default_factory=dict)
    sends_all_back: bool = True
    """Whether an answer goes back with all its fields, nulls and extensions; strict Chat vendors take the standard ones only."""
    messages: list[Json] = field(default_factory=list)
    last: Said = field(default_factory=Said)

    @property
    def protocol(self) -> str:
        return self.client.asker.sdk.protocol

    def say(self, content: Any, **args: Any) -> Said:
        self.messages.append({"role": "user", "content": content})
        return self._ask(args)

    def results(self, *texts: str, then: str | None = None, is_error: bool = False, **args: Any) -> Said:
        """One result for each of the last answer's calls, and perhaps a text of the user's."""
        ids = self._call_ids()
        assert len(ids) == len(texts), f"{len(ids)} calls, {len(texts)} results"
        pairs = zip(ids, texts, strict=True)
        if self.protocol == ANTHROPIC:
            flag = {"is_error": True} if is_error else {}
            parts: list[Json] = [
                {"type": "tool_result", "tool_use_id": id, "content": text, **flag} for id, text in pairs
            ]
            self.messages.append(
                {"role": "user", "content": parts + ([{"type": "text", "text": then}] if then else [])}
            )
        else:
            self.messages += [{"role": "tool", "tool_call_id": id, "content": text} for id, text in pairs]
            self.messages += [{"role": "user", "content": then}] if then else []
        return self._ask(args)

    def _ask(self, args: Json) -> Said:
        said = self.client.say(self.model, self.how, messages=self.messages, **{**self.args, **args})
        self.last = said
        self.messages.append(self._returned(said))
        return said

    def _returned(self, said: Said) -> Json:
        if self.protocol == ANTHROPIC:
            return {"role": "assistant", "content": said.whole["content"]}
        message = dict(said.whole["choices"][0]["message"])
        if not self.sends_all_back:
            message = {name: message.get(name) for name in ("role", "content", "tool_calls")}
        message.pop("parsed", None)
        # The streaming helper adds fields of its own to a call.
        calls = [
            {"id": call["id"], "type": "function", "function": _standard(call["function"])}
            for call in message.pop("tool_calls", None) or ()
        ]
        return message | ({"tool_calls": calls} if calls else {})

    def _call_ids(self) -> list[str]:
        if self.protocol == ANTHROPIC:
            return [block["id"] for block in self.last.whole["content"] if block["type"] == "tool_use"]
        return [call["id"] for call in self.last.whole["choices"][0]["message"].get("tool_calls") or ()]


def _standard(function: Json) -> Json:
    return {"name": function["name"], "arguments": function["arguments"]}
