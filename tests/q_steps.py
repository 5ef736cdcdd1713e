"""Walks through what Amazon Q's code asks of the world, with prepared answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from isthmus.core.commands import Call, Grant, Head, Reply
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey

Result = TypeVar("Result")
ARN = "arn:aws:codewhisperer:eu-central-1:123456789012:profile/ABCDEFGHJKLM"
OTHER_ARN = "arn:aws:codewhisperer:us-east-1:123456789012:profile/MMMMMMMMMMMM"


def grant(kind: str = "idc", token: str = "aoa-token", survey: Survey | None = None, **details: Any) -> Grant:
    return Grant(kind, Secret(token), details, survey)


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(Head(status, {name.replace("_", "-"): value for name, value in headers.items()}), written)


def walk(
    steps: Generator[Any, Any, Result], answer: Callable[[Call], Reply | Exception]
) -> tuple[Result, list[Call]]:
    """The result, and every call that was made. An exception for an answer is thrown in."""
    calls: list[Call] = []
    try:
        call = next(steps)
        while True:
            calls.append(call)
            answered = answer(call)
            call = steps.throw(answered) if isinstance(answered, Exception) else steps.send(answered)
    except StopIteration as end:
        return end.value, calls
