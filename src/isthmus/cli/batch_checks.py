"""A line looked at as the gateway would look at it, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from isthmus.batch.lines import MESSAGES as MESSAGES_URL
from isthmus.batch.lines import Format, Line, LineFault
from isthmus.cli.batch_doors import VERSION
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import CHAT, MESSAGES, Dialect
from isthmus.shaping.estimate import estimate_tokens

_DIALECTS: Final = {
    "/v1/chat/completions": CHAT,
    MESSAGES_URL: MESSAGES,
    "/v1/completions": "openai_completions",
}
"""Embeddings have none: they pass through."""


class Checks:
    """To be called with each line. Counts what they would send."""

    def __init__(self, dialects: Mapping[str, Dialect]) -> None:
        self._dialects = dialects
        self.input_tokens = 0
        """An estimate."""

    def __call__(self, line: Line) -> None:
        """Raises `LineFault` with the field. Stricter than a vendor that speaks the line's dialect itself may be."""
        name = _DIALECTS.get(line.url)
        if name is None:
            return
        try:
            parsed = self._dialects[name].parse(line.body, {"anthropic-version": VERSION})
        except BadRequest as fault:
            within = "params" if line.format is Format.ANTHROPIC else "body"
            message = fault.message.removeprefix(f"{fault.field}: ") if fault.field else fault.message
            raise LineFault(f"{within}.{fault.field}" if fault.field else within, message) from None
        self.input_tokens += estimate_tokens(parsed.conversation, line.model)
