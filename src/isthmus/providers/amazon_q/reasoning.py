"""How hard to think and how long to speak, in the fields that a model says it takes.

The service checks `additionalModelRequestFields` against a JSON Schema of the model's own, found in the account's model list:

| family | fields |
| --- | --- |
| Claude | `thinking` {`type`: adaptive or disabled, `display`}, `output_config` {`effort`}, `max_tokens` |
| GPT | `reasoning` {`effort`} |

A field of the wrong family is refused with 400, so none is sent that the schema does not name; without a schema, none at all.
As jwadow/kiro-gateway (native_reasoning.py) and mikeyobrien/pi-provider-kiro describe it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.core.conversation import EFFORTS, Reasoning, ThinkingMode
from isthmus.core.losses import Action, Loss

Schema = Mapping[str, Any]
_OFF: Final = frozenset((ThinkingMode.DISABLED, ThinkingMode.BETWEEN_TOOLS))
_BUDGETS: Final = ((10_000, "low"), (20_000, "medium"), (28_000, "high"))
"""The largest budget that counts as an effort (a convention of third-party clients); what is more counts as `max`."""
_NONE: Final = "none"


@dataclass(slots=True)
class Extra:
    """What to send as `additionalModelRequestFields`, and what it cost."""

    fields: dict[str, Any] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)


def efforts_of(schema: Schema | None) -> tuple[str, ...]:
    """The words for effort that a model takes, "none" apart, from little to much."""
    words = _words(schema, "output_config", "effort") or _words(schema, "reasoning", "effort")
    return tuple(word for word in EFFORTS if word in words)


def modes_of(schema: Schema | None) -> frozenset[ThinkingMode]:
    """The ways of thinking that can be asked for."""
    kinds = _words(schema, "thinking", "type")
    modes = {mode for mode in (ThinkingMode.DISABLED, ThinkingMode.ADAPTIVE) if mode.value in kinds}
    if _NONE in _words(schema, "reasoning", "effort"):
        modes.add(ThinkingMode.DISABLED)
    return frozenset(modes)


def think(reasoning: Reasoning, schema: Schema | None) -> Extra:
    """The fields about thinking; none when the client did not say."""
    if reasoning.mode in _OFF:
        return _off(reasoning, schema)
    if reasoning.mode is None and reasoning.effort is None:
        return Extra()
    return _on(reasoning, schema)


def limit_output(max_tokens: int, schema: Schema | None) -> Extra:
    """The field for the length of the answer; no field when the model takes none, or takes no so small a number."""
    within = _property(schema, "max_tokens")
    if within is None or max_tokens < _number(within.get("minimum"), 1):
        return Extra()
    most = _number(within.get("maximum"), max_tokens)
    losses = [Loss("max_tokens", Action.CLAMPED, f"{max_tokens}→{most}")] if max_tokens > most else []
    return Extra({"max_tokens": min(max_tokens, most)}, losses)


def effort_of(budget_tokens: int) -> str:
    return next((word for most, word in _BUDGETS if budget_tokens <= most), EFFORTS[-1])


def nearest(effort: str, words: tuple[str, ...]) -> str:
    """`words` are the model's, from little to much, at least one. `xhigh` becomes `max`, as the vendor's newer models mean it."""
    if effort in words:
        return effort
    if effort == "xhigh" and "max" in words:
        return "max"
    rank = EFFORTS.index(effort) if effort in EFFORTS else EFFORTS.index("medium")
    below = [word for word in words if EFFORTS.index(word) <= rank]
    return below[-1] if below else words[0]


def _off(reasoning: Reasoning, schema: Schema | None) -> Extra:
    extra = Extra()
    if ThinkingMode.DISABLED.value in _words(schema, "thinking", "type"):
        extra.fields = {"thinking": {"type": ThinkingMode.DISABLED.value}}
    elif _NONE in _words(schema, "reasoning", "effort"):
        extra.fields = {"reasoning": {"effort": _NONE}}
    elif words := efforts_of(schema):
        extra.fields = _worded(words[0], schema)
        extra.losses.append(Loss("thinking", Action.CONVERTED, f"effort {words[0]}"))
        return extra
    if reasoning.mode is ThinkingMode.BETWEEN_TOOLS and extra.fields:
        extra.losses.append(Loss("thinking", Action.CONVERTED, ThinkingMode.DISABLED.value))
    return extra


def _on(reasoning: Reasoning, schema: Schema | None) -> Extra:
    extra = Extra()
    words = efforts_of(schema)
    adaptive = ThinkingMode.ADAPTIVE.value in _words(schema, "thinking", "type")
    if adaptive:
        extra.fields["thinking"] = {"type": ThinkingMode.ADAPTIVE.value, **_display(reasoning, schema)}
    budget = reasoning.budget_tokens
    effort = reasoning.effort
    if effort is None and budget is not None and words:
        effort = nearest(effort_of(budget), words)
        extra.losses.append(Loss("thinking.budget_tokens", Action.CONVERTED, f"effort {effort}"))
    elif effort is not None and words and effort not in words:
        asked, effort = effort, nearest(effort, words)
        extra.losses.append(Loss("effort", Action.CLAMPED, f"{asked}→{effort}"))
    if effort is not None and words:
        extra.fields |= _worded(effort, schema)
    elif effort is not None:
        extra.losses.append(Loss("effort", Action.DROPPED, _why(schema)))
    if not extra.fields and reasoning.mode is not None:
        extra.losses.append(Loss("thinking", Action.DROPPED, _why(schema)))
    elif adaptive and budget is not None and not words:
        extra.losses.append(Loss("thinking.budget_tokens", Action.DROPPED, "the model decides"))
    return extra


def _display(reasoning: Reasoning, schema: Schema | None) -> dict[str, str]:
    word = "omitted" if reasoning.hidden else "summarized"
    return {"display": word} if word in _words(schema, "thinking", "display") else {}


def _worded(effort: str, schema: Schema | None) -> dict[str, Any]:
    holder = "output_config" if _words(schema, "output_config", "effort") else "reasoning"
    return {holder: {"effort": effort}}


def _why(schema: Schema | None) -> str:
    return (
        "the model takes no such field"
        if schema is not None
        else "the account's model list names no field for it"
    )


def _words(schema: Schema | None, *path: str) -> tuple[str, ...]:
    """The words that a field may have."""
    found = _property(schema, *path)
    if found is None:
        return ()
    single = [found["const"]] if "const" in found else []
    enum = found.get("enum")
    return tuple(word for word in (enum if isinstance(enum, list) else single) if isinstance(word, str))


def _property(schema: Schema | None, *path: str) -> Schema | None:
    at: Any = schema
    for name in path:
        properties = at.get("properties") if isinstance(at, dict) else None
        at = properties.get(name) if isinstance(properties, dict) else None
    return at if isinstance(at, dict) else None


def _number(value: Any, otherwise: int) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
