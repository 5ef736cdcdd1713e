"""What was said before: told to a new process line by line, or given to it as a file.

A line for each of the user's turns is answered by a `result` before the next may follow, or their order is lost; that costs some
20 ms for each. A file costs the same however long it is, but its process cannot be started in advance. And a file must end with
what the model said, its calls answered: otherwise the CLI puts words of its own there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from isthmus.core.errors import BadRequest
from isthmus.core.losses import Action, Loss
from isthmus.providers.claude_code.request import Message

MOST_TOLD: Final = 20
"""Turns of the user that are told line by line."""
GO_ON: Final = "Go on with the results above."
_TYPE: Final = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class History:
    """`written` to a file, then `told` in lines, then `last`, which is to be answered."""

    written: tuple[Message, ...]
    told: tuple[Message, ...]
    last: Message
    losses: tuple[Loss, ...] = ()


def plan(messages: Sequence[Message], *, can_tell: bool = True, most_told: int = MOST_TOLD) -> History:
    """`can_tell`: the CLI takes the model's words in lines, which no version promises. Raises `BadRequest`."""
    if not messages or messages[-1].role != "user":
        raise BadRequest(
            "messages: the last message must be the user's, with something in it", field="messages"
        )
    past, last = tuple(messages[:-1]), messages[-1]
    if not can_tell:
        return _without_telling(past, last)
    if sum(message.role == "user" for message in past) <= most_told:
        return History((), past, last)
    settled = _settled(past)
    return History(past[:settled], past[settled:], last)


def _without_telling(past: tuple[Message, ...], last: Message) -> History:
    if not _has(last, "tool_result"):
        return History(past, (), last)
    # The results of a file's last calls can only stand in the file.
    text = msgspec.Raw(msgspec.json.encode(GO_ON))
    asked = Message("user", [{"type": msgspec.Raw(b'"text"'), "text": text}])
    return History(
        (*past, last), (), asked, (Loss("messages.tool_result", Action.EMULATED, "asked to go on"),)
    )


def _settled(past: Sequence[Message]) -> int:
    """How many of the messages end with words of the model that leave no call unanswered."""
    for number in range(len(past), 0, -1):
        message = past[number - 1]
        if message.role == "assistant" and not _has(message, "tool_use"):
            return number
    return 0


def _has(message: Message, kind: str) -> bool:
    return any("type" in block and _TYPE.decode(block["type"]) == kind for block in message.content)
