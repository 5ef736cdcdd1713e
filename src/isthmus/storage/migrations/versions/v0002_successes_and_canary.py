"""Requests say whether they succeeded, with narrow indexes for those that did not; a canary row tells a wrong key."""

from __future__ import annotations

from typing import Final

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    Text,
    column,
    false,
    or_,
    table,
    text,
    true,
    update,
)

from isthmus.storage.migrations.steps import add_column, create_index, create_table, drop_index

revision: Final = "0002"
down_revision: Final = "0001"

_logs: Final = table(
    "request_logs", column("status"), column("error"), column("client_left"), column("succeeded")
)
_another_model: Final = text("model_used IS NULL OR model_used != model_asked")


def upgrade() -> None:
    create_table(
        "vault_canary",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("sealed_text", Text, nullable=False),
        Column("created_ms", BigInteger, nullable=False),
    )
    add_column("request_logs", Column("succeeded", Boolean, nullable=False, server_default=true()))
    failed = or_(_logs.c.status >= 400, _logs.c.error.is_not(None), _logs.c.client_left == true())
    op.execute(update(_logs).where(failed).values(succeeded=false()))
    create_index(
        "ix_request_logs_succeeded_started_ms_id_error_status",
        "request_logs",
        "succeeded",
        "started_ms",
        "id",
        "error",
        "status",
        sqlite_where=text("succeeded = 0"),
        postgresql_where=text("NOT succeeded"),
    )
    # Made anew for the rows alone in which another model answered than was asked for.
    drop_index("ix_request_logs_model_asked_started_ms", "request_logs")
    create_index(
        "ix_request_logs_model_asked_started_ms",
        "request_logs",
        "model_asked",
        "started_ms",
        sqlite_where=_another_model,
        postgresql_where=_another_model,
    )
