"""The CLI is found where the operator says, on PATH, or inside the wheel; and it is asked who it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import judges
from isthmus.core.errors import UpstreamError
from isthmus.transport.find_claude import CARRIER, Version, bundled_claude, find_claude, version_of


def program(path: Path, says: str = "2.1.330 (Claude Code)") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{says if says.startswith('exec') else f'echo {says!r}'}\n", "utf-8")
    path.chmod(0o755)
    return path


def carrier(folder: Path) -> Path:
    """A package that would fail if anybody imported it."""
    (folder / CARRIER).mkdir()
    (folder / CARRIER / "__init__.py").write_text("raise AssertionError('imported')", "utf-8")
    return program(folder / CARRIER / "_bundled" / "claude")


def test_what_is_named_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = program(tmp_path / "bin" / "claude")
    monkeypatch.setenv("PATH", str(on_path.parent))
    named = program(tmp_path / "mine")
    assert find_claude(named) == named
    assert find_claude() == on_path
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_claude(Path("~/mine")) == named


@pytest.mark.parametrize("name", ["nowhere", "", "text"])
def test_what_is_named_must_be_a_program(tmp_path: Path, name: str) -> None:
    (tmp_path / "text").touch()
    with pytest.raises(UpstreamError) as caught:
        find_claude(tmp_path / name)
    assert "is not a program that can be run" in caught.value.detail
    assert str(tmp_path) not in caught.value.message


def test_the_one_in_the_wheel_is_found_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    bundled = carrier(tmp_path)
    assert find_claude(packages=[str(tmp_path)]) == bundled
    assert CARRIER not in sys.modules
    bundled.chmod(0o644)
    assert bundled_claude([str(tmp_path)]) is None


def test_where_there_is_none_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UpstreamError, match="cannot be run") as caught:
        find_claude(packages=[str(tmp_path)])
    assert "pip install claude-agent-sdk" in caught.value.detail
    assert "cli_path" in caught.value.detail


async def test_it_tells_its_version(tmp_path: Path) -> None:
    version = await version_of(program(tmp_path / "claude"))
    assert (version, str(version)) == (Version((2, 1, 330)), "2.1.330")
    assert version.is_new_enough
    assert not Version((1, 9, 999)).is_new_enough


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("hello", "is not Claude Code"),
        ("7.0.1 (Something Else)", "is not Claude Code"),
        ("exec sleep 600", "does not tell its version"),
        ("exec false", "is not Claude Code"),
    ],
)
async def test_who_is_somebody_else_is_told_so(
    tmp_path: Path, says: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isthmus.transport.find_claude.VERSION_WITHIN_S", 0.5)
    with pytest.raises(UpstreamError) as caught:
        await version_of(program(tmp_path / "claude", says))
    assert why in caught.value.detail


async def test_what_does_not_run_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UpstreamError) as caught:
        await version_of(tmp_path / "nowhere")
    assert "does not run: No such file" in caught.value.detail


@pytest.mark.judge
async def test_the_real_one_is_new_enough() -> None:
    assert (await version_of(judges.claude_cli())).is_new_enough
