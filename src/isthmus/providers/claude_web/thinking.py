"""Whether to think, and how hard, in claude.ai's words.

| where | words | seen with |
| --- | --- | --- |
| completion | `thinking_mode` off, auto or extended; `effort` low to max | tempppw01/claude2api, diegosouzapw/OmniRoute (2026) |
| conversation's settings | `paprika_mode` extended, auto or null | Xerxes-2/clewdr (2026) |

A third way, the settings of the whole account, is not used: it would overwrite the operator's own, for every request at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from isthmus.core.conversation import Reasoning, ThinkingMode
from isthmus.core.losses import Action, Loss
from isthmus.providers.claude_web.models import Thinks

EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
BY_CONVERSATION: Final = "conversation"
_OFF: Final = frozenset((ThinkingMode.DISABLED, ThinkingMode.BETWEEN_TOOLS))
_BUDGETS: Final = ((10_000, "low"), (20_000, "medium"), (28_000, "high"))
"""The largest budget that counts as an effort (a convention of third-party clients); what is more counts as `max`."""
_USUAL: Final = {Thinks.AUTO: "high"}
"""Effort when the client wants thoughts and no more; `medium` else."""


@dataclass(slots=True)
class Wish:
    """What is said about thinking."""

    fields: dict[str, str] = field(default_factory=dict)
    """Of the completion. The service may refuse them; then they are left out (`completion_body`)."""
    settings: Mapping[str, str | None] | None = None
    """Of the conversation, to be set before the completion. None: nothing is to be set."""
    losses: list[Loss] = field(default_factory=list)


def wish(reasoning: Reasoning, thinks: Thinks, api: str) -> Wish:
    """`api` is `Options.thinking_api`. The client's silence means no thoughts, as it does at the vendor's own API."""
    made = Wish()
    on = reasoning.mode not in _OFF and (reasoning.mode is not None or reasoning.effort is not None)
    if thinks is Thinks.NONE:
        if on:
            made.losses.append(Loss("thinking", Action.DROPPED, "the model takes none"))
        return made
    mode = _mode(reasoning, thinks, on, made)
    effort = _effort(reasoning, thinks, made) if on else EFFORTS[0]
    if api == BY_CONVERSATION:
        if on and effort is not None and reasoning.effort is not None:
            made.losses.append(
                Loss("effort", Action.DROPPED, "a conversation's settings have no word for it")
            )
        made.settings = {"paprika_mode": None if mode == "off" else mode}
        return made
    made.fields["thinking_mode"] = mode
    if effort is not None and thinks is not Thinks.LEGACY:
        made.fields["effort"] = effort
    return made


def _mode(reasoning: Reasoning, thinks: Thinks, on: bool, made: Wish) -> str:
    if thinks is Thinks.AUTO:
        if reasoning.mode in _OFF:
            made.losses.append(Loss("thinking", Action.CONVERTED, "effort low: the model decides itself"))
        return "auto"
    if not on:
        if reasoning.mode is ThinkingMode.BETWEEN_TOOLS:
            made.losses.append(Loss("thinking", Action.CONVERTED, ThinkingMode.DISABLED.value))
        return "off"
    if reasoning.mode is ThinkingMode.ADAPTIVE and thinks is Thinks.EFFORT:
        return "auto"
    return "extended"


def _effort(reasoning: Reasoning, thinks: Thinks, made: Wish) -> str | None:
    """None for a model that only knows on and off."""
    asked, budget = reasoning.effort, reasoning.budget_tokens
    if thinks is Thinks.LEGACY:
        if asked is not None:
            made.losses.append(Loss("effort", Action.CONVERTED, "thinking on"))
        elif budget is not None:
            made.losses.append(Loss("thinking.budget_tokens", Action.DROPPED, "the model decides"))
        return None
    if asked is not None:
        known = (
            asked if asked in EFFORTS else EFFORTS[0] if asked == "minimal" else _USUAL.get(thinks, "medium")
        )
        if known != asked:
            made.losses.append(Loss("effort", Action.CLAMPED, f"{asked}→{known}"))
        return known
    if budget is not None:
        effort = next((word for most, word in _BUDGETS if budget <= most), EFFORTS[-1])
        made.losses.append(Loss("thinking.budget_tokens", Action.CONVERTED, f"effort {effort}"))
        return effort
    return _USUAL.get(thinks, "medium")
