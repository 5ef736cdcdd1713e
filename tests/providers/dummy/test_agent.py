import msgspec
import pytest

from isthmus.core.conversation import Choice, Format, OutputFormat, Tool, ToolChoice
from isthmus.core.events import Stop
from isthmus.providers.dummy.agent import HINT, respond
from isthmus.providers.dummy.scene import read_scene
from providers.dummy.stage import BASH, READ, WEATHER, WRITE, answered, asking, play


def test_it_answers() -> None:
    played = play(asking("How are you?"))
    assert played.text == f"You said: How are you?\n\n{HINT}"
    assert played.answer.reason is Stop.END_TURN
    assert played.says > 3


def test_a_small_task_is_done_in_two_answers() -> None:
    conversation = asking("Create a file hello.txt with the text 'Hello!'", BASH, READ, WRITE)
    first = play(conversation)
    assert [call.name for call in first.calls] == ["Write"]
    assert first.answer.reason is Stop.TOOL_USE
    second = play(answered(conversation, first, "File created successfully at: hello.txt"))
    assert second.calls == []
    assert second.text == "Done: hello.txt is written.\n\nFile created successfully at: hello.txt"


def test_a_file_that_must_be_read_first_is_read_and_then_written() -> None:
    conversation = asking("Create a file hello.txt with the text 'Hello!'", READ, WRITE)
    conversation = answered(
        conversation, play(conversation), "File has not been read yet. Read it first.", is_error=True
    )
    reading = play(conversation)
    assert [(call.name, call.arguments) for call in reading.calls] == [("Read", '{"file_path":"hello.txt"}')]
    conversation = answered(conversation, reading, "1 old text")
    writing = play(conversation)
    assert [call.name for call in writing.calls] == ["Write"]
    assert play(answered(conversation, writing, "ok")).text.startswith("Done")


def test_a_failed_task_is_told_and_not_repeated() -> None:
    conversation = asking("Create a file hello.txt with the text 'Hello!'", READ, WRITE)
    told = play(answered(conversation, play(conversation), "Permission denied", is_error=True))
    assert told.calls == []
    assert told.text == "That did not work: Permission denied"


def test_a_tool_that_is_spoken_of_is_called_and_its_answer_quoted() -> None:
    conversation = asking("What's the weather in Paris?", READ, WEATHER)
    first = play(conversation)
    assert [(call.name, call.arguments) for call in first.calls] == [("get_weather", '{"location":"Paris"}')]
    assert "18 °C" in play(answered(conversation, first, "18 °C and sunny")).text


@pytest.mark.parametrize(
    ("tool", "request_text", "called"),
    [
        ("get_weather", "the weather, please", True),
        ("getStockPrices", "stock price of ACME", True),
        ("get_weather", "the time, please", False),
        ("calculator", "use your calculator", True),
        ("Write", "write me a poem", False),
        ("Write", "use the Write tool", True),
        ("mcp__x__y", "`mcp__x__y`", True),
        ("get", "get it", False),
    ],
)
def test_which_words_name_a_tool(tool: str, request_text: str, called: bool) -> None:
    assert bool(play(asking(request_text, Tool(tool))).calls) is called


def test_a_demanded_tool_is_called_whatever_was_said() -> None:
    conversation = asking("hello", READ, WEATHER, tool_choice=ToolChoice(Choice.TOOL, "get_weather"))
    assert [call.name for call in play(conversation).calls] == ["get_weather"]


def test_an_output_shape_is_kept() -> None:
    shape = OutputFormat(
        Format.JSON_SCHEMA, '{"type":"object","properties":{"title":{"type":"string"}},"required":["title"]}'
    )
    assert msgspec.json.decode(play(asking("hello", output=shape)).text) == {"title": "example"}


def test_respond_is_the_default_model() -> None:
    scene = read_scene(asking("hello"))
    assert list(respond(scene)) == list(respond(scene))
