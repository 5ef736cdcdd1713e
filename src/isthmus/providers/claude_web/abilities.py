"""What claude.ai's models can carry: a table of names, then what an account's list says, then the operator's word.

| what | how |
| --- | --- |
| tools, forced ones, parallel ones | emulated: described in the prompt, called in tags (`tool_tags`) |
| JSON shapes | asked for in words |
| stop sequences, length of the answer | cut by the gateway |
| sampling, prefill, cache marks, true usage | not at all: a turn is one text, answered once |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from isthmus.core.abilities import Abilities, Rule, SystemTurns, resolve
from isthmus.core.conversation import ThinkingMode
from isthmus.providers.claude_web import models
from isthmus.providers.claude_web.models import Row, Thinks
from isthmus.providers.claude_web.options import Options
from isthmus.providers.claude_web.thinking import EFFORTS

BASE: Final = Abilities(
    documents=True,
    emulated_tools=True,
    sampling=False,
    json_object=False,
    json_schema=False,
    system_turns=SystemTurns.NATIVE,
    fetches_urls=False,
    context_window=200_000,
)
"""Forced and parallel tools and JSON shapes are asked for in words, so the wish must get as far as the prompt."""
SEARCH: Final = "web_search"
_SWITCH: Final = frozenset((ThinkingMode.ENABLED, ThinkingMode.DISABLED))
_MODES: Final = {
    Thinks.NONE: frozenset[ThinkingMode](),
    Thinks.LEGACY: _SWITCH,
    Thinks.EFFORT: _SWITCH | {ThinkingMode.ADAPTIVE},
    Thinks.AUTO: _SWITCH | {ThinkingMode.ADAPTIVE},
}


def abilities_of(
    model: str,
    rules: Iterable[Rule],
    known: Mapping[str, Row],
    options: Options = Options(),  # noqa: B008 - immutable
) -> Abilities:
    """The record of a model by any of its names. `known` is what accounts' lists said, by id; `rules` are the operator's."""
    found = models.resolve(model, known)
    row = known.get(found.upstream or "", {})
    thinks = models.thinks_of(row, found.thinks)
    able = replace(
        BASE,
        thinking=_MODES[thinks],
        efforts=EFFORTS if thinks in {Thinks.EFFORT, Thinks.AUTO} else (),
        server_tools=(SEARCH,) if options.web_search else (),
        **_listed(row),
    )
    return resolve(able, map(_within_the_prompt, rules), model)


def _listed(row: Row) -> dict[str, Any]:
    """Sight, as `model_config` says it."""
    said = row.get("capabilities")
    if not isinstance(said, dict):
        return {}
    names = {"mm_images": "vision", "mm_pdf": "documents"}
    return {ours: said[theirs] for theirs, ours in names.items() if isinstance(said.get(theirs), bool)}


def _within_the_prompt(rule: Rule) -> Rule:
    """No file makes a prompt into something that tools are native to, or that opaque blocks come home to."""
    changes = {name: value for name, value in rule.changes.items() if name not in {"home", "emulated_tools"}}
    return Rule(rule.pattern, changes)
