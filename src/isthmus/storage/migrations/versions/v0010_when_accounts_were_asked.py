"""The request log: when the first account was asked, and how long it was waited for. Rows that are here do not say."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer

from isthmus.storage.migrations.steps import add_column

revision: Final = "0010"
down_revision: Final = "0009"


def upgrade() -> None:
    add_column("request_logs", Column("queued_ms", Integer))
    add_column("request_logs", Column("first_attempt_ms", Integer))
