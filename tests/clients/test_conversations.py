"""Official SDKs go on with a conversation by its id, at every kind of provider: each request has but one message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from clients.asking import ANTHROPIC, Asker, Judged
from clients.running import RunningGateway
from clients.stage import asked_since
from clients.talking import Talk, tool
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]
HOWS = pytest.mark.parametrize("how", ["final", "plain"])
LANES = pytest.mark.parametrize(
    ("provider", "model"), [("vendor", "sim-text"), ("claude", "claude-opus-4-6"), ("dummy", "dummy-text")]
)


@pytest.fixture(scope="module")
def remembering(
    vendor: OpenAIVendor, claude_api: AnthropicApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    providers: Json = {
        "vendor": {"base_url": vendor.base_url, "api_key": vendor.key},
        "claude": {"type": "anthropic", "base_url": claude_api.base_url, "api_key": claude_api.key},
        "dummy": {"type": "dummy"},
    }
    configuration = {"providers": providers, "accounts": {"cooldowns": False}}
    with RunningGateway(configuration, tmp_path_factory.mktemp("remembering")) as running:
        yield running


def begin(gateway: RunningGateway) -> str:
    id: str = gateway.ask("/v1/conversations", {"title": "t"}).json["id"]
    return id


def named(sdk: Asker, id: str) -> Json:
    """A field that the SDK does not know, as its documentation says to send one."""
    own = {"conversation_id": id}
    return {"extra_body": own} if sdk.sdk.language == "python" else own


@HOWS
@LANES
def test_one_message_at_a_time(
    provider: str,
    model: str,
    how: str,
    any_sdk: Asker,
    remembering: RunningGateway,
    vendor: OpenAIVendor,
    claude_api: AnthropicApi,
) -> None:
    simulator = {"vendor": vendor, "claude": claude_api}.get(provider)
    before = 0 if simulator is None else len(simulator.requests)
    id, client = begin(remembering), any_sdk.at(f"{remembering.origin}/{provider}")
    said = [client.say(model, how, prompt=each, **named(any_sdk, id)) for each in ("one", "two")]
    assert all(each.whole.get("conversation_id", id) == id for each in said)
    kept = remembering.ask(f"/v1/conversations/{id}").json["messages"]
    assert ["".join(part["text"] for part in each["content"]) for each in kept] == [
        "one",
        said[0].text,
        "two",
        said[1].text,
    ]
    if simulator is not None:
        sent = [each.json["messages"] for each in asked_since(simulator, before)]
        assert [len(each) for each in sent] == [1, 3]


@HOWS
@LANES
def test_a_tool_goes_on_where_it_was(
    provider: str, model: str, how: str, any_sdk: Asker, remembering: RunningGateway
) -> None:
    model = {"vendor": "sim-tool", "claude": "claude-opus-4-6", "dummy": "dummy-tool"}[provider]
    id, protocol = begin(remembering), any_sdk.sdk.protocol
    args = {"tools": [tool(protocol)], **named(any_sdk, id)}
    talk = Talk(any_sdk.at(f"{remembering.origin}/{provider}"), model, how, args)
    talk.say("look [[sim: tool]]")
    talk.messages.clear()
    talk.results(*("18" for _ in talk.last.calls), then="and now?")
    kept = remembering.ask(f"/v1/conversations/{id}").json["messages"]
    assert [each["role"] for each in kept] == ["user", "assistant", "user", "assistant"]
    assert [each["type"] for each in kept[2]["content"]][-1] == "text"
    called = [each["id"] for each in kept[1]["content"] if each["type"] == "tool_use"]
    heard = [each["tool_use_id"] for each in kept[2]["content"] if each["type"] == "tool_result"]
    assert called == heard != []


@HOWS
def test_thoughts_go_back_with_their_signatures(
    how: str, messages_sdk: Asker, remembering: RunningGateway, claude_api: AnthropicApi
) -> None:
    id, before = begin(remembering), len(claude_api.requests)
    thinking = {"type": "enabled", "budget_tokens": 1024}
    args = {"tools": [tool(ANTHROPIC)], "thinking": thinking, "max_tokens": 4000, **named(messages_sdk, id)}
    talk = Talk(messages_sdk.at(f"{remembering.origin}/claude"), "claude-opus-4-6", how, args)
    said = talk.say("look [[sim: thinking]] [[sim: tool]]")
    talk.messages.clear()
    talk.results(*("18" for _ in talk.last.calls))
    first, again = asked_since(claude_api, before)
    thought = next(each for each in said.whole["content"] if each["type"] == "thinking")
    assert again.json["messages"][1]["content"][0] == thought
    assert len(first.json["messages"]) == 1


def test_what_is_not_there_is_an_error_that_sdks_know(any_sdk: Asker, remembering: RunningGateway) -> None:
    with pytest.raises(Judged) as caught:
        any_sdk.at(f"{remembering.origin}/dummy").say("dummy-text", **named(any_sdk, "conv_" + "0" * 32))
    assert (caught.value.status, "NotFoundError" in caught.value.bases) == (404, True)
