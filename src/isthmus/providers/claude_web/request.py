"""A conversation → one turn of claude.ai, and the turn → the body of a completion.

The whole conversation is told anew each time, in a conversation of claude.ai's made for it; one that is kept is told only
what is new. Nobody but claude2api's descendants says which fields a completion takes, and unknown ones are refused: so no more
is sent than the clients named in `completion_body` were seen to send.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from isthmus.core.commands import Grant
from isthmus.core.conversation import (
    Conversation,
    Format,
    OutputFormat,
    Reasoning,
    Role,
    ThinkingMode,
    ToolCall,
    ToolResult,
)
from isthmus.core.conversation import Turn as Message
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss, Policy, merge
from isthmus.providers.claude_web import models, thinking, tool_prompt
from isthmus.providers.claude_web.abilities import SEARCH
from isthmus.providers.claude_web.files import CONTEXT, Attachment, Files, Upload
from isthmus.providers.claude_web.options import Options
from isthmus.providers.claude_web.prompt import Teller
from isthmus.providers.claude_web.thinking import Wish
from isthmus.providers.without_fields import stops_to_read, unheard
from isthmus.wire.json_text import to_json, whole_characters

ROOT: Final = "00000000-0000-4000-8000-000000000000"
"""The parent of a conversation's first message, as claude.ai's own page writes it."""
NO_ARTIFACTS: Final = (
    "Do not use artifacts or their tags. Write code and documents into the answer itself, as Markdown with fenced "
    "code blocks."
)
POINTER: Final = (
    f"The attached {CONTEXT} holds the conversation so far, and what to heed in it. Read it and take the assistant's part: "
    "write its next answer and nothing else. Do not answer as the user, and do not mention this message or the file."
)
JSON_ONLY: Final = (
    "Your next answer must be one JSON object and nothing else: no code fences, no words around it."
)
OR_CALL: Final = "This does not hold for an answer that calls tools."
STYLE: Final = {
    "type": "default",
    "key": "Default",
    "name": "Normal",
    "nameKey": "normal_style_name",
    "prompt": "Normal",
    "summary": "Default responses from Claude",
    "summaryKey": "normal_style_summary",
    "isDefault": True,
}


@dataclass(frozen=True, slots=True)
class Continued:
    """A conversation of claude.ai's that holds everything before the newest turns already."""

    conversation: str
    parent: str
    """The last answer in it."""
    standing: str
    """`Turn.standing` of the turn that it began with."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be sent, and what is left to do with the answer."""

    prompt: str
    model: str | None
    """None: nothing is said, and the account's default answers."""
    attachments: tuple[Attachment, ...] = ()
    uploads: tuple[Upload, ...] = ()
    """To be uploaded first; their ids go along."""
    thinking: Wish = field(default_factory=Wish)
    losses: tuple[Loss, ...] = ()
    stop: tuple[str, ...] = ()
    """Stop sequences: the answer must be cut at them."""
    max_tokens: int | None = None
    """Where the answer must be cut."""
    tool_names: frozenset[str] = frozenset()
    """Tools that the answer may call, in tags (`tool_tags.TagReader`)."""
    single_call: bool = False
    web_search: bool = False
    thinking_shown: bool = True
    """The client has not asked to hide the text of thoughts."""
    standing: str = ""
    """A digest of what holds for the whole conversation: system text and tools."""

    @property
    def tools(self) -> bool:
        return bool(self.tool_names)


@dataclass(frozen=True, slots=True)
class Ids:
    """Of the two messages of a turn, chosen by us, and of the one before them."""

    human: str
    assistant: str
    parent: str = ROOT


def plan_turn(
    conversation: Conversation,
    target: Target,
    options: Options,
    grant: Grant,
    continued: Continued | None = None,
) -> Turn:
    """`conversation` is fitted to `target`; `options` are the account's, and so is `grant`.

    Raises `BadRequest` for files that are broken, too large or too many.
    """
    return _Plan(conversation, target, options, grant).turn(continued)


def completion_body(
    turn: Turn, ids: Ids, options: Options, *, files: Sequence[str] = (), reduced: bool = False
) -> bytes:
    """`files` are the ids that the uploads were given. `reduced` is the second try after a refusal of optional fields.

    Fields as in tempppw01/claude2api, Xerxes-2/clewdr and diegosouzapw/OmniRoute; `max_tokens` and its like are refused.
    """
    body: dict[str, Any] = {
        "prompt": turn.prompt,
        "parent_message_uuid": ids.parent,
        "timezone": options.timezone,
        "locale": options.locale,
        "rendering_mode": "messages",
        "attachments": [each.as_json() for each in turn.attachments],
        "files": list(files),
        "sync_sources": [],
        "tools": [{"type": "web_search_v0", "name": "web_search"}] if turn.web_search else [],
        "personalized_styles": [STYLE],
        "turn_message_uuids": {"human_message_uuid": ids.human, "assistant_message_uuid": ids.assistant},
    }
    if turn.model is not None:
        body["model"] = turn.model
    if not reduced:
        body |= turn.thinking.fields
    return to_json(body)


class _Plan:
    def __init__(self, conversation: Conversation, target: Target, options: Options, grant: Grant) -> None:
        self._asked = conversation
        self._options = options
        self._rows: Mapping[str, models.Row] = (
            {row["id"]: row for row in grant.survey.models if "id" in row} if grant.survey is not None else {}
        )
        self._model = models.resolve(target.model, self._rows)
        self._plan = models.plan_of(grant)
        self._offer = tool_prompt.offer(conversation)
        self._files = Files(options, refuse=target.policy is Policy.STRICT)
        self._teller = Teller(
            self._files,
            roles=not options.no_role_prefix,
            tags=bool(self._offer.names) or _has_traffic(conversation.turns),
        )
        self._losses: list[Loss] = []

    def turn(self, continued: Continued | None) -> Turn:
        asked, offer = self._asked, self._offer
        prompt, attachments, standing = self._told(continued)
        wish = self._wish()
        model = self._upstream()
        search = self._search()
        stop = self._stop()
        self._drop()
        teller, files = self._teller, self._files
        return Turn(
            prompt=prompt,
            model=model,
            attachments=attachments,
            uploads=tuple(files.uploads),
            thinking=wish,
            losses=merge((*teller.losses, *files.losses, *offer.losses, *wish.losses, *self._losses)),
            stop=stop,
            max_tokens=asked.max_tokens,
            tool_names=offer.names,
            single_call=offer.single,
            web_search=search,
            thinking_shown=not asked.reasoning.hidden,
            standing=standing,
        )

    def _told(self, continued: Continued | None) -> tuple[str, tuple[Attachment, ...], str]:
        """The prompt, the texts beside it, and the digest of what stands."""
        standing = self._standing()
        digest = hashlib.sha256("\0".join(standing).encode("utf-8", "replace")).hexdigest()
        wishes = [*self._offer.wishes, *self._output(self._asked.output)]
        turns = self._asked.turns
        if continued is not None:
            turns = _new(turns)
            standing = [] if continued.standing == digest else standing
        prompt = whole_characters(self._teller.tell([*standing, *wishes], turns))
        attachments = tuple(self._files.attachments)
        if len(prompt) <= self._options.max_chat_history_length:
            return prompt, attachments, digest
        most = self._options.max_chat_history_length
        self._losses.append(Loss("messages", Action.CONVERTED, f"{CONTEXT}: more than {most} characters"))
        # What matters most is said in the prompt as well: a model heeds it more than what it reads in a file.
        first = [NO_ARTIFACTS] if self._options.prompt_disable_artifacts else []
        pointer = "\n\n".join((*first, POINTER, *wishes))
        return pointer, (Attachment(CONTEXT, prompt), *attachments), digest

    def _standing(self) -> list[str]:
        texts = [NO_ARTIFACTS] if self._options.prompt_disable_artifacts else []
        texts += [self._teller.text(text.text) for text in self._asked.system]
        return [*texts, self._offer.text] if self._offer.text else texts

    def _output(self, wanted: OutputFormat | None) -> list[str]:
        if wanted is None:
            return []
        self._losses.append(Loss("response_format", Action.EMULATED, "by instruction"))
        shape = JSON_ONLY
        if wanted.kind is Format.JSON_SCHEMA and wanted.schema is not None:
            shape = f"{JSON_ONLY} It must match this JSON Schema: {tool_prompt.quoted_json(wanted.schema)}"
        return [shape, OR_CALL] if self._offer.names else [shape]

    def _wish(self) -> Wish:
        row = self._rows.get(self._model.upstream or "", {})
        thinks = models.thinks_of(row, self._model.thinks)
        return thinking.wish(self._reasoning(), thinks, self._options.thinking_api)

    def _reasoning(self) -> Reasoning:
        """What a model's name asks for counts where the client says nothing else."""
        asked = self._asked.reasoning
        if not self._model.thinking or asked.mode is ThinkingMode.DISABLED:
            return asked
        return replace(
            asked, mode=asked.mode or ThinkingMode.ENABLED, effort=asked.effort or self._model.effort
        )

    def _upstream(self) -> str | None:
        """Accounts that pay nothing may not choose: whoever is their default answers (Xerxes-2/clewdr)."""
        if self._plan != models.FREE or self._model.upstream is None:
            return self._model.upstream
        self._losses.append(
            Loss("model", Action.CONVERTED, "an account of the free plan answers with its default")
        )
        return None

    def _search(self) -> bool:
        wanted = [tool for tool in self._asked.server_tools if tool.kind.startswith(SEARCH)]
        others = [tool for tool in self._asked.server_tools if tool not in wanted]
        self._losses += [Loss(f"tools.{tool.kind}", Action.DROPPED) for tool in others]
        if not self._offer.names:
            return self._options.web_search
        self._losses += [
            Loss(f"tools.{tool.kind}", Action.DROPPED, "not beside tools of the client") for tool in wanted
        ]
        return False

    def _stop(self) -> tuple[str, ...]:
        stop = stops_to_read(self._asked, self._losses)
        if self._asked.max_tokens is not None:
            self._losses.append(Loss("max_tokens", Action.EMULATED, "the answer is cut"))
        return stop

    def _drop(self) -> None:
        """What has no counterpart at all."""
        names = (*unheard(self._asked), *self._asked.knobs)
        self._losses += [Loss(name, Action.DROPPED) for name in names]


def _new(turns: tuple[Message, ...]) -> tuple[Message, ...]:
    """What came after the last answer."""
    last = max((at for at, turn in enumerate(turns) if turn.role is Role.ASSISTANT), default=-1)
    return turns[last + 1 :]


def _has_traffic(turns: Sequence[Message]) -> bool:
    return any(isinstance(block, ToolCall | ToolResult) for turn in turns for block in turn.blocks)
