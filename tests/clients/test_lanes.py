"""The same conversations through every lane, by every official SDK, streamed and plain; the upstreams refuse what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from clients.asking import ANTHROPIC, OPENAI, Asker, Judged, Usage
from clients.running import RunningGateway
from clients.sdk_errors import check_error
from clients.stage import asked_since
from clients.talking import SCHEMA, Talk, picture, tool
from isthmus.providers.dummy import answers as dummy
from simulators import anthropic_behaviours as claude
from simulators import openai_behaviours as vendor
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]
HOWS = pytest.mark.parametrize("how", ["final", "plain"], ids=["stream", "plain"])
STOPS = {
    ANTHROPIC: {"end": "end_turn", "tools": "tool_use"},
    OPENAI: {"end": "stop", "tools": "tool_calls"},
}
PARIS = ("get_weather", {"city": "Paris", "days": 1})
TOKYO = ("get_weather", {"city": "東京", "days": 2})
CALL_PARIS = '[[sim: tool get_weather {"city":"Paris","days":1}]]'
CALL_TOKYO = '[[sim: tool get_weather {"city":"東京","days":2}]]'


@dataclass(frozen=True, slots=True)
class Part:
    """What to ask for, and what comes back."""

    model: str
    prompt: str
    text: str = ""
    thinking: str = ""
    calls: tuple[Any, ...] | None = ()
    """None: whatever the dummy makes of the schema."""
    args: Mapping[str, Json] = field(default_factory=dict)
    """By protocol."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One provider of the shared gateway, and how to make its upstream do things."""

    provider: str
    text: Part
    one_tool: Part
    two_tools: Part
    thinking: Part


def through_vendor(provider: str) -> Lane:
    return Lane(
        provider,
        Part("sim-text", "hi", vendor.TEXT),
        Part("sim-tool", "And the weather?", calls=(PARIS,)),
        Part("sim-parallel-tools", "And the weather?", "Let me look.", calls=(PARIS, TOKYO)),
        Part("sim-reasoning", "Think.", vendor.TEXT, vendor.REASONING),
    )


CLAUDE_THINKS = {
    ANTHROPIC: {"thinking": {"type": "adaptive"}, "max_tokens": 9000},
    OPENAI: {"reasoning_effort": "high"},
}
LANES = (
    *map(through_vendor, ("vendor", "openai", "deepseek", "siliconflow", "mistral", "moonshot", "vllm")),
    Lane(
        "claude",
        Part("claude-opus-4-6", "hi", claude.TEXT),
        Part("claude-opus-4-6", CALL_PARIS, calls=(PARIS,)),
        Part("claude-opus-4-6", CALL_PARIS + CALL_TOKYO, calls=(PARIS, TOKYO)),
        Part("claude-opus-4-6", "[[sim: thinking]]", claude.TEXT, claude.THINKING, args=CLAUDE_THINKS),
    ),
    Lane(
        "dummy",
        Part("dummy-text", "hi", dummy.TEXT),
        Part("dummy-tool", "The weather in Paris", calls=None),
        Part("dummy-parallel-tools", "The weather in Paris", calls=None),
        Part("dummy-thinking", "Think.", dummy.TEXT, dummy.THOUGHT),
    ),
)
EACH_LANE = pytest.mark.parametrize("lane", LANES, ids=lambda lane: lane.provider)


def talk(sdk: Asker, gateway: RunningGateway, lane: Lane, part: Part, how: str, **args: Any) -> Talk:
    return talk_to(
        sdk, gateway, lane.provider, part.model, how, **part.args.get(sdk.sdk.protocol, {}), **args
    )


def talk_to(sdk: Asker, gateway: RunningGateway, provider: str, model: str, how: str, **args: Any) -> Talk:
    """In the raw lane a client has to know its vendor; in the others it need not."""
    raw_chat = sdk.sdk.protocol == OPENAI and provider not in {"claude", "dummy"}
    if raw_chat and provider == "mistral":
        args["ask_usage"] = False
    return Talk(sdk.at(f"{gateway.origin}/{provider}"), model, how, args, sends_all_back=not raw_chat)


@HOWS
@EACH_LANE
def test_text(lane: Lane, how: str, any_sdk: Asker, gateway: RunningGateway) -> None:
    chat = talk(any_sdk, gateway, lane, lane.text, how)
    said = chat.say(lane.text.prompt)
    assert (said.text, said.thinking, said.calls) == (lane.text.text, "", ())
    assert said.stop == STOPS[chat.protocol]["end"]
    if chat.args.get("ask_usage", True):
        assert said.usage is not None
        assert said.usage.input > 0 and said.usage.output > 0


@HOWS
@EACH_LANE
@pytest.mark.parametrize("kind", ["one_tool", "two_tools"], ids=["one", "REQ-04-parallel"])
def test_a_conversation_with_tools(
    kind: str, lane: Lane, how: str, any_sdk: Asker, gateway: RunningGateway
) -> None:
    """Talk, call, results with a remark, and on: every turn sends all that was said before."""
    part: Part = getattr(lane, kind)
    chat = talk(any_sdk, gateway, lane, lane.text, how, tools=[tool(any_sdk.sdk.protocol)])
    assert chat.say(lane.text.prompt).text == lane.text.text
    chat.model, chat.args = part.model, chat.args | part.args.get(chat.protocol, {})
    said = chat.say(part.prompt)
    assert said.stop == STOPS[chat.protocol]["tools"]
    assert said.text == part.text
    if part.calls is None:
        assert {name for name, _ in said.calls} == {"get_weather"}
        assert all(set(arguments) >= {"city", "days"} for _, arguments in said.calls)
    else:
        assert said.calls == part.calls
    quoted = chat.results(*(f"{n + 20} degrees" for n in range(len(said.calls))))
    assert f"{len(said.calls) + 19} degrees" in quoted.text
    assert quoted.stop == STOPS[chat.protocol]["end"]
    chat.model = lane.text.model
    assert chat.say("Thanks.").text == lane.text.text


@HOWS
@EACH_LANE
def test_thinking(lane: Lane, how: str, any_sdk: Asker, gateway: RunningGateway) -> None:
    part = lane.thinking
    chat = talk(any_sdk, gateway, lane, part, how)
    said = chat.say(part.prompt)
    assert said.text == part.text
    if (any_sdk.sdk.name, how) == ("openai-node", "final"):
        assert said.thinking and part.thinking.endswith(said.thinking)  # it keeps the last fragment only
    else:
        assert said.thinking == part.thinking
    # The thought is sent back with the rest.
    assert chat.say(lane.text.prompt).text == lane.text.text


@HOWS
@pytest.mark.parametrize("provider", ["vendor", "openai", "siliconflow", "mistral", "vllm", "claude"])
def test_a_picture_arrives_whole(
    provider: str,
    how: str,
    any_sdk: Asker,
    gateway: RunningGateway,
    vendors: Mapping[str, OpenAIVendor],
    claude_api: AnthropicApi,
) -> None:
    """REQ-09 with it: in the translated lane the label is corrected to what the bytes are."""
    sdk, protocol = any_sdk.sdk, any_sdk.sdk.protocol
    raw = (protocol == ANTHROPIC) == (provider == "claude")
    simulator = (
        claude_api
        if provider == "claude"
        else vendors[{"vendor": "openai", "vllm": "strict_template"}.get(provider, provider)]
    )
    before = len(simulator.requests)
    claimed = "image/png" if raw else "image/jpeg"
    content = [{"type": "text", "text": "What is it?"}, picture(protocol, claimed)]
    model = "claude-opus-4-6" if provider == "claude" else "sim-text"
    talk_to(any_sdk, gateway, provider, model, how).say(content)
    [asked] = asked_since(simulator, before)
    parts = asked.json["messages"][-1]["content"]
    expected = picture(ANTHROPIC if provider == "claude" else OPENAI)
    found = [part for part in parts if part["type"] == expected["type"]]
    if provider == "claude":
        assert [part["source"] for part in found] == [expected["source"]], sdk
    else:
        assert [part["image_url"]["url"] for part in found] == [expected["image_url"]["url"]], sdk


@HOWS
def test_a_picture_for_a_model_that_cannot_see_leaves_a_trace(
    how: str, messages_sdk: Asker, gateway: RunningGateway, vendor: OpenAIVendor
) -> None:
    before = len(vendor.requests)
    Talk(messages_sdk.at(f"{gateway.origin}/blind"), "sim-no-vision", how).say([picture(ANTHROPIC)])
    [asked] = asked_since(vendor, before)
    assert "image" in str(asked.json["messages"][-1]["content"]).lower()


@HOWS
@pytest.mark.parametrize("provider", ["vendor", "openai", "mistral", "vllm", "claude", "dummy"])
def test_structured_output(provider: str, how: str, any_sdk: Asker, gateway: RunningGateway) -> None:
    """REQ-25: the schema gets there and JSON comes back."""
    model = {"claude": "claude-opus-4-6", "dummy": "dummy-json"}.get(provider, "sim-text")
    asked: Json = (
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
        if any_sdk.sdk.protocol == ANTHROPIC
        else {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "weather", "schema": SCHEMA, "strict": True},
            }
        }
    )
    if any_sdk.sdk.old and any_sdk.sdk.name == "anthropic-python-0":
        asked = {"extra_body": asked}
    said = talk_to(any_sdk, gateway, provider, model, how, **asked).say("hi")
    assert said.text.startswith("{") and '"city"' in said.text and '"days"' in said.text


def test_usage_is_converted_from_messages_to_chat(chat_sdk: Asker, gateway: RunningGateway) -> None:
    """RSP-02, with the stream's one usage chunk in every SDK's hands."""
    client = chat_sdk.at(f"{gateway.origin}/claude")
    for how in ("plain", "final"):
        said = client.say("claude-opus-4-6", how, prompt="[[sim: cache 15 75 10]]")
        assert said.usage == Usage(input=100, output=20, read=75, written=10)


def test_thinking_and_two_tools_become_chunks_of_the_one_legal_shape(
    chat_sdk: Asker, gateway: RunningGateway
) -> None:
    """STR-18: indices count tools, the role comes once, one usage chunk, at the end."""
    told = chat_sdk.at(f"{gateway.origin}/claude").call(
        "chat.completions.create",
        "events",
        model="claude-opus-4-6",
        reasoning_effort="high",
        stream=True,
        stream_options={"include_usage": True},
        tools=[tool(OPENAI)],
        messages=[
            {"role": "user", "content": f"[[sim: thinking]] [[sim: text Wait.]] {CALL_PARIS} {CALL_TOKYO}"}
        ],
    )
    assert "error" not in told
    chunks = told["seen"]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    started = [call for delta in deltas for call in delta.get("tool_calls") or () if call.get("id")]
    assert [call["index"] for call in started] == [0, 1]
    assert [delta["role"] for delta in deltas if delta.get("role")] == ["assistant"]
    assert [bool(chunk.get("usage")) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1]["choices"] == []
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    order = [
        name for delta in deltas for name in ("reasoning_content", "content", "tool_calls") if delta.get(name)
    ]
    assert order == sorted(order, key=["reasoning_content", "content", "tool_calls"].index)


@HOWS
def test_signatures_come_home_through_the_raw_lane(
    how: str, messages_sdk: Asker, gateway: RunningGateway
) -> None:
    """The API refuses a thought whose signature is not its own; a redacted one must come back as it was."""
    client = messages_sdk.at(f"{gateway.origin}/claude")
    thinks = {"thinking": {"type": "adaptive"}, "max_tokens": 9000, "tools": [tool(ANTHROPIC)]}
    chat = Talk(client, "claude-opus-4-6", how, thinks)
    said = chat.say(f"[[sim: thinking]] [[sim: redacted]] {CALL_PARIS}")
    kinds = [block["type"] for block in said.whole["content"]]
    assert kinds == ["thinking", "redacted_thinking", "tool_use"]
    assert "20 degrees" in chat.results("20 degrees").text


@HOWS
def test_a_thought_returns_to_a_vendor_that_asks_for_it(
    how: str, messages_sdk: Asker, gateway: RunningGateway
) -> None:
    """REQ-23: the vendor refuses calls of its own whose reasoning is not there any more."""
    tools = [tool(ANTHROPIC)]
    chat = Talk(messages_sdk.at(f"{gateway.origin}/deepthink"), "sim-reasoning-tools", how, {"tools": tools})
    assert chat.say("And the weather?").thinking == vendor.REASONING
    assert "21 degrees" in chat.results("20 degrees", "21 degrees").text
    chat.model = "sim-text"
    assert chat.say("Thanks.").text == vendor.TEXT


def test_sampling_that_a_model_does_not_take_is_left_out_and_told(gateway: RunningGateway) -> None:
    """The model takes neither temperature nor stop sequences, nor `max_tokens` by that name."""
    body = {
        "model": "gpt-5.6",
        "max_tokens": 500,
        "temperature": 0.3,
        "stop_sequences": ["word"],
        "messages": [{"role": "user", "content": "hi"}],
    }
    answer = gateway.ask("/reasoning/v1/messages", body)
    assert (answer.status, answer.json["stop_reason"]) == (200, "stop_sequence")
    assert answer.json["content"][0]["text"] == vendor.TEXT.partition("word")[0]
    assert "temperature" in answer.headers["x-isthmus-loss"]


@HOWS
def test_a_strict_provider_refuses_what_its_model_cannot_take(
    how: str, messages_sdk: Asker, gateway: RunningGateway
) -> None:
    with pytest.raises(Judged) as raised:
        Talk(messages_sdk.at(f"{gateway.origin}/strict"), "sim-text", how).say([picture(ANTHROPIC)])
    check_error(raised.value, messages_sdk.sdk, 400, "invalid_request_error")
    assert "image" in raised.value.message
