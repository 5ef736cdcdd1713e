"""What the operator knows better than we do about a model."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from isthmus.config.fields import Count, Number, Section, Text
from isthmus.core.abilities import Abilities, SystemTurns
from isthmus.core.conversation import ThinkingMode

_SWITCHABLE: Final = (ThinkingMode.ENABLED.value, ThinkingMode.DISABLED.value)
_ABILITY_OF: Final = {
    "effort": "efforts",
    "stop": "max_stop_sequences",
    "system_in_messages": "system_turns",
}


def _word(value: object) -> object:
    """`true` and `false` also as an environment variable spells them."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _thinking(value: Any) -> Any:
    word = _word(value)
    return (_SWITCHABLE if word else ()) if isinstance(word, bool) else value


def _system_turns(value: Any) -> Any:
    word = _word(value)
    return (SystemTurns.NATIVE if word else SystemTurns.REMINDER) if isinstance(word, bool) else value


def _stop(value: Any) -> Any:
    word = _word(value)
    return (Abilities().max_stop_sequences if word else 0) if isinstance(word, bool) else value


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        raise ValueError("not a regular expression") from None
    return text


class Capabilities(Section):
    """Only what is written here changes; the rest stays as the gateway knows it.

    Covers every ability that is a property of the model. What a provider's own code understands is not the operator's to say.
    """

    vision: bool | None = Field(default=None, description="Takes images.")
    documents: bool | None = Field(
        default=None, description="Takes PDF and other files as parts of a message."
    )
    tools: bool | None = Field(default=None, description="Calls tools.")
    parallel_tools: bool | None = Field(
        default=None, description="Knows a switch against parallel tool calls."
    )
    forced_tools: bool | None = Field(default=None, description="Can be made to call a tool (`tool_choice`).")
    forced_tools_while_thinking: bool | None = Field(default=None, description="… also while thinking is on.")
    tool_name_chars: Count | None = Field(default=None, description="Longest tool name it takes.")
    tool_id_pattern: Annotated[Text, AfterValidator(_pattern)] | None = Field(
        default=None, description="Regular expression that a tool call's id must match entirely."
    )
    tool_id_chars: Count | None = Field(default=None, description="Longest id of a tool call it takes.")
    thinking: Annotated[tuple[ThinkingMode, ...] | None, BeforeValidator(_thinking)] = Field(
        default=None,
        description="Ways of thinking that can be asked for: a list of `enabled` (with a token budget), `adaptive`, "
        "`disabled`, `between_tools`. `true` stands for `[enabled, disabled]`, `false` for none.",
    )
    effort: tuple[Text, ...] | None = Field(
        default=None, description="Words it takes for reasoning effort, from little to much; `[]` for none."
    )
    sampling: bool | None = Field(default=None, description="Takes `temperature` and `top_p`.")
    top_k: bool | None = Field(default=None, description="Takes `top_k`.")
    max_temperature: Annotated[Number, Field(ge=0, le=100)] | None = Field(
        default=None, description="Highest temperature."
    )
    stop: Annotated[int, BeforeValidator(_stop), Field(ge=0, le=10_000)] | None = Field(
        default=None, description="How many stop sequences it takes; `false` is none, `true` the usual 4."
    )
    json_object: bool | None = Field(default=None, description="Can be held to JSON without a schema.")
    json_schema: bool | None = Field(default=None, description="Can be held to a JSON schema.")
    prefill: bool | None = Field(default=None, description="Continues an assistant message that stands last.")
    system_in_messages: Annotated[SystemTurns, BeforeValidator(_system_turns)] | None = Field(
        default=None,
        description="Operator text between turns: `native` (or `true`) keeps the system role, `reminder` (or `false`) "
        "sends it as marked user text, `refused` answers 400.",
    )
    alternating_turns: bool | None = Field(
        default=None, description="Refuses two turns of one role in a row."
    )
    empty_tool_results: bool | None = Field(default=None, description="Takes tool results without content.")
    fetches_urls: bool | None = Field(
        default=None, description="Fetches images from https addresses by itself."
    )
    fetches_documents: bool | None = Field(
        default=None, description="Fetches documents from https addresses by itself."
    )
    cache_marks: bool | None = Field(
        default=None, description="Takes marks of what to cache (`cache_control`)."
    )
    context_window: Count | None = Field(default=None, description="Tokens of input and output together.")
    max_output_tokens: Count | None = Field(default=None, description="Tokens of one answer at most.")

    def changes(self) -> dict[str, Any]:
        """What differs from the known record, by the names of `core.abilities.Abilities`."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        changes = {_ABILITY_OF.get(name, name): value for name, value in given.items() if value is not None}
        if self.thinking is not None:
            changes["thinking"] = frozenset(self.thinking)
        return changes
