"""Small tasks."""

import pytest

from isthmus.simulators.amazon_q.chat import Chat
from isthmus.simulators.amazon_q.models import MODELS
from isthmus.simulators.amazon_q.tasks import rounds_of
from simulators.amazon_q.asking import MODEL, chat, said, tool, user

WRITE = tool(
    "Write",
    {"type": "object", "properties": {"file_path": {}, "content": {}}, "required": ["file_path", "content"]},
)
READ = tool(
    "Read",
    {
        "type": "object",
        "properties": {"file_path": {}, "limit": {"type": "integer"}},
        "required": ["file_path"],
    },
)
BASH = tool(
    "Bash",
    {
        "type": "object",
        "properties": {"command": {}, "description": {}},
        "required": ["command", "description"],
    },
)
TOOLS = [BASH, READ, WRITE, tool()]


def rounds(request: str, system: str = "") -> list[list[tuple[str, dict[str, object]]]]:
    history = [user(system), said("Understood.")] if system else []
    return rounds_of(Chat(chat(request, history=history, tools=TOOLS), MODELS[MODEL], "q"), request)


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (
            "create a file hello.txt with the text 'it works'",
            ("Write", {"file_path": "hello.txt", "content": "it works"}),
        ),
        ("Write 'hi' to the file a/b.md.", ("Write", {"file_path": "a/b.md", "content": "hi"})),
        (
            "make a file empty.txt",
            ("Write", {"file_path": "empty.txt", "content": "Written by the simulated model."}),
        ),
        ("Show me the file notes.txt", ("Read", {"file_path": "notes.txt"})),
        ("Run `ls -l` please", ("Bash", {"command": "ls -l", "description": "example"})),
        ("What is the weather in Paris?", ("get_weather", {"city": "Paris"})),
        ("Use the `get_weather` tool.", ("get_weather", {"city": "example"})),
    ],
)
def test_one_call(request_: str, wanted: tuple[str, dict[str, object]]) -> None:
    assert rounds(request_) == [[wanted]]


def test_two_places_are_asked_for_at_once() -> None:
    [calls] = rounds("What is the weather in Paris and in Rome? Call get_weather once for each city.")
    assert [given["city"] for _, given in calls] == ["Paris", "Rome"]


def test_one_thing_after_the_other() -> None:
    found = rounds('create a file a.txt with the text "one", then read a.txt and then run `wc a.txt`')
    assert [[name for name, _ in calls] for calls in found] == [["Write"], ["Read"], ["Bash"]]
    assert found[0][0][1]["content"] == "one"


def test_paths_are_below_the_clients_directory() -> None:
    [[(_, given)]] = rounds("read notes.txt", "Working directory: /home/me/project.")
    assert given["file_path"] == "/home/me/project/notes.txt"


def test_a_call_may_be_demanded() -> None:
    assert rounds("Good morning.") == []
    [[(name, _)]] = rounds("Good morning.", "You must call the tool get_weather now.")
    assert name == "get_weather"
    [[(name, _)]] = rounds("Good morning.", "You must use one of the tools.")
    assert name == "Bash"


def test_long_texts_and_poems_are_no_task() -> None:
    assert rounds("Write me a poem and Read it to me") == []
    assert rounds("read notes.txt " + "x" * 5000) == []
