"""How the simulated model speaks: a few words at a time, within the limits the request set."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from isthmus.core.commands import Command, Pause, Say
from isthmus.core.compose import Composer
from isthmus.core.errors import UpstreamError
from isthmus.core.events import Stop
from isthmus.core.usage import Usage
from isthmus.providers.dummy.scene import Scene

WORDS_PER_SAY: Final = 4
CHARACTERS_PER_FRAGMENT: Final = 12
_WORDS: Final = re.compile(r"\s*\S{1,16}|\s+\Z")


class Speech:
    """Each method yields commands; `end` or `fail` comes last.

    A word of text counts as one token against `max_tokens`, and text ends before the first stop sequence of the request.
    """

    def __init__(self, scene: Scene) -> None:
        conversation = scene.conversation
        self._composer = Composer()
        self._composer.start(model=conversation.model)
        self._words_left = conversation.max_tokens
        self._stop_sequences = tuple(each for each in conversation.sampling.stop if each)
        self._ids = scene.new_call_ids()
        self._over = conversation.max_tokens == 0

    def text(self, text: str, *, pause_s: float = 0.0) -> Iterator[Command]:
        if self._over:
            return
        text, stop_sequence = self._before_stop(text)
        words = _WORDS.findall(text)
        allowed = len(words) if self._words_left is None else self._words_left
        yield from self._say(words[:allowed], self._composer.text, pause_s)
        if self._words_left is not None:
            self._words_left -= min(allowed, len(words))
        if len(words) > allowed:
            self._composer.stop(Stop.MAX_TOKENS)
            self._over = True
        elif stop_sequence is not None:
            self._composer.stop(Stop.STOP_SEQUENCE, stop_sequence)
            self._over = True

    def thinking(self, text: str) -> Iterator[Command]:
        if not self._over:
            yield from self._say(_WORDS.findall(text), self._composer.thinking, 0.0)

    def call(self, name: str, arguments: str, *, complete: bool = True) -> Iterator[Command]:
        """`arguments` is said as it is, JSON or not; a call that is not `complete` stays open."""
        if self._over:
            return
        id = next(self._ids)
        self._composer.open_tool(id, id, name)
        for start in range(0, len(arguments), CHARACTERS_PER_FRAGMENT):
            self._composer.arguments(id, arguments[start : start + CHARACTERS_PER_FRAGMENT])
            yield self._said()
        if complete:
            self._composer.close_tool(id)
        yield self._said()

    def end(
        self,
        reason: Stop = Stop.END_TURN,
        *,
        stop_sequence: str | None = None,
        explanation: str | None = None,
        usage: Usage | None = None,
    ) -> Iterator[Command]:
        """Without `usage` the answer has none: nothing was measured, so whoever shows a figure estimates it."""
        self._composer.stop(reason, stop_sequence, explanation)
        if usage is not None:
            self._composer.usage(usage)
        self._composer.finish()
        yield self._said()

    def fail(self, error: UpstreamError) -> Iterator[Command]:
        self._composer.fail(error)
        yield self._said()

    def _before_stop(self, text: str) -> tuple[str, str | None]:
        places = [(text.find(each), each) for each in self._stop_sequences if each in text]
        if not places:
            return text, None
        place, sequence = min(places)
        return text[:place], sequence

    def _say(self, words: Sequence[str], say: Callable[[str], None], pause_s: float) -> Iterator[Command]:
        step = 1 if pause_s else WORDS_PER_SAY
        for start in range(0, len(words), step):
            for word in words[start : start + step]:
                say(word)
            yield self._said()
            if pause_s:
                yield Pause(pause_s)

    def _said(self) -> Say:
        return Say(tuple(self._composer.take()))
