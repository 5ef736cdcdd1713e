"""An environment is made once, remade when what it was made from changes, and never taken for made when it failed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import environments


@pytest.fixture
def requirement(tmp_path: Path) -> Path:
    file = tmp_path / "some.txt"
    file.write_text("one==1")
    return file


def test_the_second_time_costs_nothing(tmp_path: Path, requirement: Path) -> None:
    made: list[str] = []
    for _ in range(2):
        environments.make_fresh(tmp_path / "env" / "stamp", [requirement], lambda: made.append("made"))
    assert made == ["made"]


def test_a_changed_requirement_makes_it_anew(tmp_path: Path, requirement: Path) -> None:
    made: list[str] = []
    for content in ("one==1", "one==2"):
        requirement.write_text(content)
        environments.make_fresh(
            tmp_path / "stamp", [requirement], lambda: made.append(requirement.read_text())
        )
    assert made == ["one==1", "one==2"]


def test_a_failure_leaves_no_stamp(tmp_path: Path, requirement: Path) -> None:
    stamp = tmp_path / "stamp"
    environments.make_fresh(stamp, [requirement], lambda: None)
    requirement.write_text("one==2")

    def fail() -> None:
        raise subprocess.CalledProcessError(1, "pip")

    with pytest.raises(subprocess.CalledProcessError):
        environments.make_fresh(stamp, [requirement], fail)
    assert not stamp.exists()


def test_only_a_python_that_starts_works(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    assert not environments.works(broken)
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert not environments.works(broken)
    assert environments.works(Path(sys.executable))


def judges_that_fail(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def fail() -> None:
        asked.append("old")
        raise subprocess.CalledProcessError(1, "pip")

    fail.__name__ = "make_old_clients"
    monkeypatch.setattr(environments, "make_old_clients", fail)
    monkeypatch.setattr(environments, "make_claude_code", lambda: asked.append("claude"))
    monkeypatch.setattr(environments, "make_node_clients", lambda: asked.append("node"))
    return asked


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_a_judge_that_cannot_be_had_stops_ci_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, status: int
) -> None:
    asked = judges_that_fail(monkeypatch)
    monkeypatch.setenv("CI", ci)
    assert environments.main(["judges"]) == status
    assert asked == ["old", "claude", "node"]
    assert "make_old_clients failed" in capsys.readouterr().err


@pytest.fixture
def no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a console that was never built, where Node cannot be had."""

    def fail() -> None:
        raise subprocess.CalledProcessError(1, "pip")

    site = tmp_path / "site"
    monkeypatch.setattr(environments, "make_node", fail)
    monkeypatch.setattr(environments.console, "is_built", (site / "index.html").is_file)
    return site


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_a_console_that_cannot_be_built_stops_ci_alone(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    no_index: Path,
    ci: str,
    status: int,
) -> None:
    monkeypatch.setenv("CI", ci)
    assert environments.main(["console-if-possible"]) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("the console could not be built, the gateway serves without it: ")
    no_index.mkdir()
    (no_index / "index.html").touch()
    environments.main(["console-if-possible"])
    assert "an earlier build of it is served" in capsys.readouterr().err


@pytest.mark.usefixtures("no_index")
@pytest.mark.parametrize("asked", ["console", "console-check"])
def test_whoever_asks_for_the_console_alone_is_told_that_it_failed(asked: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        environments.main([asked])


def test_an_unknown_word_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert environments.main(["everything"]) == 2
    assert "runtime | dev | judges | console" in capsys.readouterr().err
