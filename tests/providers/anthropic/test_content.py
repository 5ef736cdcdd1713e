import msgspec
import pytest

from isthmus.core.conversation import (
    Block,
    CacheMark,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    RemoteUrl,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    VendorFile,
)
from isthmus.providers.anthropic.content import Writer, cache_control

PNG = InlineData("image/png", "aGk=")
PNG_SENT = {"type": "base64", "media_type": "image/png", "data": "aGk="}
SIGNED = Opaque("anthropic", "signature", "EqQB")


def written(*blocks: Block) -> list[object]:
    sent: list[object] = msgspec.json.decode(msgspec.json.encode(Writer().blocks(blocks)))
    return sent


@pytest.mark.parametrize(
    ("block", "sent"),
    [
        (Text("hi"), {"type": "text", "text": "hi"}),
        (Text("hi", CacheMark.SHORT), {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}),
        (Image(PNG), {"type": "image", "source": PNG_SENT}),
        (Image(RemoteUrl("https://x/a.png")), {"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}),
        (Image(VendorFile("f1")), {"type": "image", "source": {"type": "file", "file_id": "f1"}}),
        (Document(PNG, "t", "c"), {"type": "document", "source": PNG_SENT, "title": "t", "context": "c"}),
        (ToolCall("id", "n", '{"b":1, "a":1.50}'), {"type": "tool_use", "id": "id", "name": "n",
                                                   "input": {"b": 1, "a": 1.5}}),
        (ToolCall("id", "n", "{bad"), {"type": "tool_use", "id": "id", "name": "n", "input": {"__raw": "{bad"}}),
        (ToolResult("id"), {"type": "tool_result", "tool_use_id": "id"}),
        (ToolResult("id", (Text("a"), Text(" "), Image(PNG), ToolReference("t")), True),
         {"type": "tool_result", "tool_use_id": "id", "is_error": True,
          "content": [{"type": "text", "text": "a"}, {"type": "image", "source": PNG_SENT},
                      {"type": "tool_reference", "tool_name": "t"}]}),
        (Thinking("hm", SIGNED), {"type": "thinking", "thinking": "hm", "signature": "EqQB"}),
        (Opaque("anthropic", "redacted_thinking", "xyz"), {"type": "redacted_thinking", "data": "xyz"}),
        (Opaque("anthropic", "server_tool_use", '{"type":"server_tool_use","id":"s"}'),
         {"type": "server_tool_use", "id": "s"}),
        (Foreign("anthropic", "mcp_tool_use", '{"type":"mcp_tool_use"}'), {"type": "mcp_tool_use"}),
        (Foreign("openai", "odd", "{}", "what it was"), {"type": "text", "text": "what it was"}),
    ],
)  # fmt: skip
def test_a_block(block: Block, sent: dict[str, object]) -> None:
    assert written(block) == [sent]


@pytest.mark.parametrize(
    "block",
    [
        Text(" \n"),
        Thinking("hm"),
        Thinking("hm", Opaque("gemini", "signature", "x")),
        Thinking("hm", None, "deepseek"),
        Opaque("openai", "reasoning", "x"),
        Foreign("openai", "odd", "{}"),
    ],
)
def test_what_cannot_be_sent(block: Block) -> None:
    assert written(block) == []


def test_arguments_keep_their_spelling() -> None:
    body = msgspec.json.encode(Writer().blocks((ToolCall("i", "n", '{"b": 1.50, "a":1}'),)))
    assert b'"input":{"b": 1.50, "a":1}' in body


def test_losses_are_noted() -> None:
    writer = Writer()
    writer.blocks(
        (Image(PNG, "high"), Thinking("x"), Foreign("openai", "odd", "{}", "s"), Opaque("x", "y", "z"))
    )
    assert [str(loss) for loss in writer.losses] == [
        "image_url.detail=dropped",
        "messages.thinking=dropped(not signed by Claude)",
        "odd=converted",
        "y=dropped",
    ]


def test_the_last_four_marks_stay() -> None:
    writer = Writer()
    blocks = writer.blocks(tuple(Text(str(number), CacheMark.SHORT) for number in range(6)))
    writer.settle_marks()
    assert ["cache_control" in block for block in blocks] == [False, False, True, True, True, True]  # type: ignore[operator]
    assert [str(loss) for loss in writer.losses] == ["cache_control=clamped(4 marks at most)"]


def test_how_long_to_cache() -> None:
    assert cache_control(CacheMark.SHORT) == {"type": "ephemeral"}
    assert cache_control(CacheMark.LONG) == {"type": "ephemeral", "ttl": "1h"}
