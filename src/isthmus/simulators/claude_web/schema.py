"""Values that fit a JSON schema, taken from what was said where something fits."""

from __future__ import annotations

import re
from typing import Any, Final

Json = dict[str, Any]

_DEEPEST: Final = 6
_QUOTED: Final = re.compile(r"[\"'“‘«]([^\"'”’»\n]+)[\"'”’»]")
_FILE: Final = re.compile(r"[\w./\\~-]*\w\.\w{1,8}\b")
_COMMAND: Final = re.compile(r"`([^`\n]+)`")
_WORD: Final = re.compile(r"\bthe word (\w+)")
_PLACES: Final = re.compile(r"\bin ([A-Z]\w+)")
_PAIR: Final = re.compile(r"\bin ([A-Z]\w+) and (?:in )?([A-Z]\w+)")


def example(schema: object, said: str = "", name: str = "") -> Any:
    """A value the schema takes, with the optional members of objects left out."""
    return _value(schema, said, name, 0)


def examples(schema: object, said: str) -> list[Any]:
    """One value for each of two places that were named in one breath, else a single one."""
    pair = _PAIR.search(said)
    if pair is None:
        return [example(schema, said)]
    return [example(schema, f"in {place}") for place in pair.groups()]


def _value(schema: object, said: str, name: str, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return {}
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for union in ("anyOf", "oneOf", "allOf"):
        if schema.get(union):
            return _value(schema[union][0], said, name, depth + 1)
    match _kind(schema):
        case "string":
            return _text(said, name)
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
        case "null":
            return None
        case "array":
            length = max(1, schema.get("minItems", 1))
            return [_value(schema.get("items"), said, name, depth + 1)] * length
        case _:
            members = schema.get("properties") or {}
            names = schema.get("required") or []
            return {each: _value(members.get(each), said, each, depth + 1) for each in names}


def _kind(schema: Json) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    return kind if isinstance(kind, str) else "object" if "properties" in schema else "string"


def _text(said: str, name: str) -> str:
    """By the name of the member, what it probably is about."""
    low = name.lower()
    tries: list[re.Pattern[str]] = []
    if "path" in low or "file" in low:
        tries = [_FILE]
    elif "command" in low:
        tries = [_COMMAND]
    elif "word" in low:
        tries = [_WORD]
    elif low in ("content", "contents", "text", "data"):
        tries = [_QUOTED]
    else:
        tries = [_PLACES, _QUOTED]
    found = (pattern.search(said) for pattern in tries)
    return next((hit[hit.lastindex or 0] for hit in found if hit), name or "something")
