"""Reads along while a vendor's answer goes through untouched: usage, stop, errors, and whether it ended as it should.

Most frames carry one word of text; only those that hold something else are read as JSON.
"""

from __future__ import annotations

import re
from typing import Final

from isthmus.core.commands import Head
from isthmus.core.errors import UpstreamError, UpstreamProtocolError
from isthmus.core.usage import Usage
from isthmus.providers.openai_compatible.errors import classify_frame
from isthmus.providers.openai_compatible.schema import Chunk, NotAChunk, read_chunk
from isthmus.wire.sse import SseDecoder, SseFrameTooLarge

_FRAME_OVERHEAD: Final = 180
"""About how many bytes of a chunk are not its text."""
_ANSWER_OVERHEAD: Final = 330
"""The same of a plain answer without usage."""
_tells_more: Final = re.compile(rb'"(?:finish_reason": ?"|error"|usage"(?!: ?null))').search
"""Finds what a chunk may hold beside a piece of the message. Inside strings every quote is escaped: no text fools this."""


class ChatListener:
    """Implements `core.commands.Listener`, for streams and for plain answers (chat, completions and embeddings)."""

    def __init__(self, provider: str, head: Head, *, stream: bool) -> None:
        self._provider = provider
        self._stream = stream
        self._content_type = head.content_type
        self._sse = SseDecoder()
        self._done = False
        self.usage: Usage | None = None
        self.stop: str | None = None
        self.error: UpstreamError | None = None
        self.speaking = False
        self.output_text_bytes = 0

    def feed(self, frames: bytes) -> None:
        if not self._stream:
            self._plain(frames)
            return
        try:
            for frame in self._sse.feed(frames):
                self._frame(frame.data)
        except SseFrameTooLarge:
            # The client gets it all the same; only our reading along ends.
            self._sse = SseDecoder()

    def close(self) -> UpstreamError | None:
        if not self._stream:
            return self.error
        for frame in self._sse.finish():
            self._frame(frame.data)
        if self.error is not None or self._done or self.stop is not None:
            return self.error if not self.speaking else None
        if self.speaking:
            return UpstreamProtocolError("upstream stream ended early")
        return UpstreamProtocolError("the upstream sent an empty answer")

    def _frame(self, data: bytes) -> None:
        if not data:
            return
        if data[0] == 91 and data.strip() == b"[DONE]":  # 91 is `[`
            self._done = True
            return
        if b'"delta"' in data and _tells_more(data) is None:
            self.speaking = True
            text_bytes = len(data) - _FRAME_OVERHEAD
            self.output_text_bytes += text_bytes if text_bytes > 0 else 1
            return
        try:
            self._chunk(read_chunk(data))
        except NotAChunk:
            if not self.speaking:
                self.error = UpstreamProtocolError(
                    "the upstream sent a frame that is no Chat Completions chunk"
                )

    def _chunk(self, chunk: Chunk) -> None:
        if chunk.choices:
            self.speaking = True
            self.stop = chunk.choices[0].finish_reason or self.stop
        elif chunk.error is not None or chunk.object == "error":
            self.error = classify_frame(
                self._provider, chunk.error or {"message": chunk.message or "", "code": chunk.code}
            )
        if chunk.usage is not None:
            self.usage = chunk.usage.usage() or self.usage

    def _plain(self, body: bytes) -> None:
        if self._content_type not in {"", "application/json"} and not body.lstrip().startswith(b"{"):
            if self._content_type in {"text/html", "text/plain"}:
                self.error = UpstreamProtocolError(
                    "the upstream answered with something that is no Chat Completions answer"
                )
            return
        try:
            chunk = read_chunk(body)
        except NotAChunk:
            self.error = UpstreamProtocolError(
                "the upstream answered with something that is no Chat Completions answer"
            )
        else:
            self._chunk(chunk)
            if chunk.choices:
                self.output_text_bytes = max(1, len(body) - _ANSWER_OVERHEAD)
        self.speaking = True
