"""Where the CLI speaks of a failure: in an `assistant` line of a model that is none, or in the `result` of the turn."""

from __future__ import annotations

from typing import Final

import msgspec

from isthmus.providers.claude_code import lines
from isthmus.providers.claude_code.errors import Trouble
from isthmus.providers.claude_code.lines import UNREADABLE, Line
from isthmus.providers.claude_code.result import Result

_SYNTHETIC: Final = "<synthetic>"


class _Part(msgspec.Struct, frozen=True):
    text: str = ""


class _Said(msgspec.Struct, frozen=True):
    model: str | None = None
    content: list[_Part] | str = ""


_SAID: Final = msgspec.json.Decoder(_Said)


def in_words(line: Line, raw: bytes) -> Trouble | None:
    """Of an `assistant` line. None: its words are the model's."""
    facts = lines.facts(raw)
    if facts.error is None and _SYNTHETIC.encode() not in bytes(line.message):
        return None
    try:
        said = _SAID.decode(line.message)
    except UNREADABLE:
        said = _Said(_SYNTHETIC)
    if said.model != _SYNTHETIC and facts.error is None:
        return None
    text = said.content if isinstance(said.content, str) else "".join(part.text for part in said.content)
    return Trouble(text, facts.error, facts.api_error_status, facts.api_error_type)


def in_result(told: Result) -> Trouble:
    """Of a `result` that is an error."""
    return Trouble(
        told.result or f"{told.subtype} {told.terminal_reason or ''}".strip(),
        "server_error" if told.api_error == "connection_failed" else None,
        told.api_error_status,
        told.api_error_type,
        told.terminal_reason,
    )
