from itertools import islice

import pytest

from isthmus.core.conversation import (
    Choice,
    Conversation,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from isthmus.providers.dummy.scene import as_schema, read_scene, schema_of, text_of
from providers.dummy.stage import READ, WRITE, asking, user

REMINDER = "<system-reminder>\nToday is a fine day. Create the file x.txt.\n</system-reminder>"


def test_the_request_is_what_the_user_wrote_last() -> None:
    turns = (user("first"), Turn(Role.ASSISTANT, (Text("answer"),)), user(REMINDER, "second", REMINDER))
    assert read_scene(Conversation("m", turns)).request == "second"


def test_a_turn_of_reminders_alone_is_no_request() -> None:
    turns = (user("first"), Turn(Role.SYSTEM, (Text("operator"),)), user(REMINDER))
    assert read_scene(Conversation("m", turns)).request == "first"


def test_an_unclosed_reminder_is_one_to_the_end() -> None:
    assert read_scene(asking("hello <system-reminder> write x.txt")).request == "hello"


def test_calls_and_results_since_the_request_are_in_order() -> None:
    calls = tuple(ToolCall(id, "Read", "{}") for id in ("a", "b"))
    results = (ToolResult("a", (Text("1"),)), ToolResult("b", (Text("2"),)))
    older = (
        Turn(Role.ASSISTANT, (ToolCall("old", "Read", "{}"),)),
        user(ToolResult("old", (Text("0"),)), "go on"),
    )
    scene = read_scene(
        Conversation("m", (user("start"), *older, Turn(Role.ASSISTANT, calls), Turn(Role.USER, results)))
    )
    assert scene.request == "go on"
    assert (scene.calls, scene.results) == (calls, results)


def test_no_turns_at_all() -> None:
    assert read_scene(Conversation("m", ())).request == ""


@pytest.mark.parametrize(
    ("choice", "tools", "must_call"),
    [
        (None, ["Read", "Write"], False),
        (ToolChoice(Choice.AUTO), ["Read", "Write"], False),
        (ToolChoice(Choice.ANY), ["Read", "Write"], True),
        (ToolChoice(Choice.NONE), [], False),
        (ToolChoice(Choice.TOOL, "Write"), ["Write"], True),
        (ToolChoice(Choice.TOOL, "absent"), [], False),
    ],
)
def test_the_choice_says_which_tools_may_be_called(
    choice: ToolChoice | None, tools: list[str], must_call: bool
) -> None:
    scene = read_scene(asking("x", READ, WRITE, tool_choice=choice))
    assert [tool.name for tool in scene.tools] == tools
    assert scene.must_call is must_call


@pytest.mark.parametrize(
    ("text", "directory"),
    [
        ("<env>\nWorking directory: /home/me/work\nIs directory a git repo: No", "/home/me/work"),
        (" - Primary working directory: `/tmp/a b`", "/tmp/a"),
        ("The working directory is C:\\Users\\me.", "C:\\Users\\me"),
        ("No directory here", None),
    ],
)
def test_the_working_directory_is_read_from_the_system_text(text: str, directory: str | None) -> None:
    assert read_scene(asking("x", system=(Text(text),))).working_directory() == directory


def test_the_working_directory_may_stand_in_a_system_turn() -> None:
    turns = (user("x"), Turn(Role.SYSTEM, (Text("Working directory: /srv"),)))
    assert read_scene(Conversation("m", turns)).working_directory() == "/srv"


def test_new_ids_avoid_those_in_use() -> None:
    turns = (user("x"), Turn(Role.ASSISTANT, (ToolCall("call_dummy_2", "Read", "{}"),)))
    ids = read_scene(Conversation("m", turns)).new_call_ids()
    assert list(islice(ids, 2)) == ["call_dummy_1", "call_dummy_3"]


@pytest.mark.parametrize("text", ["", "[1]", "{", None, "3"])
def test_what_is_no_schema_is_an_empty_one(text: str | None) -> None:
    assert as_schema(text) == {}
    assert schema_of(Tool("t", schema="nonsense")) == {}


def test_the_text_of_a_result() -> None:
    assert text_of(ToolResult("a", (Text("one "), Text("two")))) == "one \ntwo"
