"""Paths and names: which provider and which of its models a request reaches, through a running gateway."""

from __future__ import annotations

import msgspec
import pytest

from clients.running import RunningGateway
from operations.asking import DIALECTS, ask, body, error_of, text_of
from simulators.anthropic_behaviours import TEXT as CLAUDES_TEXT
from simulators.openai_behaviours import TEXT
from simulators.openai_vendor import OpenAIVendor


@pytest.mark.parametrize(
    "path",
    [
        "/v1/messages",
        "/v1/messages/",
        "/v1/messages?beta=true",
        "/v1/v1/messages",
        "/vendor/v1/messages",
        "/vendor/v1/messages?beta=true",
        "/vendor/v1/v1/messages",
        "/hf/v1/messages",
        "/hf/vendor/v1/messages",
        "/hf/vendor/v1/v1/messages/?beta=true",
        "/v1/chat/completions",
        "/v1/chat/completions/",
        "/v1/v1/chat/completions",
        "/vendor/v1/chat/completions",
        "/hf/v1/chat/completions",
        "/hf/vendor/v1/chat/completions",
    ],
)
def test_every_form_of_a_path_leads_there(path: str, gateway: RunningGateway) -> None:
    assert text_of(gateway.ask(path, body("sim-text"))) == TEXT


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("prefix", ["", "hf/"])
def test_the_path_names_the_provider(dialect: str, prefix: str, gateway: RunningGateway) -> None:
    assert text_of(ask(gateway, dialect, "claude-opus-4-6", provider=f"{prefix}claude")) == CLAUDES_TEXT
    assert "dummy" in text_of(ask(gateway, dialect, "dummy-echo", provider=f"{prefix}dummy"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_unknown_provider_is_told_which_there_are(dialect: str, gateway: RunningGateway) -> None:
    refused = ask(gateway, dialect, "sim-text", provider="no-such")
    assert refused.status == 404
    assert "no-such" in error_of(refused)["message"] and "vendor" in error_of(refused)["message"]


@pytest.mark.parametrize(
    ("asked", "provider", "upstream"),
    [
        ("sim-length", "vendor", "sim-length"),
        ("dummy/dummy-text", "dummy", "dummy-text"),
        ("dummy:dummy-text", "dummy", "dummy-text"),
        ("claude-dummy-dummy-text", "dummy", "dummy-text"),
        ("claude-mapped-small", "mapped", "sim-text"),
        ("fast", "dummy", "dummy-text"),
        ("faster", "dummy", "dummy-text"),
        ("by-map", "mapped", "sim-text"),
        ("small", "mapped", "sim-text"),
        ("sonnet", "claude", "claude-sonnet-5"),
        ("claude-3-5-sonnet-20241022", "mapped", "sim-echo"),
        ("claude-3-5-sonnet-latest", "mapped", "sim-echo"),
        ("claude-3-5-sonnet", "mapped", "sim-echo"),
        ("claude-3-5-haiku-20241022", "mapped", "sim-text"),
        ("claude-opus-4-6", "mapped", "sim-reasoning"),
    ],
)
def test_a_name_leads_to_a_provider_and_its_model(
    asked: str, provider: str, upstream: str, gateway: RunningGateway
) -> None:
    answer = ask(gateway, "messages", asked)
    assert answer.status == 200, answer.body
    shown = upstream if provider == "claude" else asked
    assert answer.json["model"] == shown, "the client sees the name it asked for, unless bytes pass untouched"
    line = gateway.logged(request_id=answer.headers["request-id"])[0]
    assert (line["provider"], line.get("model_used", asked)) == (provider, upstream)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_name_no_map_knows_becomes_the_providers_default(dialect: str, gateway: RunningGateway) -> None:
    answer = ask(gateway, dialect, "whatever", provider="mapped")
    assert msgspec.json.decode(text_of(answer))["model"] == "sim-echo"
    assert answer.json["model"] == "whatever" or dialect == "chat"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_provider_with_a_list_takes_no_other_name(
    dialect: str, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    before = len(vendor.requests)
    refused = ask(gateway, dialect, "sim-lnog", provider="closed")
    assert refused.status == 404
    assert "sim-lnog" in error_of(refused)["message"] and "sim-long" in error_of(refused)["message"]
    assert error_of(refused)["message"].startswith("model: ")
    assert len(vendor.requests) == before


def ids(gateway: RunningGateway, path: str, **headers: str) -> list[str]:
    listed = gateway.ask(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert listed.status == 200
    return [row["id"] for row in listed.json["data"]]


def test_models_are_listed_by_provider(gateway: RunningGateway) -> None:
    assert ids(gateway, "/closed/v1/models") == ["sim-long"]
    assert ids(gateway, "/hf/closed/v1/models") == ["sim-long"]
    named = ids(gateway, "/mapped/v1/models")
    assert "small" in named and "by-map" in named and "claude-3-5-sonnet-20241022" in named
    assert not any("*" in name for name in named)
    assert "sim-text" in ids(gateway, "/vendor/v1/models")
    assert set(ids(gateway, "/dummy/v1/models")) > {"dummy", "dummy-echo"}


def test_every_name_of_the_whole_list_can_be_asked_for(gateway: RunningGateway) -> None:
    listed = ids(gateway, "/v1/models")
    assert len(listed) == len(set(listed))
    assert {"sim-text", "dummy/dummy-text", "claude/claude-opus-4-6", "small"} <= set(listed)
    for name in ("dummy/dummy-text", "claude/claude-opus-4-6", "small"):
        assert ask(gateway, "messages", name).status == 200
        assert gateway.ask(f"/v1/models/{name}").json["id"] == name


def test_a_dead_provider_does_not_spoil_the_list(gateway: RunningGateway) -> None:
    """Claude Code waits three seconds for it."""
    assert ids(gateway, "/nobody/v1/models") == []


def test_one_row_satisfies_every_sdk(gateway: RunningGateway) -> None:
    page = gateway.ask("/dummy/v1/models?limit=2").json
    assert page["object"] == "list" and page["has_more"] is True
    assert [page["first_id"], page["last_id"]] == [row["id"] for row in page["data"]]
    row = page["data"][0]
    assert (row["type"], row["object"], row["lifecycle"]) == ("model", "model", "active")
    assert isinstance(row["created"], int) and row["created_at"].endswith("Z")
    assert {"owned_by", "display_name", "max_input_tokens", "max_tokens"} <= set(row)
    following = gateway.ask(f"/dummy/v1/models?limit=1000&after_id={page['last_id']}").json
    assert following["has_more"] is False
    assert not {row["id"] for row in following["data"]} & {row["id"] for row in page["data"]}
    back = gateway.ask(f"/dummy/v1/models?limit=2&before_id={following['first_id']}").json
    assert back["data"] == page["data"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files",
        "/v1/messages/batches",
        "/v1/batches",
        "/dummy/v1/audio/speech",
        "/dummy/v1/images/generations",
        "/hf/dummy/v1/moderations",
        "/vendor/v1/files/abc",
        "/v1/skills",
    ],
)
@pytest.mark.parametrize("version", [{}, {"anthropic-version": "2023-06-01"}], ids=["chat", "messages"])
def test_what_is_not_offered_says_so_for_good(
    path: str, version: dict[str, str], gateway: RunningGateway
) -> None:
    refused = gateway.ask(path, {}, version)
    assert (refused.status, error_of(refused)["type"]) == (501, "not_supported")
    assert refused.headers["x-should-retry"] == "false"
    assert ("request_id" in refused.json) is bool(version), "the error is in the client's dialect"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/images/../models",
        "/v1/images/%2e%2e/models",
        "/vendor/v1/audio/..%2f..%2fsim/requests",
        "/vendor/v1/audio/./%2E%2E/chat/completions",
    ],
)
def test_nobody_climbs_out_of_an_endpoint_that_is_passed_through(
    path: str, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    before = len(vendor.requests)
    assert gateway.ask(path, {}).status == 404
    assert len(vendor.requests) == before


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/nothing", "/managed/settings", "/vendor/nothing", "/v3/messages"]
)
def test_an_unknown_path_is_not_found(path: str, gateway: RunningGateway) -> None:
    assert gateway.ask(path).status == 404
    assert gateway.ask(path, {}).status == 404


@pytest.mark.parametrize("path", ["/v1/metrics", "/v1/logs", "/v1/traces"])
def test_telemetry_is_swallowed(path: str, gateway: RunningGateway) -> None:
    answer = gateway.ask(path, {"resourceMetrics": []})
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/v1/messages", "/v1/chat/completions", "/v1/completions", "/v1/embeddings"]
)
def test_the_wrong_method_names_the_right_one(path: str, gateway: RunningGateway) -> None:
    refused = gateway.ask(path)
    assert refused.status == 404
    assert "POST" in error_of(refused)["message"]
