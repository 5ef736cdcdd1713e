from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from isthmus.conformance import asking
from isthmus.conformance.subject import Api
from isthmus.dialects import anthropic, openai_chat

DIALECTS: dict[Api, Any] = {Api.MESSAGES: anthropic.dialect, Api.CHAT: openai_chat.dialect}


@pytest.mark.parametrize("api", list(Api))
def test_every_piece_is_legal_in_its_dialect(api: Api) -> None:
    calls = asking.called(api, ("call_a", "get_weather", {"city": "Paris"}))
    body = {
        "model": "m",
        "max_tokens": 16,
        "messages": [
            asking.user([{"type": "text", "text": "Look."}, asking.image(api), asking.document(api)]),
            calls,
            *asking.answered(api, "Go on.", ("call_a", "sunny")),
        ],
        "tools": [asking.tool(api)],
        "tool_choice": asking.forced(api),
        **asking.structured(api),
    }
    parsed = DIALECTS[api].parse(msgspec.json.encode(body), {"anthropic-version": "2023-06-01"})
    conversation = parsed.conversation
    kinds = [[type(block).__name__ for block in turn.blocks] for turn in conversation.turns]
    assert kinds[:2] == [["Text", "Image", "Document"], ["ToolCall"]]
    assert [kind for turn in kinds[2:] for kind in turn] == ["ToolResult", "Text"]
    assert conversation.tool_choice is not None and conversation.tool_choice.name == "get_weather"
    assert conversation.output is not None
    assert parsed.losses == ()


@pytest.mark.parametrize("api", list(Api))
def test_any_tool_can_be_demanded(api: Api) -> None:
    body = {
        "model": "m",
        "max_tokens": 16,
        "messages": [asking.user(asking.TWO_CITIES)],
        "tools": [asking.tool(api)],
        "tool_choice": asking.required(api),
    }
    choice = DIALECTS[api].parse(msgspec.json.encode(body), {}).conversation.tool_choice
    assert choice.mode.value == "any"


def test_the_files_are_what_they_say() -> None:
    assert base64.b64decode(asking.png()).startswith(b"\x89PNG\r\n\x1a\n")
    file = base64.b64decode(asking.pdf())
    assert file.startswith(b"%PDF-1.4\n") and file.endswith(b"%%EOF")
    start = int(file.split(b"startxref\n")[1].split(b"\n")[0])
    assert file[start:].startswith(b"xref\n0 5\n")
    for number, entry in enumerate(file[start:].split(b"\n")[3:7], 1):
        assert file[int(entry[:10]) :].startswith(b"%d 0 obj" % number)
