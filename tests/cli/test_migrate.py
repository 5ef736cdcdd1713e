"""`isthmus migrate` on real files, into a real database."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.processes import Run
from migrate.reading import CANARY, DATA, ENV


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"ISTHMUS_STORAGE__DATA_DIR": str(tmp_path / "data")} | ENV


def report(run: Run, env: dict[str, str], program: str, *options: str) -> dict[str, Any]:
    done = run("migrate", program, DATA / program, "--json", *options, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def results(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["what"], each["name"], each["result"]) for each in found["outcomes"]]


@pytest.mark.slow
def test_everything_is_stored_once_and_nothing_is_refused(run: Run, home: dict[str, str]) -> None:
    program = "litellm"
    first = report(run, home, program)
    assert first["outcomes"]
    assert [each for each in first["outcomes"] if each["result"] == "refused"] == []
    second = report(run, home, program)
    assert {result for _, _, result in results(second)} == {"already here"}
    assert CANARY not in json.dumps([first, second])


@pytest.mark.slow
def test_a_dry_run_makes_no_database(run: Run, home: dict[str, str], tmp_path: Path) -> None:
    found = report(run, home, "claude-proxy", "--dry-run")
    assert found["dry_run"]
    assert ("provider", "siliconflow", "made") in results(found)
    assert not (tmp_path / "data").exists()
    report(run, home, "claude-proxy")
    again = report(run, home, "claude-proxy", "--dry-run", "--replace")
    assert ("provider", "siliconflow", "replaced") in results(again)


def test_the_four_lists_are_printed_and_written(run: Run, home: dict[str, str], tmp_path: Path) -> None:
    done = run(
        "migrate", "claude-proxy", DATA / "claude-proxy", "--dry-run", "--report", "said.txt", env=home
    )
    assert done.returncode == 0, done.stderr
    for title in ("Carried (", "Changed (", "Left out (", "Unknown (", "What would be stored"):
        assert title in done.stdout
    written = (tmp_path / "said.txt").read_text()
    assert [line.rstrip() for line in written.splitlines()] == [
        line.rstrip() for line in done.stdout.splitlines()
    ]
    assert CANARY not in written


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("claude-proxy", DATA / "litellm"), "looks like litellm: try `isthmus migrate litellm"),
        (("claude-prox", DATA / "litellm"), "did you mean 'claude-proxy'?"),
        (("litellm", DATA / "missing"), "does not exist"),
    ],
)
def test_what_is_not_a_configuration_of_the_program_is_told_with_code_2(
    run: Run, home: dict[str, str], arguments: tuple[Any, ...], said: str
) -> None:
    done = run("migrate", *arguments, env=home)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_nothing_to_carry_is_code_1(run: Run, home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("auth-dir: nowhere\n")
    done = run("migrate", "cliproxyapi", "config.yaml", "--dry-run", env=home)
    assert done.returncode == 1
    assert "no logins" in done.stdout


def test_a_report_that_cannot_be_written_is_told(run: Run, home: dict[str, str]) -> None:
    done = run(
        "migrate", "claude-proxy", DATA / "claude-proxy", "--dry-run", "--report", "no/such/place", env=home
    )
    assert done.returncode == 1
    assert "cannot be written to no/such/place" in done.stderr
