"""What comes of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_EVIDENCE: Final = 400


@dataclass(frozen=True, slots=True)
class Passed:
    note: str = ""
    """What was noticed on the way without being a fault."""


@dataclass(frozen=True, slots=True)
class Failed:
    why: str
    evidence: str = ""
    """One line of what was received."""


@dataclass(frozen=True, slots=True)
class NotApplicable:
    why: str


Outcome = Passed | Failed | NotApplicable


class Fault(Exception):
    """The subject is not as the case demands."""

    def __init__(self, why: str, evidence: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.evidence = one_line(evidence)


class Moot(Exception):
    """The case cannot be judged here; the reason is fit for the report."""


def require(condition: object, why: str, evidence: str = "") -> None:
    """Raises `Fault` unless the condition holds."""
    if not condition:
        raise Fault(why, evidence)


def one_line(text: str) -> str:
    """The text on one line, cut where it grows too long to read."""
    joined = " ".join(text.split())
    return joined if len(joined) <= MAX_EVIDENCE else f"{joined[:MAX_EVIDENCE]}…"
