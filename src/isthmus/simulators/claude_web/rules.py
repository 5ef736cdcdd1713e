"""Which bodies the service takes. Every object is closed: a field that no client was seen to send is refused by name.

    check(COMPLETION, body)     raises Refusal 400 `<field>: Extra inputs are not permitted`, or what else is wrong

A rule is a function that says what is wrong with a value, as `path: words` below its own path, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from isthmus.simulators.claude_web.refusals import EXTRA, invalid, is_uuid

Rule = Callable[[object], str | None]

_ZONE: Final = re.compile(r"[A-Za-z]+(?:/[A-Za-z0-9_+\-]+)*")
_PLAIN: Final = ("text/plain", "txt")
_LOCALE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")


def text(value: object) -> str | None:
    return None if isinstance(value, str) else "Input should be a valid string"


def filled(value: object) -> str | None:
    if isinstance(value, str) and value.strip():
        return None
    return text(value) or "String should have at least 1 character"


def flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "Input should be a valid boolean"


def number(value: object) -> str | None:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    return None if right else "Input should be a valid number"


def count(value: object) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return None if right else "Input should be a valid integer greater than 0"


def uuid(value: object) -> str | None:
    return None if is_uuid(value) else "Input should be a valid UUID"


def null(value: object) -> str | None:
    return None if value is None else "Input should be null"


def matching(pattern: re.Pattern[str]) -> Rule:
    def rule(value: object) -> str | None:
        right = isinstance(value, str) and pattern.fullmatch(value)
        return None if right else f"String should match pattern '{pattern.pattern}'"

    return rule


def one_of(*choices: object) -> Rule:
    return lambda value: None if value in choices else f"Input should be one of {list(choices)}"


def listed(rule: Rule, at_most: int = 100) -> Rule:
    def all_of_them(value: object) -> str | None:
        if not isinstance(value, list):
            return "Input should be a valid list"
        if len(value) > at_most:
            return f"List should have at most {at_most} items"
        wrong = ((at, rule(each)) for at, each in enumerate(value))
        return next((_below(str(at), found) for at, found in wrong if found), None)

    return all_of_them


def closed(fields: Mapping[str, Rule], required: Iterable[str] = ()) -> Rule:
    """An object of these fields and no others."""
    wanted = tuple(required)

    def rule(value: object) -> str | None:
        if not isinstance(value, dict):
            return "Input should be a valid dictionary"
        missing = next((name for name in wanted if name not in value), None)
        if missing is not None:
            return _below(missing, "Field required")
        for name, inner in value.items():
            found = fields[name](inner) if name in fields else EXTRA
            if found:
                return _below(name, found)
        return None

    return rule


def either(*rules: Rule) -> Rule:
    """What one of them takes; the words are those of the last."""

    def rule(value: object) -> str | None:
        found = [each(value) for each in rules]
        return found[-1] if all(found) else None

    return rule


def _below(name: str, found: str) -> str:
    """`tools` and `0.type: …` are `tools.0.type: …`."""
    path, sep, _ = found.partition(": ")
    nested = bool(sep) and re.fullmatch(r"[\w.]+", path) is not None
    return f"{name}.{found}" if nested else f"{name}: {found}"


def check(rule: Rule, body: object) -> None:
    """Raises `Refusal` for a body that the rule does not take."""
    found = rule(body)
    if found:
        raise invalid(found)


# bodies ----------------------------------------------------------------------------------------------


def _attachment(value: object) -> str | None:
    fields = {"file_name": filled, "file_type": text, "file_size": _size, "extracted_content": text}
    found = closed(fields, fields)(value)
    if found or not isinstance(value, dict):
        return found
    if value["file_type"] not in _PLAIN:
        # What was taken out of a document keeps the size of the document.
        return None
    size = len(value["extracted_content"].encode())
    told = int(value["file_size"])
    return None if told == size else f"file_size: {told} is said, and the text has {size} bytes"


def _size(value: object) -> str | None:
    right = count(value) is None or (isinstance(value, str) and value.isdecimal())
    return None if right else "Input should be a valid integer"


def _server_tool(value: object) -> str | None:
    known = {"web_search_v0": "web_search", "artifacts_v0": "artifacts", "repl_v0": "repl"}
    found = closed({"type": one_of(*known), "name": one_of(*known.values())}, ("type", "name"))(value)
    if found or not isinstance(value, dict):
        return found
    right = known[value["type"]] == value["name"]
    return None if right else f"name: {value['name']} is not the name of {value['type']}"


_STYLE: Final = closed(
    {
        "type": text,
        "key": text,
        "name": text,
        "nameKey": text,
        "prompt": text,
        "summary": text,
        "summaryKey": text,
        "isDefault": flag,
    },
    ("type", "key", "name", "prompt"),
)
_TURN_UUIDS: Final = closed(
    {"human_message_uuid": uuid, "assistant_message_uuid": uuid},
    ("human_message_uuid", "assistant_message_uuid"),
)
_PAPRIKA: Final = one_of(None, "auto", "extended")
_INLINE: Final = closed(
    {
        "name": text,
        "model": filled,
        "include_conversation_preferences": flag,
        "paprika_mode": _PAPRIKA,
        "compass_mode": null,
        "tool_search_mode": one_of("auto"),
        "is_temporary": flag,
        "enabled_imagine": flag,
    },
    ("name",),
)
_TURN: Final[Mapping[str, Rule]] = {
    "prompt": filled,
    "parent_message_uuid": uuid,
    "timezone": matching(_ZONE),
    "locale": matching(_LOCALE),
    "model": filled,
    "rendering_mode": one_of("messages", "raw"),
    "attachments": listed(_attachment, 20),
    "files": listed(uuid, 20),
    "sync_sources": listed(null, 0),
    "tools": listed(_server_tool),
    "personalized_styles": listed(_STYLE),
    "thinking_mode": one_of("off", "auto", "extended"),
    "effort": one_of("low", "medium", "high", "xhigh", "max"),
    "turn_message_uuids": _TURN_UUIDS,
    "completion_request_id": uuid,
    "create_conversation_params": _INLINE,
    "max_tokens_to_sample": count,
    "temperature": number,
}
COMPLETION: Final = closed(_TURN, ("prompt",))
RETRY: Final = closed(
    {name: rule for name, rule in _TURN.items() if name not in ("files", "create_conversation_params")}
)
CREATE: Final = closed(
    {
        "uuid": uuid,
        "name": text,
        "model": filled,
        "include_conversation_preferences": flag,
        "is_temporary": flag,
    },
    ("uuid", "name"),
)
SETTINGS: Final = closed({"settings": closed({"paprika_mode": _PAPRIKA}, ("paprika_mode",))}, ("settings",))
