"""Headers on their way in and out: what is passed on, what is kept back, what is ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clients.running import NO_REST, RunningGateway
from clients.stage import Stage
from operations.asking import DIALECTS, PATHS, ask, body, text_of
from simulators.answers import Answer, Played, Whole, whole_json
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor
from simulators.service import RecordedRequest, Simulator

CLAUDE_CODE = {
    "user-agent": "claude-cli/2.1.330 (external, sdk-cli)",
    "x-app": "cli",
    "x-claude-code-session-id": "b7f6e5d4",
    "x-stainless-lang": "js",
    "x-stainless-timeout": "600",
    "anthropic-version": "2026-10-21",
    "anthropic-beta": "claude-code-20250219,never-heard-of-2027-01-01",
    "accept": "application/json",
    "authorization": "Bearer the-clients-own-key",
    "x-api-key": "the-clients-own-key",
    "cookie": "session=the-clients-own",
    "x-forwarded-for": "10.1.2.3",
    "x-real-ip": "10.1.2.3",
    "forwarded": "for=10.1.2.3",
    "via": "1.1 the-clients-proxy",
}
PASSED_ON = {
    "user-agent",
    "x-app",
    "x-claude-code-session-id",
    "x-stainless-lang",
    "x-stainless-timeout",
    "anthropic-version",
    "anthropic-beta",
}
OF_AN_UPSTREAM = {
    "request-id": "req_of_the_upstream",
    "x-request-id": "req_of_the_upstream",
    "anthropic-organization-id": "org-secret",
    "openai-organization": "org-secret",
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-unified-status": "allowed",
    "x-ratelimit-remaining-requests": "0",
    "cf-ray": "8f00-AMS",
    "via": "1.1 google",
    "server": "upstream/1.0",
    "set-cookie": "session=of-the-upstream",
    "strict-transport-security": "max-age=1",
    "access-control-allow-origin": "*",
    "x-isthmus-loss": "invented=dropped",
}
OURS = {
    "content-type",
    "content-length",
    "transfer-encoding",
    "date",
    "connection",
    "request-id",
    "x-request-id",
    "cache-control",
    "x-accel-buffering",
    "x-isthmus-loss",
    "retry-after",
    "x-should-retry",
}


class Decorated(Simulator):
    """Both dialects' simulators rolled into one that decorates every answer with headers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._vendor = OpenAIVendor(keys=())
        self._claude = AnthropicApi(keys=())

    def too_large(self) -> Whole:
        return whole_json({"error": {"message": "too large"}}, 413)

    def answer(self, request: RecordedRequest) -> Answer:
        made = (self._claude if request.path == "/v1/messages" else self._vendor).answer(request)
        if isinstance(made, Whole):
            return Whole(made.body, made.status, made.content_type, {**made.headers, **OF_AN_UPSTREAM})
        assert isinstance(made, Played)
        return Played(made.steps, made.content_type, {**made.headers, **OF_AN_UPSTREAM})


@pytest.fixture(scope="module")
def decorated(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    upstream = stage.play(Decorated)
    configuration = {
        "providers": {
            "vendor": {"base_url": f"{upstream.origin}/v1"},
            "claude": {"type": "anthropic", "base_url": upstream.origin, "api_key": "k"},
        },
        "accounts": NO_REST,
    }
    with RunningGateway(configuration, tmp_path_factory.mktemp("decorated")) as running:
        yield running


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "model",
    ["vendor/sim-text", "claude/claude-opus-4-6", "vendor/sim-429", "vendor/sim-400", "claude/no-such"],
)
def test_nothing_of_an_upstreams_headers_comes_out(
    model: str, dialect: str, stream: bool, decorated: RunningGateway
) -> None:
    answer = ask(decorated, dialect, model, stream=stream)
    assert set(answer.headers) <= OURS, set(answer.headers) - OURS
    assert answer.headers["request-id"] == answer.headers["x-request-id"] != "req_of_the_upstream"
    assert "invented" not in answer.headers.get("x-isthmus-loss", "")
    assert b"req_of_the_upstream" not in answer.body
    line = decorated.logged(request_id=answer.headers["request-id"])[0]
    assert line["upstream_request_id"] == "req_of_the_upstream"


def test_anthropic_sees_the_client_and_the_gateways_credential(
    gateway: RunningGateway, claude_api: AnthropicApi
) -> None:
    answer = gateway.ask("/claude/v1/messages", body("claude-opus-4-6"), CLAUDE_CODE)
    assert answer.status == 200, answer.body
    seen = claude_api.requests[-1].headers
    assert {name: seen.get(name) for name in PASSED_ON} == {name: CLAUDE_CODE[name] for name in PASSED_ON}
    assert seen["x-api-key"] == claude_api.key
    told = str(dict(seen))
    assert "the-clients" not in told and "10.1.2.3" not in told


@pytest.mark.parametrize("dialect", DIALECTS)
def test_other_vendors_learn_nothing_of_the_client(
    dialect: str, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    answer = gateway.ask(f"/vendor{PATHS[dialect]}", body("sim-text"), CLAUDE_CODE)
    assert answer.status == 200, answer.body
    seen = vendor.requests[-1].headers
    assert seen["authorization"] == f"Bearer {vendor.key}"
    assert seen["user-agent"].startswith("isthmus/")
    told = str(dict(seen))
    for word in ("the-clients", "10.1.2.3", "claude", "stainless", "x-app", "anthropic"):
        assert word not in told, told


@pytest.mark.parametrize("provider", ["vendor", "claude", "dummy"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_unknown_headers_betas_and_fields_are_no_reason_to_refuse(
    dialect: str, provider: str, gateway: RunningGateway
) -> None:
    model = {"vendor": "sim-text", "claude": "claude-opus-4-6", "dummy": "dummy-text"}[provider]
    more = {"x-some-header": "x", "anthropic-beta": "nothing-2099-01-01", "x-claude-code-agent-id": "a"}
    untouched = (dialect, provider) in {("messages", "claude"), ("chat", "vendor")}
    fields = {} if untouched else {"field_of_the_future": {"a": [1]}}
    answer = gateway.ask(f"/{provider}{PATHS[dialect]}", body(model) | fields, more)
    assert text_of(answer)


def test_a_request_id_is_new_every_time(gateway: RunningGateway) -> None:
    ids = {gateway.ask("/healthz", headers={"x-request-id": "mine"}).headers["request-id"] for _ in range(5)}
    assert len(ids) == 5 and "mine" not in ids


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_was_lost_is_in_a_header_and_never_in_the_body(dialect: str, gateway: RunningGateway) -> None:
    fields = {"messages": {"top_k": 5}, "chat": {"seed": 5, "logit_bias": {"50256": -100}}}[dialect]
    model = {"messages": "vendor/sim-text", "chat": "claude/claude-opus-4-6"}[dialect]
    answer = gateway.ask(PATHS[dialect], body(model) | fields)
    assert answer.status == 200, answer.body
    noted = answer.headers["x-isthmus-loss"]
    assert all(f"{name}=" in noted for name in fields), noted
    line = gateway.logged(request_id=answer.headers["request-id"])[0]
    assert len(line["losses"]) == len(noted.split(", "))
    assert b"dropped" not in answer.body


def test_strict_refuses_what_repair_replaces(gateway: RunningGateway, vendor: OpenAIVendor) -> None:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": pixel}}
    content = [{"type": "text", "text": "What is this?"}, image]
    asked = {"model": "sim-text", "max_tokens": 99, "messages": [{"role": "user", "content": content}]}
    repaired = gateway.ask("/blind/v1/messages", asked)
    assert repaired.status == 200 and "image" in repaired.headers["x-isthmus-loss"]
    assert pixel not in vendor.requests[-1].body.decode() and "image" in vendor.requests[-1].body.decode()
    before = len(vendor.requests)
    refused = gateway.ask("/strict/v1/messages", asked)
    assert (refused.status, len(vendor.requests)) == (400, before)
    assert "image" in refused.json["error"]["message"]
