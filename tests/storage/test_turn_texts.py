"""A turn comes back exactly as it went, whatever is in it."""

from __future__ import annotations

import pytest

from isthmus.core.conversation import (
    CacheMark,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    RemoteUrl,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    Turn,
    VendorFile,
)
from isthmus.storage.turn_texts import turn_from, turn_text

SIGNED = Opaque("anthropic", "signature", "c2lnbmVk")
TURNS = [
    Turn(Role.USER, ()),
    Turn(
        Role.USER,
        (
            Text("nul \0, ☂ and \ud800", CacheMark.LONG),
            Image(InlineData("image/png", "iVBO"), "low", CacheMark.SHORT),
            Image(RemoteUrl("https://example.com/a.png")),
            Document(VendorFile("file_1"), "title", "context"),
        ),
    ),
    Turn(
        Role.ASSISTANT,
        (
            Thinking("hm", SIGNED),
            Thinking("hm", None, "amazon-q"),
            Opaque("anthropic", "redacted_thinking", "x"),
            ToolCall("call_1", "look", '{"b": 1.0, "a": [1]}'),
            Foreign("anthropic", "web_search", "{}", "found it"),
        ),
    ),
    Turn(
        Role.USER,
        (ToolResult("call_1", (Text("18"), Image(RemoteUrl("u")), ToolReference("t")), is_error=True),),
    ),
    Turn(Role.SYSTEM, (Text("be kind"),)),
]


@pytest.mark.parametrize("turn", TURNS)
def test_there_and_back(turn: Turn) -> None:
    text = turn_text(turn)
    assert turn_from(text) == turn
    assert text.encode().decode() == text, "it can be written down"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"role":"cat","blocks":[]}', '{"role":"user","blocks":[{"is":"Cat"}]}']
)
def test_what_is_no_turn(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of the JSON reader, the role, or our own
        turn_from(text)
