"""What a new API key can be given, with the words of the command's help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")]
Expires = Annotated[
    str | None, typer.Option("--expires", metavar="WHEN", help="When it ends: 30d, 12h or a date.")
]
User = Annotated[str | None, typer.Option("--user", help="Name of the user whose key it is.")]
Providers = Annotated[
    list[str] | None, typer.Option("--provider", help="Provider it may use; again for more.")
]
Models = Annotated[
    list[str] | None, typer.Option("--model", help="Model it may use, `*` for anything; again for more.")
]
Networks = Annotated[
    list[str] | None, typer.Option("--ip", help="Address or network it may be used from; again for more.")
]
McpServers = Annotated[
    list[str] | None,
    typer.Option(
        "--mcp",
        metavar="PATTERN",
        help="MCP server that Claude Code may use for it, such as `files`, or tools of one, `files:read_*`; again for more.",
    ),
]
NoMcp = Annotated[bool, typer.Option("--no-mcp", help="No MCP server at all, whatever its provider allows.")]
TokensPerMonth = Annotated[int | None, typer.Option("--tokens-per-month", help="Tokens per month.")]
UsdPerDay = Annotated[float | None, typer.Option("--usd-per-day", help="Dollars per day.")]
UsdPerMonth = Annotated[float | None, typer.Option("--usd-per-month", help="Dollars per month.")]
Note = Annotated[str | None, typer.Option("--note", help="For people.")]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file",
        metavar="FILE",
        help="Take the secret that clients have already from the first line of FILE (`-`: standard input).",
    ),
]
