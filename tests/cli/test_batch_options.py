from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from isthmus.cli import batch_options as options

app = typer.Typer()


@app.command()
def told(
    file: options.Requests,
    concurrency: options.Concurrency = 8,
    retries: options.Retries = 5,
    max_wait: options.MaxWait = 1.0,
    max_cost_usd: options.MaxCost = None,
) -> None:
    print(file.name, concurrency, retries, max_wait, max_cost_usd)


def test_what_is_told_arrives() -> None:
    said = ["in.jsonl", "-n", "1000", "--retries", "0", "--max-wait", "0", "--max-cost-usd", "0.5"]
    assert CliRunner().invoke(app, said).stdout == "in.jsonl 1000 0 0.0 0.5\n"


@pytest.mark.parametrize(
    "option",
    [("-n", "0"), ("-n", "1001"), ("--retries", "-1"), ("--max-wait", "-1"), ("--max-cost-usd", "-0.1")],
)
def test_what_makes_no_sense_is_refused_as_a_wrong_command_line(option: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["in.jsonl", *option])
    assert done.exit_code == 2
    assert option[0] in done.output
