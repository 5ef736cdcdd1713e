"""What the service refuses of tools: their declarations, and what history says of their use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from isthmus.simulators.amazon_q.answers import Json, Refusal
from isthmus.simulators.amazon_q.chat import Chat, context
from isthmus.simulators.amazon_q.shapes import improper

LEGAL: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MOST_DESCRIPTION: Final = 10_240
MOST_RESULT: Final = 800_000
_PLAIN: Final = frozenset(
    "type properties required items description enum title default minimum maximum".split()
)


def check_tools(chat: Chat) -> None:
    """Raises `Refusal`."""
    _check_declarations(chat.tools)
    for number, message in enumerate(chat.users()):
        if message is not chat.current and context(message).get("tools"):
            raise improper("tools-in-history", f"user message {number} declares tools")
    _check_uses(chat)
    _check_pairs(chat)


def _check_declarations(tools: list[Json]) -> None:
    seen: set[str] = set()
    for at, tool in enumerate(tools):
        name, path = tool["name"], f"toolConfig.tools.{at}.toolSpec"
        if not LEGAL.fullmatch(name):
            raise improper("tool-name", f"{path}.name {name!r}"[:200])
        if name in seen:
            raise Refusal(
                f"The tool {name} is already defined.", reason="TOOL_DUPLICATE", rule="tool-duplicate"
            )
        seen.add(name)
        if not 1 <= len(tool.get("description") or "") <= MOST_DESCRIPTION:
            raise improper(
                "tool-description", f"{path}.description has {len(tool.get('description') or '')} characters"
            )
        _check_schema(tool["inputSchema"]["json"], f"{path}.inputSchema.json")


def _check_schema(schema: Json, path: str) -> None:
    if schema.get("type") != "object":
        raise _bad_schema("schema-root", f"{path}.type")
    if "$schema" in schema:
        raise _bad_schema("schema-dialect", f"{path}.$schema")
    if "properties" in schema and not isinstance(schema["properties"], dict):
        raise _bad_schema("schema-properties", f"{path}.properties")
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(each, str) for each in required):
        raise _bad_schema("schema-required", f"{path}.required")
    if any("$ref" in each for each in _schemas(schema)):
        raise _bad_schema("schema-reference", f"{path}.$ref")


def _bad_schema(rule: str, path: str) -> Refusal:
    message = f"The value at {path} is not valid."
    return Refusal(message, reason="TOOL_SCHEMA_INVALID", rule=rule)


def refuse_rich_schemas(tools: Iterable[Json]) -> None:
    """As some models are reported to: no combinations, no patterns, no word on additional properties."""
    for at, tool in enumerate(tools):
        for each in _schemas(tool["inputSchema"]["json"]):
            if rich := each.keys() - _PLAIN:
                raise _bad_schema(
                    "schema-rich", f"toolConfig.tools.{at}.toolSpec.inputSchema.json.{min(rich)}"
                )


def _schemas(schema: Any) -> Iterator[Json]:
    """A schema and all within it; names of properties are no keywords."""
    if not isinstance(schema, dict):
        return
    yield schema
    for word, value in schema.items():
        if word in {"properties", "$defs", "definitions", "patternProperties"} and isinstance(value, dict):
            for each in value.values():
                yield from _schemas(each)
        elif word in {"anyOf", "oneOf", "allOf", "prefixItems"} and isinstance(value, list):
            for each in value:
                yield from _schemas(each)
        elif word in {"items", "additionalProperties", "not", "if", "then", "else"}:
            yield from _schemas(value)


def _check_uses(chat: Chat) -> None:
    declared = {tool["name"] for tool in chat.tools}
    used = [
        use
        for entry in chat.history
        for use in (entry.get("assistantResponseMessage") or {}).get("toolUses") or []
    ]
    traffic = bool(used) or any(context(message).get("toolResults") for message in chat.users())
    if traffic and not declared:
        raise Refusal(
            "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
            reason="TOOL_CONFIG_MISSING",
            rule="tools-missing",
        )
    for use in used:
        if not LEGAL.fullmatch(use["toolUseId"]):
            raise improper("tool-use-id", f"{use['toolUseId']!r}"[:200])
        if use["name"] not in declared:
            raise improper("tool-undeclared", f"history uses {use['name']!r}"[:200])


def _check_pairs(chat: Chat) -> None:
    """Every use is answered at once by the next message, in its order, and nothing else is."""
    entries = [*chat.history, {"userInputMessage": chat.current}]
    expected: list[str] = []
    for number, entry in enumerate(entries):
        if (said := entry.get("assistantResponseMessage")) is not None:
            expected = [use["toolUseId"] for use in said.get("toolUses") or []]
            if len(set(expected)) < len(expected):
                raise _mismatch("tool-use-twice", f"entry {number} has two uses of one id")
            continue
        results = context(entry["userInputMessage"]).get("toolResults") or []
        given = [result["toolUseId"] for result in results]
        if given != expected:
            raise _mismatch(
                _difference(expected, given), f"entry {number} answers {given}, the uses are {expected}"[:300]
            )
        for result in results:
            if any(len(part.get("text") or "") > MOST_RESULT for part in result["content"]):
                raise improper("result-length", f"entry {number}")
        expected = []


def _difference(expected: list[str], given: list[str]) -> str:
    if sorted(expected) == sorted(given):
        return "result-order"
    if len(set(given)) < len(given):
        return "result-twice"
    return "result-missing" if set(given) < set(expected) else "result-orphan"


def _mismatch(rule: str, detail: str) -> Refusal:
    message = "The number of toolResult blocks does not match the number of toolUse blocks of previous turn."
    return Refusal(message, reason="TOOL_USE_RESULT_MISMATCH", rule=f"{rule}: {detail}")
