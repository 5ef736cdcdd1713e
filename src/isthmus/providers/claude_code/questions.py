"""What the CLI asks of us while it works: for our tools, and whether it may use its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from isthmus.core.events import Event, Noted
from isthmus.providers.claude_code import lines
from isthmus.providers.claude_code.lines import UNREADABLE, Line
from isthmus.providers.claude_code.permissions import Policy
from isthmus.providers.claude_code.tools import SERVER, ToolServer


class _Server(msgspec.Struct, frozen=True):
    name: str = ""


_SERVER: Final = msgspec.json.Decoder(_Server | None)
_NOTHING: Final = msgspec.Raw(b"{}")


@dataclass(slots=True)
class Questions:
    tools: ToolServer
    """The client's."""
    policy: Policy
    own: frozenset[str] = frozenset()
    """Names of the tools that the CLI runs itself."""

    def runs(self, tool: str) -> bool:
        """Whether the CLI runs the tool of this name itself."""
        return tool in self.own

    def answer(self, line: Line) -> tuple[bytes, list[Event]]:
        """To one request: what to write, if anything, and what is worth noting. Whatever waits for us gets an answer, but for calls
        of the client's tools, which are the client's to make."""
        id = line.request_id or ""
        try:
            asked = lines.REQUEST.decode(line.request)
        except UNREADABLE:
            return lines.refusal(id, "unreadable request"), [Noted("unreadable_request")]
        match asked.subtype:
            case "mcp_message" if asked.server_name == SERVER:
                answer = self.tools.answer(asked.message)
                return b"" if answer is None else lines.response(id, {"mcp_response": answer}), []
            case "can_use_tool":
                return self._may(id, asked)
            case other:
                return lines.refusal(id, f"unsupported request {other}"), [
                    Noted("unsupported_request", other)
                ]

    def _may(self, id: str, asked: lines.Request) -> tuple[bytes, list[Event]]:
        name, server = asked.tool_name or "", _server(asked.mcp_server)
        if self._is_clients(name, server):
            return b"", []
        answer = self.policy.answer(name, asked.input if bytes(asked.input) else _NOTHING, server)
        note = "tool_allowed" if self.policy.allows(name, server) else "tool_denied"
        return lines.response(id, answer), [Noted(note, name)]

    def _is_clients(self, name: str, server: str | None) -> bool:
        return server == SERVER if server is not None else name in self.tools.names - self.own


def _server(told: msgspec.Raw) -> str | None:
    """Its name; None where it is nobody's tool but the CLI's."""
    try:
        found = _SERVER.decode(told) if bytes(told) else None
    except UNREADABLE:
        return None
    return None if found is None else found.name
