"""What an upstream says about one of its accounts: plan, quotas, models. Plain data, fit to be stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Quota:
    """An allowance, or a part of one such as a free trial or a bonus."""

    name: str
    """As the upstream shows it to its users."""
    used: float
    limit: float | None = None
    """None: the upstream names no limit."""
    unit: str = ""
    resets_ms: int | None = None
    """When it starts anew, in milliseconds since 1970; None where it does not, or nobody said."""
    counts: bool = True
    """Whether it can be used at present: an expired trial is shown, but counts for nothing."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was read at one time. A part that could not be read is empty, and `problems` says why."""

    plan: str | None = None
    owner: str | None = None
    """E-mail or name of whose account it is."""
    quotas: tuple[Quota, ...] = ()
    models: tuple[Mapping[str, Any], ...] = ()
    """As the upstream describes them, each with its `id`. Empty: not known, so nothing follows from a model's absence."""
    profiles: tuple[Mapping[str, Any], ...] = ()
    """Billing or organisation profiles that may be chosen from, each with its `id` and `name`."""
    resets_ms: int | None = None
    """When the main allowance starts anew."""
    problems: tuple[str, ...] = ()

    def lists(self, model: str) -> bool | None:
        """Whether the account has the model; None when that is not known."""
        return any(each.get("id") == model for each in self.models) if self.models else None


@dataclass(frozen=True, slots=True)
class KeptSurvey:
    """One that was read, and when."""

    survey: Survey
    read_ms: int
    read_with: str | None = None
    """Fingerprint of the credential it was read with, for an account of which nothing is stored that tells when that changes."""
