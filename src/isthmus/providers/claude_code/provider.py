"""The Claude Code CLI as a source of answers: every request is translated, and answered by a process of this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from isthmus.core.abilities import Abilities, Rule
from isthmus.core.commands import Exchange
from isthmus.core.conversation import Conversation
from isthmus.core.interfaces import ModelInfo, Target
from isthmus.core.programs import Program
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.abilities import abilities_of
from isthmus.providers.claude_code.exchange import Account, converse, try_out
from isthmus.providers.claude_code.models import FULL, listed
from isthmus.providers.claude_code.options import Options
from isthmus.providers.claude_code.start import SKIP_PERMISSIONS, program
from isthmus.providers.translated import Translated


@dataclass(slots=True)
class Learned:
    """What the self-test has found out about a CLI; shared by all providers that run the same one."""

    can_tell: bool = True
    """Conversations can be told to it in lines. Otherwise they are given to it as files."""


class ClaudeCode(Translated):
    """Implements `core.interfaces.Provider`."""

    def __init__(
        self,
        name: str = "claude-code",
        options: Options = Options(),  # noqa: B008 - immutable
        *,
        api_key: Secret = Secret(""),  # noqa: B008 - immutable
        base_url: str | None = None,
        rules: Iterable[Rule] = (),
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """`api_key`: of the API, or a token that `claude setup-token` prints. `base_url`: where the CLI sends its requests; None
        for the vendor's own."""
        self.name = name
        self._account = Account(name, options, api_key, base_url, now_s)
        self._rules = tuple(rules)
        self.learned = Learned()

    def abilities(self, model: str) -> Abilities:
        return abilities_of(model, self._rules)

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        return converse(conversation, target, self._account, can_tell=self.learned.can_tell)

    @property
    def usual_programs(self) -> tuple[Program, ...]:
        """What a new conversation is spoken with: worth starting before somebody asks. Without a key nobody will."""
        if not self._account.key:
            return ()
        return (program(self._account.options, self._account.key, base_url=self._account.base_url),)

    @property
    def skips_permissions(self) -> bool:
        """Whether its programs are started so that they ask nobody anything, which they refuse to root."""
        return SKIP_PERMISSIONS in program(self._account.options, self._account.key).arguments

    def try_out(self) -> Exchange:
        """The self-test of the CLI that is installed, as one `Talk`. What it finds decides how conversations are told from then on;
        where it could not be held, nothing changes."""
        return try_out(FULL[0], self._account, self._learn)

    def _learn(self, can_tell: bool) -> None:
        self.learned.can_tell = can_tell

    def list_models(self) -> None:
        """There is nobody to ask before a process runs: `read_models` knows the list."""
        return

    def read_models(self, body: bytes) -> list[ModelInfo]:
        """Those of the table. `body` is nothing, as nobody is asked."""
        return listed(self.name)
