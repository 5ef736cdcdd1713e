"""The dialect as the server sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from isthmus.core.errors import GatewayError
from isthmus.core.fold import Answer
from isthmus.core.interfaces import MESSAGES, Envelope, Parsed, Rendered, Signing
from isthmus.dialects.anthropic import answer as plain
from isthmus.dialects.anthropic import errors, parse
from isthmus.dialects.anthropic.encode import PING, MessagesEncoder, Style


class MessagesDialect:
    """Anthropic Messages. Holds no state: one object serves every request."""

    name: str = MESSAGES

    def envelope(self, body: bytes) -> Envelope:
        return parse.envelope(body)

    def parse(self, body: bytes, headers: Mapping[str, str]) -> Parsed:
        return parse.parse(body, headers)

    def parse_for_count(self, body: bytes, headers: Mapping[str, str]) -> Parsed:
        """The body of `/v1/messages/count_tokens`: a request without `max_tokens`."""
        return parse.parse(body, headers, to_count=True)

    def stream_encoder(self, style: Style, signing: Signing) -> MessagesEncoder:
        return MessagesEncoder(style, signing)

    def encode_answer(self, answer: Answer, style: Style, signing: Signing) -> bytes:
        return plain.encode_answer(answer, style, signing)

    def render_error(self, error: GatewayError, request_id: str) -> Rendered:
        return errors.render_error(error, request_id)

    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        return errors.error_frame(error, request_id)

    def keep_alive(self) -> bytes:
        return PING


dialect: Final = MessagesDialect()
