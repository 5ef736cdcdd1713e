"""claude.ai as a source of answers, through sessions of the operator's own accounts.

The backend is made for the vendor's page, and its terms restrict automated access: it is off until it is configured, and names
itself honestly. Where a check for browsers stands before it, it cannot be used, and this says so.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from uuid import uuid4

from isthmus.core.abilities import Abilities, Rule
from isthmus.core.commands import Exchange
from isthmus.core.conversation import Conversation
from isthmus.core.interfaces import ModelInfo, Target
from isthmus.core.secret import Secret
from isthmus.providers.claude_web import models
from isthmus.providers.claude_web.abilities import abilities_of
from isthmus.providers.claude_web.errors import Refusals
from isthmus.providers.claude_web.exchange import converse
from isthmus.providers.claude_web.memory import Memory
from isthmus.providers.claude_web.options import Options
from isthmus.providers.claude_web.session import Speaker
from isthmus.providers.translated import Translated


def new_uuid() -> str:
    return str(uuid4())


class ClaudeWeb(Translated):
    """Implements `core.interfaces.Provider`, for one account: it remembers its organization and what it was refused."""

    def __init__(
        self,
        name: str = "claude-web",
        options: Options = Options(),  # noqa: B008 - immutable
        *,
        rules: Iterable[Rule] = (),
        headers: Mapping[str, Secret] | None = None,
        now_s: Callable[[], float] = time.time,
        new_id: Callable[[], str] = new_uuid,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`options` are those of the configuration. An account's details stand above them, `rules` above what is known of models."""
        self.name = name
        self._options = options
        self._rules = tuple(rules)
        refusals = Refusals(name, now_s, options.timezone)
        self._speaker = Speaker(options, dict(headers or {}), refusals, Memory(), new_id, jitter)

    def abilities(self, model: str) -> Abilities:
        return abilities_of(model, self._rules, {}, self._options)

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        return converse(conversation, target, self._speaker)

    def list_models(self) -> None:
        """Each account has a list of its own, which its survey holds."""
        return

    def read_models(self, body: bytes) -> list[ModelInfo]:
        """Those of the table, with the names that make them think. `body` is nothing, as nobody is asked."""
        return [ModelInfo(id=id, display_name=id, owner=self.name) for id in models.ids()]
