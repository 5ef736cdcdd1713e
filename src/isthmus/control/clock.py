"""Times as the database keeps them, and new ids."""

from __future__ import annotations

import secrets
import time


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def new_id(prefix: str) -> str:
    """`acc_` and 20 characters of [0-9a-f]."""
    return f"{prefix}_{secrets.token_hex(10)}"
