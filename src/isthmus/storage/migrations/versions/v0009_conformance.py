"""Runs of the conformance cases, with what came of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, String, Text
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from isthmus.storage.migrations.steps import create_index, create_table

revision: Final = "0009"
down_revision: Final = "0008"


def upgrade() -> None:
    create_table(
        "conformance_runs",
        Column("id", String(64), primary_key=True),
        Column("state", String(16), nullable=False),
        Column("user_name", String(100), nullable=False),
        Column("provider", String(64), nullable=False),
        Column("account_id", String(80)),
        Column("model", String(200)),
        Column("asked", Text, nullable=False),
        Column("cases", Integer, nullable=False),
        Column("requests", Integer, nullable=False),
        Column("done", Integer, nullable=False),
        Column("counts", Text, nullable=False),
        Column("problem", Text),
        Column("results", Text().with_variant(MEDIUMTEXT, "mysql", "mariadb"), nullable=False),
        Column("created_ms", BigInteger, nullable=False),
        Column("alive_until_ms", BigInteger, nullable=False),
        Column("finished_ms", BigInteger),
    )
    create_index("ix_conformance_runs_created_ms", "conformance_runs", "created_ms")
