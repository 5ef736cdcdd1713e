"""What the model makes of a prompt: who said what, what is asked now, and which tools it was told of.

Everything arrives as one text. Roles are words at the start of a paragraph (`System: `, `Human: `, `Assistant: `; without
any, all of it is the human's), tools are JSON objects with a name and a schema somewhere in it, and a long history is an
attachment that the prompt refers to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

_ROLE: Final = re.compile(r"(?:\A|\n\n)\s*(System|Human|User|Assistant|Tool|Unknown): ?", re.MULTILINE)
_HISTORIES: Final = ("context.txt", "paste.txt", "history.txt", "conversation.txt")
RESULT: Final = "<tool_result"
CALL: Final = "<tool_call"
_SCHEMAS: Final = ("input_schema", "parameters", "schema", "inputSchema")
_NEVER: Final = re.compile(
    r"(?:do not|don't|must not|may not) (?:call|use) any tools?\b(?! (?:that|not|but|other|which|unless|except))",
    re.IGNORECASE,
)
_SOME: Final = re.compile(
    r"must (?:call|use) (?:at least one|one or more|one|a|some|any)(?: of the(?:se)?)? tools?", re.IGNORECASE
)
_SINGLE: Final = re.compile(
    r"(?:at most|no more than|only|exactly) one (?:tool )?call|one call at a time", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Turn:
    role: str
    """`System`, `Human` or `Assistant`; whatever else speaks is taken for the human."""
    text: str


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    schema: Json


@dataclass(frozen=True, slots=True)
class Reading:
    turns: tuple[Turn, ...]
    ask: str
    """The newest words of the human."""
    orders: str
    """The same, with what the operator has said since the last answer."""
    answered: bool
    """The newest turn brings results of tools."""
    tools: tuple[Tool, ...]
    must: str
    """The tool that has to be called: its name, `*` for any, `-` for none, or empty."""
    single: bool
    """One call at a time."""
    shape: Json | None
    """The JSON schema that the answer was asked to have."""


def read(messages: Sequence[tuple[str, str, Sequence[Json]]]) -> Reading:
    """From the messages that lead here, each as sender, text and attachments."""
    turns = tuple(turn for message in messages for turn in _turns(*message))
    told = "\n\n".join(turn.text for turn in turns if turn.role != "Assistant")
    newest = [turn.text for turn in _newest(turns)]
    ask = "\n\n".join(text for text in newest if text)
    spans = list(_json_spans(told))
    values = [value for value, _, _ in spans]
    # What a tool's description demands is no demand of the prompt.
    plain = _without(told, spans)
    tools = tuple(_tools(values)) if CALL in told else ()
    return Reading(
        turns=turns,
        ask=ask,
        orders="\n\n".join(turn.text for turn in _newest(turns, "Human", "System")),
        answered=any(RESULT in text for text in newest),
        tools=tools,
        must=_must(plain, tools),
        single=_SINGLE.search(plain) is not None,
        shape=next(_shapes(values), None),
    )


def _turns(sender: str, text: str, attachments: Sequence[Json]) -> Iterator[Turn]:
    if sender == "assistant":
        yield Turn("Assistant", text)
        return
    history = [each for each in attachments if each["file_name"] in _HISTORIES]
    for each in history:
        yield from _parted(each["extracted_content"])
    # A prompt that only points at the attachment is about the talk, not a part of it.
    points = any(each["file_name"] in text for each in history)
    if points and not re.search(r"(?:\A|\n\n)Human: ", text):
        yield Turn("System", text)
    else:
        yield from _parted(text)


def _parted(text: str) -> Iterator[Turn]:
    marks = list(_ROLE.finditer(text))
    lead = text[: marks[0].start()] if marks else text
    if lead.strip():
        # Before the first role stand instructions; without any role all of it is what the human said.
        yield Turn("System" if marks else "Human", lead.strip())
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends[: len(marks)], strict=True):
        said = text[mark.end() : end].strip()
        role = mark[1] if mark[1] in ("System", "Assistant") else "Human"
        if said or role == "Human":
            yield Turn(role, said)


def _newest(turns: Sequence[Turn], *roles: str) -> list[Turn]:
    """What these said since the last answer, the instructions before the talk apart."""
    first = next((at for at, turn in enumerate(turns) if turn.role != "System"), len(turns))
    last = max((at for at, turn in enumerate(turns) if turn.role == "Assistant"), default=-1)
    fresh = [turn for turn in turns[max(first, last + 1) :] if turn.role in (roles or ("Human",))]
    return fresh or [turn for turn in turns if turn.role == "Human"][-1:]


def _json_spans(text: str) -> Iterator[tuple[Json, int, int]]:
    """Every JSON object that stands in the text, the outermost only, with its beginning and its end."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, dict):
                yield value, at, end
        at = text.find("{", end)


def _without(text: str, spans: Sequence[tuple[Json, int, int]]) -> str:
    ends = [0, *(end for _, _, end in spans)]
    begins = [*(begin for _, begin, _ in spans), len(text)]
    return "".join(text[end:begin] for end, begin in zip(ends, begins, strict=True))


def _tools(values: Sequence[Json]) -> Iterator[Tool]:
    for value in values:
        for row in _rows(value):
            schema = next((row[name] for name in _SCHEMAS if isinstance(row.get(name), dict)), None)
            if isinstance(row.get("name"), str) and schema is not None:
                yield Tool(row["name"], schema)


def _rows(value: Json) -> Iterator[Json]:
    """The value itself, or the rows of a list in it."""
    inner = value.get("function")
    if isinstance(inner, dict):
        yield inner
    elif isinstance(value.get("tools"), list):
        for each in value["tools"]:
            if isinstance(each, dict):
                yield from _rows(each)
    else:
        yield value


def _shapes(values: Sequence[Json]) -> Iterator[Json]:
    for value in values:
        named = isinstance(value.get("name"), str) and any(name in value for name in _SCHEMAS)
        if not named and isinstance(value.get("properties"), dict):
            yield value


def _must(told: str, tools: Sequence[Tool]) -> str:
    if not tools:
        return ""
    if _NEVER.search(told):
        return "-"
    for tool in tools:
        if re.search(
            rf"must (?:call|use) (?:the )?(?:tool )?[`\"'<]?{re.escape(tool.name)}\b", told, re.IGNORECASE
        ):
            return tool.name
    return "*" if _SOME.search(told) else ""
