from __future__ import annotations

import pytest

from dialects.openai_chat.chat_cases import SIGNING
from isthmus.core import thought_tag
from isthmus.core.conversation import Opaque
from isthmus.core.events import Citation, Stop
from isthmus.core.usage import Usage
from isthmus.dialects.openai_chat.parts import (
    FINISH_REASONS,
    completion_id,
    custom_input,
    finish_reason,
    own_tool_id,
    redacted_detail,
    refusal_of,
    signature_detail,
    url_citations,
    usage_fields,
)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Stop.END_TURN, "stop"),
        (Stop.MAX_TOKENS, "length"),
        (Stop.STOP_SEQUENCE, "stop"),
        (Stop.TOOL_USE, "tool_calls"),
        (Stop.REFUSAL, "content_filter"),
        (Stop.PAUSE_TURN, "stop"),
        (Stop.CONTEXT_WINDOW, "length"),
    ],
)
def test_why_it_stopped(reason: Stop, said: str) -> None:
    """RSP-03"""
    assert finish_reason(reason, legacy=False) == said


def test_every_reason_has_a_word() -> None:
    assert set(FINISH_REASONS) == set(Stop)


def test_legacy_clients_know_one_word_of_their_own() -> None:
    assert finish_reason(Stop.TOOL_USE, legacy=True) == "function_call"
    assert finish_reason(Stop.MAX_TOKENS, legacy=True) == "length"


def test_usage_includes_the_cache() -> None:
    """RSP-02"""
    assert usage_fields(Usage(15, 75, 10, 20, 5)) == {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 75, "cache_write_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }


def test_citations_cover_their_text() -> None:
    cited = [Citation("https://a", "A", "x"), Citation("", "no address")]
    assert url_citations(cited, 3, 9) == [
        {
            "type": "url_citation",
            "url_citation": {"start_index": 3, "end_index": 9, "url": "https://a", "title": "A"},
        }
    ]


def test_signatures_are_said() -> None:
    own = Opaque("anthropic", "signature", "s")
    detail = signature_detail("text", own, 2)
    assert detail is not None
    assert (detail["text"], detail["signature"], detail["index"]) == ("text", "s", 2)
    assert signature_detail("text", None, 0) is None
    assert signature_detail("text", Opaque("anthropic", "redacted_thinking", "s"), 0) is None


def test_redacted_thoughts_are_said() -> None:
    detail = redacted_detail(Opaque("anthropic", "redacted_thinking", "d"), 1)
    assert detail is not None
    assert (detail["type"], detail["data"], detail["index"]) == ("reasoning.encrypted", "d", 1)
    assert redacted_detail(Opaque("anthropic", "server_tool_use", "{}"), 0) is None


def test_what_other_models_must_get_back_goes_under_our_tag() -> None:
    signature, redacted = Opaque("gemini", "signature", "s"), Opaque("openai", "redacted_thinking", "d")
    signed, sealed = signature_detail("text", signature, 0), redacted_detail(redacted, 1)
    assert signed is not None
    assert sealed is not None
    assert (signed["format"], sealed["format"]) == ("isthmus-v1", "isthmus-v1")
    tags = thought_tag.read(signed["signature"]), thought_tag.read(sealed["data"])
    assert [tag and tag.sealed for tag in tags] == [signature, redacted]


@pytest.mark.parametrize(
    ("arguments", "input"),
    [
        ('{"input":"select \\"a\\""}', 'select "a"'),
        ('{"input":"a"}{"input":"a"}', "a"),
        ('{"input":5}', '{"input":5}'),
        ('{"input":"a","b":1}', '{"input":"a","b":1}'),
        ('{"inp', '{"inp'),
        ("{}", "{}"),
    ],
)
def test_free_text_is_unwrapped(arguments: str, input: str) -> None:
    assert custom_input(arguments) == input


def test_a_refusal_is_a_reason_that_was_given() -> None:
    assert refusal_of(Stop.REFUSAL, "policy") == "policy"
    assert refusal_of(Stop.REFUSAL, None) is None
    assert refusal_of(Stop.END_TURN, "policy") is None


def test_ids_are_the_answers_own() -> None:
    assert completion_id(SIGNING) == "chatcmpl-0123456789abcdef01234567"
    assert own_tool_id(SIGNING, 1) == "call_0123456789abcdef01230001"
