"""A session of the CLI, as it tells it: kept with a conversation that the gateway remembers, given back with `--resume`.

It is what the model has heard and said so far. That is more than the client's messages are: what the CLI's own tools were asked and
have answered is only here. It is read off what the CLI writes, so nothing of it need lie on a disk while its process waits.

A session goes by the name of what was `heard` in it, as a kept process does. So it fits a conversation only as long as nobody else
has answered in it, nothing of it was changed or left out, and the same account asks in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from isthmus.providers.claude_code.lines import UNREADABLE, Line
from isthmus.providers.claude_code.request import Message
from isthmus.wire.json_text import to_json

MOST_BYTES: Final = 4 << 20
"""One that is larger is not kept: MariaDB and MySQL take it sealed, with room to spare."""


class Session(Struct, frozen=True):
    id: str
    heard: str
    messages: list[Message]
    """The last one is the model's, and calls nobody."""

    @property
    def uuid(self) -> UUID:
        return UUID(self.id)


class _Said(Struct, frozen=True):
    role: str
    content: str | list[dict[str, Raw]]


_SESSION: Final = msgspec.json.Decoder(Session)
_SAID: Final = msgspec.json.Decoder(_Said)


def fitting(kept: bytes | None, heard: str | None) -> Session | None:
    """The session that was kept, if it is one of the CLI and has heard exactly what goes by this name."""
    if not kept or heard is None:
        return None
    try:
        session = _SESSION.decode(kept)
        is_named = bool(session.uuid)
    except (*UNREADABLE, ValueError):
        return None
    return session if is_named and session.heard == heard and session.messages else None


class Minutes:
    """Takes down one turn."""

    def __init__(self, before: Sequence[Message], last: Message) -> None:
        """`before` is what was said already, and `last` what is to be answered."""
        self._messages = [*before, last]
        self._is_whole = True
        self.id: str | None = None
        """The session's, once the CLI has told it."""

    def hear(self, line: Line) -> None:
        """What the model said, block by block, and what the CLI's own tools answered it."""
        try:
            said = _SAID.decode(line.message)
        except UNREADABLE:
            self._is_whole = False
            return
        content = [_text(said.content)] if isinstance(said.content, str) else said.content
        if self._messages[-1].role == said.role:
            content = [*self._messages.pop().content, *content]
        self._messages.append(Message(said.role, content))

    def session(self, heard: str) -> bytes | None:
        """Under this name. None for one that cannot be gone on with, or is too large."""
        if self.id is None or not self._is_whole or self._messages[-1].role != "assistant":
            return None
        written = to_json(Session(self.id, heard, self._messages))
        return written if len(written) <= MOST_BYTES else None


def _text(text: str) -> dict[str, Raw]:
    return {"type": Raw(b'"text"'), "text": Raw(msgspec.json.encode(text))}
