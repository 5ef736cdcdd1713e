"""Fits a conversation to the model that will answer it: one pass after the other, each noting what it cost."""

from __future__ import annotations

from isthmus.core.conversation import Conversation
from isthmus.core.interfaces import Shaped, Target
from isthmus.core.losses import Loss, merge
from isthmus.shaping.content import fit_content
from isthmus.shaping.limits import fit_limits, strip_cache_marks
from isthmus.shaping.tools import fit_ids, fit_names, offer_tools
from isthmus.shaping.turns import check_prefill, join_turns, pair_calls, place_system_turns

_PASSES = (
    offer_tools,  # before content: it reads the tool references that content turns into text
    fit_content,
    place_system_turns,
    join_turns,
    pair_calls,
    check_prefill,  # after pairing: a turn that ends in calls is followed by their results by now
    fit_limits,
    strip_cache_marks,
)


def fit(conversation: Conversation, target: Target) -> Shaped:
    """What is sent in the client's stead. Raises `BadRequest` for content the target cannot take under its policy."""
    losses: list[Loss] = []
    for step in _PASSES:
        conversation, noted = step(conversation, target)
        losses += noted
    conversation, names = fit_names(conversation, target)
    return Shaped(fit_ids(conversation, target), merge(losses), names)
