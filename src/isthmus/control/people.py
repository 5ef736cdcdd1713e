"""Who is asking, and what a role allows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    """May do everything."""
    VIEWER = "viewer"
    """Sees everything but secrets, changes nothing."""
    HOLDER = "holder"
    """Sees the keys that are its own, and what they used."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in, or a script with one of their tokens."""

    id: str
    name: str
    role: Role
    client: str = ""
    """Address they come from."""

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


OPERATOR = Person("", "command line", Role.ADMIN)
"""Whoever can run commands on the gateway's machine and read its database."""
