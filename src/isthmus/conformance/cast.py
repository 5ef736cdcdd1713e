"""Models that do one thing on order. What a real model cannot be asked to do (fail, echo, fall silent) needs one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A behaviour a case asks for."""

    TEXT = "text"
    LONG = "long"
    TOOL = "tool"
    PARALLEL = "parallel"
    THINKING = "thinking"
    THINKING_TOOLS = "thinking_tools"
    """Thinks, speaks, and calls two tools."""
    JSON = "json"
    ECHO = "echo"
    """Answers with what it received, as JSON (see `mirror`)."""
    USAGE = "usage"
    SLOW = "slow"
    """Speaks for some seconds."""
    SILENT = "silent"
    """Says nothing for so many seconds as are asked for, then answers."""
    CUT = "cut"
    """Breaks off in the middle of a sentence, or of a call."""
    FAILS_MIDWAY = "fails_midway"
    """An error object where the next chunk was due."""
    GARBAGE = "garbage"
    """Says something that is not its protocol."""
    JSON_FOR_STREAM = "json_for_stream"
    """A plain answer to a request for a stream."""
    REFUSAL = "refusal"
    LENGTH = "length"
    STOP_SEQUENCE = "stop_sequence"
    UNKNOWN_STOP = "unknown_stop"
    LIMITED = "limited"
    """429 with a time to come back."""
    OVERLOADED = "overloaded"
    OVERFLOW = "overflow"
    """The prompt is too long for it."""
    CREDENTIAL_REFUSED = "credential_refused"
    """Refuses the gateway's own key."""
    BROKEN = "broken"
    """Answers 500."""
    SMALL_OUTPUT = "small_output"
    """Refuses a large output allowance in so many words."""


class Form(StrEnum):
    """How an echo writes down what it received."""

    NEUTRAL = "neutral"
    MESSAGES = "messages"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Usage that a model reports on order."""

    fresh: int
    cache_read: int
    cache_write: int
    output: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """How to get one behaviour: by a model's name, with `{n}` for a number, and perhaps by words in the prompt."""

    model: str
    marker: str = ""
    tokens: Tokens | None = None
    """With `Role.USAGE`: what it reports."""
    scripted: bool = True

    def at(self, number: float) -> Part:
        shown = f"{number:g}"
        return replace(self, model=self.model.replace("{n}", shown), marker=self.marker.replace("{n}", shown))


@dataclass(frozen=True, slots=True)
class Cast:
    """Who can play what. Several parts of one role are variants; a case that is about the role tries each."""

    name: str = ""
    parts: Mapping[Role, tuple[Part, ...]] = field(default_factory=dict)
    echo: Form | None = None

    def within(self, prefix: str) -> Cast:
        """The same models, reached under names with a prefix."""
        parts = {
            role: tuple(replace(part, model=prefix + part.model) for part in parts)
            for role, parts in self.parts.items()
        }
        return replace(self, parts=parts)


NOBODY: Final = Cast()
_DUMMY_ECHO: Final = "dummy-echo"


def _dummy(*names: str) -> tuple[Part, ...]:
    return tuple(Part(f"dummy-{name}") for name in names)


DUMMY: Final = Cast(
    name="dummy",
    echo=Form.NEUTRAL,
    parts={
        Role.TEXT: _dummy("text"),
        Role.LONG: _dummy("long"),
        Role.TOOL: _dummy("tool"),
        Role.PARALLEL: _dummy("parallel-tools"),
        Role.THINKING: _dummy("thinking"),
        Role.JSON: _dummy("json"),
        Role.ECHO: _dummy("echo"),
        Role.USAGE: (Part("dummy-usage-15-75-10-5", tokens=Tokens(15, 75, 10, 5)),),
        Role.SLOW: _dummy("slow"),
        Role.SILENT: _dummy("silent-{n}"),
        Role.CUT: _dummy("cut-text", "cut-tool"),
        Role.GARBAGE: _dummy("garbage"),
        Role.REFUSAL: _dummy("refusal"),
        Role.LENGTH: _dummy("max-tokens"),
        Role.STOP_SEQUENCE: _dummy("stop-sequence"),
        Role.LIMITED: _dummy("429"),
        Role.OVERLOADED: _dummy("529"),
        Role.OVERFLOW: _dummy("overflow"),
        Role.CREDENTIAL_REFUSED: _dummy("401"),
        Role.BROKEN: _dummy("500"),
    },
)
"""The models of the shipped provider of type `dummy`."""


def cast_for(listed: Iterable[str], model: str | None) -> Cast:
    """The dummy's models, if the subject lists them and it is the dummy that is judged."""
    for id in listed:
        prefix, found, _ = id.partition(_DUMMY_ECHO)
        if found and id.endswith(_DUMMY_ECHO) and (not prefix or prefix.endswith(("/", ":"))):
            own = model is None or model.removeprefix(prefix).startswith("dummy")
            return DUMMY.within(prefix) if own else NOBODY
    return NOBODY
