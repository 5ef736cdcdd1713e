import msgspec
import pytest

from isthmus.core.conversation import Text, Tool
from isthmus.providers.dummy.scene import read_scene
from isthmus.providers.dummy.tasks import DEFAULT_CONTENT, find_step
from providers.dummy.stage import BASH, READ, WEATHER, WRITE, asking

EDITOR = Tool(
    "str_replace_editor",
    schema='{"type":"object","properties":{"command":{"type":"string","enum":["view","create"]},'
    '"path":{"type":"string"},"file_text":{"type":"string"}},"required":["command","path"]}',
)
LOWER = Tool("write_file", schema='{"type":"object","properties":{"path":{},"content":{},"mode":{}}}')


@pytest.mark.parametrize(
    ("request_text", "path", "content"),
    [
        ("Create a file hello.txt with the text 'Hello, world!'", "hello.txt", "Hello, world!"),
        ("create the file `notes/a.md` containing: one line", "notes/a.md", "one line"),
        ("Please write a file called out.py that says print(1)", "out.py", "print(1)"),
        ("Write 'hi there' to the file greeting.txt.", "greeting.txt", "hi there"),
        ("put hi into greeting.txt", "greeting.txt", "hi"),
        ("Save “two\nlines” in a new file named x.json", "x.json", "two\nlines"),
        ("Create a file named a.txt containing exactly: Hello from here", "a.txt", "Hello from here"),
        ("create a.txt with exactly the text 'x y'", "a.txt", "x y"),
        ("make a file called empty.txt", "empty.txt", DEFAULT_CONTENT),
        ("Create /tmp/x/y.txt with content abc", "/tmp/x/y.txt", "abc"),
    ],
)
def test_a_file_to_write(request_text: str, path: str, content: str) -> None:
    step = find_step(read_scene(asking(request_text, BASH, READ, WRITE)))
    assert step is not None
    assert step.tool == "Write"
    assert msgspec.json.decode(step.arguments) == {"file_path": path, "content": content}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (EDITOR, {"command": "create", "path": "a.txt", "file_text": "b"}),
        (LOWER, {"path": "a.txt", "content": "b"}),
    ],
)
def test_writers_of_other_agents(tool: Tool, arguments: dict[str, str]) -> None:
    step = find_step(read_scene(asking("create file a.txt with the text b", tool)))
    assert step is not None
    assert msgspec.json.decode(step.arguments) == arguments


def test_paths_are_below_the_working_directory() -> None:
    system = (Text("Working directory: /home/me"),)
    step = find_step(read_scene(asking("create file ./a.txt with 'b'", WRITE, system=system)))
    assert step is not None
    assert msgspec.json.decode(step.arguments)["file_path"] == "/home/me/a.txt"


def test_a_command_to_run_and_a_file_to_read() -> None:
    run = find_step(read_scene(asking("run the command `ls -l`", BASH, WRITE)))
    read = find_step(read_scene(asking("show me the file a.txt", READ)))
    assert run is not None
    assert (run.tool, run.arguments) == ("Bash", '{"command":"ls -l"}')
    assert read is not None
    assert (read.tool, read.arguments) == ("Read", '{"file_path":"a.txt"}')


@pytest.mark.parametrize(
    "request_text",
    [
        "write me a poem",
        "say hi",
        "create something",
        "what does a.txt mean?",
        "create file a.txt " + "x" * 5000,
    ],
)
def test_other_requests_are_no_task(request_text: str) -> None:
    assert find_step(read_scene(asking(request_text, BASH, READ, WRITE))) is None


def test_without_a_tool_for_it_there_is_no_step() -> None:
    assert find_step(read_scene(asking("create file a.txt with 'b'", WEATHER, READ))) is None
    assert find_step(read_scene(asking("run `ls`; show a.txt"))) is None
