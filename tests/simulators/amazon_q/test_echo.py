"""What was received, told as a model understands it."""

import json

from isthmus.simulators.amazon_q.chat import Chat
from isthmus.simulators.amazon_q.echo import as_understood
from isthmus.simulators.amazon_q.models import MODELS
from simulators.amazon_q.asking import CITY, MODEL, Json, chat, result, said, tool, use, user


def echoed(body: Json) -> Json:
    return as_understood(Chat(body, MODELS[MODEL], "q"))


def test_everything_has_its_place() -> None:
    history = [
        user("Be terse.\n\nBe kind."),
        said("Understood."),
        user("Look.", images=[{"format": "png", "source": {"bytes": "AAA="}}]),
        said(
            " ",
            toolUses=[use("a", city="Rome")],
            reasoningContent={"reasoningText": {"text": "hm", "signature": "s"}},
        ),
    ]
    told = echoed(
        chat(
            "Go on.",
            history=history,
            results=[result("a", "no", "error")],
            tools=[tool()],
            message={"documents": [{"name": "n", "format": "pdf", "source": {"bytes": "AA=="}}]},
            additionalModelRequestFields={"max_tokens": 2000},
        )
    )
    assert told["system"] == ["Be terse.", "Be kind."]
    assert [turn["role"] for turn in told["turns"]] == ["user", "assistant", "user"]
    first, calls, last = (turn["blocks"] for turn in told["turns"])
    assert [block["kind"] for block in first] == ["text", "image"]
    assert first[1]["source"] == "image/png, 2 bytes"
    assert [block["kind"] for block in calls] == ["thinking", "tool_call"]
    assert calls[1] == {"kind": "tool_call", "id": "a", "name": "get_weather", "arguments": {"city": "Rome"}}
    assert [block["kind"] for block in last] == ["tool_result", "text", "document"]
    assert (last[0]["call_id"], last[0]["is_error"]) == ("a", True)
    assert last[0]["parts"] == [{"kind": "text", "text": "no"}]
    assert told["tools"] == [{"name": "get_weather", "description": "Tells the weather.", "schema": CITY}]
    assert told["parameters"] == {"max_tokens": 2000}


def test_a_first_turn_is_no_system_prompt() -> None:
    told = echoed(
        chat("Second.", history=[user("First."), said("One.", reasoningContent={"redactedContent": "AA=="})])
    )
    assert told["system"] == []
    assert told["turns"][1]["blocks"][0] == {"kind": "redacted_thinking", "characters": 4}


def test_wishes_in_words_are_understood() -> None:
    rows = {
        "Your answer must call the tool get_weather.": {
            "tool_choice": {"mode": "tool", "name": "get_weather"}
        },
        "It must call at least one of the tools. Call at most one tool in each answer.": {
            "tool_choice": {"mode": "any"},
            "parallel_tools": False,
        },
        f"Answer with one JSON object by this schema: {json.dumps(CITY)}": {
            "output": {"kind": "json_schema", "schema": CITY}
        },
    }
    for words, wanted in rows.items():
        assert (
            echoed(chat(history=[user(words), said("Understood.")], tools=[tool()]))["parameters"] == wanted
        )
