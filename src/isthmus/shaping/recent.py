"""Where a long conversation may begin, so that what is left of it still makes sense."""

from __future__ import annotations

from collections.abc import Sequence

from isthmus.core.conversation import Role, ToolResult, Turn


def begin_of_recent(turns: Sequence[Turn], at_most: int, fixed: int) -> int:
    """How many of the oldest turns go, so that about `at_most` are left. The last `fixed` ones always stay.

    It begins with a question of the user: a call and its result stay together, and so does all of a task that goes on. When the
    last question alone is longer than that, all of it stays.
    """
    last = len(turns) - fixed
    if len(turns) <= at_most:
        return 0
    wanted = min(len(turns) - at_most, last)
    borders = [at for at in range(last + 1) if at < len(turns) and _is_question(turns[at])]
    later = [at for at in borders if at >= wanted]
    return later[0] if later else max(borders, default=0)


def _is_question(turn: Turn) -> bool:
    return turn.role is Role.USER and not any(isinstance(block, ToolResult) for block in turn.blocks)
