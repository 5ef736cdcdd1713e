import msgspec
import pytest

from isthmus.core.abilities import Rule
from isthmus.core.commands import Call, ClientRequest, Forward, Head
from isthmus.core.errors import BadRequest, UpstreamError
from isthmus.core.interfaces import MESSAGES, Provider, Target
from isthmus.core.secret import Secret
from isthmus.core.usage import Usage
from isthmus.providers.anthropic import Anthropic
from providers.anthropic.transcripts import end, start, text

PROVIDER = Anthropic(
    "claude",
    api_key=Secret("sk-ant-k"),
    base_url="https://api.example.com/v1/",
    headers={"X-Team": Secret("t")},
)
BODY = b'{ "model":"asked", "messages":[ ], "stream":true}'


def forwarded(model: str, *, stream: bool = True) -> Forward:
    request = ClientRequest(
        "/v1/messages", BODY, "asked", stream, {"anthropic-version": "2026-10-21", "cookie": "c"}
    )
    command = next(PROVIDER.forward(request, Target(model, PROVIDER.abilities(model))))
    assert isinstance(command, Forward)
    return command


def test_it_is_a_provider() -> None:
    provider: Provider = PROVIDER
    assert (provider.name, provider.native) == ("claude", {MESSAGES})


def test_a_request_goes_through_untouched() -> None:
    command = forwarded("asked")
    assert command.url == "https://api.example.com/v1/messages"
    assert command.body is BODY
    assert dict(command.headers) == {
        "anthropic-version": "2026-10-21",
        "content-type": "application/json",
        "x-api-key": "sk-ant-k",
        "x-team": "t",
    }
    assert not command.whole
    assert forwarded("asked", stream=False).whole


def test_only_the_model_is_exchanged() -> None:
    assert forwarded("claude-opus-5-5").body == BODY.replace(b"asked", b"claude-opus-5-5")


def test_the_answer_is_listened_to() -> None:
    listener = forwarded("asked").listen(Head(200, {"content-type": "text/event-stream"}))
    listener.feed(start() + text(0, "x") + end())
    assert listener.close() is None
    assert listener.usage == Usage(10, 0, 0, 5)


def test_a_body_that_cannot_be_changed_is_the_clients_mistake() -> None:
    request = ClientRequest("/v1/messages", b'{"model":"a","model":"a"}', "a", False)
    with pytest.raises(BadRequest):
        next(PROVIDER.forward(request, Target("b", PROVIDER.abilities("b"))))


def test_counting_is_left_to_the_upstream() -> None:
    request = ClientRequest("/v1/messages/count_tokens", BODY, "asked", False)
    command = next(PROVIDER.count_tokens(request, Target("asked", PROVIDER.abilities("asked"))))
    assert isinstance(command, Forward)
    assert command.url == "https://api.example.com/v1/messages/count_tokens"
    listener = command.listen(Head(200, {}))
    listener.feed(b'{"input_tokens":12}')
    assert listener.close() is None


def test_the_model_list_teaches_abilities() -> None:
    provider = Anthropic(api_key=Secret("k"), rules=[Rule("claude-new", {"documents": False})])
    call = next(provider.list_models())
    assert isinstance(call, Call)
    assert call.url == "https://api.anthropic.com/v1/models?limit=1000"
    assert dict(call.headers)["x-api-key"] == "k"
    row = {
        "id": "claude-new",
        "max_tokens": 7,
        "capabilities": {"image_input": {"supported": False}, "pdf_input": {"supported": True}},
    }
    [info] = provider.read_models(msgspec.json.encode({"data": [row]}))
    assert (info.id, info.owner) == ("claude-new", "anthropic")
    record = provider.abilities("claude-new")
    assert (record.vision, record.max_output_tokens, record.documents) == (False, 7, False)
    with pytest.raises(UpstreamError):
        provider.read_models(b"no list")


def test_a_secret_does_not_show() -> None:
    assert "sk-ant-k" not in repr(vars(PROVIDER))


def test_other_endpoints_pass_only_if_the_operator_offers_them() -> None:
    request = ClientRequest(
        "/v1/messages/batches", b"{}", "", False, {"anthropic-beta": "b"}, "POST", "limit=1"
    )
    assert PROVIDER.pass_through(request) is None
    offering = Anthropic("anthropic", api_key=Secret("sk-ant-x"), passes=("messages/batches",))
    exchange = offering.pass_through(request)
    assert exchange is not None
    command = next(exchange)
    assert isinstance(command, Forward)
    assert command.url == "https://api.anthropic.com/v1/messages/batches?limit=1"
    assert ("anthropic-beta", "b") in command.headers
    assert ("x-api-key", "sk-ant-x") in command.headers
