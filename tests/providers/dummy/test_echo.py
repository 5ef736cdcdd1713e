import msgspec
import pytest

from isthmus.core.conversation import (
    Conversation,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    RemoteUrl,
    Role,
    Sampling,
    ServerTool,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    Turn,
    VendorFile,
)
from isthmus.providers.dummy.echo import described, source_line
from providers.dummy.stage import WEATHER, asking, play, user


def test_the_whole_request_is_shown() -> None:
    png = InlineData("image/png", "aGk=")
    said = (
        Thinking("hm", Opaque("anthropic", "signature", "s")),
        Opaque("anthropic", "redacted_thinking", "abc"),
        ToolCall("c", "t", '{"a":1}'),
        Foreign("anthropic", "server_tool_use", "{broken"),
    )
    result = ToolResult("c", (Text("r"), Image(png), ToolReference("other")), True)
    conversation = Conversation(
        "m",
        (user("hello", Image(png), Document(png, "title")), Turn(Role.ASSISTANT, said), user(result)),
        system=(Text("be kind"),),
        tools=(WEATHER,),
        server_tools=(ServerTool("anthropic", "web_search_20250305", "web_search", "{}"),),
        max_tokens=7,
        sampling=Sampling(0.5),
        knobs={"seed": "1"},
    )
    shown = msgspec.json.decode(described(conversation))
    assert [block["kind"] for block in shown["turns"][0]["blocks"]] == ["text", "image", "document"]
    assert shown["turns"][1]["blocks"] == [
        {"kind": "thinking", "text": "hm", "signed": True, "source": None},
        {"kind": "redacted_thinking", "home": "anthropic", "characters": 3},
        {"kind": "tool_call", "id": "c", "name": "t", "arguments": {"a": 1}},
        {"kind": "server_tool_use", "home": "anthropic", "data": "{broken"},
    ]
    assert [part["kind"] for part in shown["turns"][2]["blocks"][0]["parts"]] == [
        "text",
        "image",
        "tool_reference",
    ]
    assert shown["system"] == ["be kind"]
    assert shown["tools"][0]["name"] == "get_weather"
    assert shown["server_tools"] == ["web_search_20250305"]
    assert shown["parameters"]["max_tokens"] == 7
    assert shown["parameters"]["knobs"] == {"seed": "1"}
    assert "tool_choice" not in shown["parameters"]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (InlineData("image/png", "aGVsbG8="), "image/png, 5 bytes"),
        (InlineData("", "aGVsbG8h"), "unnamed type, 6 bytes"),
        (RemoteUrl("https://example.com/a"), "at https://example.com/a"),
        (VendorFile("file_1"), "stored file file_1"),
    ],
)
def test_a_source_in_one_line(source: Source, line: str) -> None:
    assert source_line(source) == line


def test_the_model_says_it() -> None:
    assert msgspec.json.decode(play(asking("hello 你好"), "dummy-echo").text)["turns"][0]["blocks"] == [
        {"kind": "text", "text": "hello 你好"}
    ]
