"""What one vendor does in its own way, as data: the request is written and the answer read by these fields.

The defaults are those of a vendor nobody knows: only what every server with this API understands is sent. Each field
that describes behaviour can be corrected from the configuration, as a quirk of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from isthmus.core.abilities import Rule


class ThinkingSwitch(StrEnum):
    """How thinking is turned on and off."""

    NONE = "none"
    REASONING_EFFORT = "reasoning_effort"
    """By an effort; `none` turns it off (OpenAI)."""
    THINKING_TYPE = "thinking_type"
    """`thinking: {type: enabled | disabled}` (DeepSeek, GLM, Kimi)."""
    ENABLE_THINKING = "enable_thinking"
    """`enable_thinking: true | false` (Qwen, SiliconFlow)."""
    CHAT_TEMPLATE = "chat_template_kwargs"
    """A variable of the model's chat template (vLLM, llama.cpp)."""
    REASONING_OBJECT = "reasoning"
    """`reasoning: {effort | max_tokens}` (OpenRouter)."""


class ReasoningBack(StrEnum):
    """Whether earlier thoughts return with the assistant's messages."""

    NEVER = "never"
    WHEN_KNOWN = "when_known"
    REQUIRED = "required"
    """A message with tool calls is refused without them, so a thought that was lost is replaced by `lost_reasoning`."""


class Continuation(StrEnum):
    """How a model is told to continue an assistant message that stands last."""

    NONE = "none"
    PREFIX = "prefix"
    PARTIAL = "partial"
    CONTINUE_FINAL = "continue_final_message"
    IMPLICIT = "implicit"
    """By the mere place of the message."""


class Search(StrEnum):
    """How the vendor's own web search is asked for."""

    NONE = "none"
    OPTIONS = "web_search_options"
    ENABLE = "enable_search"
    PLUGIN = "plugins"
    TOOL = "tool"


Tiers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """What is special about the vendor's models whose name matches `pattern`; later rows win."""

    pattern: str
    abilities: Mapping[str, Any] = field(default_factory=dict)
    quirks: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vendor:
    name: str
    base_url: str = ""
    hosts: tuple[str, ...] = ()
    """Host names of its API; subdomains count."""
    port: int | None = None
    """The port a local server listens on unless told otherwise."""

    max_tokens_field: str = "max_tokens"
    include_usage: bool = True
    """Takes `stream_options.include_usage`."""
    always_stream: bool = False
    """Some models answer streams only: plain answers are streamed from the upstream, too."""
    system_role: str = "system"
    null_content: bool = True
    """Takes `content: null` beside tool calls."""
    empty_content: bool = True
    """Takes assistant messages with empty text."""
    user_after_tool: bool = True
    """Takes a user message right after tool messages."""

    thinking_switch: ThinkingSwitch = ThinkingSwitch.NONE
    effort_field: str = "reasoning_effort"
    """Empty: effort is not sent."""
    budget_field: str = ""
    """Takes a budget of thinking tokens; empty: the budget becomes an effort."""
    template_key: str = "enable_thinking"
    """The variable of the chat template that switches thinking."""
    thinks_by_default: bool = False
    reasoning_field: str = "reasoning_content"
    """The field in which thoughts return to the vendor."""
    reasoning_back: ReasoningBack = ReasoningBack.NEVER
    lost_reasoning: str = ""

    required_word: str = "required"
    """`tool_choice` that demands some call; empty: there is none."""
    named_choice: bool = True
    """Takes a `tool_choice` that names the tool."""
    none_choice: bool = True
    """Takes the `tool_choice` `none`."""
    strict_tools: bool = True
    """Takes `strict` in a function."""
    plain_schemas: bool = False
    """Refuses keys that JSON Schema does not know: only known keywords are sent."""
    continuation: Continuation = Continuation.NONE
    continuation_url: str = ""
    """Where continuations are answered, if not at `base_url`."""
    search: Search = Search.NONE

    think_tags: bool = False
    """Thoughts may come as `<think>…</think>` at the start of the text."""
    leading_think_close: bool = False
    """The answer may begin inside a thought, so that only the closing tag is seen."""
    buffer_tool_args: bool = False
    """Arguments of several calls may come glued together as those of one."""
    cumulative_args: bool = False
    """Each fragment of arguments repeats all before it."""

    completions: bool = False
    """Has the legacy endpoint `/completions`."""
    embeddings: bool = True
    passes: tuple[str, ...] = ("moderations", "audio", "images")
    """Other endpoints below `/v1` that are passed through as they are. Those that keep things at the vendor, such as files,
    are left out: everybody who may use the gateway would share them."""
    user_field: str = ""
    """Takes an id of the end user under this name."""
    cache_key_field: str = ""
    """Takes a key of the conversation, for its cache, under this name."""
    service_tiers: Tiers = ()
    """The neutral word of a tier → the vendor's."""
    knobs: tuple[str, ...] = ("seed", "presence_penalty", "frequency_penalty", "logit_bias")
    """Further fields it takes as clients of Chat Completions write them."""
    seed_field: str = "seed"

    abilities: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[ModelRow, ...] = ()

    def for_model(self, model: str) -> Vendor:
        """The vendor as it is for one of its models."""
        vendor = self
        for row in self.models:
            if row.quirks and Rule(row.pattern, {}).matches(model):
                vendor = replace(vendor, **row.quirks)
        return vendor


_IDENTITY: Final = frozenset(("name", "base_url", "hosts", "port", "abilities", "models", "service_tiers"))
QUIRKS: Final = tuple(each.name for each in fields(Vendor) if each.name not in _IDENTITY)
"""Names that the configuration may correct."""


def checked_quirks(quirks: Mapping[str, object]) -> dict[str, Any]:
    """The corrections as field values. Raises `ValueError` that names the choices."""
    return {name: _value(name, value) for name, value in quirks.items()}


def _value(name: str, value: object) -> object:
    if name not in QUIRKS:
        near = get_close_matches(name, QUIRKS, 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown quirk {name!r}{meant} The choices are: {', '.join(sorted(QUIRKS))}")
    default = getattr(_UNKNOWN, name)
    if isinstance(default, StrEnum):
        return _word(name, type(default), value)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"quirk {name!r} is true or false, not {value!r}")
        return value
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise ValueError(f"quirk {name!r} is a list of names, not {value!r}")
        return tuple(value)
    if not isinstance(value, str):
        raise ValueError(f"quirk {name!r} is a text, not {value!r}")
    return value


def _word(name: str, words: type[StrEnum], value: object) -> StrEnum:
    for word in words:
        if value == word.value:
            return word
    raise ValueError(f"quirk {name!r} is one of {', '.join(word.value for word in words)}, not {value!r}")


_UNKNOWN: Final = Vendor("")
