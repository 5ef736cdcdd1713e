"""What each Claude model can carry, by its name. As of 2026-11-21; the operator's own rules come after these and win.

From the types of the official SDKs (anthropic 2.12), the API's migration guides and the figures of its models endpoint.
The newest class is the base, so that a Claude nobody has heard of yet is treated like its youngest sister.
"""

from __future__ import annotations

from typing import Any, Final

from isthmus.core.abilities import Abilities, Rule, SystemTurns
from isthmus.core.conversation import ANTHROPIC, ThinkingMode

ADAPTIVE: Final = frozenset((ThinkingMode.ADAPTIVE,))
SWITCHED: Final = frozenset((ThinkingMode.DISABLED, ThinkingMode.ENABLED))
ALL_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")

BASE: Final = Abilities(
    home=ANTHROPIC,
    server_tools=("web_search",),
    documents=True,
    fetches_documents=True,
    tool_name_chars=128,
    tool_id_pattern=r"[a-zA-Z0-9_-]+",
    tool_id_chars=64,
    thinking=ADAPTIVE,
    efforts=ALL_EFFORTS,
    forced_tools_while_thinking=False,
    sampling=False,
    top_k=True,
    max_temperature=1.0,
    max_stop_sequences=8191,
    json_object=False,
    system_turns=SystemTurns.NATIVE,
    alternating_turns=True,
    cache_marks=True,
    context_window=1_000_000,
    max_output_tokens=128_000,
)

_FAMILIES: Final = ("opus", "sonnet", "haiku", "fable")


def _class(
    *,
    thinking: frozenset[ThinkingMode] = ADAPTIVE,
    efforts: tuple[str, ...] = ALL_EFFORTS,
    sampling: bool = False,
    prefill: bool = False,
    json_schema: bool = True,
    native_system_turns: bool = True,
    context_window: int | None = 1_000_000,
    max_output_tokens: int | None = 128_000,
) -> dict[str, Any]:
    """All abilities in which the classes differ, so that a later rule leaves nothing of an earlier one."""
    return {
        "thinking": thinking,
        "efforts": efforts,
        "sampling": sampling,
        "prefill": prefill,
        "json_schema": json_schema,
        "system_turns": SystemTurns.NATIVE if native_system_turns else SystemTurns.REMINDER,
        "context_window": context_window,
        "max_output_tokens": max_output_tokens,
    }


def _up_to_4_5(
    max_output_tokens: int,
    *,
    thinking: frozenset[ThinkingMode] = SWITCHED,
    efforts: tuple[str, ...] = (),
    json_schema: bool = False,
) -> dict[str, Any]:
    return _class(
        thinking=thinking,
        efforts=efforts,
        sampling=True,
        prefill=True,
        json_schema=json_schema,
        native_system_turns=False,
        context_window=200_000,
        max_output_tokens=max_output_tokens,
    )


def _minor_versions(major: str, minor: str, changes: dict[str, Any]) -> tuple[Rule, ...]:
    return tuple(Rule(f"*claude-{family}-{major}-{minor}*", changes) for family in _FAMILIES)


_FOREIGN: Final = _class(
    thinking=SWITCHED,
    efforts=(),
    sampling=True,
    json_schema=False,
    native_system_turns=False,
    context_window=None,
    max_output_tokens=None,
)
_4_6: Final = _class(
    thinking=SWITCHED | ADAPTIVE,
    efforts=("low", "medium", "high", "max"),
    sampling=True,
    native_system_turns=False,
    context_window=200_000,
)
_OFF_OR_ADAPTIVE: Final = ADAPTIVE | {ThinkingMode.DISABLED}
_NONE: Final[frozenset[ThinkingMode]] = frozenset()

RULES: Final[tuple[Rule, ...]] = (
    # Whatever is not a Claude: other vendors offer their models under this API too.
    Rule("*", _FOREIGN),
    Rule("*claude*", _class()),
    Rule("*claude-instant*", _up_to_4_5(4_096, thinking=_NONE)),
    Rule("*claude-[12]*", _up_to_4_5(4_096, thinking=_NONE)),
    Rule("*claude-3-*", _up_to_4_5(4_096, thinking=_NONE)),
    Rule("*claude-3-5*", _up_to_4_5(8_192, thinking=_NONE)),
    Rule("*claude-3-7*", _up_to_4_5(64_000)),
    Rule("*claude-sonnet-4*", _up_to_4_5(64_000)),
    Rule("*claude-opus-4*", _up_to_4_5(32_000)),
    Rule("*claude-opus-4-1*", _up_to_4_5(32_000, json_schema=True)),
    Rule("*claude-haiku-4*", _up_to_4_5(64_000, json_schema=True)),
    Rule("*claude-sonnet-4-5*", _up_to_4_5(64_000, json_schema=True)),
    Rule("*claude-opus-4-5*", _up_to_4_5(64_000, json_schema=True, efforts=ALL_EFFORTS[:3])),
    *_minor_versions("4", "6", _4_6),
    *_minor_versions("4", "7", _class(thinking=_OFF_OR_ADAPTIVE, native_system_turns=False)),
    *_minor_versions("4", "[89]", _class(thinking=_OFF_OR_ADAPTIVE)),
    *(Rule(f"*claude-{family}-5", _class(thinking=_OFF_OR_ADAPTIVE)) for family in _FAMILIES),
    *_minor_versions("5", "20[0-9][0-9]", _class(thinking=_OFF_OR_ADAPTIVE)),
    Rule("*claude-sonnet-5-5*", _class(thinking=ADAPTIVE | {ThinkingMode.BETWEEN_TOOLS})),
)
