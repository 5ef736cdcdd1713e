"""May a tool that the CLI runs itself run? Asked where none of its own rules decides. The answer is no, unless a setting says yes."""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.core.mcp import Patterns, allows_tool, spoken
from isthmus.providers.claude_code.options import Options

MCP: str = "mcp__"
REFUSED: str = "This tool may not be used here."


@dataclass(frozen=True, slots=True)
class Policy:
    servers: bool = False
    """Whether servers are started for it at all."""
    lists: tuple[Patterns, ...] = ()
    """In which their tools must be found."""
    everything: bool = False
    """All that is no server's tool may run, too."""

    @classmethod
    def of(cls, options: Options) -> Policy:
        mcp = options.mcp
        lists = mcp.lists if mcp.enabled else ()
        return cls(mcp.enabled, lists, options.file_access.skip_permissions)

    def allows(self, tool: str, server: str | None = None) -> bool:
        """`server`: whose tool it is, as the CLI says."""
        if not tool.startswith(MCP):
            return self.everything and (server is None or not self.lists)
        if not self.lists:
            return self.servers or self.everything
        # Without a server's name the tool's could be read in two ways: `a__b__c` as `b__c` of `a`, or as `c` of `a__b`.
        beginning = f"{MCP}{spoken(server or '')}__"
        return (
            self.servers
            and bool(server)
            and tool.startswith(beginning)
            and allows_tool(self.lists, server or "", tool.removeprefix(beginning))
        )

    def answer(self, tool: str, input: object, server: str | None = None) -> dict[str, object]:
        """In the words of the control protocol."""
        if self.allows(tool, server):
            return {"behavior": "allow", "updatedInput": input}
        return {"behavior": "deny", "message": REFUSED}
