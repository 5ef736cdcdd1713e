"""A demo as its users have it: a process that says what to try, and forgets everything at its end."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.processes import ISTHMUS, Run

pytestmark = pytest.mark.slow

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Demo:
    def __init__(self, folder: Path, *options: str, name: str = "amazon-q") -> None:
        self.folder = folder
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*ISTHMUS, "demo", name, "--port", "0", *options],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=os.environ | {"TMPDIR": str(folder)},
                text=True,
            )
        assert self.process.stdout is not None
        self.told = ""
        while "Everything is kept" not in self.told:
            line = self.process.stdout.readline()
            assert line, self.told + self.log.read_text()
            self.told += line
        self.url = self._found(r"ready at (http://\S+)")
        self.upstream = self._found(r"simulated, at (http://[^\s.]+\.0\.0\.1:\d+)")
        self.home = Path(self._found(r"Everything is kept in (\S+)\."))

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.told)
        assert found, self.told
        return found[1]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[list[Demo]]:
    running: list[Demo] = []
    yield running
    for each in running:
        if each.process.poll() is None:
            each.stop()


def post(url: str, body: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with OPENER.open(request, timeout=20) as answer:
        return json.loads(answer.read() or b"null")


def said(demo: Demo, text: str) -> str:
    asked = {"model": "claude-sonnet-4.5", "messages": [{"role": "user", "content": text}]}
    words: str = post(f"{demo.url}/v1/chat/completions", asked)["choices"][0]["message"]["content"]
    return words


def test_signed_in_it_answers_at_once_and_forgets_everything(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path, "--signed-in"))
    assert said(demo, "Reply with the single word pong.") == "pong"
    assert "isthmus login" not in demo.told
    assert demo.home.parent == tmp_path
    assert "deleted when this ends" in demo.told
    assert demo.stop() == 0
    assert not demo.home.exists()


def test_sessions_of_a_website_stand_in_for_each_other(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path, name="claude-web"))
    first = {"model": "claude-sonnet-4-6", "messages": [{"role": "user", "content": "[[sim: text pong]]"}]}

    def answered() -> str:
        answer: str = post(f"{demo.url}/v1/chat/completions", first)["choices"][0]["message"]["content"]
        return answer

    assert answered() == "pong"
    post(f"{demo.upstream}/_sim/faults", {"account": "anna", "fault": "F8"})
    assert [answered() for _ in range(3)] == ["pong"] * 3
    with OPENER.open(f"{demo.upstream}/_sim/journal", timeout=20) as journal:
        assert b'"ben"' in journal.read()
    *_, question, fault = re.findall(r"-d '(.*)'", demo.told)
    thoughts, words = post(f"{demo.url}/v1/messages", json.loads(question))["content"]
    assert (thoughts["type"], words["text"]) == ("thinking", "It works.")
    assert json.loads(fault)["fault"] == "F8"
    assert demo.stop() == 0


def test_a_person_signs_in(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path, "--data-dir", str(tmp_path / "kept")))
    assert "deleted" not in demo.told
    [command] = re.findall(r"isthmus (login .*)", demo.told)
    login = subprocess.Popen(
        [*ISTHMUS, *command.split(), "--method", "builder_id", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
        text=True,
    )
    assert login.stdout is not None
    shown = ""
    while (found := re.search(r"http://\S+\?user_code=\S+", shown)) is None:
        line = login.stdout.readline()
        assert line, shown
        shown += line
    code = found[0].rpartition("=")[2]
    form = urllib.parse.urlencode(
        {"user_code": code, "email": "me@example.com", "answer": "approve"}
    ).encode()
    with OPENER.open(found[0].partition("?")[0], form, timeout=20) as page:
        assert b"Approved for me@example.com" in page.read()
    shown += login.stdout.read()
    assert login.wait(40) == 0, shown
    login.stdout.close()
    assert _comes_to_say(demo, "pong")
    assert demo.stop() == 0
    assert (demo.home / "isthmus.json").exists()


def _comes_to_say(demo: Demo, word: str) -> bool:
    """The gateway notices a new account within a second or so."""
    for _ in range(100):
        try:
            return said(demo, f"Reply with the single word {word}.") == word
        except urllib.error.HTTPError:
            time.sleep(0.1)
    return False


def test_what_there_is_not(run: Run) -> None:
    done = run("demo", "astonishment")
    assert done.returncode == 2
    assert "choose one of amazon-q" in done.stderr


def test_another_database_stays_as_it_is(run: Run, tmp_path: Path) -> None:
    done = run(
        "demo",
        "amazon-q",
        "--port",
        "0",
        "--signed-in",
        env={"ISTHMUS_STORAGE__DATA_DIR": str(tmp_path / "other")},
    )
    assert done.returncode == 1
    assert "ISTHMUS_STORAGE__DATA_DIR" in done.stderr
    assert not (tmp_path / "other").exists()
