"""What came of a run: a table for people, JSON for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, assert_never

from rich.table import Table
from rich.text import Text

from isthmus.conformance.client import Exchanged
from isthmus.conformance.verdict import Failed, NotApplicable, Outcome, Passed

WORDS: Final = {Passed: "pass", Failed: "fail", NotApplicable: "n/a"}
_STYLES: Final = {Passed: "green", Failed: "bold red", NotApplicable: "dim"}
_MAX_BODY: Final = 20_000


@dataclass(frozen=True, slots=True)
class Result:
    """One case in one dialect."""

    id: str
    title: str
    dialect: str
    """Or `any`, for a case that has none."""
    outcome: Outcome
    seconds: float = 0.0
    transcript: tuple[Exchanged, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    results: tuple[Result, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many passed, failed and did not apply."""
        counted = Counter(type(result.outcome) for result in self.results)
        return {word: counted[kind] for kind, word in WORDS.items()}

    @property
    def ok(self) -> bool:
        """Something was judged, and nothing failed."""
        return self.counts["fail"] == 0 and self.counts["pass"] > 0

    @property
    def summary(self) -> str:
        counts = self.counts
        return f"{counts['pass']} passed, {counts['fail']} failed, {counts['n/a']} not applicable"


def render_table(report: Report) -> Table:
    """For a rich console, which drops the colours where there is no terminal."""
    table = Table("case", "dialect", "result", "what", box=None, pad_edge=False)
    for result in report.results:
        style = _STYLES[type(result.outcome)]
        word = Text(WORDS[type(result.outcome)], style)
        table.add_row(result.id, result.dialect, word, Text(told(result)))
    return table


def told(result: Result) -> str:
    """The title, and what there is to say beyond pass."""
    match result.outcome:
        case Passed(note):
            return f"{result.title} (noticed: {note})" if note else result.title
        case Failed(why, evidence):
            return f"{result.title}\n{why}" + (f"\n  {evidence}" if evidence else "")
        case NotApplicable(why):
            return f"{result.title}: {why}"
        case _:
            assert_never(result.outcome)


def to_json(report: Report) -> dict[str, Any]:
    """Plain JSON values. Failed cases bring their transcript, without the key, long bodies cut."""
    return {
        "ok": report.ok,
        "counts": report.counts,
        "results": [_result(result) for result in report.results],
    }


def _result(result: Result) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": result.id,
        "title": result.title,
        "dialect": result.dialect,
        "result": WORDS[type(result.outcome)],
        "seconds": result.seconds,
        "requests": len(result.transcript),
    }
    match result.outcome:
        case Passed(note):
            return shown | ({"note": note} if note else {})
        case Failed(why, evidence):
            transcript = [_exchanged(each) for each in result.transcript]
            return shown | {"why": why, "evidence": evidence, "transcript": transcript}
        case NotApplicable(why):
            return shown | {"why": why}
        case _:
            assert_never(result.outcome)


def _exchanged(each: Exchanged) -> dict[str, Any]:
    return {
        "method": each.method,
        "url": each.url,
        "sent": each.sent[:_MAX_BODY],
        "status": each.status,
        "received": each.received[:_MAX_BODY],
        "seconds": each.seconds,
    }
