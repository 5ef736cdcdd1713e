import json
from typing import Any

import pytest
from msgspec import Raw

from isthmus.core.events import Noted
from isthmus.providers.claude_code.lines import Line
from isthmus.providers.claude_code.permissions import Policy
from isthmus.providers.claude_code.questions import Questions
from isthmus.providers.claude_code.tools import ToolServer

TOOLS = ToolServer([{"name": Raw(b'"weather"')}, {"name": Raw(b'"Read"')}])


def questions(**policy: Any) -> Questions:
    return Questions(TOOLS, Policy(**policy), frozenset(("Read", "mcp__calc__add")))


def asks(**request: object) -> Line:
    return Line("control_request", request_id="x", request=Raw(json.dumps(request).encode()))


def said(out: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out)["response"]
    assert found["request_id"] == "x"
    return found


def test_tools_are_told_from_our_own_server_alone() -> None:
    listing = {"method": "tools/list", "id": 1}
    out, _ = questions().answer(asks(subtype="mcp_message", server_name="isthmus", message=listing))
    names = [tool["name"] for tool in said(out)["response"]["mcp_response"]["result"]["tools"]]
    assert names == ["weather", "Read"]
    out, notes = questions().answer(asks(subtype="mcp_message", server_name="other", message=listing))
    assert said(out)["subtype"] == "error"
    assert notes == [Noted("unsupported_request", "mcp_message")]


@pytest.mark.parametrize("server", [{"name": "isthmus", "source": "sdk"}, None])
def test_a_client_s_tool_is_the_client_s_to_run(server: object) -> None:
    may = asks(subtype="can_use_tool", tool_name="weather", input={}, mcp_server=server)
    assert questions(everything=True).answer(may) == (b"", [])


def test_a_name_that_both_have_is_the_cli_s_where_it_says_so() -> None:
    own = asks(subtype="can_use_tool", tool_name="Read", input={"a": 1})
    out, notes = questions().answer(own)
    assert said(out)["response"]["behavior"] == "deny"
    assert notes == [Noted("tool_denied", "Read")]
    clients = asks(subtype="can_use_tool", tool_name="Read", mcp_server={"name": "isthmus"})
    assert questions().answer(clients) == (b"", [])


def test_what_may_run_runs_with_what_was_given() -> None:
    may = asks(subtype="can_use_tool", tool_name="mcp__calc__add", input={"a": 1.5, "b": None})
    out, notes = questions(servers=True).answer(may)
    assert said(out)["response"] == {"behavior": "allow", "updatedInput": {"a": 1.5, "b": None}}
    assert notes == [Noted("tool_allowed", "mcp__calc__add")]
    out, _ = questions(everything=True).answer(asks(subtype="can_use_tool", tool_name="Bash"))
    assert said(out)["response"] == {"behavior": "allow", "updatedInput": {}}


def test_a_server_that_cannot_be_read_is_nobody_s() -> None:
    out, _ = questions().answer(asks(subtype="can_use_tool", tool_name="Bash", mcp_server=[1]))
    assert said(out)["response"]["behavior"] == "deny"


def test_every_question_gets_an_answer() -> None:
    for line in (asks(subtype="hook_callback"), Line("control_request", request_id="x", request=Raw(b"[]"))):
        out, notes = questions().answer(line)
        assert said(out)["subtype"] == "error"
        assert notes
    assert questions().runs("Read")
    assert not questions().runs("weather")
