"""How hard to think, in the words of a vendor."""

from __future__ import annotations

from typing import Any, Final, assert_never

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Conversation, Reasoning, ThinkingMode
from isthmus.core.losses import Action, Loss
from isthmus.providers.openai_compatible.vendor import ThinkingSwitch, Vendor

_OFF: Final = frozenset((ThinkingMode.DISABLED, ThinkingMode.BETWEEN_TOOLS))
_BUDGETS: Final = ((4096, "high"), (2048, "medium"), (0, "low"))
"""The least budget that counts as an effort (a convention; litellm draws the same lines)."""
_NONE: Final = "none"


def render_reasoning(
    conversation: Conversation, vendor: Vendor, able: Abilities, losses: list[Loss]
) -> dict[str, Any]:
    """The request's fields about thinking; empty when the client did not say, or the model takes none."""
    reasoning = conversation.reasoning
    if reasoning.mode in _OFF:
        return _off(vendor, able, losses)
    if reasoning.mode is ThinkingMode.ENABLED:
        return _on(conversation, vendor, able, losses)
    return _effort(reasoning, reasoning.effort, vendor, able, losses)


def effort_of(budget_tokens: int) -> str:
    return next(word for least, word in _BUDGETS if budget_tokens >= least)


def _off(vendor: Vendor, able: Abilities, losses: list[Loss]) -> dict[str, Any]:
    if ThinkingMode.DISABLED not in able.thinking:
        return _least(vendor, able, losses)
    match vendor.thinking_switch:
        case ThinkingSwitch.REASONING_EFFORT:
            return {"reasoning_effort": _NONE}
        case ThinkingSwitch.REASONING_OBJECT:
            return {"reasoning": {"effort": _NONE}}
        case ThinkingSwitch.NONE:
            losses.append(Loss("thinking", Action.DROPPED, "no known switch"))
            return {}
        case _:
            return _switched(vendor, on=False)


def _least(vendor: Vendor, able: Abilities, losses: list[Loss]) -> dict[str, Any]:
    """A model that cannot be kept from thinking thinks as little as it can; one that does not think has its wish."""
    if not able.efforts or not vendor.effort_field:
        return {}
    losses.append(Loss("thinking", Action.CONVERTED, f"effort {able.efforts[0]}"))
    return _worded(able.efforts[0], vendor)


def _on(conversation: Conversation, vendor: Vendor, able: Abilities, losses: list[Loss]) -> dict[str, Any]:
    reasoning = conversation.reasoning
    if ThinkingMode.ENABLED not in able.thinking and not able.efforts:
        losses.append(Loss("thinking", Action.DROPPED))
        return {}
    budget = _budget(conversation)
    switched = ThinkingMode.ENABLED in able.thinking
    carried = bool(vendor.budget_field) and switched and budget is not None and reasoning.effort is None
    fields = _switched(vendor, on=True) if switched else {}
    if carried:
        where = fields if vendor.thinking_switch is not ThinkingSwitch.REASONING_OBJECT else {}
        where[vendor.budget_field] = budget
        return fields if where is fields else {"reasoning": where}
    effort = reasoning.effort
    if effort is None and budget is not None:
        effort = able.clip_effort(effort_of(budget)) if vendor.effort_field else None
        detail = f"effort {effort}" if effort else ""
        losses.append(Loss("thinking.budget_tokens", Action.CONVERTED if effort else Action.DROPPED, detail))
    return fields | _effort(reasoning, effort, vendor, able, losses)


def _budget(conversation: Conversation) -> int | None:
    """Less than the whole answer may be long, or there is no room to answer."""
    budget, limit = conversation.reasoning.budget_tokens, conversation.max_tokens
    if budget is None or limit is None or limit <= 1:
        return budget
    return min(budget, limit - 1)


def _effort(
    reasoning: Reasoning, effort: str | None, vendor: Vendor, able: Abilities, losses: list[Loss]
) -> dict[str, Any]:
    if effort is None:
        return {}
    word = able.clip_effort(effort)
    if word is None or not vendor.effort_field:
        if reasoning.effort is not None:
            losses.append(Loss("effort", Action.DROPPED))
        return {}
    if word != effort:
        losses.append(Loss("effort", Action.CLAMPED, f"{effort}→{word}"))
    return _worded(word, vendor)


def _worded(word: str, vendor: Vendor) -> dict[str, Any]:
    if vendor.thinking_switch is ThinkingSwitch.REASONING_OBJECT:
        return {"reasoning": {"effort": word}}
    return {vendor.effort_field: word}


def _switched(vendor: Vendor, *, on: bool) -> dict[str, Any]:
    match vendor.thinking_switch:
        case ThinkingSwitch.THINKING_TYPE:
            return {"thinking": {"type": "enabled" if on else "disabled"}}
        case ThinkingSwitch.ENABLE_THINKING:
            return {"enable_thinking": on}
        case ThinkingSwitch.CHAT_TEMPLATE:
            return {"chat_template_kwargs": {vendor.template_key: on}}
        case ThinkingSwitch.NONE | ThinkingSwitch.REASONING_EFFORT | ThinkingSwitch.REASONING_OBJECT:
            return {}
        case _:
            assert_never(vendor.thinking_switch)
