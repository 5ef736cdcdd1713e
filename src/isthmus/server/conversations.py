"""`/v1/conversations`: beginning, listing, reading and deleting what the gateway remembers for one API key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from isthmus.core.conversation import (
    Block,
    Document,
    Image,
    InlineData,
    Opaque,
    RemoteUrl,
    ResultPart,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    Turn,
    VendorFile,
)
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.remembered import Memory, Particulars, Remembered
from isthmus.server.paths import Endpoint
from isthmus.server.visit import Visit
from isthmus.wire.json_text import to_json

LIMIT: Final = 20
MAX_LIMIT: Final = 100
MAX_BODY_BYTES: Final = 1 << 20
MAX_METADATA: Final = 16


class _New(msgspec.Struct, forbid_unknown_fields=True):
    model: str | None = None
    system: str | None = None
    title: str | None = None
    metadata: dict[str, str] | None = None


async def serve_conversations(memory: Memory | None, visit: Visit) -> None:
    """Raises `BadRequest`."""
    if memory is None or not memory.enabled:
        raise BadRequest(
            "conversations are switched off here: set conversations.enabled, or send all messages with every request",
            kind=Kind.NOT_FOUND,
            should_retry=False,
        )
    owner, id = visit.caller.owner, visit.place.rest
    match visit.place.endpoint, visit.request.method:
        case Endpoint.CONVERSATIONS, "POST":
            begun = await memory.begin(owner, _read(await visit.request.body(MAX_BODY_BYTES)))
            await visit.reply(201, to_json(_view(begun)))
        case Endpoint.CONVERSATIONS, "GET":
            found, more = await memory.page(owner, _limit(visit), visit.request.query_value("after_id"))
            await visit.reply(200, to_json(_page(found, more)))
        case Endpoint.CONVERSATION, "GET":
            recalled = await memory.recall(owner, id)
            messages = [_message(turn) for turn in recalled.turns]
            await visit.reply(200, to_json({**_view(recalled.remembered), "messages": messages}))
        case Endpoint.CONVERSATION, "DELETE":
            await memory.forget(owner, id)
            await visit.reply(200, to_json({"id": id, "object": "conversation.deleted", "deleted": True}))
        case Endpoint.CONVERSATION, _:
            visit.only("GET or DELETE")
        case _:
            visit.only("GET or POST")


def _read(body: bytes) -> Particulars:
    try:
        new = msgspec.json.decode(body or b"{}", type=_New)
    except msgspec.ValidationError as error:
        raise BadRequest(f"{error}: a conversation has model, system, title and metadata") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("the request body must be a JSON object, or empty") from None
    metadata = new.metadata or {}
    if len(metadata) > MAX_METADATA:
        raise BadRequest(
            f"metadata: {len(metadata)} entries, and {MAX_METADATA} is the most", field="metadata"
        )
    return Particulars(new.model, new.system, new.title, metadata)


def _limit(visit: Visit) -> int:
    asked = visit.request.query_value("limit")
    if asked is None:
        return LIMIT
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked) <= MAX_LIMIT):
        raise BadRequest(f"limit: {asked[:20]!r} is not a number from 1 to {MAX_LIMIT}", field="limit")
    return int(asked)


def _view(remembered: Remembered) -> dict[str, Any]:
    said = remembered.said
    return {
        "id": remembered.id,
        "object": "conversation",
        "created_at": remembered.created_s,
        "last_used_at": remembered.used_s,
        "model": said.model,
        "system": said.system,
        "title": said.title,
        "metadata": said.metadata,
        "message_count": remembered.messages,
    }


def _page(found: Sequence[Remembered], more: bool) -> dict[str, Any]:
    return {
        "object": "list",
        "data": [_view(each) for each in found],
        "first_id": found[0].id if found else None,
        "last_id": found[-1].id if found else None,
        "has_more": more,
    }


def _message(turn: Turn) -> dict[str, Any]:
    return {"role": turn.role.value, "content": [_block(each) for each in turn.blocks]}


def _block(block: Block | ResultPart) -> dict[str, Any]:
    """In the words of the Messages API, which has one for everything that can be said."""
    match block:
        case Text(text):
            return {"type": "text", "text": text}
        case Image(source):
            return {"type": "image", "source": _source(source)}
        case Document(source, title):
            return {"type": "document", "source": _source(source), "title": title}
        case Thinking(text):
            return {"type": "thinking", "thinking": text}
        case ToolCall(id, name, arguments):
            return {"type": "tool_use", "id": id, "name": name, "input": msgspec.Raw(arguments.encode())}
        case ToolResult(call_id, parts, is_error):
            content = [_block(each) for each in parts]
            return {"type": "tool_result", "tool_use_id": call_id, "content": content, "is_error": is_error}
        case ToolReference(name):
            return {"type": "tool_reference", "tool_name": name}
        case Opaque(_, kind):
            return {"type": kind}
        case _:
            return {"type": block.kind, "text": block.summary}


def _source(source: Source) -> dict[str, str]:
    match source:
        case InlineData(media_type, base64):
            return {"type": "base64", "media_type": media_type, "data": base64}
        case RemoteUrl(url):
            return {"type": "url", "url": url}
        case VendorFile(file_id):
            return {"type": "file", "file_id": file_id}
