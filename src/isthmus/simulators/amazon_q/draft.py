"""An answer in the making, and how it is written as frames."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.simulators.amazon_q import frames
from isthmus.simulators.amazon_q.answers import Answer, Json, Pause, Played, Step
from isthmus.simulators.amazon_q.chat import Chat

_SEAL: Final = b"the simulator's own seal"


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Think:
    text: str


@dataclass(frozen=True, slots=True)
class Redacted:
    text: str


@dataclass(frozen=True, slots=True)
class Use:
    """A call. `form`: `fragments`, `no-stop` (none at its end), `first-event` (all in one), `object` (the input is no string), or
    `unfinished` (the input breaks off, and nothing says so)."""

    id: str
    name: str
    input: Json
    form: str = "fragments"


@dataclass(frozen=True, slots=True)
class Other:
    """Steps of any kind."""

    steps: tuple[Step, ...]


Part = Say | Think | Redacted | Use | Other


@dataclass(slots=True)
class Draft:
    chat: Chat
    random: random.Random
    attempt: int = 1
    """How often the same has been asked by now."""
    parts: list[Part] = field(default_factory=list)
    stop_reason: str | None = None
    metadata: str = "full"
    """full, absent, empty or zero."""
    usage: tuple[int, int, int, int] | None = None
    """Uncached input, cache read, cache write, output; None: measured."""
    context_percentage: float | None = None
    interleaved: bool = False
    pause_s: float = 0.0
    """Before each frame."""
    sizes: str = "mixed"
    """How the bytes are cut into pieces: mixed, bytes, or one (all in one piece)."""
    late_s: float = 0.0
    edits: list[Callable[[list[Step]], list[Step]]] = field(default_factory=list)
    clean_end: bool = True
    instead: Answer | None = None

    def call(self, name: str, given: Json, form: str = "fragments") -> None:
        number = sum(isinstance(part, Use) for part in self.parts) + 1
        self.parts.append(Use(f"tooluse_sim_{self.chat.number}_{number}", name, given, form))

    @property
    def measured(self) -> tuple[int, int, int, int]:
        """Four bytes of compact JSON a token."""
        if self.usage is not None:
            return self.usage
        said = "".join(_words(part) for part in self.parts)
        return (
            max(1, len(json.dumps(self.chat.body, ensure_ascii=False).encode()) // 4),
            0,
            0,
            max(1, len(said) // 4),
        )

    @property
    def credits(self) -> float:
        fresh, read, write, output = self.measured
        return round(
            self.chat.model.rate * (0.01 + (fresh + read / 10 + write) / 200_000 + output / 20_000), 4
        )

    @property
    def percentage(self) -> float:
        if self.context_percentage is not None:
            return self.context_percentage
        return round(100 * sum(self.measured) / self.chat.model.window, 4)


def played(draft: Draft) -> Answer:
    if draft.instead is not None:
        return draft.instead
    steps = list(_steps(draft))
    for edit in draft.edits:
        steps = edit(steps)
    if draft.pause_s:
        steps = [each for step in steps for each in (Pause(draft.pause_s), step)]
    conversation = draft.chat.state.get("conversationId")
    headers = {"x-amzn-codewhisperer-conversation-id": conversation} if conversation else {}
    return Played(steps, headers, _sizes(draft), draft.late_s, draft.clean_end)


def _sizes(draft: Draft) -> list[int]:
    if draft.sizes == "bytes":
        return [1]
    if draft.sizes == "one":
        return [1 << 24]
    # Some pieces end inside a prelude, a header or a character; some hold several frames.
    return [draft.random.choice((1, 3, 7, 11, 60, 133, 400, 900)) for _ in range(32)]


def _steps(draft: Draft) -> Iterator[Step]:
    chat = draft.chat
    conversation = chat.state.get("conversationId") or f"conversation-{chat.number}"
    if chat.aws_json:
        yield frames.event("initial-response", {"conversationId": conversation})
    yield frames.event(
        "messageMetadataEvent", {"conversationId": conversation, "utteranceId": f"utterance-{chat.number}"}
    )
    uses = [part for part in draft.parts if isinstance(part, Use)]
    for part in draft.parts:
        if isinstance(part, Use) and draft.interleaved:
            continue
        yield from _part(draft, part)
    if draft.interleaved:
        yield from _in_turns([list(_use(draft, use)) for use in uses])
    yield from _closing(draft, called=bool(uses))


def _in_turns(rows: list[list[Step]]) -> Iterator[Step]:
    while any(rows):
        for row in rows:
            if row:
                yield row.pop(0)


def _part(draft: Draft, part: Part) -> Iterator[Step]:
    match part:
        case Say(text):
            for piece in pieces(text):
                yield frames.event(
                    "assistantResponseEvent", {"content": piece, "modelId": draft.chat.model.id}
                )
        case Think(text):
            for piece in pieces(text):
                yield frames.event("reasoningContentEvent", {"text": piece})
            yield frames.event("reasoningContentEvent", {"signature": signature(draft.chat.model.id, text)})
        case Redacted(text):
            yield frames.event(
                "reasoningContentEvent", {"redactedContent": redacted(draft.chat.model.id, text)}
            )
        case Use():
            yield from _use(draft, part)
        case Other(steps):
            yield from steps


def _use(draft: Draft, use: Use) -> Iterator[Step]:
    named: dict[str, Any] = {"toolUseId": use.id, "name": use.name}
    text = json.dumps(use.input) if use.input else ""
    if use.form == "first-event":
        yield frames.event("toolUseEvent", {**named, "input": text, "stop": True})
        return
    yield frames.event("toolUseEvent", named)
    if use.form == "object":
        yield frames.event("toolUseEvent", {**named, "input": use.input})
    else:
        shown = text[: max(1, len(text) * 2 // 3)] if use.form == "unfinished" else text
        for fragment in _fragments(shown, draft.random):
            yield frames.event("toolUseEvent", {**named, "input": fragment})
    if use.form not in {"no-stop", "unfinished"}:
        yield frames.event("toolUseEvent", {**named, "stop": True})


def _fragments(text: str, random: random.Random) -> Iterator[str]:
    """Cut anywhere, also inside strings and escapes."""
    at = 0
    while at < len(text):
        size = random.randint(1, 12)
        yield text[at : at + size]
        at += size


def _closing(draft: Draft, *, called: bool) -> Iterator[Step]:
    fresh, read, write, output = draft.measured
    yield frames.event("contextUsageEvent", {"contextUsagePercentage": draft.percentage})
    yield frames.event("meteringEvent", {"usage": draft.credits, "unit": "credit", "unitPlural": "credits"})
    if draft.metadata == "absent":
        return
    told: Json = {}
    if draft.metadata != "empty":
        zero = draft.metadata == "zero"
        told["tokenUsage"] = {
            "uncachedInputTokens": 0 if zero else fresh,
            "outputTokens": 0 if zero else output,
            "totalTokens": 0 if zero else fresh + read + write + output,
            "cacheReadInputTokens": 0 if zero else read,
            "cacheWriteInputTokens": 0 if zero else write,
        }
    # Only the newer hosts say why the answer ended.
    if draft.stop_reason is not None:
        told["stopReason"] = draft.stop_reason
    elif draft.chat.family == "kiro" and draft.metadata == "full":
        told["stopReason"] = "TOOL_USE" if called else "END_TURN"
    yield frames.event("metadataEvent", told)


def pieces(text: str) -> list[str]:
    """As a model streams it: words with the space before them; joined, they are the text again."""
    cut = [at for at in range(1, len(text)) if text[at] == " "]
    return [text[a:b] for a, b in zip([0, *cut], [*cut, len(text)], strict=True) if a < b]


def _words(part: Part) -> str:
    match part:
        case Say(text) | Think(text) | Redacted(text):
            return text
        case Use(name=name, input=given):
            return name + json.dumps(given)
        case Other():
            return ""


def _sealed(model: str, text: str) -> bytes:
    return hmac.new(_SEAL, f"{model}\n{text}".encode(), hashlib.sha256).digest()


def signature(model: str, text: str) -> str:
    """By which the service knows its own thought again, when it comes back for the same model."""
    return base64.b64encode(_sealed(model, text)).decode()


def redacted(model: str, text: str) -> str:
    return base64.b64encode(_sealed(model, "redacted") + text.encode()).decode()


def is_redacted(model: str, blob: str) -> bool:
    try:
        return base64.b64decode(blob, validate=True).startswith(_sealed(model, "redacted"))
    except ValueError:
        return False
