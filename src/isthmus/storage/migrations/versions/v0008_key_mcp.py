"""API keys: which MCP servers and tools may be used for them. Keys that are here may use what their provider allows."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Text

from isthmus.storage.migrations.steps import add_column

revision: Final = "0008"
down_revision: Final = "0007"


def upgrade() -> None:
    add_column("api_keys", Column("mcp", Text))
