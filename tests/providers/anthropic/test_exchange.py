import msgspec
import pytest

from isthmus.core.commands import Head, Stream
from isthmus.core.conversation import Conversation, Reasoning, Role, Text, Turn
from isthmus.core.errors import BadRequest, Kind, Next, UpstreamError
from isthmus.core.interfaces import Target
from isthmus.core.secret import Secret
from isthmus.providers.anthropic import Anthropic

PROVIDER = Anthropic("claude", api_key=Secret("sk-ant-k"), base_url="https://api.example.com/v1")


def asking(**more: object) -> Conversation:
    return Conversation("asked", (Turn(Role.USER, (Text("hello"),)),), **more)  # type: ignore[arg-type]


def target(model: str = "claude-sonnet-4-5") -> Target:
    return Target(model, PROVIDER.abilities(model))


def refusal(message: str, kind: Kind = Kind.INVALID_REQUEST) -> UpstreamError:
    return UpstreamError(message, kind=kind, status=400, next=Next.NOTHING)


TOO_MUCH = (
    "max_tokens: 64000 > 4096, which is the maximum allowed number of output tokens for claude-sonnet-4-5"
)


def test_one_request() -> None:
    exchange = PROVIDER.exchange(asking(stream=True), target())
    command = next(exchange)
    assert isinstance(command, Stream)
    assert (command.method, command.url) == ("POST", "https://api.example.com/v1/messages")
    assert dict(command.headers) == {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "anthropic-version": "2026-10-21",
        "x-api-key": "sk-ant-k",
    }
    assert not command.whole
    assert command.classify(Head(529, {}), b"").kind is Kind.OVERLOADED
    with pytest.raises(StopIteration):
        exchange.send(None)


def test_a_plain_request_waits_for_the_whole() -> None:
    command = next(PROVIDER.exchange(asking(), target()))
    assert isinstance(command, Stream)
    assert command.whole
    assert "stream" not in msgspec.json.decode(command.body)
    assert dict(command.headers)["accept"] == "application/json"


@pytest.mark.parametrize(
    ("message", "lowered"),
    [
        (TOO_MUCH, 4096),
        ("input length and `max_tokens` exceed context limit: 150000 + 64000 > 200000", 50_000),
    ],
)
def test_less_output_is_tried_once(message: str, lowered: int) -> None:
    exchange = PROVIDER.exchange(asking(reasoning=Reasoning(effort="max")), target())
    first = next(exchange)
    second = exchange.throw(refusal(message))
    assert isinstance(first, Stream)
    assert isinstance(second, Stream)
    body = msgspec.json.decode(second.body)
    assert body["max_tokens"] == lowered
    assert body["thinking"]["budget_tokens"] == min(16_384, lowered - 1)
    assert f"max_tokens=clamped(64000→{lowered})" in [str(loss) for loss in second.losses]
    with pytest.raises(UpstreamError):
        exchange.throw(refusal(message))


@pytest.mark.parametrize(
    "error",
    [
        refusal("messages: something else"),
        refusal(TOO_MUCH, Kind.OVERLOADED),
        refusal("max_tokens: 900000 > 100000, which is the maximum allowed number of output tokens for x"),
        BadRequest("not from the upstream"),
    ],
)
def test_other_refusals_are_not_tried_again(error: Exception) -> None:
    exchange = PROVIDER.exchange(asking(), target())
    next(exchange)
    with pytest.raises(type(error)) as caught:
        exchange.throw(error)
    assert caught.value is error
