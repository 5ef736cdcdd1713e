"""What holds for every command: help, failures, exit codes, speed."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli.processes import Run
from isthmus import __version__
from isthmus.cli import app as command_line
from isthmus.cli.app import COMMANDS, Entry, flowing, main


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for name, entry in COMMANDS.items():
        assert f" {name} " in done.stdout
        assert entry.help in done.stdout
    assert "Exit codes" in done.stdout


def test_no_arguments_show_the_help(run: Run) -> None:
    assert "Usage: isthmus" in run().stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert f"Usage: isthmus {name}" in shown.out


@pytest.mark.parametrize("words", [("serve",), ("restore",), ("admin", "reset-password")])
def test_help_fills_the_lines_of_a_terminal(words: tuple[str, ...], run: Run) -> None:
    shown = run(*words, "--help", env={"COLUMNS": "80"}).stdout
    prose = shown.partition("╭")[0].splitlines()
    for line, following in pairwise(prose):
        if line.strip() and following.strip():
            assert len(f"{line.rstrip()} {following.split()[0]}") > 78, line


def test_paragraphs_of_help_stay_apart() -> None:
    assert flowing("One\ntwo.\n\n    Three\n    four.") == "One two.\n\nThree four."


def test_loading_a_command_is_spared_the_garbage_collector() -> None:
    """Whether it ran while the modules were loaded shows in what it has counted."""
    program = (
        "import gc, sys; from isthmus.cli import main; before = gc.get_stats()[2]['collections']; main(['serve', '--help']); "
        "print(gc.get_stats()[2]['collections'] - before, gc.isenabled(), gc.get_freeze_count() > 100_000, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.split() == ["0", "True", "True"]


def test_help_does_not_wait_for_what_only_commands_need() -> None:
    """Each of these takes longer to load than all of the help."""
    program = (
        "import sys; from isthmus.cli import main; main(['--help']); "
        "print(*({'aiohttp', 'alembic', 'fastapi', 'pydantic', 'sqlalchemy', 'uvicorn'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "serve" in done.stdout
    assert done.stderr.split() == []


def test_output_that_is_no_terminal_has_no_colours(run: Run) -> None:
    done = run("serve", "--port", "70000", env={"TERM": "xterm-256color"})
    assert "\x1b" not in run("--help", env={"TERM": "xterm-256color"}).stdout + done.stderr


def test_a_wrong_command_is_refused_with_the_one_that_was_meant(run: Run) -> None:
    done = run("srve")
    assert done.returncode == 2
    assert "Did you mean 'serve'?" in done.stderr


def test_a_wrong_option_is_refused(run: Run) -> None:
    done = run("serve", "--prot", "1")
    assert done.returncode == 2
    assert "--port" in done.stderr


@pytest.mark.parametrize("wanted", ["--version", "version"])
def test_the_version(wanted: str, run: Run) -> None:
    assert run(wanted).stdout == f"isthmus {__version__}\n"


def a_bug(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Runs a command that has one."""
    loaded = command_line.typer.Typer()

    @loaded.command()
    def version() -> None:
        raise ZeroDivisionError("by zero, key sk-abcdefghijkl")

    monkeypatch.setitem(COMMANDS, "version", Entry("broken", ""))
    monkeypatch.setattr(command_line, "import_module", lambda _: SimpleNamespace(app=loaded))
    return main(arguments)


def test_a_bug_is_one_paragraph(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert a_bug(monkeypatch, "version") == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError: by zero, key ***." in said
    assert "--debug" in said
    assert "Traceback" not in said


def test_a_bug_has_a_trace_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert a_bug(monkeypatch, "--debug", "version") == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "sk-abc" not in said
    assert f'{Path(__file__).name}", line' in said


def test_main_returns_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert main(["lint-stream", "/nowhere/at/all"]) == 2
    assert main(["--no-such-option"]) == 2
    assert "cannot be read" in capsys.readouterr().err
