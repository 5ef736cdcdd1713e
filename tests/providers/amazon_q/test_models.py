from __future__ import annotations

import json

import pytest

from isthmus.core.errors import UpstreamProtocolError
from isthmus.providers.amazon_q.models import ModelFacts, facts_of, read_model_page, read_models
from providers.amazon_q.listed import CLAUDE_FIELDS

PAGE = {
    "models": [
        {
            "modelId": "claude-opus-4.8",
            "modelName": "Claude Opus 4.8",
            "rateMultiplier": 2.2,
            "rateUnit": "credit",
            "tokenLimits": {"maxInputTokens": 1_000_000, "maxOutputTokens": 64_000},
            "supportedInputTypes": ["TEXT", "IMAGE"],
            "promptCaching": {"supportsPromptCaching": True, "maximumCacheCheckpointsPerRequest": 3},
            "additionalModelRequestFieldsSchema": CLAUDE_FIELDS,
        },
        {"modelId": "glm-5", "supportedInputTypes": ["TEXT"]},
        {"modelName": "nameless"},
        "odd",
    ],
    "defaultModel": {"modelId": "auto"},
    "nextToken": "more",
}


def test_a_page_of_models() -> None:
    rows, token = read_model_page(json.dumps(PAGE).encode())
    assert [row["id"] for row in rows] == ["claude-opus-4.8", "glm-5"]
    assert rows[0]["rateUnit"] == "credit"
    assert token == "more"


def test_the_last_page_has_no_token() -> None:
    assert read_model_page(b'{"models":[]}') == ([], None)
    assert read_model_page(b'{"models":[],"nextToken":""}') == ([], None)


def test_facts_of_models() -> None:
    opus, glm = read_models(json.dumps(PAGE).encode())
    assert opus == ModelFacts(
        "claude-opus-4.8",
        "Claude Opus 4.8",
        1_000_000,
        64_000,
        frozenset({"TEXT", "IMAGE"}),
        True,
        3,
        CLAUDE_FIELDS,
        2.2,
    )
    assert glm == ModelFacts("glm-5", "glm-5", inputs=frozenset({"TEXT"}))
    assert (opus.reads_images, opus.reads_documents, glm.reads_images) == (True, False, False)


def test_what_is_of_another_form_is_not_said() -> None:
    odd = {
        "id": "m",
        "tokenLimits": [1],
        "supportedInputTypes": "TEXT",
        "promptCaching": {"supportsPromptCaching": "yes", "maximumCacheCheckpointsPerRequest": 0},
        "additionalModelRequestFieldsSchema": "{}",
        "rateMultiplier": True,
    }
    facts = facts_of(odd)
    assert facts == ModelFacts("m", "m")
    assert (facts.reads_images, facts.reads_documents) == (None, None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"models":{}}', b"\xff", b"[" * 100_000])
def test_what_is_no_model_list(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        read_models(body)
