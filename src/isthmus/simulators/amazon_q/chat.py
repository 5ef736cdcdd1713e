"""One accepted request for an answer, as the simulated model reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from isthmus.simulators.amazon_q.answers import Json
from isthmus.simulators.amazon_q.models import Model

_REMINDER: Final = re.compile(r"<system-reminder>.*?(?:</system-reminder>|\Z)", re.DOTALL)
"""Claude Code puts notes of its own into the user's text between these tags; they are no request."""


@dataclass(frozen=True, slots=True)
class Chat:
    body: Json
    model: Model
    family: str
    aws_json: bool = False
    """Asked in AWS JSON: the stream then begins with a frame of its own."""
    account: str = ""
    number: int = 1

    @property
    def state(self) -> Json:
        state: Json = self.body["conversationState"]
        return state

    @property
    def current(self) -> Json:
        current: Json = self.state["currentMessage"]["userInputMessage"]
        return current

    @property
    def history(self) -> list[Json]:
        return self.state.get("history") or []

    @property
    def fields(self) -> Json:
        return self.body.get("additionalModelRequestFields") or {}

    @property
    def tools(self) -> list[Json]:
        rows = context(self.current).get("tools") or []
        return [row["toolSpecification"] for row in rows if "toolSpecification" in row]

    @property
    def results(self) -> list[Json]:
        return context(self.current).get("toolResults") or []

    def users(self) -> Iterator[Json]:
        """Every message of the user's, in order."""
        yield from (entry["userInputMessage"] for entry in self.history if "userInputMessage" in entry)
        yield self.current


@dataclass(slots=True)
class Scene:
    """What was asked last, and what was done about it since."""

    request: str = ""
    rounds: list[list[Json]] = field(default_factory=list)
    """Calls made since, those of one message together."""
    results: list[Json] = field(default_factory=list)


def scene_of(chat: Chat) -> Scene:
    scene = Scene()
    entries = [*chat.history, {"userInputMessage": chat.current}]
    for entry in reversed(entries):
        if "assistantResponseMessage" in entry:
            if calls := entry["assistantResponseMessage"].get("toolUses"):
                scene.rounds.insert(0, calls)
            continue
        message = entry["userInputMessage"]
        scene.results[:0] = context(message).get("toolResults") or []
        if said := own_text(message):
            scene.request = said
            if not context(message).get("toolResults"):
                break
            scene.rounds, scene.results = [], context(message)["toolResults"]
            break
    return scene


def context(message: Json) -> Json:
    return message.get("userInputMessageContext") or {}


def own_text(message: Json) -> str:
    """What the user wrote, without what the client put in."""
    return _REMINDER.sub("", message.get("content") or "").strip()


def result_text(result: Json) -> str:
    """What the tool said, without what the client put in."""
    parts = result.get("content") or []
    said = "\n".join(part["text"] if "text" in part else str(part.get("json")) for part in parts)
    return _REMINDER.sub("", said).strip()
