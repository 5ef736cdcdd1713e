import msgspec
import pytest

from isthmus.core.conversation import Tool
from isthmus.providers.dummy.arguments import arguments_for, call_text
from providers.dummy.stage import WEATHER


def tool(required: list[str] | None = None, **properties: object) -> Tool:
    schema = {"type": "object", "properties": properties, "required": required or list(properties)}
    return Tool("t", schema=msgspec.json.encode(schema).decode())


@pytest.mark.parametrize(
    ("offered", "request_text", "arguments"),
    [
        (WEATHER, "What is the weather in New York today?", {"location": "New York"}),
        (WEATHER, "weather?", {"location": "example"}),
        (tool(a={"type": "integer"}, b={"type": "number"}), "add 3 and 4.5", {"a": 3, "b": 4.5}),
        (tool(unit={"enum": ["celsius", "fahrenheit"]}), "in Fahrenheit please", {"unit": "fahrenheit"}),
        (tool(unit={"enum": ["celsius", "fahrenheit"]}), "weather", {"unit": "celsius"}),
        (tool(query={"type": "string"}), "cats and dogs", {"query": "cats and dogs"}),
        (Tool("t", schema='{"type":"array"}'), "x", {}),
        (Tool("t", schema="{"), "x", {}),
    ],
)
def test_arguments_come_from_the_schema_and_the_request(
    offered: Tool, request_text: str, arguments: dict[str, object]
) -> None:
    assert arguments_for(offered, request_text) == arguments


def test_arguments_are_said_as_json() -> None:
    assert call_text({"a": "é", "b": [1]}) == '{"a":"é","b":[1]}'
