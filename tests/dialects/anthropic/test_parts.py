from __future__ import annotations

import json

import pytest

from dialects.anthropic.wire_cases import SIGNING
from isthmus.core import thought_tag
from isthmus.core.conversation import Opaque
from isthmus.core.events import Citation, Stop
from isthmus.core.usage import Usage
from isthmus.dialects.anthropic.parts import (
    STOP_REASONS,
    citation_fields,
    is_signature,
    message_id,
    opaque_block,
    own_tool_id,
    signature_of,
    stop_fields,
    usage_fields,
)


def test_every_reason_has_its_word() -> None:
    assert STOP_REASONS.keys() == set(Stop)
    assert STOP_REASONS[Stop.CONTEXT_WINDOW] == "model_context_window_exceeded"


@pytest.mark.parametrize(
    ("reason", "sequence", "explanation", "fields"),
    [
        (Stop.END_TURN, None, None, {"stop_reason": "end_turn", "stop_sequence": None}),
        (Stop.STOP_SEQUENCE, "END", None, {"stop_reason": "stop_sequence", "stop_sequence": "END"}),
        (Stop.END_TURN, "END", "ignored", {"stop_reason": "end_turn", "stop_sequence": None}),
        (
            Stop.REFUSAL,
            None,
            "No.",
            {
                "stop_reason": "refusal",
                "stop_sequence": None,
                "stop_details": {"type": "refusal", "category": None, "explanation": "No."},
            },
        ),
    ],
)
def test_stop_fields(reason: Stop, sequence: str | None, explanation: str | None, fields: object) -> None:
    assert stop_fields(reason, sequence, explanation) == fields


def test_usage_says_the_four_counts_always_and_the_rest_when_there_is_any() -> None:
    assert usage_fields(Usage()) == {
        "input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 0,
    }
    assert usage_fields(Usage(15, 75, 10, 20, 5, cache_write_1h_tokens=4, web_searches=2)) == {
        "input_tokens": 15,
        "cache_creation_input_tokens": 10,
        "cache_read_input_tokens": 75,
        "output_tokens": 20,
        "cache_creation": {"ephemeral_5m_input_tokens": 6, "ephemeral_1h_input_tokens": 4},
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0},
        "output_tokens_details": {"thinking_tokens": 5},
    }


def test_ids() -> None:
    assert message_id(SIGNING) == "msg_0123456789abcdef01234567"
    assert own_tool_id(SIGNING, 3) == "toolu_0123456789abcdef01230003"


def test_signatures() -> None:
    own = Opaque("anthropic", "signature", "sig")
    assert signature_of(own, "", SIGNING) == "sig"
    assert thought_tag.read(signature_of(None, "", SIGNING)) == thought_tag.ThoughtTag("vendor")
    assert thought_tag.read(signature_of(None, "t", SIGNING)) == thought_tag.ThoughtTag("vendor", "t")
    foreign = Opaque("gemini", "signature", "x")
    tag = thought_tag.read(signature_of(foreign, "t", SIGNING))
    assert tag == thought_tag.ThoughtTag("vendor", "t", foreign)
    assert is_signature(own)
    assert not is_signature(Opaque("anthropic", "redacted_thinking", "x"))
    assert not is_signature(Opaque("gemini", "signature", "x"))


@pytest.mark.parametrize(
    ("opaque", "block"),
    [
        (Opaque("anthropic", "redacted_thinking", "x"), {"type": "redacted_thinking", "data": "x"}),
        (Opaque("anthropic", "t", '{"type":"t","a":\n1}'), {"type": "t", "a": 1}),
        (Opaque("openai", "reasoning", '{"type":"t"}'), None),
        (Opaque("anthropic", "t", "{"), None),
        (Opaque("anthropic", "t", "[]"), None),
        (Opaque("anthropic", "t", '{"type":1}'), None),
        (Opaque("anthropic", "t", '{"type":"text","text":"x"}'), None),
    ],
)
def test_opaque_blocks(opaque: Opaque, block: object) -> None:
    assert opaque_block(opaque) == block


def test_redacted_thoughts_of_others_go_under_our_tag() -> None:
    foreign = Opaque("openai", "redacted_thinking", "x")
    block = opaque_block(foreign)
    assert block is not None
    assert block["type"] == "redacted_thinking"
    assert thought_tag.read(block["data"]) == thought_tag.ThoughtTag("openai", sealed=foreign)


def test_citations() -> None:
    own = '{"type":"char_location","cited_text":"c","document_index":0}'
    assert citation_fields(Citation("u", data=own)) == json.loads(own)
    made = {
        "type": "web_search_result_location",
        "url": "u",
        "title": "T",
        "cited_text": "c",
        "encrypted_index": "",
    }
    assert citation_fields(Citation("u", "T", "c")) == made
    assert citation_fields(Citation("u", "T", "c", data='{"type":"url_citation"}')) == made
    assert citation_fields(Citation("u", "T", "c", data="{")) == made
    assert citation_fields(Citation("u"))["title"] is None
