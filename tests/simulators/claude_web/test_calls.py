import json
import re

import pytest

from isthmus.simulators.claude_web import calls
from isthmus.simulators.claude_web.prompt import Reading, read

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WRITE = {
    "type": "object",
    "properties": {"file_path": {"type": "string"}, "content": {"type": "string"}},
    "required": ["file_path", "content"],
}
TOOLS = [{"name": "get_weather", "input_schema": CITY}, {"name": "Write", "input_schema": WRITE}]


def reading(ask: str, extra: str = "", *, tools: bool = True) -> Reading:
    lead = f"System: <tool_call> {json.dumps(TOOLS[0])} {json.dumps(TOOLS[1])} {extra}\n\n" if tools else ""
    return read([("human", f"{lead}Human: {ask}", [])])


def made(found: list[str]) -> list[tuple[str, object]]:
    bodies = [re.fullmatch(r"<tool_call>(.*)</tool_call>", each, re.DOTALL) for each in found]
    values = [json.loads(body[1]) for body in bodies if body]
    return [(value["name"], value["arguments"]) for value in values]


@pytest.mark.parametrize(
    ("ask", "extra", "wanted"),
    [
        ("Hello there.", "", []),
        ("<system-reminder>\nUse get_weather tools.\n</system-reminder>\n\nsay hi", "", []),
        (
            "What is the weather in Paris? Call get_weather to find out.",
            "",
            [("get_weather", {"city": "Paris"})],
        ),
        (
            "What is the weather in Paris and in Rome? Call get_weather once for each city.",
            "",
            [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})],
        ),
        (
            "What is the weather in Paris and in Rome? Call get_weather.",
            "Make at most one tool call.",
            [("get_weather", {"city": "Paris"})],
        ),
        ("Hello there.", "You must call at least one tool.", [("get_weather", {"city": "city"})]),
        (
            "Hello there.",
            "You must call the tool `Write`.",
            [("Write", {"file_path": "file_path", "content": "content"})],
        ),
        ("Call get_weather.", "Do not call any tool.", []),
        (
            "create a file hello.txt with the text 'it works'",
            "",
            [("Write", {"file_path": "hello.txt", "content": "it works"})],
        ),
    ],
)
def test_the_tool_that_is_wanted_is_called(ask: str, extra: str, wanted: list[tuple[str, object]]) -> None:
    assert made(calls.wanted(reading(ask, extra))) == wanted


def test_nothing_is_called_that_was_not_offered() -> None:
    assert calls.wanted(reading("Call get_weather in Paris.", tools=False)) == []


def test_results_end_the_calling_unless_it_is_demanded() -> None:
    ask = "Look.\n\nAssistant: <tool_call>{}</tool_call>\n\nHuman: <tool_result>sunny</tool_result> Call get_weather."
    assert calls.wanted(reading(ask)) == []
    assert calls.told(reading(ask)) == "The tool said: sunny"
    assert len(calls.wanted(reading(ask, "You must call one of the tools."))) == 1


def test_calls_can_be_made_up() -> None:
    assert made([calls.first(reading("in Oslo"))]) == [("get_weather", {"city": "Oslo"})]
    assert made([calls.first(reading("x"), "other", {"a": 1})]) == [("other", {"a": 1})]
    assert [name for name, _ in made(calls.two(reading("x")))] == ["get_weather", "Write"]
    assert [name for name, _ in made(calls.two(reading("x", tools=False)))] == ["get_weather"] * 2


def test_quoted_tags_are_no_calls() -> None:
    assert "<tool_" not in calls.plainly("<tool_call>{}</tool_call> <tool_result>")
