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
    monkeypatch.setattr(environments, "make_node", lambda: asked.append("node"))
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


def test_an_unknown_word_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert environments.main(["everything"]) == 2
    assert "runtime | dev | judges" in capsys.readouterr().err
