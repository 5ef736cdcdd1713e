"""What the service received, told in the form of the gateway's own dummy model: for judges that can read that one.

The service has no field for some wishes, so clients put them into words. They are told as a model would understand them.
"""

from __future__ import annotations

import re
from typing import Any, Final

from isthmus.simulators.amazon_q.actor import wanted_schema
from isthmus.simulators.amazon_q.answers import Json
from isthmus.simulators.amazon_q.chat import Chat, context

_CONSENT: Final = re.compile(r"(?:understood|ok|okay|noted|got it|i will|i'll)\b[^\n]{0,200}", re.IGNORECASE)
_ONE_CALL: Final = re.compile(
    r"\b(?:at most|no more than|only) one tool\b|\bone tool (?:call )?at a time\b", re.IGNORECASE
)
_MUST_CALL: Final = re.compile(
    r"\bmust (?:call|use) (?:the tool (?P<name>[\w-]+)|.{0,20}\btools?\b)", re.IGNORECASE
)


def as_understood(chat: Chat) -> Json:
    """The leading pair in which clients of this service carry their system prompt is told as `system`, by its paragraphs."""
    entries = list(chat.history)
    system = ""
    if _is_system(entries):
        system, entries = entries[0]["userInputMessage"]["content"], entries[2:]
    return {
        "model": chat.model.id,
        "system": [text for text in re.split(r"\n\s*\n", system) if text.strip()],
        "turns": [_turn(entry) for entry in [*entries, {"userInputMessage": chat.current}]],
        "tools": [
            {"name": tool["name"], "description": tool["description"], "schema": tool["inputSchema"]["json"]}
            for tool in chat.tools
        ],
        "server_tools": [],
        "parameters": {**chat.fields, **_wishes(chat, system)},
    }


def _is_system(entries: list[Json]) -> bool:
    """A pair of bare texts, of which the second is no more than consent."""
    if len(entries) < 2:
        return False
    asked, consent = entries[0]["userInputMessage"], entries[1]["assistantResponseMessage"]
    bare = not (asked.get("images") or context(asked)) and consent.keys() <= {"content", "messageId"}
    return bare and _CONSENT.fullmatch(consent["content"].strip()) is not None


def _wishes(chat: Chat, system: str) -> Json:
    told: Json = {}
    if found := _MUST_CALL.search(system):
        told["tool_choice"] = {"mode": "tool", "name": found["name"]} if found["name"] else {"mode": "any"}
    if _ONE_CALL.search(system):
        told["parallel_tools"] = False
    if (schema := wanted_schema(chat)) is not None:
        told["output"] = {"kind": "json_schema", "schema": schema}
    return told


def _turn(entry: Json) -> Json:
    if "assistantResponseMessage" in entry:
        return {"role": "assistant", "blocks": _assistant(entry["assistantResponseMessage"])}
    return {"role": "user", "blocks": _user(entry["userInputMessage"])}


def _assistant(message: Json) -> list[Json]:
    blocks: list[Json] = []
    match message.get("reasoningContent"):
        case {"reasoningText": {"text": text, **rest}}:
            blocks.append({"kind": "thinking", "text": text, "signed": "signature" in rest})
        case {"redactedContent": data}:
            blocks.append({"kind": "redacted_thinking", "characters": len(data)})
        case _:
            pass
    uses = message.get("toolUses") or []
    calls = [
        {"kind": "tool_call", "id": use["toolUseId"], "name": use["name"], "arguments": use["input"]}
        for use in uses
    ]
    return [*blocks, *_text(message, beside=uses), *calls]


def _user(message: Json) -> list[Json]:
    """Tool results stand before the text, as they are answered first."""
    results = context(message).get("toolResults") or []
    images = message.get("images") or []
    documents = message.get("documents") or []
    return [
        *map(_result, results),
        *_text(message, beside=results),
        *({"kind": "image", "source": f"image/{image['format']}, {_size(image)}"} for image in images),
        *(
            {"kind": "document", "source": f"{each['format']}, {_size(each)}", "title": each["name"]}
            for each in documents
        ),
    ]


def _text(message: Json, *, beside: list[Json]) -> list[Json]:
    """The member must be there: beside calls or results, blanks say nothing."""
    blank = beside and not message["content"].strip()
    return [] if blank else [{"kind": "text", "text": message["content"]}]


def _size(media: Json) -> str:
    data: str = media["source"]["bytes"]
    return f"{len(data) * 3 // 4 - data.count('=', -2)} bytes"


def _result(result: Json) -> Json:
    parts: list[Any] = [
        {"kind": "text", "text": part["text"]} if "text" in part else {"kind": "json", "json": part["json"]}
        for part in result["content"]
    ]
    failed = result.get("status") == "error"
    return {"kind": "tool_result", "call_id": result["toolUseId"], "is_error": failed, "parts": parts}
