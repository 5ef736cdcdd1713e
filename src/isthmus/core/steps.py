"""Small conversations with a service, driven step by step: sign-ins, surveys, and errands behind answers.

What they need of the world comes with them, so this is the one place that knows the order: a step is done, and then the next one
hears what came of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import assert_never

from isthmus.core.commands import Call, Keep, Pause, Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import Result, Steps

Ask = Callable[[Call], Awaitable[Reply]]
"""Sends one request and returns the whole answer, whatever its status. Raises `UpstreamError` when none came."""
Sleep = Callable[[float], Awaitable[None]]
Keeping = Callable[[Keep], None]


def kept_by_nobody(told: Keep) -> None:
    """For steps of accounts that are not stored, or not stored yet."""


async def drive(steps: Steps[Result], ask: Ask, sleep: Sleep, keep: Keeping = kept_by_nobody) -> Result:
    """What the steps come to. Raises what they raise, and closes them however it ends."""
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
                    await sleep(seconds)
                case Keep():
                    keep(step)
                case _:
                    assert_never(step)
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        steps.close()
