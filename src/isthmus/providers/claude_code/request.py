"""A conversation, dealt out to the places where the CLI takes its parts.

It is written as for the Messages API first, so that what a model of Anthropic takes is decided in one place. Then

| of the request | goes to |
| --- | --- |
| `system` | `initialize` |
| `tools` | an MCP server in our own process, see `tools` |
| `messages` | lines on standard input, see `history` |
| `model`, `output_config.effort` | `apply_flag_settings` |
| everything else | `CLAUDE_CODE_EXTRA_BODY`, which the CLI puts into each request to the API |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Choice, Conversation, ThinkingMode
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss
from isthmus.providers.anthropic.request import write

Json = dict[str, Any]
_EXTRA: Final = (
    "max_tokens",
    "output_config",
    "service_tier",
    "stop_sequences",
    "temperature",
    "thinking",
    "tool_choice",
    "top_k",
    "top_p",
)


class Message(msgspec.Struct, frozen=True):
    """`content` holds blocks as JSON objects, what is inside them untouched where it need not be read."""

    role: str
    content: list[dict[str, msgspec.Raw]]


class _Body(msgspec.Struct, frozen=True):
    model: str
    messages: list[Message]
    system: list[dict[str, msgspec.Raw]] = msgspec.field(default_factory=list)
    tools: list[dict[str, msgspec.Raw]] = msgspec.field(default_factory=list)


_BODY: Final = msgspec.json.Decoder(_Body)
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT: Final = msgspec.json.Decoder(str)
_NOT_SHOWN: Final = msgspec.Raw(b'{"type":"adaptive","display":"omitted"}')
_EFFORT: Final = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Dealt:
    """One request, in the CLI's parts."""

    model: str
    system: tuple[str, ...]
    tools: tuple[dict[str, msgspec.Raw], ...]
    """As the Messages API takes them."""
    messages: tuple[Message, ...]
    """The first is the user's, and roles take turns; the last is the user's too."""
    effort: str | None
    extra: Mapping[str, msgspec.Raw]
    losses: tuple[Loss, ...] = ()
    unfenced: bool = False
    thoughtless: bool = False
    """The CLI is to say nothing of thinking at all."""

    @property
    def settings(self) -> Json:
        """For `apply_flag_settings`."""
        settings: Json = {"model": self.model}
        if self.effort is not None:
            settings["effortLevel"] = self.effort
        variables: dict[str, str] = {"CLAUDE_CODE_DISABLE_THINKING": "1"} if self.thoughtless else {}
        if self.extra:
            # Text inside text: the CLI takes it from a variable.
            variables["CLAUDE_CODE_EXTRA_BODY"] = msgspec.json.encode(self.extra).decode()
        if variables:
            settings["env"] = variables
        return settings


def deal(conversation: Conversation, target: Target) -> Dealt:
    losses: tuple[Loss, ...] = ()
    if conversation.user is not None:
        losses = (Loss("user", Action.DROPPED, "Claude Code names the user itself"),)
        conversation = replace(conversation, user=None)
    written = write(conversation, target, auto_cache=False)
    body, members = _BODY.decode(written.body), _MEMBERS.decode(written.body)
    extra: dict[str, msgspec.Raw] = {name: members[name] for name in _EXTRA if name in members}
    quiet = None if "thinking" in extra else _quiet(target.abilities)
    # The API refuses to think and to be told which tool to call, both at once. One that always thinks takes the choice only
    # where thinking is not spoken of.
    thoughtless = quiet == _NOT_SHOWN and _is_forced(conversation)
    if quiet is not None and not thoughtless:
        extra["thinking"] = quiet
    return Dealt(
        model=target.model,
        system=tuple(_TEXT.decode(block["text"]) for block in body.system),
        tools=tuple(_unmarked(tool) for tool in body.tools),
        messages=tuple(
            Message(each.role, [_unmarked(block) for block in each.content]) for each in body.messages
        ),
        effort=_effort(extra),
        extra=extra,
        losses=(*losses, *written.losses),
        unfenced=written.unfenced,
        thoughtless=thoughtless,
    )


def _quiet(able: Abilities) -> msgspec.Raw | None:
    """The CLI lets every model think aloud that can. The API does not where nobody asks for it: where thinking can be switched off
    it is off, and elsewhere it is not shown."""
    if ThinkingMode.DISABLED in able.thinking:
        return msgspec.Raw(b'{"type":"disabled"}')
    if ThinkingMode.ADAPTIVE in able.thinking:
        return _NOT_SHOWN
    return None


def _is_forced(conversation: Conversation) -> bool:
    choice = conversation.tool_choice
    return bool(conversation.tools) and choice is not None and choice.mode in {Choice.ANY, Choice.TOOL}


def _effort(extra: Mapping[str, msgspec.Raw]) -> str | None:
    effort = _EFFORT.decode(extra["output_config"]).get("effort") if "output_config" in extra else None
    return effort if isinstance(effort, str) else None


def _unmarked(block: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """Without a cache mark: the CLI sets its own, and there is only room for a few."""
    return {name: value for name, value in block.items() if name != "cache_control"}
