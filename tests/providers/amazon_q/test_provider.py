"""What the provider promises beside answers."""

from __future__ import annotations

import json

import pytest

from isthmus.core.abilities import Rule
from isthmus.core.commands import Authorize, Call, ClientRequest
from isthmus.core.errors import BadRequest, Kind, UpstreamError
from isthmus.core.interfaces import Target
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.provider import AmazonQ
from q_steps import ARN, grant

PAGE = {
    "models": [
        {"modelId": "auto"},
        {
            "modelId": "claude-sonnet-4.5",
            "modelName": "Claude Sonnet 4.5",
            "tokenLimits": {"maxInputTokens": 123_456, "maxOutputTokens": 64_000},
            "supportedInputTypes": ["TEXT"],
        },
    ]
}
ASKED = ClientRequest("/v1/messages", b"{}", "m", stream=False)


def test_the_list_of_models() -> None:
    provider = AmazonQ("mine", Options(origin="IDE"))
    exchange = provider.list_models()
    assert next(exchange) == Authorize()
    call = exchange.send(grant(endpoint_family="q", profile_arn=ARN))
    assert isinstance(call, Call)
    assert call.url.startswith("https://q.eu-central-1.amazonaws.com/ListAvailableModels?origin=IDE&")
    models = provider.read_models(json.dumps(PAGE).encode())
    assert [(model.id, model.display_name) for model in models] == [
        ("auto", "auto"),
        ("claude-sonnet-4.5", "Claude Sonnet 4.5"),
    ]
    assert (models[1].context_window, models[1].max_output_tokens) == (123_456, 64_000)


def test_what_the_list_says_of_a_model_is_remembered_below_the_operators_word() -> None:
    provider = AmazonQ("mine", rules=(Rule("*sonnet*", {"context_window": 99_000}),))
    before = provider.abilities("claude-sonnet-4-5-20250929")
    assert before.vision
    provider.read_models(json.dumps(PAGE).encode())
    after = provider.abilities("claude-sonnet-4-5-20250929")
    assert not after.vision
    assert after.max_output_tokens == 64_000
    assert after.context_window == 99_000


def test_what_is_no_list_is_told() -> None:
    with pytest.raises(UpstreamError):
        AmazonQ().read_models(b"<html>")


def test_what_it_does_not_offer() -> None:
    provider = AmazonQ("mine")
    target = Target("m", provider.abilities("m"))
    with pytest.raises(BadRequest) as caught:
        provider.forward(ASKED, target)
    assert caught.value.kind is Kind.NOT_SUPPORTED
    assert provider.pass_through(ASKED) is None
    assert provider.count_tokens(ASKED, target) is None
    assert provider.native == frozenset()
