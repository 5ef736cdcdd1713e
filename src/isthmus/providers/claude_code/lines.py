"""The lines of JSON that the CLI reads and writes, one object on each.

    us  → CLI   user, assistant (history), control_request (ours), control_response (to its requests)
    CLI → us    system, stream_event, assistant, user, result, rate_limit_event, control_request (its), control_response (to ours)

As seen of Claude Code 2.1.330; lines of unknown types are passed by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from isthmus.wire.json_text import to_json

ABSENT: Final = Raw()
MAX_LINE_BYTES: Final = 64 * 1024 * 1024


class Request(Struct, frozen=True):
    """What a control request wants of the other side."""

    subtype: str = ""
    server_name: str | None = None
    message: Raw = ABSENT
    tool_name: str | None = None
    tool_use_id: str | None = None
    input: Raw = ABSENT
    mcp_server: Raw = ABSENT


class Response(Struct, frozen=True):
    subtype: str = ""
    request_id: str = ""
    response: Raw = ABSENT
    error: Raw = ABSENT


class Line(Struct, frozen=True):
    """What the CLI says: enough to know whom it concerns."""

    type: str = ""
    subtype: str | None = None
    parent_tool_use_id: str | None = None
    event: Raw = ABSENT
    message: Raw = ABSENT
    request_id: str | None = None
    request: Raw = ABSENT
    response: Raw = ABSENT
    rate_limit_info: Raw = ABSENT


class Facts(Struct, frozen=True):
    """What `system` and `assistant` lines say beside that. Other kinds of lines may mean other things by the same names."""

    status: str | None = None
    model: str | None = None
    tools: list[str] | None = None
    mcp_servers: Raw = ABSENT
    session_id: str | None = None
    error: str | None = None
    error_status: int | None = None
    api_error_status: int | None = None
    api_error_type: str | None = None


class _McpServer(Struct, frozen=True):
    name: str = ""
    status: str = ""


LINE: Final = msgspec.json.Decoder(Line)
_FACTS: Final = msgspec.json.Decoder(Facts)
_SERVERS: Final = msgspec.json.Decoder(list[_McpServer])
REQUEST: Final = msgspec.json.Decoder(Request)
RESPONSE: Final = msgspec.json.Decoder(Response)
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class TooLong(Exception):
    """A line that does not end."""


class Splitter:
    """Bytes as they come → whole lines, without their ends. Blank ones are left out."""

    def __init__(self, most: int = MAX_LINE_BYTES) -> None:
        self._most = most
        self._pieces: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Raises `TooLong`."""
        first, *rest = chunk.split(b"\n")
        self._pieces.append(first)
        self._held += len(first)
        if self._held > self._most:
            raise TooLong(f"a line of more than {self._most} bytes")
        if not rest:
            return []
        lines = [b"".join(self._pieces), *rest[:-1]]
        self._pieces, self._held = [rest[-1]], len(rest[-1])
        return [line for line in lines if line.strip()]

    @property
    def torn(self) -> bool:
        """Whether something is left of a line that has not ended."""
        return self._held > 0


def facts(raw: bytes) -> Facts:
    """Nothing, of a line that says them in another way."""
    try:
        return _FACTS.decode(raw)
    except UNREADABLE:
        return Facts()


def failed_servers(facts: Facts) -> list[str]:
    """Names of the servers of tools that have not started."""
    try:
        servers = _SERVERS.decode(facts.mcp_servers) if bytes(facts.mcp_servers) else []
    except UNREADABLE:
        return []
    return [each.name for each in servers if each.status == "failed"]


def line(value: object) -> bytes:
    return to_json(value) + b"\n"


def said_by_user(content: Sequence[object], *, query: bool) -> bytes:
    """`client_composed` is what keeps the CLI from reading `@/path` and `/command` in it. Without `query` it is only remembered."""
    said: dict[str, Any] = {
        "type": "user",
        "message": {"role": "user", "content": content},
        "client_composed": True,
    }
    return line(said if query else said | {"shouldQuery": False})


def said_by_model(content: Sequence[object], model: str) -> bytes:
    """Thoughts are kept only under the name of the model in use."""
    return line({"type": "assistant", "message": {"role": "assistant", "model": model, "content": content}})


def request(id: str, subtype: str, **fields: object) -> bytes:
    return line({"type": "control_request", "request_id": id, "request": {"subtype": subtype, **fields}})


def response(id: str, answer: object) -> bytes:
    return line(
        {
            "type": "control_response",
            "response": {"subtype": "success", "request_id": id, "response": answer},
        }
    )


def refusal(id: str, error: str) -> bytes:
    return line(
        {"type": "control_response", "response": {"subtype": "error", "request_id": id, "error": error}}
    )
