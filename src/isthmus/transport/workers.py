"""What a crew is told, what it tells, and what it remembers of each process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from isthmus.core.programs import Program
from isthmus.transport.spawning import Running


@dataclass(frozen=True, slots=True)
class CrewRules:
    """How many processes there may be, and for how long."""

    size: int = 0
    """Spares: started in advance, for whoever asks next."""
    max_processes: int = 8
    max_idle_s: float = 300.0
    max_lifetime_s: float = 3600.0
    queue_timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class CrewFigures:
    """What there is now, and what has been."""

    idle: int
    busy: int
    """At work, starting, or being ended."""
    waiting: int
    """Requests in line."""
    started: int
    died: int
    """Ended by themselves, unasked."""


@dataclass(eq=False, slots=True)
class Worker:
    """A process with what the crew must remember of it."""

    program: Program
    running: Running | None = None
    started_s: float = 0.0
    kept_for: tuple[str, str] | None = None
    """Owner and name, for one that waits for the next turn of a conversation."""
    timer: asyncio.TimerHandle | None = None


Start = Callable[[Program, Callable[[], None]], Awaitable[Running]]
"""Starts a program; the second is to be called when it has ended. Raises `UpstreamError`."""


@dataclass(eq=False, slots=True)
class Waiter:
    program: Program
    grant: asyncio.Future[Worker | None]
    """A spare, or one to be started. None: it has taken too long."""
