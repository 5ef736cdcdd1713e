"""The report of a migration, for people and for scripts. Holds no secret but the keys that had to be made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from isthmus.control.carrying import Outcome, Result
from isthmus.migrate.haul import Haul, Line

_LISTS: Final = (
    ("carried", "Carried", "green"),
    ("changed", "Changed", "yellow"),
    ("left_out", "Left out", "magenta"),
    ("unknown", "Unknown", "red"),
)
_WIDEST: Final = 44
_UNKNOWN: Final = "not known here, and not carried"


def as_json(haul: Haul, outcomes: Sequence[Outcome], *, dry_run: bool) -> str:
    report = {
        name: [{"what": line.what, "text": line.text} for line in getattr(haul.report, name)]
        for name, _, _ in _LISTS
    }
    found = {
        "program": haul.program,
        "dry_run": dry_run,
        **report,
        "closing": haul.report.closing,
        "outcomes": [_as_row(each) for each in outcomes],
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def _as_row(outcome: Outcome) -> dict[str, Any]:
    row = {"what": outcome.what, "name": outcome.name, "result": outcome.result.value, "text": outcome.text}
    return row if outcome.secret is None else {**row, "secret": outcome.secret.reveal()}


def print_report(
    console: Console,
    haul: Haul,
    outcomes: Sequence[Outcome],
    *,
    dry_run: bool,
    with_secrets: bool = True,
) -> None:
    for name, title, colour in _LISTS:
        _print_list(console, title, colour, getattr(haul.report, name))
    _print_outcomes(console, outcomes, dry_run=dry_run)
    for each in outcomes if with_secrets else ():
        if each.secret is not None:
            console.print(Text(f"API key {each.name!r}, shown this once: {each.secret.reveal()}"))
    for line in haul.report.closing:
        console.print(Text.assemble(("! ", "bold yellow"), line))


def _print_list(console: Console, title: str, colour: str, lines: Sequence[Line]) -> None:
    if not lines:
        return
    console.print(Text(f"{title} ({len(lines)})", f"bold {colour}"))
    width = min(_WIDEST, max(len(line.what) for line in lines))
    for line in lines:
        console.print(Text.assemble("  ", (f"{line.what:<{width}}", colour), f"  {line.text or _UNKNOWN}"))
    console.print()


def _counted(what: str, count: int) -> str:
    return what if count == 1 else "aliases" if what == "alias" else f"{what}s"


def _print_outcomes(console: Console, outcomes: Sequence[Outcome], *, dry_run: bool) -> None:
    console.print(Text("What would be stored" if dry_run else "Stored", "bold"))
    counts = Counter((each.what, each.result) for each in outcomes)
    for (what, result), count in counts.items():
        console.print(Text(f"  {count} {_counted(what, count)} {result.value}"))
    for each in outcomes:
        if each.result is Result.REFUSED:
            console.print(
                Text.assemble(("  refused ", "bold red"), f"{each.what} {each.name!r}: {each.text}")
            )
    if dry_run:
        console.print(Text("  Nothing was changed: run it again without --dry-run."))
    elif not outcomes:
        console.print(Text("  nothing"))
