"""Room for what a provider keeps with a conversation: on MySQL and MariaDB a `Text` ends at 64 KiB."""

from __future__ import annotations

from typing import Final

from isthmus.storage.migrations.steps import lengthen_text

revision: Final = "0007"
down_revision: Final = "0006"


def upgrade() -> None:
    lengthen_text("conversations", "sealed_session")
