"""What else clients ask: model lists, token counts, probes, embeddings, completions; with good keys and bad."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clients.asking import ANTHROPIC, Asker, Judged
from clients.running import NO_REST, RunningGateway
from clients.sdk_errors import check_error
from clients.talking import picture, tool
from simulators.anthropic_api import AnthropicApi
from simulators.anthropic_models import CARDS
from simulators.openai_behaviours import TEXT
from simulators.openai_models import MODELS
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]
Gateways = Callable[[Json], RunningGateway]
KEY = "gw-right-key-0123456789"


@pytest.fixture(scope="module")
def guarded(
    vendor: OpenAIVendor, claude_api: AnthropicApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """A gateway that asks for a key, and takes small bodies only."""
    configuration = {
        "accounts": NO_REST,
        "api_keys": ["another-key-9876543210", KEY],
        "server": {"max_body_mib": 1},
        "providers": {
            "vendor": {"base_url": vendor.base_url, "api_key": vendor.key},
            "claude": {"type": "anthropic", "base_url": claude_api.base_url, "api_key": claude_api.key},
            "dummy": {"type": "dummy"},
        },
    }
    with RunningGateway(configuration, tmp_path_factory.mktemp("guarded")) as running:
        yield running


# AUX-01 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "some"),
    [("vendor", set(MODELS)), ("claude", set(CARDS)), ("dummy", {"dummy", "dummy-echo"})],
    ids=["vendor", "claude", "dummy"],
)
def test_models_are_listed(provider: str, some: set[str], any_sdk: Asker, gateway: RunningGateway) -> None:
    """AUX-01, by the SDK's own paging."""
    listed = any_sdk.at(f"{gateway.origin}/{provider}").call("models.list", "pages")
    assert {row["id"] for row in listed} >= some
    assert len({row["id"] for row in listed}) == len(listed)


def test_pages_of_models_join_up(messages_sdk: Asker, gateway: RunningGateway) -> None:
    """OpenAI's SDKs know no pages of models."""
    client = messages_sdk.at(f"{gateway.origin}/claude")
    paged = client.call("models.list", "pages", limit=2)
    assert [row["id"] for row in paged] == [row["id"] for row in client.call("models.list", "pages")]
    assert len(paged) >= len(CARDS)


def test_one_model_is_told(any_sdk: Asker, gateway: RunningGateway) -> None:
    for provider, model in (("vendor", "sim-text"), ("claude", "claude-opus-4-6"), ("dummy", "dummy-echo")):
        told = any_sdk.at(f"{gateway.origin}/{provider}").call("models.retrieve", positional=[model])
        assert told["id"] == model


def test_an_unknown_model_is_not_found(any_sdk: Asker, gateway: RunningGateway) -> None:
    with pytest.raises(Judged) as raised:
        any_sdk.at(f"{gateway.origin}/dummy").call("models.retrieve", positional=["no-such-model"])
    kind = "not_found_error" if any_sdk.sdk.protocol == ANTHROPIC else "invalid_request_error"
    check_error(raised.value, any_sdk.sdk, 404, kind)


def test_foreign_models_have_names_that_claude_code_shows(gateway: RunningGateway) -> None:
    """AUX-01: Claude Code lists ids that contain `claude` only, and asks for them by that id."""
    version = {"anthropic-version": "2023-06-01"}
    listed = gateway.ask("/vendor/v1/models?limit=1000", headers=version).json["data"]
    alias = next(row["id"] for row in listed if "claude" in row["id"] and row["id"].endswith("sim-text"))
    body = {"model": alias, "max_tokens": 99, "messages": [{"role": "user", "content": "hi"}]}
    answer = gateway.ask("/v1/messages", body, version)
    assert (answer.status, answer.json["content"][0]["text"]) == (200, TEXT)


# AUX-02 ---------------------------------------------------------------------------------------------------------------


def count_job(protocol: str = ANTHROPIC) -> Json:
    content = [{"type": "text", "text": "How many tokens are these?"}, picture(protocol)]
    return {"messages": [{"role": "user", "content": content}], "tools": [tool(protocol)], "system": "Count."}


@pytest.mark.parametrize(
    ("provider", "model"),
    [("vendor", "sim-text"), ("claude", "claude-opus-4-6"), ("dummy", "dummy")],
    ids=["vendor", "claude", "dummy"],
)
def test_tokens_are_counted(provider: str, model: str, messages_sdk: Asker, gateway: RunningGateway) -> None:
    client = messages_sdk.at(f"{gateway.origin}/{provider}")
    with_tool = client.call("messages.count_tokens", model=model, **count_job())["input_tokens"]
    fewer = client.call("messages.count_tokens", model=model, messages=[{"role": "user", "content": "hi"}])
    assert with_tool > fewer["input_tokens"] > 0


def test_a_count_of_the_source_itself_is_passed_on(
    messages_sdk: Asker, gateway: RunningGateway, claude_api: AnthropicApi
) -> None:
    ask = {"model": "claude-opus-4-6", **count_job()}
    straight = messages_sdk.at(claude_api.base_url, key=claude_api.key).call("messages.count_tokens", **ask)
    through = messages_sdk.at(f"{gateway.origin}/claude").call("messages.count_tokens", **ask)
    assert through == straight


def test_a_count_needs_neither_version_nor_a_bare_query(gateway: RunningGateway) -> None:
    body = {"model": "sim-text", **count_job()}
    assert gateway.ask("/v1/messages/count_tokens?beta=true", body).status == 200


# AUX-03 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/", 200),
        ("GET", "/", 200),
        ("HEAD", "/api/hello", 200),
        ("HEAD", "/vendor/api/hello", 200),
        ("GET", "/health", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("OPTIONS", "/v1/messages", 204),
        ("OPTIONS", "/vendor/v1/chat/completions", 204),
    ],
)
def test_probes_need_no_key(method: str, path: str, status: int, guarded: RunningGateway) -> None:
    """AUX-03."""
    assert guarded.ask(path, method=method).status == status


# AUX-04, ERR-05, ERR-06 -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"key": KEY},
        {"key": "wrong-key", "headers": {"x-api-key": KEY}},
        {"key": "wrong-key", "headers": {"Authorization": f"Bearer {KEY}"}},
        {"key": KEY, "headers": {"x-api-key": "wrong-key"}},
    ],
    ids=["own-way", "x-api-key-right", "bearer-right", "x-api-key-wrong"],
)
def test_a_key_is_taken_wherever_it_stands(options: Json, any_sdk: Asker, guarded: RunningGateway) -> None:
    """AUX-04. An SDK puts its key into one header; a second one may be set beside it or in its place."""
    sends_x_api_key = any_sdk.sdk.protocol == ANTHROPIC and any_sdk.sdk.old
    if sends_x_api_key and "x-api-key" in options.get("headers", {}):
        options = options | {"headers": {"Authorization": f"Bearer {options['headers']['x-api-key']}"}}
    said = any_sdk.at(f"{guarded.origin}/vendor", **options).say("sim-text")
    assert said.text == TEXT


def test_a_bad_key_is_refused_for_good(any_sdk: Asker, guarded: RunningGateway) -> None:
    """ERR-05: one request, although the SDK would repeat it."""
    before = sum(line.get("status") == 401 for line in guarded.log)
    with pytest.raises(Judged) as raised:
        any_sdk.at(f"{guarded.origin}/vendor", key="wrong-key-1234567", max_retries=1).say("sim-text")
    kind = "authentication_error" if any_sdk.sdk.protocol == ANTHROPIC else "invalid_request_error"
    check_error(raised.value, any_sdk.sdk, 401, kind)
    time.sleep(0.2)
    assert len(guarded.logged(status=401)) == before + 1


def test_a_refusal_says_that_repeating_does_not_help(guarded: RunningGateway) -> None:
    answer = guarded.ask("/v1/messages", {"model": "sim-text"}, {"x-api-key": "wrong"})
    assert (answer.status, answer.headers["x-should-retry"]) == (401, "false")
    assert answer.json["error"]["type"] == "authentication_error"
    assert answer.headers["request-id"] == answer.headers["x-request-id"] == answer.json["request_id"]


def test_an_answer_too_large_to_ask_for(any_sdk: Asker, guarded: RunningGateway) -> None:
    """ERR-06, 413."""
    with pytest.raises(Judged) as raised:
        any_sdk.at(f"{guarded.origin}/vendor", key=KEY).say("sim-text", prompt="x" * (1 << 20))
    kind = "request_too_large" if any_sdk.sdk.protocol == ANTHROPIC else "invalid_request_error"
    check_error(raised.value, any_sdk.sdk, 413, kind)


def test_a_web_page_is_kept_out(any_sdk: Asker, gateway: RunningGateway) -> None:
    """ERR-06, 403."""
    with pytest.raises(Judged) as raised:
        any_sdk.at(f"{gateway.origin}/vendor", headers={"Origin": "https://evil.example"}).say("sim-text")
    kind = "permission_error" if any_sdk.sdk.protocol == ANTHROPIC else "invalid_request_error"
    check_error(raised.value, any_sdk.sdk, 403, kind)


def test_a_model_nobody_has(any_sdk: Asker, gateway: RunningGateway) -> None:
    """ERR-06, 404."""
    for provider in ("vendor", "claude", "dummy"):
        with pytest.raises(Judged) as raised:
            any_sdk.at(f"{gateway.origin}/{provider}").say("no-such-model")
        kind = "not_found_error" if any_sdk.sdk.protocol == ANTHROPIC else "invalid_request_error"
        check_error(raised.value, any_sdk.sdk, 404, kind)


def test_a_request_that_is_wrong(any_sdk: Asker, gateway: RunningGateway) -> None:
    """ERR-06, 400, from the gateway itself or from upstream."""
    for provider, model in (("vendor", "sim-text"), ("claude", "claude-opus-4-6"), ("dummy", "dummy")):
        with pytest.raises(Judged) as raised:
            any_sdk.at(f"{gateway.origin}/{provider}").say(model, messages=[])
        check_error(raised.value, any_sdk.sdk, 400, "invalid_request_error")


@pytest.mark.parametrize("provider", ["badkey", "unreachable"])
def test_the_gateways_own_trouble_is_not_the_clients(
    provider: str, any_sdk: Asker, gateway: RunningGateway
) -> None:
    """ERR-06, 502: a refused credential, an upstream that is not there."""
    with pytest.raises(Judged) as raised:
        any_sdk.at(f"{gateway.origin}/{provider}").say("sim-text")
    kind = "api_error" if any_sdk.sdk.protocol == ANTHROPIC else "server_error"
    check_error(raised.value, any_sdk.sdk, 502, kind)


@pytest.mark.parametrize(
    ("marker", "status", "messages_kind", "chat_status", "chat_kind"),
    [
        ("400", 400, "invalid_request_error", 400, "invalid_request_error"),
        ("401", 502, "api_error", 502, "server_error"),
        ("403", 502, "api_error", 502, "server_error"),
        ("413", 413, "request_too_large", 413, "invalid_request_error"),
        ("429 30", 429, "rate_limit_error", 429, "rate_limit_exceeded"),
        ("500", 502, "api_error", 502, "server_error"),
        ("529", 529, "overloaded_error", 503, "server_error"),
        ("overflow", 400, "invalid_request_error", 400, "invalid_request_error"),
        ("html", 502, "api_error", 502, "server_error"),
        ("error-first", 529, "overloaded_error", 503, "server_error"),
    ],
    ids=lambda value: f"ERR-06-{value}" if isinstance(value, str) and value[:1].isdigit() else None,
)
@pytest.mark.parametrize("how", ["final", "plain"], ids=["stream", "plain"])
def test_failures_of_claude(
    marker: str,
    status: int,
    messages_kind: str,
    chat_status: int,
    chat_kind: str,
    how: str,
    any_sdk: Asker,
    gateway: RunningGateway,
) -> None:
    is_messages = any_sdk.sdk.protocol == ANTHROPIC
    with pytest.raises(Judged) as raised:
        any_sdk.at(f"{gateway.origin}/claude").say("claude-opus-4-6", how, prompt=f"[[sim: {marker}]]")
    check_error(
        raised.value,
        any_sdk.sdk,
        status if is_messages else chat_status,
        messages_kind if is_messages else chat_kind,
    )


@pytest.mark.parametrize("marker", ["error", "cut"])
def test_failures_of_claude_midway(marker: str, any_sdk: Asker, gateway: RunningGateway) -> None:
    """STR-15, STR-16."""
    with pytest.raises(Judged) as raised:
        any_sdk.at(f"{gateway.origin}/claude").say("claude-opus-4-6", "final", prompt=f"[[sim: {marker}]]")
    is_messages = any_sdk.sdk.protocol == ANTHROPIC
    kind = {True: "overloaded_error" if marker == "error" else "api_error", False: "server_error"}[
        is_messages
    ]
    check_error(raised.value, any_sdk.sdk, 200, kind, midway=True)


# Others ---------------------------------------------------------------------------------------------------------------


def test_embeddings_are_passed_through(
    chat_sdk: Asker, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    ask = {"model": "sim-text", "input": ["one", "two"], "dimensions": 4}
    through = chat_sdk.at(f"{gateway.origin}/vendor").call("embeddings.create", **ask)
    straight = chat_sdk.at(vendor.origin, key=vendor.key).call("embeddings.create", **ask)
    assert through == straight
    assert [len(row["embedding"]) for row in through["data"]] == [4, 4]


def test_no_embeddings_is_said(chat_sdk: Asker, gateway: RunningGateway) -> None:
    """ERR-06, 501; not repeated."""
    with pytest.raises(Judged) as raised:
        chat_sdk.at(f"{gateway.origin}/dummy", max_retries=3).call(
            "embeddings.create", model="dummy", input="one"
        )
    check_error(raised.value, chat_sdk.sdk, 501, "not_supported")


def test_completions_pass_through_or_are_emulated(chat_sdk: Asker, gateway: RunningGateway) -> None:
    for provider, model in (("vendor", "sim-text"), ("claude", "claude-opus-4-6"), ("dummy", "dummy-text")):
        client = chat_sdk.at(f"{gateway.origin}/{provider}")
        whole = client.call("completions.create", model=model, prompt="Say it.", max_tokens=200)
        assert whole["object"] == "text_completion" and whole["choices"][0]["text"]
        told = client.call(
            "completions.create", "events", model=model, prompt="Say it.", max_tokens=200, stream=True
        )
        assert "error" not in told
        said = "".join(choice["text"] for chunk in told["seen"] for choice in chunk["choices"])
        assert said == whole["choices"][0]["text"]
