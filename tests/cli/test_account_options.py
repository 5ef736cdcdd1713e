from __future__ import annotations

from pathlib import Path

import typer
from typer.testing import CliRunner

from isthmus.cli import account_options as options
from isthmus.cli import limit_options as limits

app = typer.Typer()


@app.command()
def told(
    provider: options.Provider,
    key_file: options.KeyFile = None,
    priority: options.Priority = 0,
    rpm: limits.RequestsPerMinute = None,
    disabled: options.Disabled = False,
) -> None:
    print(provider, key_file, priority, rpm, disabled)


def test_what_is_told_arrives() -> None:
    said = ["anthropic", "--key-file", "keys.txt", "--priority", "-1", "--rpm", "5", "--disabled"]
    assert CliRunner().invoke(app, said).stdout == f"anthropic {Path('keys.txt')} -1 5 True\n"


def test_a_key_itself_is_no_option() -> None:
    done = CliRunner().invoke(app, ["anthropic", "--key", "sk-secret"])
    assert done.exit_code == 2
