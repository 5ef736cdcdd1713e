"""Captures are judged by the right dialect, with lines and exit codes."""

import json
from pathlib import Path

import pytest

from cli.processes import Run

MESSAGES = b"""\
event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],\
"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}

event: message_stop
data: {"type":"message_stop"}

"""
CHAT = b"""\
data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,\
"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}

data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,\
"delta":{},"finish_reason":"stop"}]}

data: [DONE]

"""


def write(folder: Path, stream: bytes) -> Path:
    file = folder / "capture.sse"
    file.write_bytes(stream)
    return file


@pytest.mark.parametrize(("stream", "name"), [(MESSAGES, "Messages"), (CHAT, "Chat Completions")])
def test_a_legal_stream(stream: bytes, name: str, run: Run, tmp_path: Path) -> None:
    done = run("lint-stream", write(tmp_path, stream))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"a legal {name} stream" in done.stdout


def test_a_broken_rule_is_said_with_its_line(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, MESSAGES.replace(b'"stop_reason":"end_turn",', b""))
    done = run("lint-stream", file)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{file}:4: stop-reason: ")


def test_standard_input(run: Run) -> None:
    done = run("lint-stream", "-", stdin=CHAT.replace(b"data: [DONE]\n\n", b""))
    assert (done.returncode, done.stdout.split(": ")[1]) == (1, "no-done")


def test_the_end_of_a_partial_capture_is_not_judged(run: Run) -> None:
    half = CHAT[: CHAT.index(b"\n\n") + 2]
    assert run("lint-stream", "-", stdin=half).returncode == 1
    assert run("lint-stream", "--partial", "-", stdin=half).returncode == 0


def test_findings_as_json(run: Run) -> None:
    done = run("lint-stream", "--json", "-", stdin=CHAT.replace(b'"index":0,', b"", 1))
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert (found["dialect"], found["problems"][0]["line"]) == ("chat", 1)


def test_the_dialect_can_be_said(run: Run) -> None:
    assert run("lint-stream", "--dialect", "messages", "-", stdin=CHAT).returncode == 1


def test_a_word_of_the_other_dialect_in_the_text_misleads_nobody(run: Run) -> None:
    told = CHAT.replace(b"Hi", b'\\"type\\":\\"message_start\\"')
    assert run("lint-stream", "-", stdin=told).returncode == 0


@pytest.mark.parametrize("stream", [b"", b"<html>hello</html>", b"\xff\x00\xff"])
def test_what_is_no_stream_is_unreadable(stream: bytes, run: Run) -> None:
    done = run("lint-stream", "-", stdin=stream)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--dialect" in done.stderr


def test_a_file_that_is_not_there(run: Run) -> None:
    done = run("lint-stream", "nowhere.sse")
    assert done.returncode == 2
    assert "nowhere.sse cannot be read" in done.stderr
