"""How hard to think, in the words of the model's class.

| class | `thinking` | `output_config.effort` |
| --- | --- | --- |
| with budgets (up to Claude 4.5) | `enabled` and a budget below `max_tokens`, or `disabled` | where it is known |
| adaptive (from 4.6) | `adaptive`, or `disabled` where it may be switched off | the word asked for |
| always thinking (5.5) | `adaptive`; instead of off: `between_tools`, or nothing and little effort | the word asked for |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Reasoning, ThinkingMode
from isthmus.core.losses import Action, Loss

LEAST_BUDGET: Final = 1024
BUDGETS: Final = {"minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}
"""The convention of existing gateways (litellm 1.109); the vendor publishes none."""
DEFAULT_BUDGET: Final = BUDGETS["high"]
_OFF: Final = frozenset((ThinkingMode.DISABLED, ThinkingMode.BETWEEN_TOOLS))


@dataclass(frozen=True, slots=True)
class Thought:
    """What to send, and what it cost."""

    thinking: dict[str, object] | None = None
    effort: str | None = None
    losses: tuple[Loss, ...] = ()

    @property
    def thinks(self) -> bool:
        return self.thinking is not None and self.thinking["type"] in {"enabled", "adaptive"}


def think(reasoning: Reasoning, able: Abilities, max_tokens: int) -> Thought:
    if reasoning.mode in _OFF:
        return _off(reasoning.mode, able)
    if reasoning.mode is None and reasoning.effort is None:
        return Thought()
    wants_budget = reasoning.mode is ThinkingMode.ENABLED and reasoning.budget_tokens is not None
    modes = able.thinking
    if ThinkingMode.ENABLED in modes and (wants_budget or ThinkingMode.ADAPTIVE not in modes):
        return _budgeted(reasoning, able, max_tokens)
    effort = reasoning.effort or _effort_of(reasoning.budget_tokens)
    sent = able.clip_effort(effort) if effort is not None else None
    losses = () if sent == effort else (_changed(effort, sent),)
    if ThinkingMode.ADAPTIVE in modes:
        # Newer models leave the text out unless it is asked for (`display`, Anthropic docs on thinking).
        display = "omitted" if reasoning.hidden else "summarized"
        return Thought({"type": "adaptive", "display": display}, sent, losses)
    if sent is None and not losses:
        losses = (Loss("reasoning_effort", Action.DROPPED, "the model does not think on request"),)
    return Thought(None, sent, losses)


def _off(wanted: ThinkingMode | None, able: Abilities) -> Thought:
    order = (ThinkingMode.DISABLED, ThinkingMode.BETWEEN_TOOLS)
    for mode in order if wanted is ThinkingMode.DISABLED else reversed(order):
        if mode in able.thinking:
            losses = () if mode is wanted else (Loss("thinking", Action.CONVERTED, mode.value),)
            return Thought({"type": mode.value}, None, losses)
    if not able.thinking:
        return Thought()
    least = next(iter(able.efforts), None)
    said = "the model always thinks" + (f"; effort {least}" if least else "")
    return Thought(None, least, (Loss("reasoning_effort", Action.CONVERTED, said),))


def _budgeted(reasoning: Reasoning, able: Abilities, max_tokens: int) -> Thought:
    asked = reasoning.budget_tokens or BUDGETS.get(reasoning.effort or "", DEFAULT_BUDGET)
    budget = max(LEAST_BUDGET, min(asked, max_tokens - 1))
    effort = reasoning.effort if reasoning.effort in able.efforts else None
    if budget >= max_tokens:
        detail = f"max_tokens {max_tokens} leaves no room for it"
        return Thought(None, effort, (Loss("reasoning_effort", Action.DROPPED, detail),))
    cut = reasoning.budget_tokens is not None and budget != reasoning.budget_tokens
    losses = (
        (Loss("thinking.budget_tokens", Action.CLAMPED, f"{reasoning.budget_tokens}→{budget}"),)
        if cut
        else ()
    )
    return Thought({"type": "enabled", "budget_tokens": budget}, effort, losses)


def _effort_of(budget: int | None) -> str | None:
    """The word for a budget, where the model knows words only."""
    if budget is None:
        return None
    return "high" if budget >= 4096 else "medium" if budget >= 2048 else "low"


def _changed(asked: str | None, sent: str | None) -> Loss:
    action = Action.DROPPED if sent is None else Action.CLAMPED
    return Loss("reasoning_effort", action, f"{asked}→{sent}" if sent else "")
