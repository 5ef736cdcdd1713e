"""The judges themselves: every SDK, asked straight at a simulator, tells what the simulator said."""

from __future__ import annotations

import pytest

from clients.asking import ANTHROPIC, Asker, Client, Judged, Said
from clients.sdk_errors import check_error
from simulators.anthropic_api import AnthropicApi
from simulators.anthropic_behaviours import THINKING
from simulators.openai_behaviours import REASONING
from simulators.openai_vendor import OpenAIVendor


@pytest.fixture
def client(any_sdk: Asker, vendor: OpenAIVendor, claude_api: AnthropicApi) -> Client:
    if any_sdk.sdk.protocol == ANTHROPIC:
        return any_sdk.at(claude_api.base_url, key=claude_api.key)
    return any_sdk.at(vendor.origin, key=vendor.key)


@pytest.mark.parametrize("how", ["plain", "final"])
def test_an_answer_is_told_whole(how: str, client: Client) -> None:
    if client.asker.sdk.protocol == ANTHROPIC:
        thinking = {"type": "enabled", "budget_tokens": 1024}
        said = client.say(
            "claude-opus-4-6",
            how,
            max_tokens=2000,
            thinking=thinking,
            prompt='[[sim: thinking]] [[sim: text Wait.]] [[sim: tool look {"at":"東京"}]]',
        )
        assert said == Said("Wait.", THINKING, (("look", {"at": "東京"}),), "tool_use")
        return
    said = client.say("sim-reasoning-tools", how)
    # The Node SDK keeps the last fragment of fields it does not know.
    shown = " answer." if (client.asker.sdk.language, how) == ("node", "final") else REASONING
    calls = (("get_weather", {"city": "Paris", "days": 1}), ("get_weather", {"city": "東京", "days": 2}))
    assert said == Said("Let me look.", shown, calls, "tool_calls")


def test_an_error_is_told_with_its_class(client: Client) -> None:
    with pytest.raises(Judged) as raised:
        client.say(
            "claude-opus-4-6", prompt="[[sim: 429 7]]"
        ) if client.asker.sdk.protocol == ANTHROPIC else (client.say("sim-429"))
    check_error(raised.value, client.asker.sdk, 429, "rate_limit_error")


def test_the_first_event_is_told_and_the_stream_left(client: Client, vendor: OpenAIVendor) -> None:
    message = {"role": "user", "content": "[[sim: slow 0.2]]"}
    if client.asker.sdk.protocol == ANTHROPIC:
        first = client.call(
            "messages.create",
            "leave",
            model="claude-opus-4-6",
            max_tokens=99,
            messages=[message],
            stream=True,
        )
        assert first["type"] == "message_start"
    else:
        first = client.call(
            "chat.completions.create", "leave", model="sim-slow", messages=[message], stream=True
        )
        assert first["object"] == "chat.completion.chunk"
