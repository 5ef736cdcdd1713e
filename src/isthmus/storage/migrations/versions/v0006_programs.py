"""Claude Code: providers and accounts that waited for this version are switched on."""

from __future__ import annotations

from typing import Final

from alembic import op
from sqlalchemy import Boolean, Column, column, table, true, update

revision: Final = "0006"
down_revision: Final = "0005"

_accounts: Final = table("accounts", Column("enabled", Boolean), column("off_reason"))
_providers: Final = table("providers", Column("enabled", Boolean), column("type"))
_WAITING: Final = (
    "this version cannot run providers of type 'claude-code' yet",
    "this version cannot serve providers of type 'claude-code' yet",
)


def upgrade() -> None:
    waiting = _accounts.c.off_reason.in_(_WAITING)
    op.execute(update(_accounts).where(waiting).values(enabled=true(), off_reason=None))
    op.execute(update(_providers).where(_providers.c.type == "claude-code").values(enabled=true()))
