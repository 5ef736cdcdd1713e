from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.interfaces import ModelInfo
from isthmus.providers.openai_compatible.models import read_models


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"object":"list","data":[]}', []),
        (
            b'{"data":[{"id":"gpt","object":"model","created":1700000000,"owned_by":"openai"}]}',
            [ModelInfo("gpt", "", 1_700_000_000, "openai")],
        ),
        # OpenRouter
        (
            b'{"data":[{"id":"a/b","name":"A: B","context_length":8,"top_provider":{"max_completion_tokens":4}}]}',
            [ModelInfo("a/b", "A: B", 0, "", 8, 4)],
        ),
        (b'{"data":[{"id":"m","max_model_len":8192.0}]}', [ModelInfo("m", context_window=8192)]),  # vLLM
        (
            b'{"data":[{"id":"m","context_window":9,"max_completion_tokens":3}]}',  # Groq
            [ModelInfo("m", context_window=9, max_output_tokens=3)],
        ),
        (b'{"data":[{"id":"m","max_context_length":7}]}', [ModelInfo("m", context_window=7)]),  # Mistral
        (b'{"models":[{"name":"llama3:8b","details":{}}]}', [ModelInfo("llama3:8b")]),  # Ollama's own API
        (b'[{"id":"m"}]', [ModelInfo("m")]),  # Together
        (b'{"data":[{"id":"m","created":null},{"id":"m"},{"x":1}]}', [ModelInfo("m")]),
        (b'{"data":[{"id":"m","created":"x","context_length":-1}]}', [ModelInfo("m")]),
    ],
)
def test_lists_as_vendors_spell_them(body: bytes, expected: list[ModelInfo]) -> None:
    assert read_models(body) == expected


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":{"message":"no"}}', b'{"data":7}', b"[1]"])
def test_what_is_no_list_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError, match="model list could not be read"):
        read_models(body)


@given(st.binary() | st.from_regex(rb'\{"data":\[\{"id":"a","created":[^}]{0,9}\}\]\}', fullmatch=True))
def test_any_bytes_are_a_list_or_not(body: bytes) -> None:
    try:
        listed = read_models(body)
    except UpstreamProtocolError:
        return
    assert all(info.id for info in listed)
