"""Says the blocks of a Messages answer to a composer: one way for streamed and whole answers, so that both say the same."""

from __future__ import annotations

from typing import Final

import msgspec

from isthmus.core.compose import Composer
from isthmus.core.conversation import ANTHROPIC, Opaque
from isthmus.core.events import Citation, Stop
from isthmus.providers.anthropic import schema
from isthmus.providers.anthropic.fences import Unfenced
from isthmus.providers.anthropic.listen import Told, detail_of
from isthmus.providers.anthropic.schema import SIGNATURE, is_given
from isthmus.providers.anthropic.tally import Tally

STOPS: Final = {
    "end_turn": Stop.END_TURN,
    "max_tokens": Stop.MAX_TOKENS,
    "stop_sequence": Stop.STOP_SEQUENCE,
    "tool_use": Stop.TOOL_USE,
    "refusal": Stop.REFUSAL,
    "pause_turn": Stop.PAUSE_TURN,
    "model_context_window_exceeded": Stop.CONTEXT_WINDOW,
    "compaction": Stop.END_TURN,
}
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Speaker:
    """One answer in the making; `unfenced` takes a code fence off its text."""

    def __init__(self, told: Told, *, unfenced: bool) -> None:
        self.composer = Composer()
        self.tally = Tally()
        self._told = told
        self._fences = Unfenced() if unfenced else None

    def begin(self, raw: msgspec.Raw) -> None:
        try:
            message = schema.MESSAGE.decode(raw)
        except UNREADABLE:
            self.composer.note("unreadable_message_start")
            self.composer.start()
            return
        self.tally.add(message.usage, final=False)
        self.composer.start(message.id, message.model, self.tally.usage)

    def text(self, text: str) -> None:
        self.composer.text(text if self._fences is None else self._fences.feed(text))

    def close_text(self) -> None:
        if self._fences is not None:
            self.composer.text(self._fences.close())
            self._fences = Unfenced()
        self.composer.new_text()

    def thinking(self, block: schema.Block) -> None:
        self.composer.new_thinking()
        self.composer.thinking(block.thinking or "")
        self.sign(block.signature)

    def sign(self, signature: str | None) -> None:
        if signature:
            self.composer.sign(Opaque(ANTHROPIC, SIGNATURE, signature))

    def cite(self, raw: msgspec.Raw) -> None:
        try:
            citation = schema.CITATION.decode(raw)
        except UNREADABLE:
            self.composer.note("unreadable_citation")
            return
        title = citation.title or citation.document_title or ""
        url = citation.url or citation.source or ""
        data = bytes(raw).decode("utf-8", "replace")
        self.composer.cite(Citation(url, title, citation.cited_text or "", data))

    def stop(self, reason: str | None, sequence: str | None, details: msgspec.Raw) -> None:
        if reason is None:
            return
        if reason not in STOPS:
            self.composer.note("unknown_stop_reason", reason)
        explanation = None
        if is_given(details):
            try:
                found = schema.STOP_DETAILS.decode(details)
                explanation = found.explanation if found is not None else None
            except UNREADABLE:
                self.composer.note("unreadable_stop_details")
        self.composer.stop(STOPS.get(reason, Stop.END_TURN), sequence, explanation)

    def count(self, usage: msgspec.Raw) -> None:
        if self.tally.add(usage, final=True) and self.tally.usage is not None:
            self.composer.usage(self.tally.usage)

    def fail(self, error: msgspec.Raw) -> None:
        self.composer.fail(self._told(detail_of(error)))


def input_of(block: schema.Block) -> str:
    """Input that stands in the block itself; nothing for an empty object, which is how every stream begins a call."""
    text = bytes(block.input).decode("utf-8", "replace") if is_given(block.input) else ""
    return "" if text.replace(" ", "") in ("", "{}") else text
