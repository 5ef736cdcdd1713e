"""Settings of clients, copied from the page and run as their readers would run them, by the real clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

import judges
import outside
from console.browsing import Visits
from console.scenery import Scenery

MODEL = "dummy/dummy-text"
PATIENCE_S = 20
ANSWER = "This is the dummy model."


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with a machine of their own: nothing of this gateway is in its environment."""

    home: Path
    programs: list[Path] = field(default_factory=list)
    """Folders that go before the others."""

    def run(self, *command: str | Path, said: str | None = None) -> str:
        environment = {
            "PATH": os.pathsep.join([*map(str, self.programs), os.environ["PATH"]]),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1",
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), outside.NOBODY_LISTENS),
            "DISABLE_TELEMETRY": "1",
            "DISABLE_AUTOUPDATER": "1",
        }
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.home,
            env=environment,
            input=said or "",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (done.stdout, done.stderr)
        return done.stdout


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.fixture
def settings(visit: Visits) -> Locator:
    """Those for a key whose secret is typed in, and the model of these tests."""
    seen = visit.scenery
    [key] = seen.api("GET", "/v2/keys?text=team")["items"]
    page = visit(f"/keys?key={key['id']}&tab=settings&client=curl")
    panel = page.get_by_role("dialog", name="team")
    expect(panel).to_contain_text("YOUR_API_KEY")
    panel.get_by_label("The secret of the key", exact=True).fill(seen.keys["team"])
    panel.get_by_role("combobox", name="Model").fill(MODEL)
    return panel


def copied(settings: Locator, client: str, block: str) -> str:
    """What the button for copying puts into the clipboard."""
    page = settings.page
    button = settings.get_by_role("button", name=client, exact=True)
    # The list of models may open over it under the pointer, which loses the click: one clicks once more.
    while button.get_attribute("aria-pressed") != "true":
        button.click()
        page.wait_for_timeout(200)
    shown = page.get_by_test_id(f"snippet-{block}")
    expect(shown.locator("pre")).to_contain_text(MODEL)
    page.evaluate("() => navigator.clipboard.writeText('')")
    shown.hover()
    shown.get_by_role("button", name="Copy").click()
    page.wait_for_function("async () => await navigator.clipboard.readText() !== ''")
    text = page.evaluate("() => navigator.clipboard.readText()")
    assert text.rstrip("\n") == shown.locator("pre").inner_text().rstrip("\n")
    return str(text)


@pytest.mark.parametrize("block", ["chat", "messages"])
def test_curl(settings: Locator, reader: Reader, block: str) -> None:
    said = json.loads(reader.run("sh", said=copied(settings, "curl", block)))
    assert ANSWER in json.dumps(said)


@pytest.mark.parametrize("client", ["OpenAI · Python", "Anthropic · Python"])
def test_python(settings: Locator, reader: Reader, client: str) -> None:
    (reader.home / "hello.py").write_text(copied(settings, client, "program"), "utf-8")
    assert ANSWER in reader.run(sys.executable, "hello.py")


def test_langchain(settings: Locator, reader: Reader) -> None:
    (reader.home / "hello.py").write_text(copied(settings, "LangChain", "program"), "utf-8")
    assert ANSWER in reader.run(judges.python_with_langchain(), "hello.py")


@pytest.mark.parametrize("client", ["OpenAI · Node", "Anthropic · Node"])
def test_node(settings: Locator, reader: Reader, client: str) -> None:
    (reader.home / "hello.mjs").write_text(copied(settings, client, "program"), "utf-8")
    (reader.home / "node_modules").symlink_to(judges.node_modules(), target_is_directory=True)
    assert ANSWER in reader.run(judges.node(), "hello.mjs")


@pytest.fixture
def with_claude(reader: Reader) -> Reader:
    """`claude` is on the PATH. It asks on its own, as nobody sits before it."""
    folder = reader.home / "programs"
    folder.mkdir()
    program = folder / "claude"
    program.write_text(
        f"#!/bin/sh\nexec '{judges.claude_cli()}' -p 'Say hello.' --output-format json\n", "utf-8"
    )
    program.chmod(0o755)
    reader.programs.append(folder)
    return reader


def test_claude_code_in_a_shell(settings: Locator, with_claude: Reader, visit: Visits) -> None:
    began = _newest(visit.scenery)
    said = with_claude.run("sh", said=copied(settings, "Claude Code", "shell"))
    _judge(said, visit.scenery, began)


def test_claude_code_by_its_settings_file(settings: Locator, with_claude: Reader, visit: Visits) -> None:
    began = _newest(visit.scenery)
    folder = with_claude.home / ".claude"
    folder.mkdir()
    (folder / "settings.json").write_text(copied(settings, "Claude Code", "settingsFile"), "utf-8")
    _judge(with_claude.run("claude"), visit.scenery, began)


def _newest(seen: Scenery) -> str:
    return str(seen.api("GET", "/v2/logs?limit=1")["items"][0]["request_id"])


def _asked_since(seen: Scenery, began: str) -> list[tuple[str, int]]:
    """Model and status of what has been written down since: that happens a moment after the answer."""
    asked = []
    for row in seen.api("GET", "/v2/logs?limit=50")["items"]:
        if row["request_id"] == began:
            break
        asked.append((row["model_asked"], row["status"]))
    return asked


def _judge(said: str, seen: Scenery, began: str) -> None:
    """It answered, and asked for no other model than the one that was set."""
    told = json.loads(said.splitlines()[-1])
    assert (told["is_error"], ANSWER in told["result"]) == (False, True), told
    patience = time.monotonic() + PATIENCE_S
    while not (asked := _asked_since(seen, began)) and time.monotonic() < patience:
        time.sleep(0.2)
    assert asked
    assert set(asked) == {(MODEL, 200)}


def test_what_is_installed_is_what_is_imported(settings: Locator) -> None:
    for client, package, imported in (
        ("OpenAI · Python", "openai", "from openai import"),
        ("Anthropic · Python", "anthropic", "from anthropic import"),
        ("LangChain", "langchain-openai", "from langchain_openai import"),
        ("OpenAI · Node", "openai", 'from "openai"'),
        ("Anthropic · Node", "@anthropic-ai/sdk", 'from "@anthropic-ai/sdk"'),
    ):
        assert imported in copied(settings, client, "program")
        expect(settings.page.get_by_test_id("snippet-install").locator("pre")).to_have_text(
            f"{'npm' if 'Node' in client else 'pip'} install {package}"
        )
