"""What the model says, before it is told in events."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Citation:
    """A source of a stretch of the text, by positions in it."""

    url: str
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Thinking:
    text: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool the service itself ran, with what came out: two blocks that are none of the client's calls."""

    name: str
    given: Json
    result: list[Json]
    message: str = ""


Block = Text | Thinking | ServerTool


@dataclass(slots=True)
class Reply:
    blocks: list[Block] = field(default_factory=list)
    stop_reason: str = "end_turn"
    usage: Json | None = None
    """The recorded stream had none; some versions of the service send it."""

    def say(self, text: str) -> None:
        self.blocks.append(Text(text))

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.blocks if isinstance(block, Text))

    def limited_to(self, words: int) -> None:
        """Stop after so many words, as `max_tokens_to_sample` asks."""
        kept: list[Block] = []
        for block in self.blocks:
            if isinstance(block, Text):
                said = spoken(block.text)
                if len(said) > words:
                    kept.append(Text("".join(said[:words])))
                    self.blocks, self.stop_reason = kept, "max_tokens"
                    return
                words -= len(said)
            kept.append(block)


def spoken(text: str) -> list[str]:
    """The text as a model streams it: words with the space before them."""
    return re.findall(r"\s*\S+|\s+$", text)


def fragments(value: object, size: int = 11) -> list[str]:
    """JSON as a model streams it: cut without regard to what it means."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return [text[at : at + size] for at in range(0, len(text), size)]
