"""Accounts that sign in: leases, surveys, sign-ins under way; credits of requests. What waited for this version is switched on."""

from __future__ import annotations

from typing import Final

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, String, Text, column, table, true, update
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from isthmus.storage.migrations.steps import add_column, create_table

revision: Final = "0003"
down_revision: Final = "0002"

_accounts: Final = table("accounts", Column("enabled", Boolean), column("off_reason"))
_providers: Final = table("providers", Column("enabled", Boolean), column("type"))
_WAITING: Final = (
    "this version cannot run providers of type 'amazon-q' yet",
    "this version cannot serve providers of type 'amazon-q' yet",
)


def upgrade() -> None:
    create_table(
        "leases",
        Column("name", String(120), primary_key=True),
        Column("owner", String(64), nullable=False),
        Column("until_ms", BigInteger, nullable=False),
    )
    create_table(
        "surveys",
        Column("account_id", String(80), primary_key=True),
        Column("survey", Text().with_variant(MEDIUMTEXT, "mysql", "mariadb"), nullable=False),
        Column("read_ms", BigInteger, nullable=False),
    )
    create_table(
        "logins",
        Column("id", String(64), primary_key=True),
        Column("provider", String(64), nullable=False),
        Column("method", String(32), nullable=False),
        Column("state", String(16), nullable=False),
        Column("sealed_state", Text, nullable=False),
        Column("sealed_result", Text),
        Column("url", Text, nullable=False),
        Column("plain_url", Text, nullable=False),
        Column("code", String(64), nullable=False),
        Column("problem", Text),
        Column("account_id", String(80)),
        Column("created_ms", BigInteger, nullable=False),
        Column("expires_ms", BigInteger, nullable=False),
        Column("next_poll_ms", BigInteger, nullable=False),
    )
    add_column("request_logs", Column("micro_credits", BigInteger))
    waiting = _accounts.c.off_reason.in_(_WAITING)
    op.execute(update(_accounts).where(waiting).values(enabled=true(), off_reason=None))
    # Providers have no reason of their own: one of this type was never anything but off.
    op.execute(update(_providers).where(_providers.c.type == "amazon-q").values(enabled=true()))
