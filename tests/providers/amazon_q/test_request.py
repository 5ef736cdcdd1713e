"""The body that is sent: golden requests, what becomes of every field, and the law that no body breaks a rule of the service."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.core.commands import Grant
from isthmus.core.conversation import (
    CacheMark,
    Choice,
    Conversation,
    Format,
    Image,
    InlineData,
    OutputFormat,
    Reasoning,
    Sampling,
    ServerTool,
    Text,
    Thinking,
    ThinkingMode,
    Tool,
    ToolChoice,
)
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.events import Stop
from isthmus.core.fold import Answer, Said, SaidOpaque, SaidText, SaidThinking
from isthmus.core.interfaces import Dialect, Signing, Target
from isthmus.core.losses import Policy
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey
from isthmus.dialects.anthropic.dialect import MessagesDialect
from isthmus.dialects.openai_chat.dialect import ChatDialect
from isthmus.providers.amazon_q.abilities import abilities_of
from isthmus.providers.amazon_q.models import facts_of
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.request import JSON_ONLY, QRequest, render
from isthmus.providers.amazon_q.signatures import pack_redacted, pack_signature
from isthmus.shaping.fit import fit
from providers.amazon_q.invariants import violations
from providers.amazon_q.listed import GPT_FIELDS, row, thinker
from providers.amazon_q.test_media import png
from talk import assistant, call, result, talk, tools, user
from translation.talks import chat_request, messages_request

TABLE = json.loads((Path(__file__).parents[2] / "wire" / "amazon_q" / "requests.json").read_text("utf-8"))
DIALECTS: dict[str, Dialect] = {"messages": MessagesDialect(), "chat": ChatDialect()}
ROWS = (row(), thinker(), row("gpt-5.6-sol", additionalModelRequestFieldsSchema=GPT_FIELDS))
DEFAULTS = Options()
PLAIN, OPUS, GPT = "claude-sonnet-4.5", "claude-opus-4.8", "gpt-5.6-sol"


def account(*rows: Any) -> Grant:
    return Grant("builder_id", Secret("token"), survey=Survey(models=rows) if rows else None)


def target(model: str, grant: Grant, policy: Policy = Policy.REPAIR) -> Target:
    known = {each["id"]: facts_of(each) for each in grant.survey.models} if grant.survey else {}
    return Target(model, abilities_of(model, (), known), policy)


def asked(
    conversation: Conversation,
    model: str = PLAIN,
    *,
    rows: tuple[Any, ...] = ROWS,
    options: Options = DEFAULTS,
    policy: Policy = Policy.REPAIR,
    **more: Any,
) -> QRequest:
    grant = account(*rows)
    aim = target(model, grant, policy)
    return render(fit(conversation, aim).conversation, aim, options, grant, **more)


def sent(conversation: Conversation, model: str = PLAIN, **more: Any) -> Any:
    return json.loads(asked(conversation, model, **more).body)


def newest(conversation: Conversation, model: str = PLAIN, **more: Any) -> Any:
    return sent(conversation, model, **more)["conversationState"]["currentMessage"]["userInputMessage"]


def system(conversation: Conversation, **more: Any) -> str:
    first: str = sent(conversation, **more)["conversationState"]["history"][0]["userInputMessage"]["content"]
    return first


def lost(conversation: Conversation, model: str = PLAIN, **more: Any) -> list[str]:
    return [str(loss) for loss in asked(conversation, model, **more).losses]


def hello(**fields: Any) -> Conversation:
    return talk(user("hi"), **fields)


@pytest.mark.parametrize("golden", TABLE["rows"], ids=lambda golden: golden["name"])
def test_golden_requests(golden: Any) -> None:
    model = golden["body"].get("model", PLAIN)
    parsed = DIALECTS[golden["dialect"]].parse(
        json.dumps({"max_tokens": 2048, **golden["body"], "model": model}).encode(), {}
    )
    options = Options(**golden.get("options", {}))
    request = asked(
        parsed.conversation, model, options=options, conversation_id=golden.get("conversation_id")
    )
    assert json.loads(request.body) == golden["sends"]
    assert violations(request.body) == []


def test_the_least_request() -> None:
    assert sent(hello()) == {
        "conversationState": {
            "chatTriggerType": "MANUAL",
            "agentTaskType": "vibe",
            "currentMessage": {"userInputMessage": {"content": "hi", "origin": "CLI", "modelId": PLAIN}},
        }
    }
    assert asked(hello()) == QRequest(asked(hello()).body, PLAIN, window=200_000)


def test_the_same_conversation_gives_the_same_bytes() -> None:
    conversation = hello(tools=tools("f", "g"), system=(Text("s"),), max_tokens=9)
    assert asked(conversation).body == asked(conversation).body


def test_where_it_comes_from() -> None:
    arn = "arn:aws:codewhisperer:us-east-1:123456789012:profile/ABCDEFGHJKLM"
    body = sent(hello(), options=Options(profile_arn=arn), conversation_id="c-1")
    assert (body["profileArn"], body["conversationState"]["conversationId"]) == (arn, "c-1")
    assert newest(hello(), options=Options(profile_arn=arn))["origin"] == "KIRO_CLI"
    assert newest(hello(), options=Options(origin="IDE"))["origin"] == "IDE"


# Models ---------------------------------------------------------------------------------------------------------------


def test_the_model_is_named_as_the_account_lists_it() -> None:
    assert asked(hello(), "claude-sonnet-4-5-20250929").model == PLAIN
    listed = asked(hello(), "claude-sonnet-4-5", rows=(row("CLAUDE_SONNET_4_5_20250929_V1_0"),))
    assert listed.model == "CLAUDE_SONNET_4_5_20250929_V1_0"
    assert newest(hello(), "unheard-of", rows=())["modelId"] == "unheard-of"


def test_the_window_is_the_accounts_or_else_the_tables() -> None:
    assert asked(hello(), rows=(row(tokenLimits={"maxInputTokens": 300_000}),)).window == 300_000
    assert asked(hello(), rows=()).window == 200_000
    assert asked(hello(), "unheard-of", rows=()).window is None


def test_an_effort_in_the_name_counts_where_the_client_says_nothing() -> None:
    assert sent(hello(), "claude-4.8-opus-high")["additionalModelRequestFields"]["output_config"] == {
        "effort": "high"
    }
    said = hello(reasoning=Reasoning(effort="low"))
    assert sent(said, "claude-4.8-opus-high")["additionalModelRequestFields"]["output_config"] == {
        "effort": "low"
    }
    off = hello(reasoning=Reasoning(ThinkingMode.DISABLED))
    assert "output_config" not in sent(off, "claude-4.8-opus-high")["additionalModelRequestFields"]


# Fields that have a place ---------------------------------------------------------------------------------------------


def test_thinking_goes_where_the_models_schema_says() -> None:
    wish = hello(reasoning=Reasoning(effort="medium"), max_tokens=5_000)
    assert sent(wish, OPUS)["additionalModelRequestFields"] == {
        "thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": "medium"},
        "max_tokens": 5_000,
    }
    assert sent(wish, GPT)["additionalModelRequestFields"] == {"reasoning": {"effort": "medium"}}
    assert "additionalModelRequestFields" not in sent(wish)


def test_a_wish_that_nobody_can_grant_is_noted() -> None:
    wish = hello(reasoning=Reasoning(ThinkingMode.ENABLED, 5_000))
    assert lost(wish) == ["thinking=dropped(the account's model list names no field for it)"]
    effort = hello(reasoning=Reasoning(effort="high"))
    assert lost(effort, rows=()) == ["effort=dropped(the account's model list names no field for it)"]


def test_hidden_thoughts() -> None:
    assert asked(hello(reasoning=Reasoning(hidden=True))).thinking_shown is False
    assert asked(hello()).thinking_shown is True


@pytest.mark.parametrize(("model", "local"), [(PLAIN, 5_000), (OPUS, None)])
def test_the_length_of_the_answer_is_told_or_kept_here(model: str, local: int | None) -> None:
    request = asked(hello(max_tokens=5_000), model)
    assert request.max_tokens == local
    assert [str(loss) for loss in request.losses] == (
        ["max_tokens=emulated(the answer is cut)"] if local else []
    )


def test_a_length_that_the_model_does_not_take_is_kept_here() -> None:
    assert asked(hello(max_tokens=10), OPUS).max_tokens == 10
    assert "additionalModelRequestFields" not in sent(hello(max_tokens=10), OPUS)


# Fields without a place -----------------------------------------------------------------------------------------------


def test_stop_sequences_are_looked_for_here() -> None:
    request = asked(hello(sampling=Sampling(stop=("END", "STOP"))))
    assert request.stop == ("END", "STOP")
    assert [str(loss) for loss in request.losses] == ["stop=emulated(2 by reading the answer)"]


def test_what_has_no_counterpart_is_noted() -> None:
    conversation = hello(
        sampling=Sampling(0.5, 0.9, 40),
        user="u",
        service_tier="priority",
        server_tools=(ServerTool("x", "web_search", "web_search", "{}"),),
        knobs={"seed": "1", "logprobs": "true"},
    )
    aim = target(PLAIN, account(*ROWS))
    losses = render(conversation, aim, Options(), account(*ROWS)).losses
    expected = "temperature top_p top_k user service_tier tools.web_search seed logprobs"
    assert [str(loss) for loss in losses] == [f"{name}=dropped" for name in expected.split()]


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (OutputFormat(Format.JSON_OBJECT), JSON_ONLY),
        (
            OutputFormat(Format.JSON_SCHEMA, '{"a":1}'),
            f'{JSON_ONLY} It must match this JSON Schema: {{"a":1}}',
        ),
    ],
)
def test_json_is_asked_for_in_words(output: OutputFormat, line: str) -> None:
    conversation = hello(output=output, system=(Text("Be brief."), Text(" ")))
    assert system(conversation) == f"Be brief.\n\n{line}"
    assert lost(conversation) == ["response_format=emulated(by instruction)"]


def test_what_tools_cannot_say_stands_in_the_system_text() -> None:
    conversation = hello(tools=tools("f"), tool_choice=ToolChoice(Choice.TOOL, "f"), parallel_tools=False)
    assert system(conversation).splitlines()[0] == "Your next answer must call the tool f."
    assert set(lost(conversation)) == {
        "tool_choice=emulated(by instruction)",
        "parallel_tool_calls=emulated(by instruction)",
    }


# Tools ----------------------------------------------------------------------------------------------------------------

ROUND = (user("hi"), assistant(call("1", "f")), user(result("1")))


def test_tools_stand_in_the_newest_message_alone() -> None:
    context = newest(talk(*ROUND, tools=tools("f")))["userInputMessageContext"]
    assert [each["toolSpecification"]["name"] for each in context["tools"]] == ["f"]
    assert [each["toolUseId"] for each in context["toolResults"]] == ["1"]


@pytest.mark.parametrize(
    ("conversation", "loss"),
    [
        (talk(*ROUND), "messages.tool_use=converted(text: no tools are offered)"),
        (
            talk(*ROUND, tools=tools("f"), tool_choice=ToolChoice(Choice.NONE)),
            "tool_choice=emulated(tools left out)",
        ),
    ],
)
def test_traffic_without_tools_is_told(conversation: Conversation, loss: str) -> None:
    assert newest(conversation) == {"content": "[Tool Result (1)]\nok", "origin": "CLI", "modelId": PLAIN}
    assert loss in lost(conversation)


def test_the_strict_rendering_is_the_plainest() -> None:
    rich = Tool("f", "F.", '{"type":"object","properties":{"a":{"type":"string","format":"date"}}}')
    thought = Thinking("hm", pack_signature(PLAIN, "c2ln"))
    conversation = talk(user("hi"), assistant(thought, call("1", "f")), user(result("1")), tools=(rich,))
    plain = asked(conversation, strict=True)
    state = json.loads(plain.body)["conversationState"]
    assert state["history"][1]["assistantResponseMessage"] == {"content": "[Tool: f (1)]\n{}"}
    (tool,) = state["currentMessage"]["userInputMessage"]["userInputMessageContext"]["tools"]
    described = {"type": "string", "description": "(format: date)"}
    assert tool["toolSpecification"]["inputSchema"]["json"]["properties"] == {"a": described}
    assert [str(loss) for loss in plain.losses] == [
        "messages.thinking=dropped(left out after a refusal)",
        "tools.input_schema=converted(reduced to plain keywords)",
        "messages.tool_use=converted(text: left out after a refusal)",
    ]
    assert (
        "reasoningContent"
        in json.loads(asked(conversation).body)["conversationState"]["history"][1]["assistantResponseMessage"]
    )


def test_plain_schemas_can_be_had_from_the_start() -> None:
    rich = Tool("f", "F.", '{"type":"object","properties":{"a":{"type":"string","format":"date"}}}')
    context = newest(hello(tools=(rich,)), options=Options(strict_schemas=True))["userInputMessageContext"]
    assert "format" not in context["tools"][0]["toolSpecification"]["inputSchema"]["json"]["properties"]["a"]


# Thoughts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        (
            SaidThinking("hm", pack_signature(PLAIN, "c2ln")),
            {"reasoningText": {"text": "hm", "signature": "c2ln"}},
        ),
        (SaidOpaque(pack_redacted(PLAIN, "AAEC")), {"redactedContent": "AAEC"}),
    ],
)
@pytest.mark.parametrize("spoken", ["messages", "chat"])
def test_a_thought_comes_home_through_a_client(spoken: str, said: Said, sent: Any) -> None:
    dialect = DIALECTS[spoken]
    first: dict[str, Any] = {"model": PLAIN, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    style = dialect.parse(json.dumps(first).encode(), {}).style
    answer = Answer((said, SaidText("hello")), Stop.END_TURN, None)
    told = json.loads(dialect.encode_answer(answer, style, Signing(PLAIN, "q", "0" * 24, 0, 1)))
    reply = (
        told["choices"][0]["message"]
        if spoken == "chat"
        else {"role": "assistant", "content": told["content"]}
    )
    first["messages"] = [*first["messages"], reply, {"role": "user", "content": "go on"}]
    conversation = dialect.parse(json.dumps(first).encode(), {}).conversation
    home = json.loads(asked(conversation).body)["conversationState"]["history"][-1][
        "assistantResponseMessage"
    ]
    assert home == {"content": "hello", "reasoningContent": sent}
    elsewhere = asked(conversation, OPUS)
    assert b"reasoningContent" not in elsewhere.body
    assert "messages.thinking=dropped(of another model)" in map(str, elsewhere.losses)


# Caching --------------------------------------------------------------------------------------------------------------


def test_cache_marks_become_cache_points() -> None:
    short = CacheMark.SHORT
    conversation = talk(
        user(Text("hi", short)),
        assistant("yes"),
        user("go on"),
        system=(Text("s", short),),
        tools=(Tool("f", cache=short), Tool("g")),
        cache_all=short,
    )
    state = sent(conversation, OPUS)["conversationState"]
    assert ["cachePoint" in next(iter(each.values())) for each in state["history"]] == [
        True,
        False,
        True,
        False,
    ]
    message = state["currentMessage"]["userInputMessage"]
    assert message["cachePoint"] == {"type": "default"}
    assert [list(each) for each in message["userInputMessageContext"]["tools"]] == [
        ["toolSpecification"],
        ["cachePoint"],
        ["toolSpecification"],
    ]


def test_an_account_that_is_not_known_to_cache_gets_none() -> None:
    conversation = hello(cache_all=CacheMark.SHORT)
    assert "cachePoint" not in newest(conversation, rows=())
    assert lost(conversation, rows=()) == ["cache_control=dropped(not known to be cached for this account)"]


# Refusals -------------------------------------------------------------------------------------------------------------


def test_a_request_that_would_be_refused_is_not_sent() -> None:
    images = [Image(InlineData("image/png", png()))] * 11
    with pytest.raises(BadRequest, match="at most 10 images"):
        asked(talk(user(*images)))
    with pytest.raises(BadRequest) as caught:
        asked(talk(user("x" * 600_001)))
    assert caught.value.kind is Kind.CONTEXT_OVERFLOW
    with pytest.raises(BadRequest) as caught:
        asked(talk(*[user("x" * 500_000), assistant("y")] * 16, user("z")))
    assert caught.value.kind is Kind.CONTEXT_OVERFLOW


def test_a_file_without_a_place_is_refused_where_the_operator_wants_that() -> None:
    image = Image(InlineData("image/png", png()))
    conversation = talk(user(image), assistant("nice"), user("sure?"))
    assert lost(conversation) == ["image=replaced(placeholder)"]
    with pytest.raises(BadRequest, match="image_block"):
        asked(conversation, policy=Policy.STRICT)


def test_halves_of_characters_do_not_break_the_body() -> None:
    conversation = talk(
        user("\ud800 hi"),
        assistant(call("1", "f", '{"a":"\ud800"}')),
        user(result("1", "\udc00")),
        tools=tools("f"),
    )
    assert violations(asked(conversation).body) == []


# The law --------------------------------------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 1 << 32),
    dialect=st.sampled_from(["messages", "chat"]),
    model=st.sampled_from([PLAIN, OPUS, GPT, "claude-4.5-opus-high", "unheard-of"]),
    listed=st.booleans(),
    strict=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_whatever_a_client_sends_no_rule_is_broken(
    seed: int, dialect: str, model: str, listed: bool, strict: bool
) -> None:
    made = messages_request(seed) if dialect == "messages" else chat_request(seed)
    body = json.dumps({"model": model, **made}).encode()
    conversation = DIALECTS[dialect].parse(body, {}).conversation
    rows = ROWS if listed else ()
    assert violations(asked(replace(conversation, model=model), model, rows=rows, strict=strict).body) == []
