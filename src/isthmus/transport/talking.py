"""One turn with a program, with the face of an answer on its way."""

from __future__ import annotations

import asyncio
from typing import Final

from isthmus.core.commands import Decoder, Talk
from isthmus.core.errors import UpstreamError
from isthmus.core.events import Event
from isthmus.transport.crew import Crew, Loan

LINGER_S: Final = 2.0
"""How long a program may take, behind a complete answer, to be ready for the next turn."""


class Talking:
    """`retire` or `close` must be called when it is over; both are harmless after that."""

    def __init__(self, crew: Crew, talk: Talk, owner: str, loan: Loan) -> None:
        """Use `begin`."""
        self._crew, self._talk, self._owner = crew, talk, owner
        self._has_read = False
        self._take(loan)
        self.decoder: Decoder = _Reading(self)
        """What it says → events."""

    @classmethod
    async def begin(cls, crew: Crew, talk: Talk, owner: str) -> Talking:
        """Gets hold of a process, which may mean to wait in line. Raises what `Crew.borrow` raises."""
        return cls(crew, talk, owner, await crew.borrow(talk.program, owner, talk.continues))

    async def read(self) -> bytes:
        """What the program has said, once it has been told what it needs to know; b"" when nothing more is read of it."""
        while not self.dialogue.ended:
            running = self._loan.running
            running.write(self.dialogue.take())
            chunk = await running.read()
            if chunk or self._has_read or not self._loan.is_kept:
                self._has_read = True
                return chunk
            # It ended before it heard us, as one that has waited may. That is nobody's failure: a new one has to be told all.
            self._loan.end()
            self._take(await self._crew.borrow(self._talk.program, self._owner))
        return b""

    def explain(self, error: UpstreamError) -> None:
        """Adds to a failure what the process left to say, for the log."""
        words = self._loan.running.last_words()
        error.detail = f"{error.detail} ({words})" if error.detail else words

    def retire(self) -> None:
        """The answer is complete: the process is kept for the next turn if it is of use there."""
        if self.dialogue.ended:
            self._settle()
            return
        task = asyncio.get_running_loop().create_task(self._linger())
        self._crew.settling.add(task)
        task.add_done_callback(self._crew.settling.discard)

    def close(self) -> None:
        """The answer has come to nothing, or nobody wants it any more: the process ends."""
        self._loan.end()

    def _take(self, loan: Loan) -> None:
        self._loan = loan
        try:
            self.dialogue = self._talk.dialogue(loan.is_kept)
            loan.running.write(self.dialogue.opening())
        except BaseException:
            loan.end()
            raise

    def _settle(self) -> None:
        name = self.dialogue.keep_as
        if name is None:
            self._loan.end()
            return
        self._loan.running.write(self.dialogue.take())
        self._loan.keep(name)

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(LINGER_S):
                while chunk := await self.read():
                    self.dialogue.feed(chunk)
        except (TimeoutError, UpstreamError):
            pass
        finally:
            if self.dialogue.ended:
                self._settle()
            else:
                self.close()


class _Reading:
    """By the dialogue of the process that is spoken with now."""

    def __init__(self, turn: Talking) -> None:
        self._turn = turn

    def feed(self, chunk: bytes) -> list[Event]:
        return self._turn.dialogue.feed(chunk)

    def close(self) -> list[Event]:
        return self._turn.dialogue.close()
