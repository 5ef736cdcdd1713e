"""The client's tools, as a server of the Model Context Protocol in our own process: the CLI asks over the control protocol.

A call is never answered here. The client runs its tools and comes back with the results in its next request, so the CLI, which
waits for the answer, is ended when its model has said all of its calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from isthmus.providers.claude_code.lines import UNREADABLE

SERVER: Final = "isthmus"
_VERSION: Final = "2025-11-25"
_NO_SUCH_METHOD: Final = -32601
_EMPTY: Final = msgspec.Raw(b'{"type":"object","properties":{}}')


class _Params(msgspec.Struct, frozen=True):
    protocolVersion: str = _VERSION  # noqa: N815 - the wire's word


class _Message(msgspec.Struct, frozen=True):
    method: str = ""
    id: int | str | None = None
    params: _Params = _Params()


_MESSAGE: Final = msgspec.json.Decoder(_Message)


class ToolServer:
    """Answers for tools that are given as the Messages API takes them."""

    def __init__(self, tools: Iterable[Mapping[str, msgspec.Raw]]) -> None:
        self._tools = [_listed(tool) for tool in tools]
        self.names = frozenset(msgspec.json.decode(tool["name"], type=str) for tool in self._tools)

    def __bool__(self) -> bool:
        return bool(self._tools)

    def answer(self, raw: msgspec.Raw) -> dict[str, Any] | None:
        """To one message of the protocol. None: it is left unanswered."""
        try:
            message = _MESSAGE.decode(raw)
        except UNREADABLE:
            return {"jsonrpc": "2.0", "result": {}}
        match message.method:
            case "initialize":
                result: Any = {
                    "protocolVersion": message.params.protocolVersion,
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": SERVER, "version": "1"},
                }
            case "tools/list":
                result = {"tools": self._tools}
            case "tools/call":
                return None
            case method if message.id is None or method == "ping":
                result = {}
            case method:
                error = {"code": _NO_SUCH_METHOD, "message": f"no method {method}"}
                return {"jsonrpc": "2.0", "id": message.id, "error": error}
        return {"jsonrpc": "2.0", "result": result} | ({} if message.id is None else {"id": message.id})


def _listed(tool: Mapping[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    listed = {name: tool[name] for name in ("name", "description") if name in tool}
    return listed | {"inputSchema": tool.get("input_schema", _EMPTY)}
