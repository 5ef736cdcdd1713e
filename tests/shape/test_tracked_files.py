"""What is in the repository works on every machine: it names neither somebody's folders nor a package index."""

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

# In pieces, or this file would be the first offender.
INDEXES = [
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry." + "npmjs",
    "registry." + "yarnpkg",
    "npmmirror" + ".com",
]
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.~:@-])/(?:" + "root" + "|" + "work" + r")/")
INDEX_OPTION = re.compile(r"^\s*(--?(extra-)?index-url|-i|--find-links|-f|--trusted-host)\b")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;\\]+)")
NODE_LOCKS = ["tests/clients/node/package-lock.json", "console/package-lock.json"]
PINNED = sorted((ROOT / "requirements").glob("*.txt"))


def tracked_files() -> list[Path]:
    """The files git knows; without git (an unpacked source archive) there is nothing to judge."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [file for file in files if file.is_file()]


def normal(name: str) -> str:
    """A distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: Path) -> dict[str, str]:
    """The versions a requirement file fixes, by name."""
    matches = (REQUIREMENT.match(line) for line in file.read_text().splitlines())
    return {normal(match[1]): match[2] for match in matches if match}


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    own = str(ROOT) if len(ROOT.parts) > 2 else None
    found = []
    for file in tracked_files():
        for number, line in enumerate(file.read_text("latin-1").splitlines(), 1):
            if SOMEBODYS_FOLDER.search(line) or (own and own in line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert found == []


def test_no_file_names_a_package_index() -> None:
    """pip and npm are told where to look by whoever runs them."""
    found = []
    for file in tracked_files():
        text = file.read_text("latin-1")
        found += [f"{file.relative_to(ROOT)} names {index}" for index in INDEXES if index in text]
    assert found == []


def test_every_input_is_compiled() -> None:
    inputs = {file.stem for file in (ROOT / "requirements").glob("*.in")}
    assert {file.stem for file in PINNED} == inputs
    assert {"runtime", "dev"} <= inputs


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.name)
def test_each_requirement_is_exact_and_hashed(file: Path) -> None:
    text = file.read_text()
    logical_lines = re.sub(r"\\\n", " ", text).splitlines()
    requirements = [line for line in logical_lines if line.strip() and not line.startswith("#")]
    assert requirements
    assert [line for line in requirements if not REQUIREMENT.match(line) or not HASH.search(line)] == []
    assert [line for line in text.splitlines() if INDEX_OPTION.match(line)] == []


def test_the_tests_run_on_what_the_gateway_runs_on() -> None:
    runtime, dev = (pins(ROOT / "requirements" / name) for name in ("runtime.txt", "dev.txt"))
    assert runtime
    assert {name: dev.get(name) for name in runtime} == runtime


def test_what_the_package_asks_for_is_what_is_pinned() -> None:
    """The ranges in pyproject.toml and the versions in runtime.in name the same libraries."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {normal(re.split(r"[<>=!~;\[ ]", wanted)[0]) for wanted in project["dependencies"]}
    wanted_here = set(pins(ROOT / "requirements" / "runtime.in"))
    assert wanted_here - asked == {"hatchling"}, "the build backend is the only thing pinned for us alone"
    assert asked <= wanted_here


def locked(lock: str) -> dict[str, dict[str, Any]]:
    """The packages of a lock file of npm, by their folder."""
    packages = json.loads((ROOT / lock).read_text())["packages"]
    return {name: package for name, package in packages.items() if name}


@pytest.mark.parametrize("lock", NODE_LOCKS)
def test_a_node_lock_has_hashes_and_no_addresses(lock: str) -> None:
    packages = locked(lock)
    assert len(packages) >= 3
    assert [name for name, package in packages.items() if "resolved" in package] == []
    fetched = {name: package for name, package in packages.items() if not package.get("inBundle")}
    assert [
        name for name, package in fetched.items() if not package.get("integrity", "").startswith("sha512-")
    ] == []


@pytest.mark.parametrize("lock", NODE_LOCKS)
def test_a_node_lock_serves_every_system(lock: str) -> None:
    """npm leaves out what it cannot find for other systems, and then installs nothing from its own lock."""
    packages = locked(lock)
    known = {name.rpartition("node_modules/")[2] for name in packages}
    wanted = {each for package in packages.values() for each in package.get("optionalDependencies", {})}
    assert wanted - known == set()
