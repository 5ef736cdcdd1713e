"""The report of a migration says everything, and keeps secrets."""

import io
import json

from rich.console import Console

from isthmus.cli.migration_report import as_json, print_report
from isthmus.control.carrying import Outcome, Result
from isthmus.core.secret import Secret
from isthmus.migrate.haul import Haul, Line, Report

HAUL = Haul(
    "litellm",
    report=Report(
        [Line("a", "carried it")],
        [Line("b[0]", "1 becomes 2")],
        [Line("c", "because [bold]so[/bold]")],
        [Line("d")],
        ["Do this."],
    ),
)
OUTCOMES = [
    Outcome("provider", "one", Result.MADE),
    Outcome("provider", "two", Result.MADE),
    Outcome("account", "one: x", Result.HERE),
    Outcome("account", "two: y", Result.REFUSED, "wrong key"),
    Outcome("alias", "fast", Result.MADE),
    Outcome("alias", "slow", Result.MADE),
    Outcome("key", "team", Result.MADE, secret=Secret("sk-made-just-now")),
]


def printed(*, dry_run: bool = False, with_secrets: bool = True) -> str:
    out = io.StringIO()
    console = Console(file=out, highlight=False, soft_wrap=True, width=200)
    print_report(console, HAUL, OUTCOMES, dry_run=dry_run, with_secrets=with_secrets)
    return out.getvalue()


def test_every_line_of_the_four_lists_is_there() -> None:
    lines = [line.split(maxsplit=1) for line in printed().splitlines()]
    assert ["a", "carried it"] in lines
    assert ["b[0]", "1 becomes 2"] in lines
    assert ["c", "because [bold]so[/bold]"] in lines
    assert ["d", "not known here, and not carried"] in lines
    assert ["!", "Do this."] in lines
    assert ["Left", "out (1)"] in lines


def test_what_was_stored_is_counted_and_what_was_refused_is_named() -> None:
    said = printed()
    assert "2 providers made" in said
    assert "1 account already here" in said
    assert "2 aliases made" in said
    assert "refused account 'two: y': wrong key" in said


def test_a_key_that_was_made_is_shown_once_and_not_in_a_file() -> None:
    assert printed().count("sk-made-just-now") == 1
    assert "sk-made-just-now" not in printed(with_secrets=False)


def test_a_dry_run_says_so() -> None:
    assert "Nothing was changed" in printed(dry_run=True)
    assert "Nothing was changed" not in printed()


def test_as_json() -> None:
    said = json.loads(as_json(HAUL, OUTCOMES, dry_run=True))
    assert (said["program"], said["dry_run"], said["closing"]) == ("litellm", True, ["Do this."])
    assert said["left_out"] == [{"what": "c", "text": "because [bold]so[/bold]"}]
    assert said["outcomes"][0] == {"what": "provider", "name": "one", "result": "made", "text": ""}
    assert said["outcomes"][-1]["secret"] == "sk-made-just-now"
