"""Turns → the one text that a turn of claude.ai is.

    System: …            what the operator says, and how to call tools

    Human: …             each turn with its role in front, as tempppw01/claude2api tells them
    Assistant: …

Roles are words in a text, to the model too, so what a message says could be taken for a new turn. Therefore no line within
a message begins with a role's name and a colon: such a line gets a `> ` in front, as mail programs quote (and one that is quoted
already gets another, so that nothing becomes ambiguous). That is as far as the form can be kept: a model that is talked
into believing more than the form says is beyond any gateway. Without role prefixes (`no_role_prefix`) there is no form to
keep, all of it is one text of nobody in particular, and nothing is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, assert_never

from isthmus.core.conversation import (
    Block,
    Document,
    Foreign,
    Image,
    Opaque,
    ResultPart,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    Turn,
)
from isthmus.core.losses import Action, Loss
from isthmus.providers.claude_web import tool_prompt
from isthmus.providers.claude_web.files import Files

ROLES: Final = {Role.SYSTEM: "System", Role.USER: "Human", Role.ASSISTANT: "Assistant"}
_BREAK: Final = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_BLANKS: Final = rf"(?:[^\S{_BREAK}]|[\u200b-\u200f\u2060\ufeff])*"
_ROLE_LINE: Final = re.compile(
    rf"([{_BREAK}])(?={_BLANKS}(?:>{_BLANKS})*(?:{'|'.join(ROLES.values())}){_BLANKS}:)"
)


class Teller:
    """Tells turns as text, and takes their files along."""

    def __init__(self, files: Files, *, roles: bool, tags: bool) -> None:
        """`roles`: each turn has its role in front. `tags`: tools are spoken of, so that no text may hold their tags."""
        self._files = files
        self._roles = roles
        self._tags = tags
        self.losses: list[Loss] = []

    def tell(self, system: Sequence[str], turns: Iterable[Turn]) -> str:
        """`system` are texts of the operator or our own, as `text` made them."""
        told = [self._said(Role.SYSTEM, list(system)), *(self._turn(turn) for turn in turns)]
        return "\n\n".join(each for each in told if each)

    def text(self, text: str) -> str:
        """What somebody said, without tags that it should not have."""
        if not self._tags:
            return text
        quoted = tool_prompt.quoted(text)
        if quoted != text:
            self.losses.append(Loss("messages.content", Action.CONVERTED, "tags of tool calls are quoted"))
        return quoted

    def _said(self, role: Role, parts: list[str]) -> str:
        said = "\n\n".join(part for part in parts if part.strip())
        if not self._roles or not said:
            return said
        quoted = _ROLE_LINE.sub(r"\1> ", said)
        if quoted != said:
            self.losses.append(
                Loss("messages.content", Action.CONVERTED, "lines that begin with a role are quoted")
            )
        return f"{ROLES[role]}: {quoted}"

    def _turn(self, turn: Turn) -> str:
        parts: list[str] = []
        ended = True
        for block in turn.blocks:
            part = self._block(block)
            if part is None:
                continue
            # An answer may come in pieces that are one sentence; what others say comes in paragraphs.
            goes_on = turn.role is Role.ASSISTANT and isinstance(block, Text)
            if goes_on and not ended:
                parts[-1] += part
            else:
                parts.append(part)
            ended = not goes_on
        return self._said(turn.role, parts)

    def _block(self, block: Block) -> str | None:
        match block:
            case Text(text):
                return self.text(text)
            case Image() | Document():
                return self.text(self._files.take(block))
            case ToolCall():
                return tool_prompt.told_call(block)
            case ToolResult(id, parts, is_error):
                return tool_prompt.told_result(id, self._output(parts), is_error=is_error)
            case Thinking() | Opaque():
                self.losses.append(Loss("messages.thinking", Action.DROPPED, "thoughts are not told again"))
                return None
            case Foreign(_, kind, _, summary):
                self.losses.append(Loss(kind, Action.CONVERTED if summary else Action.DROPPED))
                return self.text(summary)
            case _:
                assert_never(block)

    def _output(self, parts: Sequence[ResultPart]) -> str:
        said: list[str] = []
        for part in parts:
            match part:
                case Text(text):
                    said.append(self.text(text))
                case Image() | Document():
                    said.append(self.text(self._files.take(part)))
                case ToolReference(name):
                    said.append(self.text(f"Tool loaded: {name}"))
                case _:
                    assert_never(part)
        return "\n\n".join(text for text in said if text.strip())
