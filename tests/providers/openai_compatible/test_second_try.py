from __future__ import annotations

from typing import Any

import pytest

from isthmus.core.errors import Kind, UpstreamError
from isthmus.providers.openai_compatible.request import ChatRequest
from isthmus.providers.openai_compatible.second_try import second_try

SHARED = (
    "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens "
    "(20000 in the messages, 20000 in the completion). Please reduce the length of the messages or completion."
)
TOO_MANY = "max_tokens is too large: 128000. This model supports at most 8192 completion tokens."
USE_OTHER = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
USE_FIRST = "Unsupported parameter: 'max_completion_tokens'. Use 'max_tokens' instead."


def amended(fields: dict[str, Any], said: str, kind: Kind = Kind.INVALID_REQUEST) -> ChatRequest | None:
    return second_try(ChatRequest(fields), UpstreamError("in our words", kind=kind, status=400, detail=said))


@pytest.mark.parametrize(
    ("fields", "said", "now"),
    [
        ({"a": 1, "max_tokens": 20_000}, SHARED, {"a": 1, "max_tokens": 12_768}),
        ({"max_completion_tokens": 128_000}, TOO_MANY, {"max_completion_tokens": 8192}),
        (
            {"max_tokens": 128_000, "thinking_budget": 127_999},
            TOO_MANY,
            {"max_tokens": 8192, "thinking_budget": 8191},
        ),
        ({"max_tokens": 5, "b": 1}, USE_OTHER, {"max_completion_tokens": 5, "b": 1}),
        ({"max_completion_tokens": 5}, USE_FIRST, {"max_tokens": 5}),
        (
            {"stream": True, "stream_options": {}},
            "Extra inputs are not permitted: stream_options",
            {"stream": True},
        ),
    ],
)
def test_a_refusal_that_says_the_way_out_is_followed(
    fields: dict[str, Any], said: str, now: dict[str, Any]
) -> None:
    request = amended(fields, said)
    assert request is not None
    assert request.fields == now
    assert list(request.fields) == list(now)


def test_less_output_is_noted() -> None:
    request = amended({"max_tokens": 20_000}, SHARED, Kind.CONTEXT_OVERFLOW)
    assert request is not None
    assert [str(loss) for loss in request.losses] == ["max_tokens=clamped(20000→12768)"]


@pytest.mark.parametrize(
    ("fields", "said", "kind"),
    [
        ({"max_tokens": 100}, TOO_MANY, Kind.INVALID_REQUEST),  # it was less all along
        ({}, TOO_MANY, Kind.INVALID_REQUEST),
        ({"max_tokens": 5}, "prompt is too long: 9 tokens > 8 maximum", Kind.CONTEXT_OVERFLOW),
        ({"max_tokens": 128_000}, TOO_MANY, Kind.RATE_LIMIT),
        ({"max_tokens": 5}, "'max_tokens' and 'max_completion_tokens' are both fine", Kind.INVALID_REQUEST),
        ({"messages": []}, "stream_options: unknown", Kind.INVALID_REQUEST),
        ({"max_completion_tokens": 5}, USE_OTHER, Kind.INVALID_REQUEST),
    ],
)
def test_any_other_refusal_stands(fields: dict[str, Any], said: str, kind: Kind) -> None:
    assert amended(fields, said, kind) is None


def test_our_own_words_are_read_when_the_upstreams_are_gone() -> None:
    error = UpstreamError(TOO_MANY, kind=Kind.INVALID_REQUEST, status=400)
    request = second_try(ChatRequest({"max_tokens": 9000}), error)
    assert request is not None
    assert request.fields == {"max_tokens": 8192}
