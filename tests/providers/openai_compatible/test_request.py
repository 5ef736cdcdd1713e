"""The body that is sent, field by field, and the law that no strict vendor refuses it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from isthmus.core.conversation import (
    CacheMark,
    Choice,
    Conversation,
    Document,
    Format,
    Image,
    InlineData,
    OutputFormat,
    Reasoning,
    RemoteUrl,
    Role,
    Sampling,
    ServerTool,
    Text,
    Thinking,
    ThinkingMode,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import Target
from isthmus.core.losses import Policy
from isthmus.providers.openai_compatible.abilities import abilities_of
from isthmus.providers.openai_compatible.request import ChatRequest, render_request
from isthmus.providers.openai_compatible.vendors import VENDORS
from isthmus.shaping.fit import fit
from simulators.openai_profiles import PROFILES
from simulators.openai_rules import ChatRequest as Judged
from simulators.openai_rules import check_chat
from talk import assistant, talk, tools, user

OPEN = '{"type":"object","properties":{"a":{"type":"string"}}}'
CLOSED = (
    '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'
)


def asked(
    conversation: Conversation, vendor: str = "generic", model: str = "m", **abilities: Any
) -> ChatRequest:
    row = VENDORS[vendor].for_model(model)
    able = replace(abilities_of(VENDORS[vendor], model), **abilities)
    return render_request(conversation, Target(model, able), row)


def body(
    conversation: Conversation, vendor: str = "generic", model: str = "m", **abilities: Any
) -> dict[str, Any]:
    """What the vendor reads, without the fields every request has."""
    sent: dict[str, Any] = json.loads(asked(conversation, vendor, model, **abilities).encoded())
    for name in ("model", "messages", "stream", "stream_options"):
        sent.pop(name, None)
    return sent


def lost(conversation: Conversation, vendor: str = "generic", **abilities: Any) -> list[str]:
    return [str(loss) for loss in asked(conversation, vendor, **abilities).losses]


def hello(**fields: Any) -> Conversation:
    return talk(user("hi"), **fields)


def test_the_least_request() -> None:
    assert json.loads(asked(hello()).encoded()) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": False,
    }


@pytest.mark.parametrize(
    ("vendor", "model", "field"),
    [
        ("generic", "m", "max_tokens"),
        ("openai", "gpt-4o", "max_completion_tokens"),
        ("groq", "m", "max_completion_tokens"),
        ("deepseek", "deepseek-v4-pro", "max_tokens"),
    ],
)
def test_the_output_allowance_has_one_name(vendor: str, model: str, field: str) -> None:
    assert body(hello(max_tokens=5), vendor, model) == {field: 5}


@pytest.mark.parametrize(
    ("vendor", "stream", "expected"),
    [
        ("generic", True, {"stream": True, "stream_options": {"include_usage": True}}),
        ("generic", False, {"stream": False}),
        ("mistral", True, {"stream": True}),
        ("zhipu", True, {"stream": True}),
        # Some Qwen models answer streams only.
        ("qwen", False, {"stream": True, "stream_options": {"include_usage": True}}),
    ],
)
def test_streaming_asks_for_usage_where_that_is_known(vendor: str, stream: bool, expected: object) -> None:
    sent = json.loads(asked(hello(stream=stream), vendor).encoded())
    assert {name: sent[name] for name in ("stream", "stream_options") if name in sent} == expected


def test_sampling_goes_where_it_is_taken() -> None:
    wanted = hello(sampling=Sampling(0.5, 0.9, 40))
    assert body(wanted) == {"temperature": 0.5, "top_p": 0.9}
    assert body(wanted, "siliconflow") == {"temperature": 0.5, "top_p": 0.9, "top_k": 40}
    assert body(wanted, "openai", "gpt-5") == {}


def test_stop_sequences_beyond_the_vendors_limit_are_looked_for_in_the_answer() -> None:
    request = asked(hello(sampling=Sampling(stop=("a", "b", "c", "d", "e", "f"))))
    assert request.fields["stop"] == ["a", "b", "c", "d"]
    assert request.scanned_stops == ("e", "f")
    assert [str(loss) for loss in request.losses] == ["stop=emulated(2 by reading the answer)"]
    reasoning = asked(hello(sampling=Sampling(stop=("a",))), "openai", "gpt-5")
    assert "stop" not in reasoning.fields
    assert reasoning.scanned_stops == ("a",)


def test_a_schema_is_sent_as_it_is_under_a_name() -> None:
    output = OutputFormat(Format.JSON_SCHEMA, OPEN)
    assert body(hello(output=output)) == {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "response", "schema": json.loads(OPEN)},
        }
    }
    assert OPEN.encode() in asked(hello(output=output)).encoded()


@pytest.mark.parametrize(
    ("schema", "strict", "expected"),
    [
        (CLOSED, None, True),
        (OPEN, None, None),
        (CLOSED, False, None),
        (OPEN, True, True),
        ('{"type":"object","properties":{"a":' + OPEN + '},"required":["a"],"additionalProperties":false}', None, None),
        ('{"type":"array","items":' + CLOSED + "}", None, True),
        ('{"anyOf":[' + OPEN + "]}", None, None),
    ],
)  # fmt: skip
def test_strict_is_said_for_closed_schemas(schema: str, strict: bool | None, expected: bool | None) -> None:
    output = OutputFormat(Format.JSON_SCHEMA, schema, "shape", strict)
    sent = body(hello(output=output))["response_format"]["json_schema"]
    assert (sent["name"], sent.get("strict")) == ("shape", expected)


def test_a_vendor_without_schemas_is_told_in_the_system_text() -> None:
    request = asked(
        hello(output=OutputFormat(Format.JSON_SCHEMA, OPEN), system=(Text("Be brief."),)), "deepseek"
    )
    assert request.fields["response_format"] == {"type": "json_object"}
    system = request.fields["messages"][0]["content"]
    assert system.startswith("Be brief.\n\nAnswer with one JSON object")
    assert system.endswith(OPEN)
    assert [str(loss) for loss in request.losses] == ["response_format=emulated(schema in the system text)"]


def test_a_vendor_without_json_is_asked_for_it() -> None:
    request = asked(hello(output=OutputFormat(Format.JSON_OBJECT)), "lmstudio")
    assert "response_format" not in request.fields
    assert request.fields["messages"][0]["role"] == "system"
    assert body(hello(output=OutputFormat(Format.JSON_OBJECT))) == {
        "response_format": {"type": "json_object"}
    }


def test_who_asks_and_in_which_conversation() -> None:
    known = hello(user="u" * 64, session="s" * 65)
    sent = body(known, "openai")
    assert sent["safety_identifier"] == "u" * 64
    assert len(sent["prompt_cache_key"]) == 64
    assert body(known, "openrouter") == {"user": "u" * 64}
    assert body(known) == {}
    assert lost(known) == ["user=dropped"]


@pytest.mark.parametrize(
    ("vendor", "tier", "expected", "losses"),
    [
        ("openai", "standard", {"service_tier": "default"}, []),
        ("openai", "auto", {"service_tier": "auto"}, []),
        ("groq", "standard", {"service_tier": "on_demand"}, []),
        ("groq", "priority", {}, ["service_tier=dropped"]),
        ("generic", "auto", {}, []),
        ("generic", "flex", {}, ["service_tier=dropped"]),
    ],
)
def test_service_tiers_in_the_vendors_words(
    vendor: str, tier: str, expected: object, losses: list[str]
) -> None:
    assert body(hello(service_tier=tier), vendor) == expected
    assert lost(hello(service_tier=tier), vendor) == losses


def test_knobs_the_vendor_knows_are_sent_to_the_letter() -> None:
    turned = hello(knobs={"seed": "1e2", "verbosity": '"low"', "context_management": "{}"})
    assert b'"seed":1e2' in asked(turned).encoded()
    assert lost(turned) == ["verbosity=dropped", "context_management=dropped"]
    assert b'"verbosity":"low"' in asked(turned, "openai").encoded()
    assert b'"random_seed":1e2' in asked(turned, "mistral").encoded()


@pytest.mark.parametrize(
    ("vendor", "marks"),
    [
        ("deepseek", {"prefix": True}),
        ("mistral", {"prefix": True}),
        ("moonshot", {"partial": True}),
        ("qwen", {"partial": True}),
        ("llamacpp", {}),
    ],
)
def test_words_put_into_the_models_mouth(vendor: str, marks: dict[str, bool]) -> None:
    request = asked(talk(user("hi"), assistant("I say")), vendor)
    assert request.continues
    assert request.fields["messages"][-1] == {"role": "assistant", "content": "I say", **marks}


def test_vllm_continues_by_two_fields() -> None:
    continued = talk(user("hi"), assistant("I say"))
    assert body(continued, "vllm") == {"add_generation_prompt": False, "continue_final_message": True}
    assert not asked(continued).continues
    assert not asked(hello(), "vllm").continues


def test_halves_of_characters_do_not_stop_a_request() -> None:
    sent = json.loads(asked(talk(user("a\ud83d"), user("\ud83d\ude00 b"))).encoded())
    assert [message["content"] for message in sent["messages"]] == ["a\ufffd", "😀 b"]


def test_the_same_conversation_is_the_same_bytes_and_a_longer_one_begins_alike() -> None:
    turns = [user("one"), assistant("two", ToolCall("c", "f", '{"b":1,"a":2}')), user(ToolResult("c"))]
    longer = talk(*turns, assistant("three"), user("four"), tools=tools("f", "g"))
    shorter = talk(*turns, tools=tools("f", "g"))
    assert asked(longer).encoded() == asked(longer).encoded()
    assert asked(longer).fields["messages"][:3] == asked(shorter).fields["messages"][:3]
    assert asked(longer).fields["tools"] == asked(shorter).fields["tools"]


# the law -------------------------------------------------------------------------------------------------

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
VENDOR_OF_PROFILE = {
    "openai": ("openai", "gpt-4o"),
    "openai_reasoning": ("openai", "gpt-5"),
    "deepseek": ("deepseek", "deepseek-chat"),
    "deepseek_thinking": ("deepseek", "deepseek-v4-pro"),
    "siliconflow": ("siliconflow", "Qwen/Qwen3-32B"),
    "strict_template": ("vllm", "some/model"),
    "moonshot": ("moonshot", "kimi-k2.5"),
    "mistral": ("mistral", "mistral-large-latest"),
}

words = st.text("ab é\n", max_size=6)
ids = st.sampled_from(["a", "b", "call_1", "toolu_01ABC", "functions.f:0", "x" * 80])
names = st.sampled_from(["f", "g", "mcp__server__" + "n" * 70, "with space"])
marks = st.sampled_from([None, *CacheMark])
images = st.builds(
    Image,
    st.just(InlineData("image/png", PNG)) | st.just(RemoteUrl("https://example.org/a.png")),
    st.none() | st.just("low"),
    marks,
)
documents = st.builds(Document, st.just(InlineData("application/pdf", "JVBERi0=")), st.none() | words)
results = st.builds(
    ToolResult,
    ids,
    st.lists(st.builds(Text, words, marks) | images | documents, max_size=3).map(tuple),
    st.booleans(),
    marks,
)
said_by_user = st.builds(Text, words, marks) | images | documents | results
said_by_model = (
    st.builds(Text, words)
    | st.builds(Thinking, words.filter(str.strip))
    | st.builds(ToolCall, ids, names, st.just("{}"))
)
turns = st.one_of(
    st.builds(Turn, st.just(Role.USER), st.lists(said_by_user, min_size=1, max_size=4).map(tuple)),
    st.builds(Turn, st.just(Role.ASSISTANT), st.lists(said_by_model, min_size=1, max_size=4).map(tuple)),
    st.builds(
        Turn, st.just(Role.SYSTEM), st.lists(st.builds(Text, words), min_size=1, max_size=2).map(tuple)
    ),
)
choices = st.sampled_from(Choice).map(lambda mode: ToolChoice(mode, "f" if mode is Choice.TOOL else None))
reasonings = st.builds(
    Reasoning,
    st.none() | st.sampled_from(ThinkingMode),
    st.none() | st.integers(1024, 9000),
    st.none() | st.sampled_from(["minimal", "low", "medium", "high", "xhigh", "max"]),
)
conversations = st.builds(
    Conversation,
    st.just("asked"),
    st.lists(turns, min_size=1, max_size=6).map(tuple),
    system=st.lists(st.builds(Text, words, marks), max_size=2).map(tuple),
    tools=st.lists(
        st.builds(Tool, names, st.none() | words, st.sampled_from([OPEN, CLOSED]), st.none() | st.booleans()),
        max_size=3,
        unique_by=lambda tool: tool.name,
    ).map(tuple),
    server_tools=st.just(()) | st.just((ServerTool("anthropic", "web_search_20250305", "web_search", "{}"),)),
    tool_choice=st.none() | choices,
    parallel_tools=st.none() | st.booleans(),
    max_tokens=st.none() | st.integers(1, 200_000),
    sampling=st.builds(
        Sampling,
        st.none() | st.floats(0, 2),
        st.none() | st.floats(0, 1),
        st.none() | st.integers(1, 50),
        st.lists(words, max_size=6).map(tuple),
    ),
    reasoning=reasonings,
    output=st.none() | st.builds(OutputFormat, st.just(Format.JSON_SCHEMA), st.sampled_from([OPEN, CLOSED])),
    stream=st.booleans(),
    user=st.none() | words,
    session=st.none() | words,
    service_tier=st.none() | st.sampled_from(["auto", "standard", "priority", "flex"]),
    knobs=st.just({}) | st.just({"seed": "1", "container": '"x"', "metadata": "{}"}),
)


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=40)
@given(conversation=conversations)
def test_no_strict_vendor_refuses_what_is_sent(profile: str, conversation: Conversation) -> None:
    name, model = VENDOR_OF_PROFILE[profile]
    vendor = VENDORS[name]
    target = Target(model, abilities_of(vendor, model), Policy.REPAIR)
    try:
        fitted = fit(conversation, target).conversation
    except BadRequest:
        assume(False)
        raise
    sent = json.loads(render_request(fitted, target, vendor.for_model(model)).encoded())
    judge = PROFILES[profile]
    if conversation.reasoning.mode is ThinkingMode.DISABLED:
        # Without thinking DeepSeek takes any choice (deepseek-ai/DeepSeek-V3#1376).
        judge = replace(judge, forced_tool_choice=True)
    check_chat(Judged(sent, judge, vision=judge.vision, window=10_000_000, output_limit=200_000))


@given(conversations, st.sampled_from(sorted(VENDORS)))
def test_any_conversation_gives_a_request(conversation: Conversation, vendor: str) -> None:
    """Also one that was not fitted."""
    sent = json.loads(asked(conversation, vendor).encoded())
    assert all(message.keys() >= {"role", "content"} for message in sent["messages"])
