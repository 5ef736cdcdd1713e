"""What a model can and cannot carry, as data: shaping fits a conversation to it, documentation prints it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from isthmus.core.conversation import EFFORTS, ThinkingMode


class SystemTurns(StrEnum):
    """What becomes of operator text in the middle of a conversation."""

    NATIVE = "native"
    """Sent with the system role, where it stands."""
    REMINDER = "reminder"
    """Sent as user text marked as a system reminder, where it stands."""
    REFUSED = "refused"
    """400 `capability_rejected: mid_conv_system`, upon which Claude Code folds it into the first message."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """The record of one model at one provider. Defaults are those of a capable, unknown OpenAI-compatible model."""

    home: str | None = None
    """Whose opaque blocks, signatures and server tools it understands, such as `anthropic`."""
    server_tools: tuple[str, ...] = ()
    """Beginnings of the kinds of foreign server tools that the provider can stand in for, such as `web_search`."""
    vision: bool = True
    documents: bool = False
    """PDF and other files as parts of a message."""
    tools: bool = True
    emulated_tools: bool = False
    """Calls tools by instruction alone, which is far less reliable than a model's own way of calling them."""
    parallel_tools: bool = True
    """Knows a switch against parallel tool calls."""
    forced_tools: bool = True
    """Knows `tool_choice` values that force a call."""
    tool_name_chars: int = 64
    tool_id_pattern: str = r"[a-zA-Z0-9_-]{1,64}"
    """What a tool call's id must match entirely."""
    tool_id_chars: int = 40
    """Length a replaced tool id is given at most."""
    thinking: frozenset[ThinkingMode] = frozenset()
    """Ways of thinking that can be asked for. Empty: the model takes no thinking parameter."""
    efforts: tuple[str, ...] = ("low", "medium", "high")
    """Words the model takes for reasoning effort, from little to much. Empty: none."""
    forced_tools_while_thinking: bool = True
    sampling: bool = True
    """Takes temperature and top_p."""
    top_k: bool = False
    max_temperature: float = 2.0
    max_stop_sequences: int = 4
    json_object: bool = True
    json_schema: bool = True
    prefill: bool = False
    """Continues an assistant message that stands last."""
    system_turns: SystemTurns = SystemTurns.REMINDER
    alternating_turns: bool = False
    """Refuses two turns of one role in a row, and a leading assistant turn."""
    empty_tool_results: bool = True
    fetches_urls: bool = True
    """Reads images from https addresses by itself."""
    fetches_documents: bool = False
    """Reads documents from https addresses by itself."""
    cache_marks: bool = False
    context_window: int | None = None
    max_output_tokens: int | None = None

    def clip_effort(self, effort: str) -> str | None:
        """The nearest word the model knows, downwards first; None when it knows none."""
        if effort in self.efforts or effort not in EFFORTS:
            return effort if self.efforts else None
        rank = EFFORTS.index(effort)
        below = [word for word in self.efforts if word in EFFORTS and EFFORTS.index(word) <= rank]
        return below[-1] if below else next(iter(self.efforts), None)


FIELDS = frozenset(each.name for each in fields(Abilities))


@dataclass(frozen=True, slots=True)
class Rule:
    """Abilities of the models whose name matches `pattern` (`*` stands for anything; case does not matter)."""

    pattern: str
    changes: Mapping[str, Any]

    def matches(self, model: str) -> bool:
        return fnmatchcase(model.lower(), self.pattern.lower())


def resolve(base: Abilities, rules: Iterable[Rule], model: str) -> Abilities:
    """The record after every matching rule, later ones winning."""
    for rule in rules:
        if rule.matches(model):
            base = replace(base, **rule.changes)
    return base
