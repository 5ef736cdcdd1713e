"""Small tasks that the simulated model understands, and the calls that do them with the tools at hand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from isthmus.simulators.amazon_q.answers import Json
from isthmus.simulators.amazon_q.chat import Chat
from isthmus.simulators.amazon_q.examples import arguments, places_in, schema_of, wants_a_place

Call = tuple[str, Json]

LONGEST_TASK: Final = 4000
_QUOTES: Final = "\"'`“”‘’«»"
_FILE: Final = rf"[{_QUOTES}]?(?P<name>[\w./\\:~-]*\w\.\w{{1,8}})[{_QUOTES}]?(?=[\s,;:!?.)]|\Z)"
_WITH: Final = r"(?:that (?:says|contains|reads)|with(?: the)?(?: content| contents| text| words?| line)?|containing|saying)"
_WRITES: Final = (
    re.compile(rf"\b(?:create|write|make|save)\b[^\n]{{0,60}}?{_FILE}[\s,;:]*{_WITH}(?: the)?(?: text| words?| line)?[\s:]*(?P<text>.+)",
               re.IGNORECASE | re.DOTALL),
    re.compile(rf"\b(?:write|save|put)\b\s+(?P<text>.+?)\s+(?:in|into|to)\s+(?:an?\s+|the\s+)?(?:new\s+)?(?:file\s+)?{_FILE}",
               re.IGNORECASE | re.DOTALL),
    re.compile(rf"\b(?:create|write|make)\b[^\n]{{0,60}}?\bfile\b[^\n]{{0,20}}?{_FILE}", re.IGNORECASE),
)  # fmt: skip
_READS: Final = re.compile(rf"\b(?:read|show|print|display|open)\b[^\n]{{0,40}}?{_FILE}", re.IGNORECASE)
_RUNS: Final = re.compile(r"\b(?:run|execute)\b[^\n`]{0,40}`(?P<command>[^`\n]+)`", re.IGNORECASE)
_QUOTED: Final = re.compile(rf"\s*[{_QUOTES}](?P<inside>.+?)[{_QUOTES}](?=[\s.,;!]|\Z)", re.DOTALL)
_THEN: Final = re.compile(r"[,;.]?\s+(?:and\s+)?then,?\s+", re.IGNORECASE)
_DIRECTORY: Final = re.compile(
    r"working directory(?: is)?:?\s*[`'\"]?((?:/|[A-Za-z]:\\)[^\s`'\"<>]*)", re.IGNORECASE
)
_MUST: Final = re.compile(
    r"\b(?:must|have to|required to)\b[^.\n]{0,60}\b(?:call|use)\b([^.\n]*)", re.IGNORECASE
)
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_VERBS: Final = frozenset(
    "get set list find fetch search look lookup make create run do call use the of for by tool api".split()
)
_PATH_KEYS: Final = ("file_path", "path", "filepath", "filename", "file_name", "file")
_TEXT_KEYS: Final = ("content", "contents", "file_text", "text")


def rounds_of(chat: Chat, request: str) -> list[list[Call]]:
    """What the request asks to be done: calls of one round are made at once, rounds follow each other (`… then …`)."""
    if len(request) > LONGEST_TASK or not chat.tools:
        return []
    found = [calls for clause in _THEN.split(request) if (calls := _clause(chat, clause))]
    return found or _demanded(chat, request)


def _clause(chat: Chat, clause: str) -> list[Call]:
    for attempt in (_writing, _running, _reading):
        if (call := attempt(chat, clause)) is not None:
            return [call]
    return _mentioned(chat.tools, clause)


def _writing(chat: Chat, clause: str) -> Call | None:
    tool = _tool(chat.tools, r"write|create|save|edit", _PATH_KEYS, _TEXT_KEYS)
    if tool is None or "old_string" in _properties(tool):
        return None
    for pattern in _WRITES:
        if found := pattern.search(clause):
            text = _content(found.groupdict().get("text"))
            given = {_key(tool, _PATH_KEYS): _absolute(found["name"], chat), _key(tool, _TEXT_KEYS): text}
            return str(tool["name"]), _required(tool) | given
    return None


def _reading(chat: Chat, clause: str) -> Call | None:
    tool, found = _tool(chat.tools, r"read|view|cat|open", _PATH_KEYS), _READS.search(clause)
    if tool is None or found is None:
        return None
    return str(tool["name"]), _required(tool) | {_key(tool, _PATH_KEYS): _absolute(found["name"], chat)}


def _running(chat: Chat, clause: str) -> Call | None:
    tool, found = (
        _tool(chat.tools, r"bash|shell|command|terminal|exec|run", ("command",)),
        _RUNS.search(clause),
    )
    if tool is None or found is None:
        return None
    return str(tool["name"]), _required(tool) | {"command": found["command"]}


def _mentioned(tools: Iterable[Json], clause: str) -> list[Call]:
    """The first tool that is named, whole or by the words of its name; once for each place where it wants one.

    A name that is one capitalised word, as coding agents have them ("Read", "Write"), must be called a tool: "write me a
    poem" is no request for a file.
    """
    words = {word.lower().rstrip("s") for word in _WORDS.findall(clause)}
    for tool in tools:
        name = tool["name"]
        telling = [part for each in _WORDS.findall(name) if (part := each.lower().rstrip("s")) not in _VERBS]
        spoken = name[:1].islower() and telling and words.issuperset(telling)
        if spoken or re.search(rf"\b{re.escape(name)}\s+tool\b|`{re.escape(name)}`", clause):
            places: list[str | None] = [*places_in(clause)] if wants_a_place(tool) else []
            return [(name, arguments(tool, clause, place)) for place in places or [None]]
    return []


def _demanded(chat: Chat, request: str) -> list[list[Call]]:
    """The system text may say that a tool must be called, or which."""
    found = next((found for message in chat.users() if (found := _MUST.search(message["content"]))), None)
    if found is None:
        return []
    tool = next((each for each in chat.tools if each["name"] in found[1]), chat.tools[0])
    return [[(tool["name"], arguments(tool, request))]]


def _tool(tools: Iterable[Json], name: str, *keys: tuple[str, ...]) -> Json | None:
    fits = re.compile(name, re.IGNORECASE)
    return next(
        (each for each in tools if fits.search(each["name"]) and all(_key(each, row) for row in keys)), None
    )


def _properties(tool: Json) -> Json:
    return schema_of(tool).get("properties") or {}


def _key(tool: Json, wanted: Iterable[str]) -> str:
    return next((each for each in wanted if each in _properties(tool)), "")


def _required(tool: Json) -> Json:
    names = schema_of(tool).get("required") or ()
    return {name: value for name, value in arguments(tool).items() if name in names}


def _absolute(name: str, chat: Chat) -> str:
    """Below the client's working directory where that is known: Claude Code's tools want absolute paths."""
    found = next((found for each in chat.users() if (found := _DIRECTORY.search(each["content"]))), None)
    if found is None or name.startswith(("/", "~")) or name[1:2] == ":":
        return name
    return found[1].rstrip("/.,;") + "/" + name.removeprefix("./")


def _content(text: str | None) -> str:
    """What stands in quotes, else the text up to the end of its sentence or line."""
    if not text or not text.strip():
        return "Written by the simulated model."
    if found := _QUOTED.match(text):
        return found["inside"]
    return text.strip().split("\n")[0].rstrip(" .!")
