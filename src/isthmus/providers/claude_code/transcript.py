"""A conversation as the file that the CLI itself would have written of it, for `--resume`: the members it reads back, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from isthmus.providers.claude_code.lines import line
from isthmus.providers.claude_code.request import Message

NAMESPACE: Final = UUID("5d1b9b0e-7a53-5b7c-8d0b-54a7f3a0c2e6")
_MOMENT: Final = "2026-01-01T00:00:00.000Z"
"""The order is told by the ids; nobody knows when these things were said."""


def session_named(name: str) -> UUID:
    """For a conversation of this name that the CLI has no session of."""
    return uuid5(NAMESPACE, name)


def transcript(messages: Sequence[Message], model: str, session: UUID) -> bytes:
    """`model`: thoughts are kept only under the name of the model in use. The ids of lines follow from the session's."""
    written: list[bytes] = []
    before: str | None = None
    for number, message in enumerate(messages):
        id = str(uuid5(session, str(number)))
        written.append(
            line(
                {
                    "type": message.role,
                    "uuid": id,
                    "parentUuid": before,
                    "sessionId": str(session),
                    "timestamp": _MOMENT,
                    "message": _message(message, model, number),
                }
            )
        )
        before = id
    return b"".join(written)


def _message(message: Message, model: str, number: int) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.role == "user":
        return said
    counts = {"input_tokens": 0, "output_tokens": 0}
    return {
        "id": f"msg_{number}",
        "type": "message",
        "model": model,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": counts,
        **said,
    }
