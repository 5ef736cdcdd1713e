"""Does this CLI take a conversation in lines? Nobody promises that its next version does, so it is asked when the gateway starts.

A pair of turns is told to it, the second one long, and then it is asked how much it remembers of what the model said. It has no
account and nowhere to send anything. If it has forgotten, histories are given to it as files from then on.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw

from isthmus.core.events import Event, Finished, Started, Stop
from isthmus.core.secret import Secret
from isthmus.providers.claude_code import lines
from isthmus.providers.claude_code.lines import UNREADABLE, Splitter, TooLong

_QUESTION: Final = "Say a long list of words."
_WORDS: Final = 400
_LEAST_TOKENS: Final = 200
"""What the words take at least."""
_USAGE: Final = "usage"
NOBODY: Final = Secret("sk-ant-nobody")
NOWHERE: Final = "http://127.0.0.1:1"
"""Where no API listens: the CLI then counts by itself."""


class _Breakdown(msgspec.Struct, frozen=True):
    assistantMessageTokens: int = 0  # noqa: N815 - the wire's word


class _Context(msgspec.Struct, frozen=True):
    messageBreakdown: _Breakdown = _Breakdown()  # noqa: N815


_CONTEXT: Final = msgspec.json.Decoder(_Context)


class SelfTest:
    """Implements `core.commands.Dialogue`. When it has ended, `passed` says whether the CLI takes lines."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._splitter = Splitter()
        self._out: list[bytes] = []
        self.passed = False
        self.ended = False
        self.keep_as: str | None = None

    def opening(self) -> bytes:
        start = lines.request("initialize", "initialize", systemPrompt="", sdkMcpServers=[])
        return start + lines.said_by_user([_text(_QUESTION)], query=False)

    def take(self) -> bytes:
        out, self._out = b"".join(self._out), []
        return out

    def feed(self, chunk: bytes) -> list[Event]:
        try:
            whole = self._splitter.feed(chunk)
        except TooLong:
            return self.close()
        return [event for each in whole for event in self._read(each)]

    def close(self) -> list[Event]:
        if self.ended:
            return []
        self.ended = True
        return [Started(), Finished(Stop.END_TURN)]

    def _read(self, raw: bytes) -> list[Event]:
        try:
            line = lines.LINE.decode(raw)
            if line.type == "result":
                words = " ".join(f"word{number}" for number in range(_WORDS))
                self._out.append(lines.said_by_model([_text(words)], self._model))
                self._out.append(lines.request(_USAGE, "get_context_usage"))
            elif line.type == "control_response":
                return self._replied(line.response)
        except UNREADABLE:
            return self.close()
        return []

    def _replied(self, raw: Raw) -> list[Event]:
        reply = lines.RESPONSE.decode(raw)
        if reply.request_id != _USAGE:
            return []
        if reply.subtype == "success":
            context = _CONTEXT.decode(reply.response)
            self.passed = context.messageBreakdown.assistantMessageTokens >= _LEAST_TOKENS
        return self.close()


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
