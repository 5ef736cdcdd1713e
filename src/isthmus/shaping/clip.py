"""Old tool results, shortened to their beginning and end: the calls and what came of them stay visible."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from isthmus.core.conversation import Block, Document, Image, ResultPart, Text, ToolResult, Turn
from isthmus.core.losses import Action, Loss
from isthmus.shaping.compression import MESSAGES, Plan, Room, Weighed, newest_from
from isthmus.shaping.estimate import estimate_turn

_HEAD_SHARE: Final = 0.7
"""What a result says first tells more than how it ends."""


def clip(weighed: Weighed, plan: Plan, room: Room) -> tuple[Weighed, tuple[Loss, ...]]:
    """Results before the newest turns, oldest first, until enough is saved."""
    turns, weights = list(weighed.conversation.turns), list(weighed.turns)
    wanted, clipped = weighed.excess(room), 0
    for at in range(newest_from(turns, plan.keep_turns)):
        if wanted <= 0:
            break
        shorter = _turn(turns[at], plan.clip_to_chars)
        if shorter is turns[at]:
            continue
        weight = estimate_turn(shorter, weighed.model)
        if weight < weights[at]:
            clipped += _changes(turns[at], shorter)
            wanted -= weights[at] - weight
            turns[at], weights[at] = shorter, weight
    if not clipped:
        return weighed, ()
    return weighed.with_turns(turns, weights), (
        Loss(MESSAGES, Action.CONVERTED, f"{clipped} old tool results clipped"),
    )


def shortened(text: str, chars: int) -> str:
    """At most `chars` characters: head, a line that says how much is missing, tail. Clipping again changes nothing."""
    if len(text) <= chars:
        return text
    said = f"\n[… {len(text) - chars} and more characters removed to save room …]\n"
    kept = max(0, chars - len(said))
    head = int(kept * _HEAD_SHARE)
    return text[:head] + said + (text[-(kept - head) :] if kept > head else "")


def _turn(turn: Turn, chars: int) -> Turn:
    """The very same turn when nothing in it is too long."""
    blocks = tuple(_block(block, chars) for block in turn.blocks)
    if all(now is before for now, before in zip(blocks, turn.blocks, strict=True)):
        return turn
    return Turn(turn.role, blocks)


def _block(block: Block, chars: int) -> Block:
    if not isinstance(block, ToolResult):
        return block
    parts = tuple(_part(part, chars) for part in block.parts)
    if all(now is before for now, before in zip(parts, block.parts, strict=True)):
        return block
    return replace(block, parts=parts)


def _part(part: ResultPart, chars: int) -> ResultPart:
    match part:
        case Text(text) if len(text) > chars:
            return replace(part, text=shortened(text, chars))
        case Image():
            return Text("[image removed to save room]", part.cache)
        case Document():
            return Text("[document removed to save room]", part.cache)
        case _:
            return part


def _changes(before: Turn, after: Turn) -> int:
    return sum(now is not then for now, then in zip(after.blocks, before.blocks, strict=True))
