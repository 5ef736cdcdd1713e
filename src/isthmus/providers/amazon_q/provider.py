"""Amazon Q Developer and Kiro as a source of answers: every request is translated, and every account signs in."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping

from isthmus.core.abilities import Abilities, Rule
from isthmus.core.commands import Authorize, Exchange, Grant
from isthmus.core.conversation import Conversation
from isthmus.core.interfaces import ModelInfo, Target
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q import control_calls
from isthmus.providers.amazon_q.abilities import abilities_of
from isthmus.providers.amazon_q.errors import Refusals
from isthmus.providers.amazon_q.exchange import Speaker, converse
from isthmus.providers.amazon_q.models import ModelFacts, read_models
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.patience import Patience
from isthmus.providers.amazon_q.resting import Resting
from isthmus.providers.translated import Translated


class AmazonQ(Translated):
    """Implements `core.interfaces.Provider`, for one account: it remembers how often that was throttled."""

    def __init__(
        self,
        name: str = "amazon-q",
        options: Options = Options(),  # noqa: B008 - immutable
        *,
        rules: Iterable[Rule] = (),
        headers: Mapping[str, Secret] | None = None,
        now_s: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`options` are those of the configuration. An account's details stand above them, `rules` above what its list says."""
        self.name = name
        self._options = options
        self._rules = tuple(rules)
        self._known: dict[str, ModelFacts] = {}
        refusals = Refusals(name, now_s)
        self._speaker = Speaker(
            options, dict(headers or {}), refusals, Resting(refusals, Patience(), now_s), jitter, self._rules
        )

    def abilities(self, model: str) -> Abilities:
        """From the table, then what the service's own list said, then the operator's word."""
        return abilities_of(model, self._rules, self._known)

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        return converse(conversation, target, self._speaker)

    def list_models(self) -> Exchange:
        """The first page, which holds them all unless there are very many."""
        grant = yield Authorize()
        assert isinstance(grant, Grant)
        yield control_calls.list_models(grant, self._options.of(grant.details))

    def read_models(self, body: bytes) -> list[ModelInfo]:
        """Remembers what the list says of each model. Raises `UpstreamError` when it is no model list."""
        models = read_models(body)
        self._known = {model.id: model for model in models}
        return [
            ModelInfo(
                id=model.id,
                display_name=model.name or model.id,
                owner=self.name,
                context_window=model.window,
                max_output_tokens=model.max_output,
            )
            for model in models
        ]
