"""One answer of the CLI: which process is wanted, and what is said to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec

from isthmus.core.commands import Dialogue, Exchange, Keep, Say, Talk
from isthmus.core.conversation import Conversation
from isthmus.core.events import Finished, Started, Stop
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss, merge
from isthmus.core.secret import Secret
from isthmus.providers.anthropic.errors import Refusals
from isthmus.providers.claude_code.call_ids import told_apart
from isthmus.providers.claude_code.dialogue import Script, Turn
from isthmus.providers.claude_code.errors import Failures
from isthmus.providers.claude_code.heard import heard
from isthmus.providers.claude_code.history import History, plan
from isthmus.providers.claude_code.names import step_aside
from isthmus.providers.claude_code.options import INTERACTIVE, Options
from isthmus.providers.claude_code.permissions import MCP, Policy
from isthmus.providers.claude_code.request import Dealt, Message, deal
from isthmus.providers.claude_code.self_test import NOBODY, NOWHERE, SelfTest
from isthmus.providers.claude_code.server_tools import without_server_tools
from isthmus.providers.claude_code.session import Session, fitting
from isthmus.providers.claude_code.start import is_bare, program
from isthmus.providers.claude_code.transcript import session_named, transcript


@dataclass(frozen=True, slots=True)
class Account:
    """Whose CLI it is: what every conversation with one account has in common."""

    name: str
    """The provider's."""
    options: Options
    key: Secret
    base_url: str | None
    now_s: Callable[[], float]

    @property
    def named(self) -> str:
        """Another one for every way of starting a process, and for every key."""
        started = program(self.options, self.key, base_url=self.base_url)
        values = started.environment.items()
        variables = (f"{name}={each.reveal() if isinstance(each, Secret) else each}" for name, each in values)
        servers = (
            msgspec.json.encode(self.options.mcp.lists).decode() if self.options.asks_for_servers else ""
        )
        words = (self.name, *started.arguments, *variables, servers)
        return hashlib.sha256("\0".join(words).encode()).hexdigest()

    def is_taken(self, tool: str) -> bool:
        """Whether the CLI has, or may have, a tool of this name itself."""
        return tool in self.options.file_access.built_in_tools or (
            self.options.mcp.enabled and tool.startswith(MCP)
        )


def converse(conversation: Conversation, target: Target, account: Account, *, can_tell: bool) -> Exchange:
    """Raises `BadRequest` for what cannot be asked."""
    if conversation.max_tokens == 0:
        # Only a cache was to be warmed, and the CLI asks for no answer without words.
        yield Say((Started(model=target.model), Finished(Stop.END_TURN)))
        return
    account = replace(account, options=account.options.for_caller(target.mcp))
    conversation, unrun = without_server_tools(conversation)
    renamed, original_names = step_aside(conversation, account.is_taken)
    dealt = deal(told_apart(renamed), target)
    continues = _continued(dealt, account)
    session = fitting(conversation.session_kept, continues)
    history = _history(dealt, session, can_tell)
    script = replace(
        _script(dealt, history, account, original_names),
        before=_before(conversation, dealt, session),
        resumes=session is not None,
    )
    turns: list[Turn] = []

    def begin(kept: bool) -> Dialogue:
        turns.append(Turn(script, kept=kept))
        return turns[-1]

    losses = (*dealt.losses, *history.losses, *unrun, *_untold(conversation))
    yield Talk(
        program(
            account.options,
            account.key,
            base_url=account.base_url,
            transcript=_file(dealt, history, account, session),
        ),
        begin,
        continues=continues,
        losses=merge(losses),
        whole=not conversation.stream,
    )
    if turns and turns[-1].quotas:
        yield Keep(quotas=turns[-1].quotas)


def try_out(model: str, account: Account, learned: Callable[[bool], None]) -> Exchange:
    """A talk that says nothing to anybody's model; `learned` is told whether conversations can be told in lines."""
    test = SelfTest(model)
    options = Options(bare=is_bare(account.options, account.key))
    # No request is ever answered by a process without an account: none is worth starting in advance.
    tried = replace(program(options, NOBODY, base_url=NOWHERE), is_usual=False)
    yield Talk(tried, lambda _: test)
    learned(test.passed)


def _script(dealt: Dealt, history: History, account: Account, original_names: Mapping[str, str]) -> Script:
    return Script(
        dealt,
        history,
        Policy.of(account.options),
        Failures(account.name, account.now_s),
        Refusals(account.name, account.now_s).told,
        original_names,
        _naming(dealt, account),
    )


def _history(dealt: Dealt, session: Session | None, can_tell: bool) -> History:
    if session is None:
        return plan(dealt.messages, can_tell=can_tell)
    return History(tuple(session.messages), (), dealt.messages[-1])


def _file(dealt: Dealt, history: History, account: Account, session: Session | None) -> bytes | None:
    if not history.written:
        return None
    if session is not None:
        return transcript(history.written, dealt.model, session.uuid)
    name = heard(dealt, history.written[:1], of=account.named)
    return transcript(history.written, dealt.model, session_named(name))


def _before(conversation: Conversation, dealt: Dealt, session: Session | None) -> tuple[Message, ...] | None:
    """A session is kept where there is somebody to keep it: with a conversation that the gateway remembers."""
    if conversation.session_kept is None:
        return None
    return dealt.messages[:-1] if session is None else tuple(session.messages)


def _naming(dealt: Dealt, account: Account) -> Callable[[str], str] | None:
    """How the process is named after an answer; None where it is not kept."""
    if account.options.mode != INTERACTIVE:
        return None
    return lambda answer: heard(dealt, dealt.messages, answer, of=account.named)


def _continued(dealt: Dealt, account: Account) -> str | None:
    if account.options.mode != INTERACTIVE or len(dealt.messages) < 3:
        return None
    return heard(dealt, dealt.messages[:-1], of=account.named)


def _untold(conversation: Conversation) -> tuple[Loss, ...]:
    if not any(tool.strict for tool in conversation.tools):
        return ()
    return (Loss("tools.strict", Action.DROPPED, "Claude Code has no place for it"),)
