"""Sessions of claude.ai: what waited for this version is switched on, under the kind that it knows."""

from __future__ import annotations

from typing import Final

from alembic import op
from sqlalchemy import Boolean, Column, column, table, true, update

revision: Final = "0004"
down_revision: Final = "0003"

_accounts: Final = table("accounts", column("kind"), Column("enabled", Boolean), column("off_reason"))
_providers: Final = table("providers", Column("enabled", Boolean), column("type"))
_WAITING: Final = (
    "this version cannot run providers of type 'claude-web' yet",
    "this version cannot serve providers of type 'claude-web' yet",
)


def upgrade() -> None:
    # No other type has had accounts of this kind, and none could be used.
    op.execute(update(_accounts).where(_accounts.c.kind == "session").values(kind="session_key"))
    waiting = _accounts.c.off_reason.in_(_WAITING)
    op.execute(update(_accounts).where(waiting).values(enabled=true(), off_reason=None))
    # Providers have no reason of their own: one of this type was never anything but off.
    op.execute(update(_providers).where(_providers.c.type == "claude-web").values(enabled=true()))
