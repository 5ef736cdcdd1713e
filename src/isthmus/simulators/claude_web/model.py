"""The model behind the simulated service: small, obliging, and always of the same mind.

It plays the scenarios a prompt names. Without one it calls the tool it is asked to call, reports what tools said, fills the
schema it was given, does a few small tasks of words, and otherwise says what it was told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from isthmus.simulators.claude_web import calls
from isthmus.simulators.claude_web.prompt import Reading
from isthmus.simulators.claude_web.reply import Reply, Text, Thinking
from isthmus.simulators.claude_web.scenarios import SUMMARY, THOUGHT, Draft, play
from isthmus.simulators.claude_web.schema import example

Json = dict[str, Any]

_WORD: Final = re.compile(r"\b(?:reply|answer) with the (?:single )?word (\w+)", re.IGNORECASE)
_EXACTLY: Final = re.compile(r"\bwrite exactly this and nothing else: *([^\n]+)", re.IGNORECASE)
_COUNTING: Final = re.compile(r"\bcount from (\d{1,4}) to (\d{1,4})\b", re.IGNORECASE)
_SEEING: Final = re.compile(r"\b(?:what|describe|which|look|see|read)\b", re.IGNORECASE)
_QUOTED: Final = 2000


def compose(draft: Draft) -> Reply:
    """The reply of a draft, complete. Raises `Refusal` for scenarios nobody knows."""
    play(draft)
    reply = draft.reply
    if not any(isinstance(block, Text) for block in reply.blocks):
        reply.say(_words(draft.reading, draft.files))
    if draft.thinks and not any(isinstance(block, Thinking) for block in reply.blocks):
        reply.blocks.insert(0, Thinking(THOUGHT, SUMMARY))
    if (limit := draft.body.get("max_tokens_to_sample")) is not None:
        reply.limited_to(limit)
    return reply


def _words(reading: Reading, files: Sequence[Json]) -> str:
    if made := calls.wanted(reading):
        return calls.said_with(*made)
    if reading.answered:
        return calls.told(reading)
    if reading.shape is not None:
        return json.dumps(example(reading.shape, reading.ask), ensure_ascii=False)
    return (
        _task(reading.ask)
        or _sight(reading.ask, files)
        or f"You said: {calls.plainly(reading.ask[:_QUOTED])}"
    )


def _task(ask: str) -> str:
    if found := _WORD.search(ask):
        return found[1]
    if found := _EXACTLY.search(ask):
        return found[1].strip()
    if found := _COUNTING.search(ask):
        return " ".join(str(number) for number in range(int(found[1]), int(found[2]) + 1))
    return ""


def _sight(ask: str, files: Sequence[Json]) -> str:
    if not files or not _SEEING.search(ask):
        return ""
    return "I see " + ", ".join(f"{each['file_name']} ({each['media_type']})" for each in files) + "."
