import talk
from isthmus.core.conversation import (
    Choice,
    Conversation,
    Tool,
    ToolCall,
    ToolChoice,
    ToolReference,
    ToolResult,
)
from isthmus.providers.claude_code.names import step_aside


def test_names_nobody_has_taken_stay() -> None:
    conversation = Conversation("m", (talk.user("hi"),), tools=(Tool("Read"),))
    assert step_aside(conversation, lambda _: False) == (conversation, {})


def test_a_taken_name_is_changed_everywhere_and_can_be_told_back() -> None:
    conversation = Conversation(
        "m",
        (
            talk.user("hi"),
            talk.assistant("words", talk.call("c1", "Read"), talk.call("c2", "mine")),
            talk.user(ToolResult("c1", (ToolReference("Read"), ToolReference("mine"))), talk.result("c2")),
        ),
        tools=(Tool("Read"), Tool("mine"), Tool("client_Read")),
        tool_choice=ToolChoice(Choice.TOOL, "Read"),
    )
    changed, back = step_aside(conversation, {"Read", "Write"}.__contains__)
    assert back == {"client_client_Read": "Read"}
    assert [tool.name for tool in changed.tools] == ["client_client_Read", "mine", "client_Read"]
    assert changed.tool_choice == ToolChoice(Choice.TOOL, "client_client_Read")
    calls = [block.name for block in changed.turns[1].blocks if isinstance(block, ToolCall)]
    assert calls == ["client_client_Read", "mine"]
    result = changed.turns[2].blocks[0]
    assert isinstance(result, ToolResult)
    assert result.parts == (ToolReference("client_client_Read"), ToolReference("mine"))
