"""Small tasks that the simulated model understands, and which of the offered tools does them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from isthmus.core.conversation import Tool
from isthmus.providers.dummy.arguments import arguments_for, call_text
from isthmus.providers.dummy.scene import Scene, schema_of

_QUOTES: Final = "\"'`“”‘’«»"
_FILE: Final = rf"[{_QUOTES}]?(?P<name>[\w./\\:~-]*\w\.\w{{1,8}})[{_QUOTES}]?(?=[\s,;:!?.)]|\Z)"
_MAKE: Final = r"\b(?:create|write|make|save|add|put|store)\b"
_CONTAINING: Final = (
    r"(?:that\s+(?:says|contains|reads)|which\s+(?:says|contains)|with\s+the\s+(?:following\s+)?"
    r"(?:content|contents|text|words?|line)|with\s+content|with|containing|saying|whose\s+content\s+is|content\s*[:=])"
    r"(?:[\s:]+(?:exactly|only|just)\b)?(?:\s+the\s+(?:text|words?|line)\b)?"
)
_WRITES: Final = (
    # "create the file hello.txt with the text 'hi'"
    re.compile(rf"{_MAKE}[^\n]{{0,60}}?{_FILE}[\s,;:]*{_CONTAINING}[\s:]*(?P<text>.+)", re.IGNORECASE | re.DOTALL),
    # "write 'hi' to the file hello.txt"
    re.compile(rf"{_MAKE}\s+(?P<text>.+?)\s+(?:in|into|to|as)\s+(?:an?\s+|the\s+)?(?:new\s+)?"
               rf"(?:file\s+)?(?:called\s+|named\s+)?{_FILE}", re.IGNORECASE | re.DOTALL),
    # "create a file hello.txt"
    re.compile(rf"{_MAKE}[^\n]{{0,60}}?\bfile\b[^\n]{{0,20}}?{_FILE}", re.IGNORECASE),
)  # fmt: skip
_READS: Final = re.compile(rf"\b(?:read|show|print|display|open)\b[^\n]{{0,40}}?{_FILE}", re.IGNORECASE)
_RUNS: Final = re.compile(r"\b(?:run|execute)\b[^\n`]{0,40}`(?P<command>[^`\n]+)`", re.IGNORECASE)
_QUOTED: Final = re.compile(rf"\s*[{_QUOTES}](?P<inside>.+?)[{_QUOTES}](?=[\s.,;!]|\Z)", re.DOTALL)
DEFAULT_CONTENT: Final = "Written by the dummy model."
LONGEST_TASK: Final = 4000
"""Characters. What is longer is no small task."""

_PATH_KEYS: Final = ("file_path", "path", "filepath", "filename", "file_name", "file", "target_file")
_TEXT_KEYS: Final = ("content", "contents", "file_text", "text", "data")
_WRITER: Final = re.compile(r"write|create|save|edit", re.IGNORECASE)
_READER: Final = re.compile(r"read|view|cat|open|edit", re.IGNORECASE)
_RUNNER: Final = re.compile(r"bash|shell|command|terminal|exec|run", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """One call that a task needs."""

    tool: str
    arguments: str
    announcement: str
    done: str


def find_step(scene: Scene) -> Step | None:
    """The call that does what the user asks, when it is one of the small tasks and a tool for it is offered."""
    if len(scene.request) > LONGEST_TASK:
        return None
    for attempt in (_writing, _running, _reading):
        if (step := attempt(scene)) is not None:
            return step
    return None


def reading_step(scene: Scene, path: str) -> Step | None:
    """The call that reads a file."""
    tool, path_key = _tool_for(scene.tools, _READER, lambda keys: _key(keys, _PATH_KEYS))
    if tool is None or path_key is None:
        return None
    arguments = _filled(tool, "view", {path_key: path})
    return Step(tool.name, arguments, f"I read {path}.", f"I read {path}")


def _writing(scene: Scene) -> Step | None:
    tool, text_key = _tool_for(scene.tools, _WRITER, _writes_with)
    if tool is None or text_key is None:
        return None
    for pattern in _WRITES:
        if found := pattern.search(scene.request):
            path = _absolute(found["name"], scene)
            content = _content(found.groupdict().get("text"))
            path_key = _key(_properties(tool), _PATH_KEYS) or _PATH_KEYS[0]
            arguments = _filled(tool, "create", {path_key: path, text_key: content})
            return Step(tool.name, arguments, f"I write {path}.", f"Done: {path} is written")
    return None


def _running(scene: Scene) -> Step | None:
    found = _RUNS.search(scene.request)
    tool, key = _tool_for(scene.tools, _RUNNER, lambda keys: "command" if "command" in keys else None)
    if found is None or tool is None or key is None:
        return None
    command = found["command"]
    arguments = _filled(tool, None, {key: command})
    return Step(tool.name, arguments, f"I run `{command}`.", f"I ran `{command}`")


def _reading(scene: Scene) -> Step | None:
    found = _READS.search(scene.request)
    return None if found is None else reading_step(scene, _absolute(found["name"], scene))


def _tool_for(
    tools: Iterable[Tool], name: re.Pattern[str], key_of: Callable[[dict[str, Any]], str | None]
) -> tuple[Tool | None, str | None]:
    for tool in tools:
        if name.search(tool.name) and (key := key_of(_properties(tool))) is not None:
            return tool, key
    return None, None


def _writes_with(keys: dict[str, Any]) -> str | None:
    """The property for the text, of a tool that takes a path as well and replaces nothing that is there."""
    return None if _key(keys, _PATH_KEYS) is None or "old_string" in keys else _key(keys, _TEXT_KEYS)


def _filled(tool: Tool, command: str | None, values: dict[str, str]) -> str:
    """The values, and whatever else the tool requires."""
    arguments = arguments_for(tool)
    optional = arguments.keys() - set(schema_of(tool).get("required") or ())
    arguments = {name: value for name, value in arguments.items() if name not in optional}
    if command is not None and "command" in _properties(tool):
        arguments["command"] = command
    return call_text(arguments | values)


def _properties(tool: Tool) -> dict[str, Any]:
    properties = schema_of(tool).get("properties")
    return properties if isinstance(properties, dict) else {}


def _key(keys: dict[str, Any], wanted: Iterable[str]) -> str | None:
    return next((each for each in wanted if each in keys), None)


def _absolute(name: str, scene: Scene) -> str:
    """Below the client's working directory where that is known: Claude Code's tools want absolute paths."""
    directory = scene.working_directory()
    if directory is None or name.startswith(("/", "~")) or name[1:2] == ":":
        return name
    separator = "\\" if "\\" in directory else "/"
    return directory.rstrip("/\\") + separator + name.removeprefix("./")


def _content(text: str | None) -> str:
    """What stands in quotes, else the text up to the end of its sentence or line."""
    if not text or not text.strip():
        return DEFAULT_CONTENT
    if found := _QUOTED.match(text):
        return found["inside"]
    return text.strip().split("\n")[0].rstrip(" .!")
