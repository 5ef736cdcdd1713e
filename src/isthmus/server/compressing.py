"""Conversations that no longer fit are shortened here, by the plan of their provider, before they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from isthmus.core.conversation import Conversation, Turn
from isthmus.core.errors import GatewayError
from isthmus.core.interfaces import Shaped, Target
from isthmus.core.losses import Loss, merge
from isthmus.server.summaries import Summaries
from isthmus.shaping.clip import clip
from isthmus.shaping.compression import Method, Plan, Room, Weighed, refuse_overflow, room_for, weigh
from isthmus.shaping.drop_turns import choose_cut
from isthmus.shaping.fit import fit
from isthmus.shaping.shorten import shorten
from isthmus.shaping.summary import MAX_TOKENS, keys, with_summary

Ask = Callable[[Sequence[Turn], str | None], Awaitable[str]]
"""Turns, and a summary of what came before them → a summary of all of it. Raises `GatewayError`."""


def may_outgrow(target: Target, plan: Plan, body_bytes: int) -> bool:
    """Whether it is worth weighing a request: no tokenizer makes more tokens than there are bytes."""
    window = target.abilities.context_window
    limits = (plan.threshold_tokens, None if window is None else min(int(window * plan.at), window // 2))
    return any(limit is not None and body_bytes > limit for limit in limits)


def outgrown(conversation: Conversation, target: Target, plan: Plan) -> bool:
    """Whether a request that would go through as it is had better be shortened."""
    room = room_for(plan, conversation, target.abilities)
    return room is not None and not weigh(conversation, target.model).fits(room)


async def compressed(
    shaped: Shaped, target: Target, plan: Plan, summaries: Summaries, who: str, ask: Ask
) -> Shaped:
    """The same when it fits. Raises `BadRequest` (context overflow) for what cannot be made to.

    `who` will be asked for a summary; what another one made does not count.
    """
    room = room_for(plan, shaped.conversation, target.abilities)
    if room is None:
        return shaped
    weighed = weigh(shaped.conversation, target.model)
    if weighed.fits(room):
        return shaped
    if plan.method is Method.SUMMARISE:
        weighed, losses = await _summarised(weighed, plan, room, _Clerk(summaries, who, ask, plan.timeout_s))
    else:
        weighed, losses = shorten(weighed, plan, room)
    refuse_overflow(weighed, room)
    again = fit(weighed.conversation, target)
    return Shaped(
        again.conversation,
        merge((*shaped.losses, *losses, *again.losses)),
        {**shaped.original_tool_names, **again.original_tool_names},
    )


async def _summarised(
    weighed: Weighed, plan: Plan, room: Room, clerk: _Clerk
) -> tuple[Weighed, tuple[Loss, ...]]:
    """With a summary in the place of the oldest turns; without one in time they are dropped."""
    cut = choose_cut(weighed, plan, room, MAX_TOKENS)
    if cut is None:
        return clip(weighed, plan, room)
    try:
        summary = await clerk.summary(cut.gone)
    except (GatewayError, TimeoutError) as failure:
        if _is_cancelled():
            raise asyncio.CancelledError from None
        said = failure.kind.value if isinstance(failure, GatewayError) else "timeout"
        return shorten(weighed, plan, room, f"no summary, {said}")
    shorter, losses = with_summary(weighed, cut, summary)
    if shorter.total >= weighed.total:
        return shorten(weighed, plan, room, "the summary was too long")
    # Never dropped from here: it would be the summary that goes.
    shorter, clipped = clip(shorter, plan, room)
    return shorter, losses + clipped


class _Clerk:
    """Finds summaries, and has made what is missing."""

    def __init__(self, summaries: Summaries, who: str, ask: Ask, timeout_s: float) -> None:
        self._summaries = summaries
        self._who = who
        self._ask = ask
        self._timeout_s = timeout_s

    async def summary(self, gone: Sequence[Turn]) -> str:
        """Raises `GatewayError` or `TimeoutError`."""
        names = list(keys(gone, self._who))
        known, before = self._summaries.longest(names)
        if known == len(gone) and before is not None:
            return before
        async with asyncio.timeout(self._timeout_s):
            made = await self._ask(gone[known:], before)
        self._summaries.keep(names[-1], made)
        return made


def _is_cancelled() -> bool:
    """The process ends, or somebody else wants this task to: an answer is no longer wanted."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
