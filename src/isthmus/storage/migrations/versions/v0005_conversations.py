"""Conversations that the gateway remembers, with their messages."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, String, Text
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from isthmus.storage.migrations.steps import create_index, create_table

revision: Final = "0005"
down_revision: Final = "0004"

_LONG: Final = Text().with_variant(MEDIUMTEXT, "mysql", "mariadb")


def upgrade() -> None:
    create_table(
        "conversations",
        Column("id", String(64), primary_key=True),
        Column("owner", String(80), nullable=False),
        Column("sealed_particulars", _LONG, nullable=False),
        Column("sealed_session", Text),
        Column("messages", Integer, nullable=False),
        Column("revision", Integer, nullable=False),
        Column("created_ms", BigInteger, nullable=False),
        Column("used_ms", BigInteger, nullable=False),
    )
    create_index("ix_conversations_owner_created_ms", "conversations", "owner", "created_ms")
    create_index("ix_conversations_used_ms", "conversations", "used_ms")
    create_table(
        "conversation_turns",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("conversation_id", String(64), nullable=False),
        Column("sealed_turn", _LONG, nullable=False),
    )
    create_index("ix_conversation_turns_conversation_id", "conversation_turns", "conversation_id")
