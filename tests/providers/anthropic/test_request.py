from dataclasses import replace

import msgspec
import pytest

from isthmus.core.abilities import resolve
from isthmus.core.conversation import (
    Block,
    CacheMark,
    Choice,
    Conversation,
    Document,
    Format,
    Image,
    InlineData,
    Opaque,
    OutputFormat,
    Reasoning,
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
from isthmus.core.interfaces import Target
from isthmus.providers.anthropic.abilities import BASE, RULES
from isthmus.providers.anthropic.request import JSON_ONLY, Written, write
from isthmus.shaping.fit import fit
from simulators.anthropic_blocks import MessagesRequest
from simulators.anthropic_models import CARDS
from simulators.anthropic_rules import check_messages

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
TOOL = Tool("lookup", "Looks up.", '{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}')
ASK = Turn(Role.USER, (Text("hello"),))
CALL = Turn(Role.ASSISTANT, (Text("I look."), ToolCall("c1", "lookup", '{"q": "x"}')))
RESULT = Turn(Role.USER, (ToolResult("c1", (Text("found"),)),))


def asking(*turns: Turn, **more: object) -> Conversation:
    return Conversation("asked", turns or (ASK,), **more)  # type: ignore[arg-type]


def target(model: str) -> Target:
    return Target(model, resolve(BASE, RULES, model))


def sent(conversation: Conversation, model: str = "claude-opus-4-8", *, auto_cache: bool = False) -> Written:
    return write(conversation, target(model), auto_cache=auto_cache)


def body(conversation: Conversation, model: str = "claude-opus-4-8", *, auto_cache: bool = False) -> dict:  # type: ignore[type-arg]
    decoded: dict[str, object] = msgspec.json.decode(sent(conversation, model, auto_cache=auto_cache).body)
    return decoded


def losses(conversation: Conversation, model: str = "claude-opus-4-8") -> list[str]:
    return [str(loss) for loss in sent(conversation, model).losses]


def test_the_simplest_request() -> None:
    assert body(asking()) == {
        "model": "claude-opus-4-8",
        "max_tokens": 128_000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
    }
    assert body(asking(stream=True))["stream"] is True


@pytest.mark.parametrize(
    ("model", "asked", "limit"),
    [
        ("claude-opus-4-8", None, 128_000),
        ("claude-3-5-haiku", None, 8_192),
        ("glm-5", None, 8_192),
        ("claude-3-5-haiku", 128_000, 8_192),
        ("claude-3-5-haiku", 10, 10),
        ("glm-5", 128_000, 128_000),
    ],
)
def test_the_output_limit(model: str, asked: int | None, limit: int) -> None:
    assert body(asking(max_tokens=asked), model)["max_tokens"] == limit


@pytest.mark.parametrize(
    ("sampling", "model", "fields", "version"),
    [
        (Sampling(), "claude-opus-4-6", {}, "2026-10-21"),
        (Sampling(temperature=1.7), "claude-opus-4-6", {"temperature": 1.0}, "2023-06-01"),
        (Sampling(temperature=1.7), "claude-opus-5-5", {}, "2026-10-21"),
        (Sampling(temperature=0.0), "claude-opus-4-6", {"temperature": 0.0}, "2023-06-01"),
        (Sampling(top_p=0.9, top_k=5), "claude-opus-4-6", {"top_p": 0.9, "top_k": 5}, "2023-06-01"),
        (Sampling(temperature=0.5, top_p=0.9), "claude-opus-4-6", {"temperature": 0.5}, "2023-06-01"),
    ],
)
def test_sampling_and_the_api_version_it_needs(
    sampling: Sampling, model: str, fields: dict[str, float], version: str
) -> None:
    written = sent(asking(sampling=sampling), model)
    decoded = msgspec.json.decode(written.body)
    assert {name: decoded[name] for name in ("temperature", "top_p", "top_k") if name in decoded} == fields
    assert written.version == version


def test_no_sampling_while_thinking() -> None:
    conversation = asking(sampling=Sampling(temperature=0.5), reasoning=Reasoning(effort="high"))
    assert "temperature" not in body(conversation, "claude-opus-4-6")
    assert "temperature=dropped(thinking is on)" in losses(conversation, "claude-opus-4-6")


@pytest.mark.parametrize(
    ("choice", "parallel", "written"),
    [
        (None, None, None),
        (None, True, None),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice(Choice.ANY), None, {"type": "any"}),
        (ToolChoice(Choice.NONE), False, {"type": "none"}),
        (ToolChoice(Choice.TOOL, "lookup"), False,
         {"type": "tool", "name": "lookup", "disable_parallel_tool_use": True}),
    ],
)  # fmt: skip
def test_tool_choice(
    choice: ToolChoice | None, parallel: bool | None, written: dict[str, object] | None
) -> None:
    conversation = asking(tools=(TOOL,), tool_choice=choice, parallel_tools=parallel)
    assert body(conversation).get("tool_choice") == written


def test_without_tools_there_is_no_choice() -> None:
    assert "tool_choice" not in body(asking(parallel_tools=False))


def test_a_forced_choice_gives_way_to_thinking() -> None:
    conversation = asking(
        tools=(TOOL,), tool_choice=ToolChoice(Choice.ANY), reasoning=Reasoning(effort="high")
    )
    assert body(conversation)["tool_choice"] == {"type": "auto"}
    assert losses(conversation) == ["tool_choice=converted(auto: thinking is on)"]


def test_tools() -> None:
    choice = Tool("pick", "Picks.", '{"anyOf":[{"properties":{"a":{}}}]}', cache=CacheMark.LONG)
    compiled = replace(TOOL, name="exact", strict=True)
    hopeless = Tool("loose", strict=True)
    written = body(
        asking(tools=(TOOL, choice, compiled, replace(hopeless, schema='{"properties":{"a":{}}}')))
    )
    lookup, pick, exact, loose = written["tools"]
    assert lookup == {
        "name": "lookup",
        "description": "Looks up.",
        "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
    }
    assert pick["input_schema"] == {"type": "object", "properties": {"a": {}}}
    assert pick["description"].startswith("Picks.\n\nThe arguments must match")
    assert pick["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert exact["strict"] is True
    assert exact["input_schema"]["additionalProperties"] is False
    assert "strict" not in loose


def test_server_tools() -> None:
    own = ServerTool(
        "anthropic", "web_fetch_20250910", "web_fetch", '{"type":"web_fetch_20250910","name":"web_fetch"}'
    )
    options = '{"user_location":{"type":"approximate","approximate":{"city":"Paris","country":"FR"}}}'
    search = ServerTool("openai", "web_search", "web_search", options)
    other = ServerTool("openai", "file_search", "file_search", "{}")
    conversation = asking(server_tools=(own, search, other))
    assert body(conversation)["tools"] == [
        {"type": "web_fetch_20250910", "name": "web_fetch"},
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "user_location": {"type": "approximate", "city": "Paris", "country": "FR"},
        },
    ]
    assert losses(conversation) == [
        "tools.web_search=converted(web_search_20250305)",
        "tools.file_search=dropped(no such server tool here)",
    ]


@pytest.mark.parametrize(
    "data", ["{}", "[", '{"user_location":null}', '{"user_location":{"approximate":{}}}']
)
def test_a_search_from_nowhere(data: str) -> None:
    [tool] = body(asking(server_tools=(ServerTool("openai", "web_search", "web_search", data),)))["tools"]
    assert "user_location" not in tool


SCHEMA = '{"type":"object","properties":{"n":{"type":"integer","minimum":1}}}'


def test_a_shape_is_compiled_where_the_model_can() -> None:
    conversation = asking(output=OutputFormat(Format.JSON_SCHEMA, SCHEMA, "x", True))
    written = sent(conversation)
    output = msgspec.json.decode(written.body)["output_config"]
    assert output == {
        "format": {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {"n": {"type": "integer", "description": "{minimum: 1}"}},
                "additionalProperties": False,
            },
        }
    }
    assert not written.unfenced
    assert written.losses == ()


@pytest.mark.parametrize(
    ("output", "model"),
    [
        (OutputFormat(Format.JSON_OBJECT), "claude-opus-4-8"),
        (OutputFormat(Format.JSON_SCHEMA, SCHEMA), "claude-3-5-haiku"),
        (OutputFormat(Format.JSON_SCHEMA, "{}"), "claude-opus-4-8"),
    ],
)
def test_else_it_is_asked_for_in_words(output: OutputFormat, model: str) -> None:
    conversation = asking(system=(Text("be kind"),), output=output)
    written = sent(conversation, model)
    system = msgspec.json.decode(written.body)["system"]
    assert system[0]["text"] == "be kind"
    assert system[1]["text"].startswith(JSON_ONLY)
    assert (output.schema or "") in system[1]["text"]
    assert written.unfenced
    assert [str(loss) for loss in written.losses] == ["response_format=emulated(by instruction)"]


def test_thinking_and_effort() -> None:
    written = body(asking(reasoning=Reasoning(effort="high")))
    assert written["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert written["output_config"] == {"effort": "high"}


def test_a_budget_needs_the_thought_before_the_calls() -> None:
    conversation = asking(ASK, CALL, RESULT, tools=(TOOL,), reasoning=Reasoning(effort="high"))
    assert "thinking" not in body(conversation, "claude-sonnet-4-5")
    assert losses(conversation, "claude-sonnet-4-5") == [
        "reasoning_effort=dropped(the calls under way came without their thought)"
    ]
    thought = Thinking("hm", Opaque("anthropic", "signature", "EqQB"))
    kept = Turn(Role.ASSISTANT, (thought, *CALL.blocks))
    with_thought = replace(conversation, turns=(ASK, kept, RESULT))
    assert body(with_thought, "claude-sonnet-4-5")["thinking"]["type"] == "enabled"
    assert body(conversation, "claude-opus-4-8")["thinking"]["type"] == "adaptive"


def test_no_thinking_with_a_prefill() -> None:
    prefill = asking(ASK, Turn(Role.ASSISTANT, (Text("So:"),)), reasoning=Reasoning(effort="high"))
    assert "thinking" not in body(prefill, "claude-sonnet-4-5")


def test_what_else_is_carried() -> None:
    written = body(asking(user="abc", service_tier="standard", sampling=Sampling(stop=("END",))))
    assert written["metadata"] == {"user_id": "abc"}
    assert written["service_tier"] == "standard_only"
    assert written["stop_sequences"] == ["END"]
    assert body(asking(service_tier="auto"))["service_tier"] == "auto"
    assert losses(asking(service_tier="flex")) == ["service_tier=converted(auto)"]


def test_what_has_no_counterpart_is_noted() -> None:
    assert losses(asking(knobs={"seed": "1", "logit_bias": "{}"}, session="s")) == [
        "seed=dropped",
        "logit_bias=dropped",
        "prompt_cache_key=dropped",
    ]
    assert losses(asking(session="conv_1", session_kept=b"")) == []


@pytest.mark.parametrize(
    ("conversation", "auto_cache", "mark"),
    [
        (asking(), True, {"type": "ephemeral"}),
        (asking(), False, None),
        (asking(cache_all=CacheMark.LONG), False, {"type": "ephemeral", "ttl": "1h"}),
        (asking(system=(Text("s", CacheMark.SHORT),)), True, None),
    ],
)
def test_the_whole_prompt_is_cached_where_nobody_marked_anything(
    conversation: Conversation, auto_cache: bool, mark: dict[str, str] | None
) -> None:
    assert body(conversation, auto_cache=auto_cache).get("cache_control") == mark


def test_never_more_than_four_marks() -> None:
    marked = tuple(Text(str(number), CacheMark.SHORT) for number in range(3))
    conversation = asking(
        Turn(Role.USER, marked), system=marked, tools=(replace(TOOL, cache=CacheMark.SHORT),),
        cache_all=CacheMark.SHORT,
    )  # fmt: skip
    assert msgspec.json.encode(body(conversation)).count(b"cache_control") == 4


def test_halves_of_characters_do_not_stop_a_request() -> None:
    written = body(asking(Turn(Role.USER, (Text("a\ud83d"),)), tools=(replace(TOOL, description="\udc00"),)))
    assert written["messages"][0]["content"][0]["text"] == "a?"


def test_turn_n_is_a_prefix_of_turn_n_plus_one() -> None:
    before = sent(asking(ASK, CALL, RESULT, tools=(TOOL,), system=(Text("s"),))).body
    after = sent(asking(ASK, CALL, RESULT, CALL, RESULT, tools=(TOOL,), system=(Text("s"),))).body
    assert after.startswith(before.removesuffix(b"]}"))


RICH: tuple[tuple[Block, ...], ...] = (
    (Text("look"), Image(InlineData("image/png", PNG), "high"), Document(InlineData("application/pdf", "JVBERi0="))),
    (Thinking("unsigned"), Text("I call two."), ToolCall("a", "lookup", '{"q":"1"}'), ToolCall("b", "lookup", "{}")),
    (ToolResult("a", (Text("x"), Image(InlineData("image/png", PNG)))), ToolResult("b", (), True), Text("and?")),
    (Text("done"),),
    (Text("more"),),
)  # fmt: skip


@pytest.mark.parametrize("model", CARDS)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"reasoning": Reasoning(effort="high")},
        {"reasoning": Reasoning(effort="minimal"), "max_tokens": 500},
        {"reasoning": Reasoning(ThinkingMode.DISABLED)},
        {"reasoning": Reasoning(ThinkingMode.ENABLED, 2000), "max_tokens": 4000},
        {"sampling": Sampling(1.7, 0.5, 3, ("END", " "))},
        {
            "tool_choice": ToolChoice(Choice.ANY),
            "parallel_tools": False,
            "reasoning": Reasoning(effort="max"),
        },
        {"output": OutputFormat(Format.JSON_SCHEMA, SCHEMA)},
        {"output": OutputFormat(Format.JSON_OBJECT), "service_tier": "flex", "user": "u"},
        {"cache_all": CacheMark.SHORT, "max_tokens": 500_000},
    ],
    ids=str,
)
def test_a_strict_api_accepts_whatever_is_asked(model: str, more: dict[str, object]) -> None:
    turns = [Turn(Role.ASSISTANT if number % 2 else Role.USER, blocks) for number, blocks in enumerate(RICH)]
    turns.insert(3, Turn(Role.SYSTEM, (Text("operator note"),)))
    conversation = asking(*turns, tools=(TOOL,), system=(Text("be kind", CacheMark.SHORT),), **more)
    shaped = fit(conversation, target(model)).conversation
    written = write(shaped, target(model), auto_cache=True)
    request = MessagesRequest(msgspec.json.decode(written.body), CARDS[model], written.version, frozenset())
    check_messages(request)
