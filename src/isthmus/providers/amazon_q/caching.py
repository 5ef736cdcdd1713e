"""Cache points: where the client wants the prompt cached, as far as the model does that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from isthmus.core.losses import Action, Loss

Json = dict[str, Any]
POINT: Final = {"type": "default"}


def place(
    tools: list[Json], after: Iterable[int], messages: Iterable[Json], most: int
) -> tuple[list[Json], list[Loss]]:
    """The tools with a point `after` so many of them each, and a point on each of the messages (which are changed).

    Of too many the last `most` stay, as each covers all that stands before it. 0: the model caches nothing.
    """
    after, messages = list(after), list(messages)
    surplus = len(after) + len(messages) - most
    losses: list[Loss] = []
    if surplus > 0:
        kept = Loss("cache_control", Action.CLAMPED, f"{most} marks at most")
        losses.append(
            kept if most else Loss("cache_control", Action.DROPPED, "not known to be cached for this account")
        )
        after, messages = after[surplus:], messages[max(0, surplus - len(after)) :]
    for message in messages:
        message["cachePoint"] = POINT
    placed: list[Json] = []
    for number, tool in enumerate(tools, 1):
        placed.append(tool)
        if number in after:
            placed.append({"cachePoint": POINT})
    return placed, losses
