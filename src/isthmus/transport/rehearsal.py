"""Talks with programs that no client waits for, such as the self-test of one when the gateway starts."""

from __future__ import annotations

import asyncio
from typing import Final

from isthmus.core.commands import Exchange, Talk
from isthmus.core.errors import Kind, UpstreamError
from isthmus.core.events import Event, Failed
from isthmus.transport.crew import Crew
from isthmus.transport.talking import Talking

WITHIN_S: Final = 30.0
NOBODY: Final = "rehearsal"
"""Whose processes those are: no API key has such an id."""


async def rehearse(exchange: Exchange, crew: Crew) -> None:
    """Performs an exchange that does nothing but talk. What is answered is for its dialogues alone.

    Raises `GatewayError` where no process is to be had, and what the exchange makes of a failure that it is told of.
    """
    failure: UpstreamError | None = None
    try:
        while True:
            command = next(exchange) if failure is None else exchange.throw(failure)
            assert isinstance(command, Talk), f"{type(command).__name__} has no place in a rehearsal"
            failure = None
            try:
                async with asyncio.timeout(WITHIN_S):
                    await hold(command, crew, NOBODY)
            except UpstreamError as error:
                failure = error
            except TimeoutError:
                failure = UpstreamError(
                    f"the program did not answer within {WITHIN_S:g} s", kind=Kind.TIMEOUT
                )
    except StopIteration:
        return
    finally:
        exchange.close()


async def hold(talk: Talk, crew: Crew, owner: str) -> None:
    """One talk to its end, of which nothing is passed on. Raises its failure, and what `Crew.borrow` raises."""
    turn = await Talking.begin(crew, talk, owner)
    try:
        while chunk := await turn.read():
            _check(turn.decoder.feed(chunk))
        _check(turn.decoder.close())
    except UpstreamError as error:
        turn.explain(error)
        raise
    finally:
        turn.close()


def _check(events: list[Event]) -> None:
    for event in events:
        if isinstance(event, Failed):
            raise event.error
