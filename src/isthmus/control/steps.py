"""What a provider knows of its accounts (`core.logins.Steps`), carried out step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import assert_never

from isthmus.core.commands import Call, Pause, Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import Result, Steps

Ask = Callable[[Call], Awaitable[Reply]]
"""Sends one request and returns the whole answer, whatever its status. Raises `UpstreamError` when none came."""


async def carry_out(steps: Steps[Result], ask: Ask) -> Result:
    """Raises what the steps raise."""
    reply: Reply | None = None
    failure: UpstreamError | None = None
    try:
        while True:
            step = steps.send(reply) if failure is None else steps.throw(failure)
            reply, failure = None, None
            match step:
                case Call():
                    try:
                        reply = await ask(step)
                    except UpstreamError as error:
                        failure = error
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case _:
                    assert_never(step)
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        steps.close()
