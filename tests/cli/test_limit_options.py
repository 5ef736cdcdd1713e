from __future__ import annotations

import typer
from typer.testing import CliRunner

from isthmus.cli import limit_options

app = typer.Typer()


@app.command()
def told(
    concurrency: limit_options.Concurrency = None,
    rpm: limit_options.RequestsPerMinute = None,
    rpd: limit_options.RequestsPerDay = None,
    tpm: limit_options.TokensPerMinute = None,
    tpd: limit_options.TokensPerDay = None,
) -> None:
    print(concurrency, rpm, rpd, tpm, tpd)


def test_what_is_told_arrives() -> None:
    said = ["--concurrency", "1", "--rpm", "2", "--rpd", "3", "--tpm", "4", "--tpd", "5"]
    assert CliRunner().invoke(app, said).stdout == "1 2 3 4 5\n"


def test_a_limit_is_a_number() -> None:
    assert CliRunner().invoke(app, ["--rpm", "many"]).exit_code == 2
