"""Which of the accounts that could take a request gets it.

Nothing here is random: the same requests in the same order meet the same accounts, so a fault can be played again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import TypeVar, assert_never


class Strategy(StrEnum):
    ROUND_ROBIN = "round-robin"
    LEAST_LOADED = "least-loaded"
    WEIGHTED = "weighted"
    PRIORITY = "priority"
    AFFINITY = "affinity"


@dataclass(slots=True, eq=False, kw_only=True)
class Candidate:
    """As much of an account as a strategy looks at."""

    priority: int = 0
    weight: int = 1
    in_flight: int = 0
    turn: int = 0
    """When it was chosen last, counted in choices of the pool."""
    credit: int = 0
    """What smooth weighted round-robin owes it."""


C = TypeVar("C", bound=Candidate)
_turn = attrgetter("turn")
_priority = attrgetter("priority")


def choose_candidate(strategy: Strategy, candidates: Sequence[C]) -> C:
    """One of `candidates`, of which there must be at least one. With `AFFINITY` it is where a new key is placed."""
    if len(candidates) == 1:
        return candidates[0]
    match strategy:
        case Strategy.ROUND_ROBIN:
            return min(candidates, key=_turn)
        case Strategy.LEAST_LOADED | Strategy.AFFINITY:
            return least_loaded(candidates)
        case Strategy.WEIGHTED:
            return smoothly(candidates)
        case Strategy.PRIORITY:
            first = min(map(_priority, candidates))
            return least_loaded([each for each in candidates if each.priority == first])
        case _:
            assert_never(strategy)


def least_loaded(candidates: Sequence[C]) -> C:
    """The fewest requests under way for its weight; those that are equal share by weight."""
    loads = [each.in_flight / each.weight for each in candidates]
    lowest = min(loads)
    return smoothly([each for each, load in zip(candidates, loads, strict=True) if load == lowest])


def smoothly(candidates: Sequence[C]) -> C:
    """Smooth weighted round-robin: shares by weight, and the heavy one's turns are spread among those of the others.

    Everyone earns its weight and the chosen one pays what all earned, so the credits of a pool always add up to zero.
    """
    if len(candidates) == 1:
        return candidates[0]
    total, chosen = 0, candidates[0]
    for each in candidates:
        total += each.weight
        each.credit += each.weight
        if each.credit > chosen.credit:
            chosen = each
    chosen.credit -= total
    return chosen
