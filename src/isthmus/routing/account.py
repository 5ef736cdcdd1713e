"""What an operator decides about an account: whether it takes part, how much of the work it gets, and how much it bears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

AccountId = NewType("AccountId", str)


@dataclass(frozen=True, slots=True)
class Member:
    """One account of a pool. Raises `ValueError` for a number with which it could never be chosen."""

    id: AccountId
    enabled: bool = True
    priority: int = 0
    """The lower number is preferred."""
    weight: int = 1
    max_concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_day: int | None = None
    read_only: bool = False
    """Declared in the configuration file: it rests where another would be switched off."""
    credential_version: int = 0
    """Counts the credentials it has had. The refusal of an earlier one says nothing of this one."""

    def __post_init__(self) -> None:
        for name in _AT_LEAST_ONE:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"account {self.id!r}: {name} must be at least 1, not {value}")


_AT_LEAST_ONE = (
    "weight",
    "max_concurrency",
    "requests_per_minute",
    "tokens_per_minute",
    "requests_per_day",
    "tokens_per_day",
)
