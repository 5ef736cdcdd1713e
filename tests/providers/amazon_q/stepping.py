"""Plays the world to a generator of steps: gives it one answer after another, and notes what it asked."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from isthmus.core.commands import Call, Head, Pause, Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import Steps

Result = TypeVar("Result")


def reply(status: int, body: object = None, **headers: str) -> Reply:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(Head(status, {name.replace("_", "-"): text for name, text in headers.items()}), sent)


class World:
    def __init__(self, *answers: Reply | UpstreamError) -> None:
        self.answers = list(answers)
        self.calls: list[Call] = []
        self.pauses: list[float] = []

    def play(self, steps: Steps[Result]) -> Result:
        """The result of the steps. Every answer must have been wanted, unless the steps raise."""
        try:
            asked = next(steps)
            while True:
                asked = self._next(steps, asked)
        except StopIteration as done:
            assert not self.answers, "not every answer was asked for"
            result: Result = done.value
            return result

    def _next(self, steps: Steps[Result], asked: Call | Pause) -> Call | Pause:
        if isinstance(asked, Pause):
            self.pauses.append(asked.seconds)
            return steps.send(None)
        self.calls.append(asked)
        answer = self.answers.pop(0)
        return steps.throw(answer) if isinstance(answer, UpstreamError) else steps.send(answer)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(call.body) for call in self.calls]

    @property
    def urls(self) -> list[str]:
        return [call.url for call in self.calls]
