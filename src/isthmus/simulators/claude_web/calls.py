"""Calls of the client's tools, in the tags the prompt asks for: the service itself knows nothing of them."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from isthmus.simulators.claude_web.prompt import Reading, Tool
from isthmus.simulators.claude_web.schema import example, examples

_FILE_WORDS: Final = re.compile(r"\b(?:create|write|make|save)\b.{0,60}\bfile\b", re.IGNORECASE | re.DOTALL)
_RUN_WORDS: Final = re.compile(r"\b(?:run|execute)\b[^`\n]{0,40}`", re.IGNORECASE)
_RESULT: Final = re.compile(r"<tool_result\b[^>]*>(.*?)(?:</tool_result>|\Z)", re.DOTALL)
_ASIDE: Final = re.compile(r"\[\[sim:.*?\]\]|<system-reminder>.*?</system-reminder>", re.DOTALL)
"""What nobody asks for: our own markers, and the notes about tools that Claude Code puts beside what a person says."""
LEAD: Final = "I look it up."


def tag(name: str, arguments: Any) -> str:
    body = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return f"<tool_call>{body}</tool_call>"


def said_with(*calls: str) -> str:
    """Some words and then the calls, one to a line."""
    return "\n".join([LEAD, *calls])


def wanted(reading: Reading) -> list[str]:
    """The calls that this turn needs: those demanded, those the human asks for, or none."""
    if not reading.tools or reading.must == "-":
        return []
    asked = _ASIDE.sub("", reading.ask)
    demanded = bool(reading.must)
    if reading.answered and not demanded:
        return []
    tool = _named(reading, asked) or _able(reading, asked) or (reading.tools[0] if demanded else None)
    if tool is None:
        return []
    made = [tag(tool.name, given) for given in examples(tool.schema, asked)]
    return made[:1] if reading.single else made


def offered(reading: Reading, name: str = "") -> Tool:
    """The tool of this name, else the first that was offered, else one that nobody offered."""
    same = [tool for tool in reading.tools if tool.name == name]
    if same or name:
        return same[0] if same else Tool(name, {})
    return reading.tools[0] if reading.tools else Tool("get_weather", {})


def first(reading: Reading, name: str = "", given: Any = None) -> str:
    """One call, made up."""
    tool = offered(reading, name)
    return tag(tool.name, example(tool.schema, reading.ask) if given is None else given)


def two(reading: Reading) -> list[str]:
    """Of the first two tools, or of one tool twice."""
    tools = [*reading.tools, offered(reading)][:2] * 2
    return [tag(tool.name, example(tool.schema, reading.ask)) for tool in tools[:2]]


def told(reading: Reading) -> str:
    """What the newest results say."""
    said = " ".join(text.strip() for text in _RESULT.findall(reading.ask))
    return f"The tool said: {plainly(said)}"


def plainly(text: str) -> str:
    """Quoted so that no tag of the talk can pass for one of the answer's."""
    return text.replace("<tool_", "‹tool_").replace("</tool_", "‹/tool_")


def _named(reading: Reading, asked: str) -> Tool | None:
    for tool in reading.tools:
        if tool.name == reading.must:
            return tool
    for tool in reading.tools:
        if re.search(
            rf"\b(?:call|use|run|invoke)\b[^.\n]{{0,40}}\b{re.escape(tool.name)}\b", asked, re.IGNORECASE
        ):
            return tool
    return None


def _able(reading: Reading, asked: str) -> Tool | None:
    """The tool for a small task that was described without naming any."""
    tasks = ((_FILE_WORDS, r"write|create|save"), (_RUN_WORDS, r"bash|shell|command|run"))
    for words, names in tasks:
        if words.search(asked):
            return next((tool for tool in reading.tools if re.search(names, tool.name, re.IGNORECASE)), None)
    return None
