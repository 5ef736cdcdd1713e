"""The dialect as the server sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from isthmus.core.errors import GatewayError
from isthmus.core.fold import Answer
from isthmus.core.interfaces import CHAT, Envelope, Parsed, Rendered, Signing
from isthmus.dialects.openai_chat import answer as plain
from isthmus.dialects.openai_chat import errors, parse
from isthmus.dialects.openai_chat.encode import PING, ChatEncoder, Style


class ChatDialect:
    """OpenAI Chat Completions. Holds no state: one object serves every request."""

    name: str = CHAT

    def __init__(self, *, show_reasoning: bool = True) -> None:
        self._show_reasoning = show_reasoning
        """Thoughts are shown as `reasoning_content`, which is no part of OpenAI's own API."""

    def envelope(self, body: bytes) -> Envelope:
        return parse.envelope(body)

    def parse(self, body: bytes, headers: Mapping[str, str]) -> Parsed:
        return parse.parse(body, headers, show_reasoning=self._show_reasoning)

    def stream_encoder(self, style: Style, signing: Signing) -> ChatEncoder:
        return ChatEncoder(style, signing)

    def encode_answer(self, answer: Answer, style: Style, signing: Signing) -> bytes:
        return plain.encode_answer(answer, style, signing)

    def render_error(self, error: GatewayError, request_id: str) -> Rendered:
        """The request id travels in headers only: OpenAI's bodies have no place for it."""
        return errors.render_error(error)

    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        return errors.error_frame(error)

    def keep_alive(self) -> bytes:
        return PING


dialect: Final = ChatDialect()
