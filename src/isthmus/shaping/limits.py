"""Knobs are negotiable: what the target does not know is dropped, what it cannot reach is clamped, and both are noted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Conversation, Reasoning, Sampling, ThinkingMode
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss
from isthmus.shaping.turns import Fit


def fit_limits(conversation: Conversation, target: Target) -> Fit:
    """Output allowance, sampling, stop sequences and effort within what the target takes."""
    losses: list[Loss] = []
    able = target.abilities
    changes: dict[str, Any] = {}
    if (limit := able.max_output_tokens) is not None and (conversation.max_tokens or 0) > limit:
        losses.append(Loss("max_tokens", Action.CLAMPED, f"{conversation.max_tokens}→{limit}"))
        changes["max_tokens"] = limit
    sampling = _sampling(conversation.sampling, able, losses)
    if sampling is not conversation.sampling:
        changes["sampling"] = sampling
    reasoning = _reasoning(conversation.reasoning, able, losses)
    if reasoning is not conversation.reasoning:
        changes["reasoning"] = reasoning
    return (replace(conversation, **changes) if changes else conversation), tuple(losses)


def _reasoning(reasoning: Reasoning, able: Abilities, losses: list[Loss]) -> Reasoning:
    if reasoning.effort is None or (not able.efforts and ThinkingMode.ENABLED in able.thinking):
        return reasoning  # a model without words for effort, but with a budget, gets one from its provider
    clipped = able.clip_effort(reasoning.effort)
    if clipped == reasoning.effort:
        return reasoning
    action = Action.DROPPED if clipped is None else Action.CLAMPED
    losses.append(Loss("effort", action, "" if clipped is None else f"{reasoning.effort}→{clipped}"))
    return replace(reasoning, effort=clipped)


def _sampling(sampling: Sampling, able: Abilities, losses: list[Loss]) -> Sampling:
    if sampling == Sampling():
        return sampling
    changes: dict[str, Any] = {}
    if not able.sampling:
        for name in ("temperature", "top_p", "top_k"):
            if getattr(sampling, name) is not None:
                losses.append(Loss(name, Action.DROPPED, "the model takes none"))
                changes[name] = None
    elif sampling.temperature is not None and sampling.temperature > able.max_temperature:
        losses.append(
            Loss("temperature", Action.CLAMPED, f"{sampling.temperature:g}→{able.max_temperature:g}")
        )
        changes["temperature"] = able.max_temperature
    if able.sampling and sampling.top_k is not None and not able.top_k:
        losses.append(Loss("top_k", Action.DROPPED))
        changes["top_k"] = None
    stop = tuple(each for each in sampling.stop if each.strip())
    if stop != sampling.stop:
        losses.append(Loss("stop", Action.DROPPED, "blank sequences"))
        changes["stop"] = stop
    return replace(sampling, **changes) if changes else sampling


def strip_cache_marks(conversation: Conversation, target: Target) -> Fit:
    """Marks mean nothing to a target without them; one note stands for all."""
    if target.abilities.cache_marks or not _marked(conversation):
        return conversation, ()
    # The marks themselves stay in place: a provider that does not know them does not write them.
    return replace(conversation, cache_all=None), (Loss("cache_control", Action.DROPPED),)


def _marked(conversation: Conversation) -> bool:
    if conversation.cache_all is not None or any(text.cache for text in conversation.system):
        return True
    if any(tool.cache for tool in conversation.tools):
        return True
    return any(getattr(block, "cache", None) for turn in conversation.turns for block in turn.blocks)
