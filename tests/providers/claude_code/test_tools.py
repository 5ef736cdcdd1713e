import json

import pytest
from msgspec import Raw

from isthmus.providers.claude_code.tools import ToolServer

TOOL = {
    "name": Raw(b'"get_weather"'),
    "description": Raw(b'"Weather"'),
    "input_schema": Raw(b'{"type":"object","properties":{"n":{"const":1.50}},"$defs":{}}'),
    "strict": Raw(b"true"),
}


def asked(method: str, **more: object) -> Raw:
    return Raw(json.dumps({"jsonrpc": "2.0", "method": method, **more}).encode())


def test_tools_are_listed_with_their_schemas_untouched() -> None:
    server = ToolServer([TOOL, {"name": Raw(b'"time"')}])
    answer = server.answer(asked("tools/list", id=1))
    assert answer is not None
    assert answer["id"] == 1
    first, second = answer["result"]["tools"]
    assert bytes(first["inputSchema"]) == bytes(TOOL["input_schema"])
    assert set(first) == {"name", "description", "inputSchema"}
    assert bytes(second["inputSchema"]) == b'{"type":"object","properties":{}}'
    assert server.names == {"get_weather", "time"}


def test_a_call_is_left_to_the_client() -> None:
    assert ToolServer([TOOL]).answer(asked("tools/call", id=2, params={"name": "get_weather"})) is None


def test_the_version_of_the_protocol_is_the_one_asked_for() -> None:
    answer = ToolServer([TOOL]).answer(asked("initialize", id=0, params={"protocolVersion": "2027-01-01"}))
    assert answer is not None
    assert answer["result"]["protocolVersion"] == "2027-01-01"
    assert answer["id"] == 0


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (asked("notifications/initialized"), {"jsonrpc": "2.0", "result": {}}),
        (asked("ping", id="p"), {"jsonrpc": "2.0", "id": "p", "result": {}}),
        (Raw(b"[]"), {"jsonrpc": "2.0", "result": {}}),
    ],
)
def test_what_needs_no_answer_gets_an_empty_one(message: Raw, expected: object) -> None:
    assert ToolServer([]).answer(message) == expected


def test_an_unknown_method_is_refused() -> None:
    answer = ToolServer([TOOL]).answer(asked("resources/list", id=3))
    assert answer is not None
    assert answer["error"]["code"] == -32601


def test_without_tools_there_is_no_server() -> None:
    assert not ToolServer([])
    assert ToolServer([TOOL])
