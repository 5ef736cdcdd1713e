"""What each model of the service can carry: a table of names, then what an account's list says, then the operator's word.

| what | how it is known |
| --- | --- |
| window, input types, caching, fields for effort and thinking | the account's model list; windows and sight also from the table below |
| sampling parameters, stop lists, forced tools, JSON mode | the service's protocol has no place for them |

What differs from account to account (ways of thinking, words for effort, caching, files) is left open here while no list is known:
the request is written with the list of the account that takes it, and what that one cannot carry is noted then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from isthmus.core.abilities import Abilities, Rule, resolve
from isthmus.core.conversation import EFFORTS, ThinkingMode
from isthmus.providers.amazon_q import names
from isthmus.providers.amazon_q.models import ModelFacts
from isthmus.providers.amazon_q.reasoning import efforts_of, modes_of
from isthmus.providers.amazon_q.signatures import HOME

BASE: Final = Abilities(
    home=HOME,
    thinking=frozenset(ThinkingMode),
    efforts=EFFORTS,
    sampling=False,
    json_object=False,
    json_schema=False,
    documents=True,
    prefill=True,
    alternating_turns=True,
    fetches_urls=False,
    cache_marks=True,
)
"""Forced and parallel tools, prefills and JSON shapes are asked for in words, so the wish must get as far as the request."""

_200K: Final = {"context_window": 200_000}
_1M: Final = {"context_window": 1_000_000}
RULES: Final = (
    Rule("claude-*-4", _200K),
    Rule("claude-*-4.[1-6]", _200K),
    Rule("claude-opus-4.[6-9]", _1M),
    Rule("claude-sonnet-4.[7-9]", _1M),
    Rule("claude-opus-5*", _1M),
    Rule("claude-sonnet-5*", _1M),
    Rule("claude-*-1m", _1M),
    Rule("gpt-5.6-*", {"context_window": 272_000}),
    *(Rule(pattern, {"vision": False}) for pattern in ("deepseek-*", "glm-*", "minimax-*", "qwen3-coder*")),
)
"""Windows as third-party clients of the service give them; of two figures the smaller. Open models that only read text."""


def abilities_of(model: str, rules: Iterable[Rule], known: Mapping[str, ModelFacts]) -> Abilities:
    """The record of a model by any of its names. `known` is what the lists said, by id; `rules` are the operator's."""
    id = names.resolve(model, known).id
    able = resolve(BASE, RULES, names.resolve(id).id)
    if (facts := known.get(id)) is not None:
        able = replace(able, **_listed(facts))
    return resolve(able, map(_without_home, rules), model)


def unread(model: str, rules: Iterable[Rule], facts: ModelFacts | None) -> frozenset[str]:
    """Kinds of files, `image` and `document`, that one account's model does not read. Documents are not read unless somebody says so."""
    images = facts is None or facts.reads_images is not False
    documents = facts is not None and facts.reads_documents is True
    able = resolve(replace(BASE, vision=images, documents=documents), map(_without_home, rules), model)
    return frozenset(kind for kind, can in (("image", able.vision), ("document", able.documents)) if not can)


def _listed(facts: ModelFacts) -> dict[str, Any]:
    said: dict[str, Any] = {
        "vision": facts.reads_images,
        "documents": facts.reads_documents,
        "context_window": facts.window,
        "max_output_tokens": facts.max_output,
        "cache_marks": facts.caches,
        # Words that are not on the list are clipped when the request is written, by the service's own order.
        "efforts": EFFORTS if efforts_of(facts.fields) else (),
        "thinking": modes_of(facts.fields),
    }
    return {name: value for name, value in said.items() if value is not None}


def _without_home(rule: Rule) -> Rule:
    """Opaque blocks of another home stay opaque here, whatever a file says."""
    changes: dict[str, Any] = {name: value for name, value in rule.changes.items() if name != "home"}
    return rule if len(changes) == len(rule.changes) else Rule(rule.pattern, changes)
