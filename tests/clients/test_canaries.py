"""Secrets are planted wherever the gateway is given one; none may come out anywhere, however a request fails."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from clients.running import Answered, RunningGateway
from clients.stage import Stage
from simulators.answers import Answer, Played, Whole, dumps, whole_json
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor
from simulators.service import RecordedRequest, Simulator

Json = dict[str, Any]
Gateways = Callable[[Json], RunningGateway]
GATEWAY_KEY = "canary-of-the-gateway-7Qx2/+vT"
SECOND_KEY = "canary-of-a-second-client-9Rk1"
VENDOR_KEY = "sk-canary-of-the-vendor-3Zp8mN"
CLAUDE_KEY = "sk-ant-canary-of-claude-5Wd6hB"
TELLTALE_KEY = "canaryofthetelltale4Fs0"
HEADER = "canary-in-a-header-8Yc7"
WRONG_KEY = "canary-that-opens-nothing-1Gj9"
SECRETS = (GATEWAY_KEY, SECOND_KEY, VENDOR_KEY, CLAUDE_KEY, TELLTALE_KEY, HEADER, WRONG_KEY)


class Telltale(Simulator):
    """An upstream that repeats the credential it was given in whatever it says.

    The model's name is the status, and perhaps that it says it oddly.
    """

    def too_large(self) -> Whole:
        return whole_json({"error": {"message": "too large"}}, 413)

    def answer(self, request: RecordedRequest) -> Answer:
        status, _, oddly = (request.model or "500").partition("-")
        credential = request.headers.get("authorization") or request.headers.get("x-api-key")
        told = f"What is {credential}?" if oddly else f"Incorrect API key provided: {credential}"
        error = {"message": told, "type": "invalid_request_error", "param": None}
        error |= {} if oddly else {"code": "invalid_api_key"}
        return self.said(int(status), error, bool(request.json and request.json.get("stream")))

    def said(self, status: int, error: Json, streams: bool) -> Answer:
        if status == 200:
            frame = b"data: " + dumps({"error": error}) + b"\n\n"
            return Played([frame]) if streams else whole_json({"error": error})
        return whole_json({"error": error}, status)


@pytest.fixture
def telltale(stage: Stage) -> Simulator:
    return stage.play(Telltale)


@pytest.fixture
def planted(stage: Stage, telltale: Simulator, gateways: Gateways) -> RunningGateway:
    vendor = stage.play(lambda: OpenAIVendor(keys=[VENDOR_KEY]))
    claude = stage.play(lambda: AnthropicApi(keys=[CLAUDE_KEY]))
    return gateways(
        {
            "api_keys": [GATEWAY_KEY, SECOND_KEY],
            "logging": {"level": "debug"},
            "providers": {
                "vendor": {
                    "base_url": vendor.base_url,
                    "api_key": VENDOR_KEY,
                    "headers": {"x-tenant-secret": HEADER},
                },
                "claude": {"type": "anthropic", "base_url": claude.base_url, "api_key": CLAUDE_KEY},
                "telltale": {"base_url": f"{telltale.origin}/v1", "api_key": TELLTALE_KEY},
                "telltale-claude": {
                    "type": "anthropic",
                    "base_url": telltale.origin,
                    "api_key": TELLTALE_KEY,
                },
                "unreachable": {"base_url": "http://127.0.0.1:9/v1", "api_key": VENDOR_KEY},
                "dummy": {"type": "dummy"},
            },
        }
    )


STATUSES = ("200", "400", "401", "403", "404", "413", "422", "429", "500", "503", "529")
MODELS = {
    "vendor": [
        "sim-text", "sim-echo", "sim-400", "sim-401", "sim-429", "sim-500", "sim-502-html", "sim-cut-mid-text",
        "sim-error-in-stream", "sim-malformed-json", "no-such-model",
    ],
    "claude": ["claude-opus-4-6", "no-such-model"],
    "telltale": [*STATUSES, *(f"{status}-oddly" for status in STATUSES)],
    "telltale-claude": [*STATUSES, *(f"{status}-oddly" for status in STATUSES)],
    "unreachable": ["any"],
    "dummy": ["dummy-echo", "dummy-401", "no-such-model"],
}  # fmt: skip


def asked_everything(gateway: RunningGateway) -> Iterator[Answered]:
    """Good and bad requests in both dialects, streamed and plain, with right, wrong and misplaced keys."""
    good = {"authorization": f"Bearer {GATEWAY_KEY}", "x-api-key": WRONG_KEY}
    for provider, models in MODELS.items():
        yield gateway.ask(f"/{provider}/v1/models", headers={"x-api-key": SECOND_KEY})
        for model in models:
            body = {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": "hi"}]}
            for path in ("messages", "chat/completions"):
                for stream in (False, True):
                    yield gateway.ask(f"/{provider}/v1/{path}", body | {"stream": stream}, good)
    body = {"model": "sim-text", "messages": []}
    for path in ("messages", "chat/completions", "embeddings", "completions", "messages/count_tokens"):
        yield gateway.ask(f"/v1/{path}", body, {"x-api-key": WRONG_KEY})
        yield gateway.ask(f"/v1/{path}", body, good)
        yield gateway.ask(f"/v1/{path}", b"{not json", good)
        yield gateway.ask(f"/v1/{path}?key={quote(GATEWAY_KEY)}&api_key={quote(WRONG_KEY)}", body)
    yield gateway.ask("/v1/nothing", headers=good)
    yield gateway.ask("/v1/models", headers={"authorization": f"Basic {spellings(GATEWAY_KEY)[1]}"})
    yield gateway.ask("/healthz", headers=good)


def spellings(secret: str) -> list[str]:
    """As it is, in base64 (also behind `Bearer `), in a URL."""
    encoded = [base64.b64encode(each.encode()).decode().rstrip("=") for each in (secret, f"Bearer {secret}")]
    return list(dict.fromkeys([secret, *encoded, quote(secret, safe="")]))


def test_no_secret_comes_out(planted: RunningGateway, telltale: Simulator) -> None:
    answers = list(asked_everything(planted))
    assert {200, 400, 401, 404, 429, 502} <= {answer.status for answer in answers}
    assert any(TELLTALE_KEY in str(asked.headers) for asked in telltale.requests)
    assert any(line.get("status") == 502 for line in planted.log)
    told = {
        "stdout": planted.stdout.read_text(errors="replace"),
        "stderr": planted.stderr.read_text(errors="replace"),
    } | {
        f"answer {number} ({answer.status})": f"{answer.headers}{answer.body.decode(errors='replace')}"
        for number, answer in enumerate(answers)
    }
    found = [
        (place, spelling)
        for place, text in told.items()
        for secret in SECRETS
        for spelling in spellings(secret)
        if spelling in text
    ]
    assert not found
