"""Claude Code itself, through the gateway: tasks it finishes, failures it reports, and nothing on which it hangs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import judges
from clients.behaviours import ROWS, Fails, Row
from clients.claude_code import ClaudeCode
from clients.running import RunningGateway, plain_environment
from clients.stage import asked_since
from simulators.anthropic_api import AnthropicApi
from simulators.openai_behaviours import COMPACT_WINDOW, TEXT
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]
Gateways = Callable[[Json], RunningGateway]
EDITS = ("--permission-mode", "acceptEdits", "--allowedTools", "Bash(echo:*),Read,Write,Edit")
TOOL_SAID = "The tool said: sim call {}: Grüße"
LINE = "Grüße, 你好: written through a gateway"


def request_lines(gateway: RunningGateway, since: int) -> list[Json]:
    return [each for each in gateway.log[since:] if each["event"] == "request"]


# Tasks ----------------------------------------------------------------------------------------------------------------

AGENTS = ("vendor", "openai", "deepseek", "siliconflow", "mistral", "moonshot", "vllm")


@pytest.mark.parametrize("provider", AGENTS)
def test_a_task_with_parallel_tools_is_done(provider: str, tmp_path: Path, gateway: RunningGateway) -> None:
    """Look around with two calls at once, write the file, report; the vendor refuses whatever it does not know."""
    before = len(gateway.log)
    user = ClaudeCode(tmp_path, f"{gateway.origin}/{provider}")
    user.project.mkdir()
    notes, wanted = user.project / "notes.txt", user.project / "out.txt"
    notes.write_text("what is read\n")
    done = user.run(
        f"[[read={notes}]] Do it: [[file={wanted} content={LINE}]]", "--model", "sim-agent", *EDITS
    )
    assert done.exit_code == 0, done
    assert done.text == f"Done: {wanted} is written."
    assert wanted.read_text() == LINE
    lines = request_lines(gateway, before)
    assert [line["status"] for line in lines] == [200, 200, 200], lines
    assert {line["lane"] for line in lines} == {"translated"}


def test_a_task_goes_on_in_the_same_conversation(tmp_path: Path, gateway: RunningGateway) -> None:
    user = ClaudeCode(tmp_path, f"{gateway.origin}/vendor")
    first = user.run("say hi", "--model", "sim-text")
    wanted = user.project / "later.txt"
    then = user.run(
        f"[[file={wanted} content={LINE}]]",
        "--model",
        "sim-agent",
        "--resume",
        first.result["session_id"],
        *EDITS,
    )
    assert (then.exit_code, wanted.read_text()) == (0, LINE)


@pytest.mark.parametrize(
    ("configuration", "path", "model"),
    # Without a file, model servers of whoever runs the tests may be found too, and one of them may be the default.
    [({"providers": {"dummy": {"type": "dummy"}}}, "", ()), (None, "/dummy", ("--model", "dummy"))],
    ids=["dummy-alone", "no-file"],
)
def test_a_task_on_the_dummy(
    configuration: Json | None, path: str, model: tuple[str, ...], tmp_path: Path
) -> None:
    """What the README promises: no key, no network."""
    home = tmp_path / "gateway"
    home.mkdir()
    with RunningGateway(configuration, home) as gateway:
        user = ClaudeCode(tmp_path, gateway.origin + path)
        done = user.run(f"Create the file hello.txt with the text '{LINE}'", *model, *EDITS)
        assert done.exit_code == 0, done
        assert (user.project / "hello.txt").read_text().strip() == LINE
        assert {line["status"] for line in request_lines(gateway, 0)} == {200}


def test_thoughts_come_home_through_the_raw_lane(
    tmp_path: Path, gateway: RunningGateway, claude_api: AnthropicApi
) -> None:
    """The default model thinks; the API refuses a thought that is not exactly its own."""
    before, logged = len(claude_api.requests), len(gateway.log)
    user = ClaudeCode(tmp_path, f"{gateway.origin}/claude")
    prompt = '[[sim: thinking]] [[sim: redacted]] [[sim: tool Bash {"command":"echo seen","description":"Say it"}]]'
    first = user.run(prompt, *EDITS)
    assert (first.exit_code, first.text) == (0, "The tool said: seen"), first
    second = user.run("And now? [[sim: thinking]]", "--continue", *EDITS)
    assert second.exit_code == 0, second
    asked = [each.json for each in asked_since(claude_api, before) if each.path == "/v1/messages"]
    thoughts = [
        block["signature"]
        for message in asked[-1]["messages"]
        if message["role"] == "assistant"
        for block in message["content"]
        if block["type"] == "thinking"
    ]
    assert thoughts and all(thoughts)
    lines = request_lines(gateway, logged)
    assert [line["status"] for line in lines] == [200] * len(lines)
    assert {line["lane"] for line in lines} == {"raw"}


@pytest.mark.parametrize("provider", ["vendor", "dummy"])
def test_a_conversation_that_grew_too_long_is_compacted(
    provider: str, tmp_path: Path, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    """ERR-02: four turns, of which the last does not fit; Claude Code asks for a summary and goes on."""
    model = {"vendor": "sim-compact", "dummy": f"dummy-compact-{COMPACT_WINDOW}"}[provider]
    before = len(gateway.log)
    user = ClaudeCode(tmp_path, f"{gateway.origin}/{provider}")
    filler = "The quick brown fox jumps over the lazy dog, again and again. " * 150
    for turn in range(4):
        again = ("--continue",) if turn else ()
        done = user.run(f"Turn {turn}: {filler}", "--model", model, *again)
        assert done.exit_code == 0, done
    lines = request_lines(gateway, before)
    refused = [line for line in lines if line["status"] != 200]
    assert refused and {line["error"] for line in refused} == {"context_overflow"}, lines
    assert lines[-1]["status"] == 200
    if provider == "vendor":
        last = vendor.requests[-1].json["messages"]
        assert sum(str(message["content"]).count("Turn ") for message in last) < 4


# Failures -------------------------------------------------------------------------------------------------------------

TEXTS: Mapping[str, str] = {
    "sim-agent": TEXT,
    "sim-tool": TOOL_SAID.format(1),
    "sim-legacy-function-call": TOOL_SAID.format(1),
    "sim-text-then-reasoning": TOOL_SAID.format(1),
}
"""What a behaviour comes to in the end, where that is not plain from the table."""
ASKED_AGAIN: Mapping[str, str] = {
    "sim-empty": "",
    "sim-think-tags-unclosed": "",
}
"""Answers without text, for which Claude Code asks once more and then ends with nothing."""
GIVEN_UP: Mapping[str, str] = {
    "sim-length": "output token maximum",
    "sim-refusal": "safeguards flagged this message",
    "sim-content-filter": "safeguards flagged this message",
}
"""Answers that Claude Code itself takes for a failure, with the words of its verdict."""


def expected_text(row: Row) -> str | None:
    """None: the run fails."""
    expected = row.streamed
    if isinstance(expected, Fails) or row.model in GIVEN_UP:
        return None
    if row.model in ASKED_AGAIN:
        return ASKED_AGAIN[row.model]
    if row.model in TEXTS:
        return TEXTS[row.model]
    if row.model == "sim-args-null":
        return "The tool said: "
    return TOOL_SAID.format(2) if expected.calls else expected.text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.case}-{row.model}")
def test_a_behaviour_ends_in_an_answer_or_an_honest_error(
    row: Row, tmp_path: Path, gateway: RunningGateway
) -> None:
    """The whole table of the simulated vendor: an exit in time, the right text or an error that says what happened."""
    before = len(gateway.log)
    user = ClaudeCode(tmp_path, f"{gateway.origin}/{row.provider}", timeout_s=30)
    done = user.run("say hi", "--model", row.model, *EDITS, CLAUDE_CODE_MAX_RETRIES="0")
    wanted = expected_text(row)
    if wanted is not None:
        assert done.exit_code == 0, done
        # What it cannot read as a stream it asks for again unstreamed, and pays twice.
        assert {(line["status"], line["stream"]) for line in request_lines(gateway, before)} == {(200, True)}
        assert done.text.startswith(wanted) if row.model == "sim-args-null" else done.text == wanted
        return
    assert done.exit_code == 1, done
    assert done.result["is_error"] is True
    if row.model in GIVEN_UP:
        assert GIVEN_UP[row.model] in done.text
    else:
        failed = row.streamed
        if isinstance(failed, Fails) and failed.midway:  # then it has asked once more, unstreamed
            failed = row.expected("plain")
        assert isinstance(failed, Fails)
        assert done.result["api_error_status"] == failed.status, done
        assert "internal error" not in done.text


@pytest.mark.parametrize("model", ["sim-429-then-ok", "sim-500-then-ok"])
def test_its_own_retry_gets_there(
    model: str, tmp_path: Path, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    vendor.attempts.pop(model, None)
    done = ClaudeCode(tmp_path, f"{gateway.origin}/vendor").run("say hi", "--model", model)
    assert (done.exit_code, done.text) == (0, TEXT)


@pytest.fixture
def guarded(vendor: OpenAIVendor, gateways: Gateways) -> RunningGateway:
    provider = {"base_url": vendor.base_url, "api_key": vendor.key}
    return gateways({"api_keys": ["the-right-key-0123456789"], "providers": {"vendor": provider}})


def test_a_bad_key_stops_it_at_once(tmp_path: Path, guarded: RunningGateway) -> None:
    """ERR-05: without the header that forbids it, it would go on for three minutes."""
    user = ClaudeCode(tmp_path, guarded.origin, key="the-wrong-key-9876543210")
    done = user.run("say hi", "--model", "sim-text", CLAUDE_CODE_MAX_RETRIES="10")
    assert done.exit_code == 1 and done.seconds < 5
    assert [line["status"] for line in request_lines(guarded, 0)] == [401]
    assert (
        ClaudeCode(tmp_path, guarded.origin, key="the-right-key-0123456789")
        .run("say hi", "--model", "sim-text")
        .text
        == TEXT
    )


# Around it ------------------------------------------------------------------------------------------------------------


def test_isthmus_claude_runs_it(tmp_path: Path, gateway: RunningGateway) -> None:
    environment = plain_environment() | {"CLAUDE_CONFIG_DIR": str(tmp_path), "HOME": str(tmp_path)}
    options = ["--url", gateway.origin, "--provider", "vendor", "--cli-path", str(judges.claude_cli())]
    claude = ["-p", "say hi", "--model", "sim-text", "--output-format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "isthmus", "claude", *options, *claude],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done
    assert json.loads(done.stdout.splitlines()[-1])["result"] == TEXT
