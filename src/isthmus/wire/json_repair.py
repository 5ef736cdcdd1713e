"""Tool arguments as models write them, made one JSON object.

The OpenAI API reference warns that `arguments` need not be valid JSON; other dialects carry an object and nothing
else. Nothing a model wrote is thrown away in silence: what cannot be read travels under `__raw`.
"""

from __future__ import annotations

import json
from typing import Final

import msgspec

_SCANNER: Final = json.JSONDecoder()
_JSON_SPACE: Final = " \t\r\n"


def as_object(text: str) -> str:
    """The text of one JSON object, whatever `text` is; msgspec can read it. Never raises.

    | `text` | result |
    | --- | --- |
    | an object | unchanged, to the byte |
    | empty or white space | `{}` |
    | another JSON value | `{"value":…}`, the value unchanged |
    | an object and then something else | the object alone |
    | anything else (cut short, nested too deeply, not JSON) | `{"__raw":"…"}` |
    """
    if not text or text.isspace():
        return "{}"
    valid, value = _read(text)
    if valid:
        return text if isinstance(value, dict) else f'{{"value":{text.strip(_JSON_SPACE)}}}'
    first = _first_object(text, 0)
    if first is not None and _read(first)[0]:
        return first
    # Half of a surrogate pair cannot be sent as UTF-8, so it is replaced.
    sendable = text.encode("utf-8", "replace").decode()
    return f'{{"__raw":{msgspec.json.encode(sendable).decode()}}}'


def is_complete(text: str) -> bool:
    """Whether `text` is one whole JSON object. Cheap while the closing brace has not come."""
    if not text.rstrip(_JSON_SPACE).endswith("}"):
        return False
    valid, value = _read(text)
    return valid and isinstance(value, dict)


def split_objects(text: str) -> list[str]:
    """The objects of `text` when it is several glued together (white space between them is dropped).

    `[text]` when it is anything else, one object included: then `as_object` knows what to make of it.
    """
    objects: list[str] = []
    place, end = 0, len(text.rstrip(_JSON_SPACE))
    while place < end:
        found = _first_object(text, place)
        if found is None or not _read(found)[0]:
            return [text]
        objects.append(found)
        place = text.index("{", place) + len(found)
    return objects if len(objects) > 1 else [text]


def _read(text: str) -> tuple[bool, object]:
    # msgspec is the judge: it reads these arguments later. Its errors, and the codec's for surrogates, are ValueErrors.
    try:
        return True, msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False, None


def _first_object(text: str, place: int) -> str | None:
    """The object that begins at `place`, white space apart, or None."""
    while place < len(text) and text[place] in _JSON_SPACE:
        place += 1
    if not text.startswith("{", place):
        return None
    try:
        return text[place : _SCANNER.raw_decode(text, place)[1]]
    except (ValueError, RecursionError):
        return None
