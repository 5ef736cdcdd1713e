"""A source of answers that needs neither key nor network. Its model names choose its behaviour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from isthmus.core.abilities import Abilities, Rule, SystemTurns, resolve
from isthmus.core.commands import Exchange
from isthmus.core.conversation import EFFORTS, Conversation, ThinkingMode
from isthmus.core.interfaces import ModelInfo, Target
from isthmus.providers.dummy.failures import WINDOW_TOKENS
from isthmus.providers.dummy.models import MODELS, choose
from isthmus.providers.dummy.scene import read_scene
from isthmus.providers.translated import Translated

ABILITIES: Final = Abilities(
    documents=True,
    fetches_documents=True,  # that is, it looks at nothing but the address
    tool_name_chars=128,
    thinking=frozenset(ThinkingMode),
    efforts=EFFORTS,
    top_k=True,
    max_stop_sequences=64,
    prefill=True,
    system_turns=SystemTurns.NATIVE,
    cache_marks=True,
)
"""Takes whatever there is, so that `dummy-echo` can show it. Addresses of images are not fetched: it only names them."""


class Dummy(Translated):
    """Implements `core.interfaces.Provider`."""

    def __init__(self, name: str = "dummy", rules: Iterable[Rule] = ()) -> None:
        self.name = name
        self._rules = (Rule("dummy-compact", {"context_window": WINDOW_TOKENS}), *rules)

    def abilities(self, model: str) -> Abilities:
        return resolve(ABILITIES, self._rules, model)

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        """Raises `BadRequest` for a model that is not in the table."""
        chosen = choose(target.model)
        return chosen.script(read_scene(replace(conversation, model=target.model), chosen.numbers))

    def list_models(self) -> None:
        """There is nobody to ask: `read_models` knows the list."""
        return

    def read_models(self, body: bytes) -> list[ModelInfo]:
        return [
            ModelInfo(name, f"{name}: {model.description}", owner=self.name) for name, model in MODELS.items()
        ]
