from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.server.paths import Endpoint, Place, locate


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/v1/messages", Place(Endpoint.MESSAGES)),
        ("/v1/messages/", Place(Endpoint.MESSAGES)),
        ("/v1/v1/messages", Place(Endpoint.MESSAGES)),
        ("/hf/v1/messages", Place(Endpoint.MESSAGES)),
        ("/deepseek/v1/messages", Place(Endpoint.MESSAGES, "deepseek")),
        ("/deepseek/v1/v1/messages", Place(Endpoint.MESSAGES, "deepseek")),
        ("/hf/deepseek/v1/messages", Place(Endpoint.MESSAGES, "deepseek")),
        ("/v1/messages/count_tokens", Place(Endpoint.COUNT_TOKENS)),
        ("/v1/chat/completions", Place(Endpoint.CHAT)),
        ("/hf/openai/v1/chat/completions/", Place(Endpoint.CHAT, "openai")),
        ("/v1/completions", Place(Endpoint.COMPLETIONS)),
        ("/v1/embeddings", Place(Endpoint.EMBEDDINGS)),
        ("/v1/models", Place(Endpoint.MODELS)),
        ("/p/v1/models", Place(Endpoint.MODELS, "p")),
        ("/v1/models/Qwen/Qwen2.5-14B", Place(Endpoint.MODEL, None, "Qwen/Qwen2.5-14B")),
        ("/v1/messages/batches", Place(Endpoint.VENDOR, None, "messages/batches")),
        ("/v1/files/f_1/content", Place(Endpoint.VENDOR, None, "files/f_1/content")),
        ("/v1/conversations", Place(Endpoint.CONVERSATIONS)),
        ("/p/v1/conversations/", Place(Endpoint.CONVERSATIONS, "p")),
        ("/v1/conversations/conv_1", Place(Endpoint.CONVERSATION, None, "conv_1")),
        ("/v1/traces", Place(Endpoint.TELEMETRY)),
        ("/", Place(Endpoint.PROBE)),
        ("", Place(Endpoint.PROBE)),
        ("/api/hello", Place(Endpoint.PROBE)),
        ("/deepseek/api/hello", Place(Endpoint.PROBE)),
        ("/hf", Place(Endpoint.PROBE)),
        ("/health", Place(Endpoint.HEALTH)),
        ("/healthz", Place(Endpoint.HEALTH)),
        ("/readyz", Place(Endpoint.READY)),
    ],
)
def test_every_form_clients_are_configured_with_is_understood(path: str, place: Place) -> None:
    assert locate(path) == place


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v2/messages", "/a/b/v1/messages", "/messages", "/managed/settings"]
)
def test_other_paths_are_unknown(path: str) -> None:
    assert locate(path).endpoint is Endpoint.UNKNOWN


@given(st.text())
def test_no_path_is_too_strange(path: str) -> None:
    assert isinstance(locate(path), Place)
