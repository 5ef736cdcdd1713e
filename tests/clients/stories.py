"""What clients must find the same at every service with accounts, told once for all of them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from clients.asking import ANTHROPIC, OPENAI, Asker, Judged, Said
from clients.running import RunningGateway
from clients.sdk_errors import check_error
from clients.talking import Talk, tool

HOWS: Final = pytest.mark.parametrize("how", ["final", "plain"], ids=["stream", "plain"])
END: Final = {ANTHROPIC: "end_turn", OPENAI: "stop"}
CALLED: Final = {ANTHROPIC: "tool_use", OPENAI: "tool_calls"}
TWO_CALLS: Final = (
    '[[sim: tool get_weather {"city":"Paris","days":1}]][[sim: tool get_time {"city":"東京","days":2}]]'
)

Refusal = tuple[int, str, str]
"""Status and type in Messages, and the type in Chat Completions."""


def speaks_messages(sdk: Asker) -> bool:
    return sdk.sdk.protocol == ANTHROPIC


def assert_ended(sdk: Asker, said: Said) -> None:
    assert said.stop == END[sdk.sdk.protocol], said
    assert said.usage is not None and said.usage.input > 0 and said.usage.output > 0, said


def says_pong(sdk: Asker, chat: Talk) -> None:
    said = chat.say("Reply with the single word pong and nothing else.")
    assert (said.text, said.thinking, said.calls) == ("pong", "", ())
    assert_ended(sdk, said)


def two_tools(sdk: Asker) -> list[dict[str, Any]]:
    return [tool(sdk.sdk.protocol, name) for name in ("get_weather", "get_time")]


def calls_two_tools(sdk: Asker, chat: Talk) -> Said:
    """What follows their results."""
    said = chat.say(TWO_CALLS)
    assert said.calls == (
        ("get_weather", {"city": "Paris", "days": 1}),
        ("get_time", {"city": "東京", "days": 2}),
    )
    assert said.stop == CALLED[sdk.sdk.protocol]
    said = chat.results("sunny", "noon")
    assert_ended(sdk, said)
    return said


def stops_where_it_should(sdk: Asker, chats: tuple[Talk, Talk, Talk], refusing: str) -> None:
    """One conversation each for a stop sequence, a limit of tokens, and what the service's filter keeps back."""
    counting, messages = "Count from 1 to 300.", speaks_messages(sdk)
    if not messages:
        for chat in chats:
            chat.how = "plain"  # its stream helpers raise for an answer that was cut
    said = chats[0].say(counting, **{"stop_sequences" if messages else "stop": ["17"]})
    assert said.text.rstrip().endswith(" 16")
    assert said.stop == ("stop_sequence" if messages else "stop")
    said = chats[1].say(counting, max_tokens=20)
    assert said.stop == ("max_tokens" if messages else "length")
    assert 0 < len(said.text) < 200
    said = chats[2].say(refusing)
    assert said.stop == ("refusal" if messages else "content_filter")


def counts_tokens(sdk: Asker, gateway: RunningGateway, model: str) -> None:
    client = sdk.at(gateway.origin)
    messages = [{"role": "user", "content": "How is the weather?"}]

    def counted(**more: Any) -> int:
        told = client.call("messages.count_tokens", model=model, messages=messages, **more)
        tokens: int = told["input_tokens"]
        return tokens

    assert 0 < counted() < counted(tools=[tool(ANTHROPIC)])


def is_refused(sdk: Asker, chat: Talk, text: str, refusal: Refusal, *, too_long: bool = False) -> None:
    status, *kinds = refusal
    messages = speaks_messages(sdk)
    with pytest.raises(Judged) as raised:
        chat.say(text)
    status = 503 if status == 529 and not messages else status
    check_error(raised.value, sdk.sdk, status, kinds[0 if messages else 1])
    if too_long:
        assert ("prompt is too long" if messages else "maximum context length") in raised.value.message


def knows_no_such_model(sdk: Asker, chat: Talk) -> None:
    is_refused(sdk, chat, "hi", (404, "not_found_error", "invalid_request_error"))
