"""May a tool that the CLI runs itself run? Asked where none of its own rules decides. The answer is no, unless a setting says yes."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from isthmus.providers.claude_code.options import Options

MCP: str = "mcp__"
REFUSED: str = "This tool may not be used here."


@dataclass(frozen=True, slots=True)
class Policy:
    """`allowed_servers`: patterns of `server__tool` that may be called."""

    allowed_servers: tuple[str, ...] = ()
    everything: bool = False

    @classmethod
    def of(cls, options: Options) -> Policy:
        return cls(options.mcp.allowed if options.mcp.enabled else (), options.file_access.skip_permissions)

    def allows(self, tool: str) -> bool:
        if self.everything:
            return True
        if not tool.startswith(MCP):
            return False
        name = tool.removeprefix(MCP)
        return any(fnmatchcase(name, pattern) for pattern in self.allowed_servers)

    def answer(self, tool: str, input: object) -> dict[str, object]:
        """In the words of the control protocol."""
        if self.allows(tool):
            return {"behavior": "allow", "updatedInput": input}
        return {"behavior": "deny", "message": REFUSED}
