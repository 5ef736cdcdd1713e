from __future__ import annotations

import pytest

import talk
from isthmus.core.conversation import Choice, ServerTool, Tool, ToolChoice
from isthmus.core.errors import BadRequest
from isthmus.providers.claude_code.server_tools import without_server_tools

SEARCH = ServerTool("anthropic", "web_search_20250305", "web_search", '{"type":"web_search_20250305"}')


def test_they_are_left_out_and_named() -> None:
    found, losses = without_server_tools(
        talk.talk(talk.user("hi"), tools=(Tool("f"),), server_tools=(SEARCH,))
    )
    assert (found.server_tools, found.tools) == ((), (Tool("f"),))
    assert [str(loss).partition("(")[0] for loss in losses] == ["tools.web_search_20250305=dropped"]


def test_one_that_must_be_called_is_refused() -> None:
    choice = ToolChoice(Choice.TOOL, "web_search")
    with pytest.raises(BadRequest, match="web_search_20250305"):
        without_server_tools(talk.talk(talk.user("hi"), tool_choice=choice, server_tools=(SEARCH,)))


def test_without_any_nothing_is_lost() -> None:
    conversation = talk.talk(talk.user("hi"), tools=(Tool("f"),))
    assert without_server_tools(conversation) == (conversation, ())
