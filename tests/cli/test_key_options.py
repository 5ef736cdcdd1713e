from __future__ import annotations

import typer
from typer.testing import CliRunner

from isthmus.cli import key_options as options
from isthmus.cli import limit_options as limits

app = typer.Typer()


@app.command()
def told(
    name: options.Name,
    model: options.Models = None,
    no_mcp: options.NoMcp = False,
    tpm: limits.TokensPerMinute = None,
    usd_per_day: options.UsdPerDay = None,
) -> None:
    print(name, model, no_mcp, tpm, usd_per_day)


def test_what_is_told_arrives_and_lists_may_be_said_again() -> None:
    said = ["ci", "--model", "a", "--model", "b*", "--no-mcp", "--tpm", "7", "--usd-per-day", "0.5"]
    assert CliRunner().invoke(app, said).stdout == "ci ['a', 'b*'] True 7 0.5\n"


def test_a_limit_is_a_number() -> None:
    assert CliRunner().invoke(app, ["ci", "--tpm", "many"]).exit_code == 2
