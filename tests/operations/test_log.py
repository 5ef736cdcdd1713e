"""The log: one line for each request, with everything an operator asks for and nothing a client said."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import pytest

from clients.running import RunningGateway
from operations.asking import DIALECTS, PATHS, ask, body
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]
ALWAYS = {
    "event",
    "level",
    "timestamp",
    "request_id",
    "endpoint",
    "dialect",
    "stream",
    "status",
    "duration_ms",
    "client",
}
WHEN_ANSWERED = {
    "provider",
    "lane",
    "model",
    "stop",
    "input_tokens",
    "output_tokens",
    "input_tokens_are",
    "output_tokens_are",
}
MARKS = {"measured", "estimated"}
SECRET = "the-secret-of-the-client-4711"


def line_of(gateway: RunningGateway, request_id: str) -> Json:
    found = gateway.logged(request_id=request_id)
    assert len(found) == 1, "one line for a request"
    return found[0]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("vendor/sim-text", "measured"),
        ("claude/claude-opus-4-6", "measured"),
        ("vendor/sim-usage-none", "estimated"),
        ("dummy/dummy-text", "estimated"),
        ("dummy/dummy-usage-100-20-10-7", "measured"),
    ],
)
def test_a_request_leaves_one_line_that_says_everything(
    model: str, tokens: str, dialect: str, stream: bool, gateway: RunningGateway
) -> None:
    answer = ask(gateway, dialect, model, stream=stream, text=SECRET, **usage_wanted(dialect, stream))
    assert answer.status == 200, answer.body
    line = line_of(gateway, answer.headers["request-id"])
    assert set(line) >= ALWAYS | WHEN_ANSWERED
    provider, _, name = model.partition("/")
    assert (line["provider"], line["model"], line["model_used"]) == (provider, model, name)
    native = {"vendor": "chat", "claude": "messages", "dummy": None}[provider]
    assert line["lane"] == ("raw" if native == dialect else "translated")
    assert line["dialect"] == {"messages": "anthropic", "chat": "openai_chat"}[dialect]
    assert (line["status"], line["stream"], line["level"]) == (200, stream, "info")
    assert line["input_tokens_are"] == line["output_tokens_are"] == tokens
    assert line["input_tokens"] > 0 and line["output_tokens"] > 0
    assert 0 <= line["duration_ms"] < 5000
    assert not stream or 0 <= line["ttft_ms"] <= line["duration_ms"]
    assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None
    assert line["client"] == "127.0.0.1"
    assert "error" not in line
    assert SECRET not in json.dumps(line)


def usage_wanted(dialect: str, stream: bool) -> Json:
    return {"stream_options": {"include_usage": True}} if dialect == "chat" and stream else {}


def test_parts_of_usage_are_told_apart(gateway: RunningGateway) -> None:
    answer = ask(gateway, "messages", "dummy/dummy-usage-100-20-10-7")
    line = line_of(gateway, answer.headers["request-id"])
    assert (line["input_tokens"], line["cache_read_tokens"]) == (100, 20)
    assert (line["cache_write_tokens"], line["output_tokens"]) == (10, 7)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_failure_says_what_the_client_was_not_told(dialect: str, gateway: RunningGateway) -> None:
    refused = ask(gateway, dialect, "vendor/sim-402")
    line = line_of(gateway, refused.headers["request-id"])
    assert (line["status"], line["error"], line["upstream_status"]) == (502, "upstream", 402)
    assert line["error_detail"] == "Insufficient Balance"
    assert "Insufficient Balance" not in json.dumps(refused.json)


@pytest.mark.parametrize("path", ["/", "/api/hello", "/health", "/healthz", "/readyz", "/vendor/api/hello"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_probes_leave_no_line(path: str, method: str, gateway: RunningGateway) -> None:
    before = len(gateway.log)
    answer = gateway.ask(path, method=method)
    assert answer.status == 200
    health = b'{"status":"ok"}' if path.startswith("/health") and method == "GET" else None
    assert answer.body == health or health is None
    assert "request-id" in answer.headers
    marker = gateway.ask("/v1/nothing").headers["request-id"]
    assert gateway.logged(request_id=marker)
    assert len(gateway.log) == before + 1


def test_nothing_a_client_says_reaches_the_log(gateway: RunningGateway) -> None:
    """Bodies, good and bad; the query; headers."""
    tool = {"name": "secret_tool", "description": SECRET, "input_schema": {"type": "object", "title": SECRET}}
    for path in (
        *PATHS.values(),
        "/v1/messages/count_tokens",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/traces",
    ):
        for said in (
            body("dummy/dummy-text", text=SECRET, system=SECRET, tools=[tool], user=SECRET),
            body("dummy/dummy-echo", text=SECRET, stream=True),
            body("vendor/sim-400", text=SECRET),
            body("claude/claude-opus-4-6", text=SECRET, temperature=SECRET),
            {"model": "dummy", "messages": [{"role": SECRET, "content": SECRET}], "max_tokens": 9},
            {"model": "dummy", "messages": SECRET, "prompt": SECRET, "input": SECRET},
            f'{{"model": "dummy", "x": {SECRET}'.encode(),
        ):
            headers = {
                "x-some-header": SECRET,
                "cookie": SECRET,
                "user-agent": SECRET,
                "authorization": f"Bearer {SECRET}",
            }
            gateway.ask(f"{path}?key={SECRET}&beta={SECRET}", said, headers)
    time.sleep(0.3)
    assert SECRET not in gateway.stderr.read_text(errors="replace")
    assert SECRET not in gateway.stdout.read_text(errors="replace")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_name_of_a_model_without_end_does_not_fill_the_log(dialect: str, gateway: RunningGateway) -> None:
    answer = ask(gateway, dialect, "closed/" + "x" * 300_000)
    assert answer.status == 404
    line = line_of(gateway, answer.headers["request-id"])
    assert len(json.dumps(line)) < 4000
    assert len(answer.body) < 4000


def test_a_line_cannot_be_forged(gateway: RunningGateway) -> None:
    forged = 'x\n{"event": "request", "status": 200, "request_id": "forged"}\n\x1b[31m'
    answer = ask(gateway, "chat", f"closed/{forged}")
    assert answer.status == 404
    assert line_of(gateway, answer.headers["request-id"])["model"].startswith("closed/x\n")
    assert not [line for line in gateway.log if line.get("request_id") == "forged"]
    assert "\x1b" not in gateway.stderr.read_text()


def test_every_line_is_json(gateway: RunningGateway, vendor: OpenAIVendor, claude_api: AnthropicApi) -> None:
    *lines, _unfinished = gateway.stderr.read_text().split("\n")
    for line in lines:
        assert {"event", "level", "timestamp"} <= set(json.loads(line)), line
    told = gateway.stderr.read_text() + gateway.stdout.read_text()
    assert vendor.key not in told and claude_api.key not in told
