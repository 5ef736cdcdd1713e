"""The oldest turns left out, up to a place where a conversation may begin, with a line in their place that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from isthmus.core.conversation import Role, Text, Turn
from isthmus.core.losses import Action, Loss
from isthmus.shaping.compression import MESSAGES, Plan, Room, Weighed, borders
from isthmus.shaping.estimate import estimate_turn


@dataclass(frozen=True, slots=True)
class Cut:
    """The turns before `at` go, the operator's apart: those stand at the beginning of what stays."""

    at: int
    gone: tuple[Turn, ...]
    saved: float


def drop(weighed: Weighed, plan: Plan, room: Room, why: str = "") -> tuple[Weighed, tuple[Loss, ...]]:
    """`why`, for the log: what would have been better and was not possible."""
    cut = choose_cut(weighed, plan, room)
    if cut is None:
        return weighed, ()
    note = f"[{len(cut.gone)} earlier messages of this conversation were removed to save room]"
    shorter = replaced(weighed, cut, note)
    if shorter.total >= weighed.total:
        return weighed, ()
    detail = f"{len(cut.gone)} oldest turns" + (f": {why}" if why else "")
    return shorter, (Loss(MESSAGES, Action.DROPPED, detail),)


def choose_cut(weighed: Weighed, plan: Plan, room: Room, instead: float = 0.0) -> Cut | None:
    """The first place at which enough is saved, else the last one; None when there is none. `instead`: tokens of what will
    stand in the place of the turns."""
    wanted = weighed.excess(room) + instead
    best: Cut | None = None
    if wanted <= instead:
        return None
    for cut in _cuts(weighed, plan):
        best = cut
        if cut.saved >= wanted:
            break
    return best


def _cuts(weighed: Weighed, plan: Plan) -> Iterator[Cut]:
    turns = weighed.conversation.turns
    goes = [turn.role is not Role.SYSTEM for turn in turns]
    saved = list(
        accumulate(weight if each else 0.0 for weight, each in zip(weighed.turns, goes, strict=True))
    )
    for at in borders(turns, plan.keep_turns):
        gone = tuple(turn for turn, each in zip(turns[:at], goes[:at], strict=True) if each)
        if gone:
            yield Cut(at, gone, saved[at - 1])


def replaced(weighed: Weighed, cut: Cut, words: str) -> Weighed:
    """The conversation with `words` of the user's in the place of the turns that go."""
    turns = weighed.conversation.turns
    kept = [at for at, turn in enumerate(turns) if at >= cut.at or turn.role is Role.SYSTEM]
    first = Turn(Role.USER, (Text(words),))
    operators = sum(at < cut.at for at in kept)
    said = [turns[at] for at in kept]
    weights = [weighed.turns[at] for at in kept]
    said.insert(operators, first)
    weights.insert(operators, estimate_turn(first, weighed.model))
    return weighed.with_turns(said, weights)
