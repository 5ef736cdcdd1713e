"""What a provider knows of its accounts (`core.logins.Steps`), carried out over the network."""

from __future__ import annotations

import asyncio

from isthmus.core.logins import Result, Steps
from isthmus.core.steps import Ask, Keeping, drive, kept_by_nobody

__all__ = ["Ask", "carry_out"]


async def carry_out(steps: Steps[Result], ask: Ask, keep: Keeping = kept_by_nobody) -> Result:
    """Raises what the steps raise."""
    return await drive(steps, ask, asyncio.sleep, keep)
