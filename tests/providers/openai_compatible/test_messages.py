"""One row for each thing a turn may hold. The messages are those the API reference of Chat Completions describes."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import (
    ANTHROPIC,
    Block,
    CacheMark,
    Conversation,
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
from isthmus.core.losses import Loss
from isthmus.providers.openai_compatible.messages import render_messages
from isthmus.providers.openai_compatible.vendor import ReasoningBack, Vendor
from isthmus.providers.openai_compatible.vendors import VENDORS
from talk import assistant, call, result, system, talk, user

PNG = Image(InlineData("image/png", "iVBORw0KGgo="))
PNG_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
PDF = Document(InlineData("application/pdf", "JVBERi0="), "a.pdf")
MARKED = Text("long", CacheMark.SHORT)


def rendered(
    conversation: Conversation, vendor: Vendor | None = None, **abilities: Any
) -> tuple[list[dict[str, Any]], list[str]]:
    losses: list[Loss] = []
    messages = render_messages(conversation, vendor or Vendor("v"), Abilities(**abilities), losses)
    return messages, [str(loss) for loss in losses]


def messages(conversation: Conversation, vendor: Vendor | None = None, **abilities: Any) -> Any:
    sent, losses = rendered(conversation, vendor, **abilities)
    assert losses == []
    return sent


def of_user(*blocks: Block | str, **abilities: Any) -> Any:
    """What the one message of a user turn holds."""
    (message,) = messages(talk(user(*blocks)), **abilities)
    assert message.keys() == {"role", "content"}
    assert message["role"] == "user"
    return message["content"]


def test_system_texts_join_in_one_first_message() -> None:
    conversation = talk(user("hi"), system=(Text("one"), Text(" "), Text("two")))
    assert messages(conversation)[0] == {"role": "system", "content": "one\n\ntwo"}
    assert messages(conversation, Vendor("v", system_role="developer"))[0]["role"] == "developer"
    assert [message["role"] for message in messages(talk(user("hi"), system=(Text(""),)))] == ["user"]


def test_operator_text_in_the_middle_keeps_its_place() -> None:
    assert messages(talk(user("a"), system("b", "c"), assistant("d"))) == [
        {"role": "user", "content": "a"},
        {"role": "system", "content": "b\n\nc"},
        {"role": "assistant", "content": "d"},
    ]


@pytest.mark.parametrize(
    ("blocks", "content"),
    [
        (("a",), "a"),
        (("a", "b"), "a\n\nb"),
        ((), ""),
        ((PNG, "a"), [PNG_PART, {"type": "text", "text": "a"}]),
        (
            (Image(RemoteUrl("https://x.example/a.png"), "low"),),
            [{"type": "image_url", "image_url": {"url": "https://x.example/a.png", "detail": "low"}}],
        ),
    ],
)
def test_what_users_say(blocks: tuple[Block | str, ...], content: object) -> None:
    assert of_user(*blocks) == content


def test_documents_become_files_where_files_are_read() -> None:
    file = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}
    assert of_user(PDF, documents=True) == [{"type": "file", "file": file}]
    told = Document(RemoteUrl("https://x.example/b.pdf"), context="mine")
    remote = {"filename": "document.pdf", "file_data": "https://x.example/b.pdf"}
    assert of_user(told, documents=True) == [
        {"type": "text", "text": "mine"},
        {"type": "file", "file": remote},
    ]


@pytest.mark.parametrize(
    ("block", "word"),
    [
        (PDF, "document"),
        (Image(VendorFile("f")), "image"),
        (Document(VendorFile("f")), "document"),
    ],
)
def test_media_that_should_have_been_fitted_leave_a_placeholder(block: Block, word: str) -> None:
    sent, losses = rendered(talk(user(block)))
    assert sent[0]["content"] == f"[{word} removed: this model's vendor cannot read it]"
    assert losses == [f"{word}=replaced(placeholder)"]
    _, losses = rendered(talk(user(Document(VendorFile("f")))), documents=True)
    assert losses == ["document=replaced(placeholder)"]


def test_results_follow_the_calls_in_their_order_then_the_users_words() -> None:
    conversation = talk(
        user("go"), assistant(call("a"), call("b")), user(result("b", "B"), "and?", result("a", "A"))
    )
    assert messages(conversation)[1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "A"},
        {"role": "tool", "tool_call_id": "b", "content": "B"},
        {"role": "user", "content": "and?"},
    ]


def test_images_of_results_come_after_the_last_tool_message() -> None:
    first = ToolResult("a", (Text("seen"), PNG))
    conversation = talk(assistant(call("a"), call("b")), user(first, ToolResult("b", (PNG,)), "look"))
    assert messages(conversation)[1:] == [
        {"role": "tool", "tool_call_id": "a", "content": "seen"},
        {"role": "tool", "tool_call_id": "b", "content": "(its content follows in the next user message)"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "[content of the result of tool call a]"},
                PNG_PART,
                {"type": "text", "text": "[content of the result of tool call b]"},
                PNG_PART,
                {"type": "text", "text": "look"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("given", "content"),
    [
        (ToolResult("a", (Text("x"), Text("y"))), "x\ny"),
        (ToolResult("a", (Text("no such file"),), is_error=True), "Error: no such file"),
        (ToolResult("a", (Text("ERROR 5"),), is_error=True), "ERROR 5"),
        (ToolResult("a", (), is_error=True), "Error:"),
        (ToolResult("a"), ""),
        (ToolResult("a", (ToolReference("Read"),)), "Tool loaded: Read"),
    ],
)
def test_results(given: ToolResult, content: str) -> None:
    assert messages(talk(assistant(call("a")), user(given)))[1]["content"] == content


@pytest.mark.parametrize("parts", [(), (Text(" \n"),)])
def test_an_empty_result_is_told_where_it_would_be_refused(parts: tuple[Text, ...]) -> None:
    conversation = talk(assistant(call("a")), user(ToolResult("a", parts)))
    assert messages(conversation, empty_tool_results=False)[1]["content"] == "(no output)"


def test_user_text_after_tools_joins_the_last_result_where_it_would_be_refused() -> None:
    conversation = talk(assistant(call("a")), user(result("a", "A"), "and?", "now?"))
    sent, losses = rendered(conversation, Vendor("v", user_after_tool=False))
    assert sent[1:] == [{"role": "tool", "tool_call_id": "a", "content": "A\n\nand?\n\nnow?"}]
    assert losses == ["messages.content=converted(user text joined to a tool result)"]


def test_media_after_tools_wait_for_a_word_of_the_assistant() -> None:
    conversation = talk(assistant(call("a")), user(result("a", "A"), PNG))
    sent, losses = rendered(conversation, Vendor("v", user_after_tool=False))
    assert [message["role"] for message in sent] == ["assistant", "tool", "assistant", "user"]
    assert losses == ["messages=emulated(an assistant message between tool and user)"]


def test_texts_of_the_assistant_are_one() -> None:
    assert messages(talk(assistant("a", "b", call("c", "g", '{"x":1}'), "d"))) == [
        {
            "role": "assistant",
            "content": "abd",
            "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": "g", "arguments": '{"x":1}'}}
            ],
        }
    ]


@pytest.mark.parametrize(
    ("vendor", "blocks", "content"),
    [
        (Vendor("v"), (call("a"),), None),
        (Vendor("v", null_content=False), (call("a"),), ""),
        (Vendor("v"), (), ""),
        (Vendor("v", empty_content=False), (), "(no content)"),
        (Vendor("v", empty_content=False), (call("a"),), None),
    ],
)
def test_an_assistant_without_words_always_has_content(
    vendor: Vendor, blocks: tuple[Block, ...], content: str | None
) -> None:
    assert messages(talk(Turn(Role.ASSISTANT, blocks)), vendor)[0]["content"] == content


KNOWN = Vendor("v", reasoning_back=ReasoningBack.WHEN_KNOWN, reasoning_field="reasoning")
REQUIRED = Vendor("v", reasoning_back=ReasoningBack.REQUIRED, lost_reasoning=".")


@pytest.mark.parametrize(
    ("vendor", "blocks", "field", "thought"),
    [
        (KNOWN, (Thinking("hm "), Thinking("so"), "a"), "reasoning", "hm so"),
        (KNOWN, ("a", call("c")), "reasoning", None),
        (REQUIRED, (Thinking("hm"), "a"), "reasoning_content", "hm"),
        (REQUIRED, ("a", call("c")), "reasoning_content", "."),
        (REQUIRED, ("a",), "reasoning_content", None),
    ],
)
def test_thoughts_return_as_the_vendor_wants_them(
    vendor: Vendor, blocks: tuple[Block | str, ...], field: str, thought: str | None
) -> None:
    assert messages(talk(assistant(*blocks)), vendor)[0].get(field) == thought


def test_every_lost_thought_of_a_deepseek_history_has_its_field() -> None:
    """REQ-23: after a compaction by the client some thoughts are gone, their calls are not."""
    conversation = talk(
        assistant(Thinking("why"), call("a")), user(result("a")), assistant(call("b")), user(result("b"))
    )
    said = [each for each in messages(conversation, VENDORS["deepseek"]) if each["role"] == "assistant"]
    assert [each["reasoning_content"] for each in said] == ["why", ""]


def test_thoughts_nobody_wants_are_noted() -> None:
    sent, losses = rendered(talk(assistant(Thinking("hm"), "a")))
    assert sent == [{"role": "assistant", "content": "a"}]
    assert losses == ["messages.thinking=dropped"]


def test_cache_marks_are_written_only_where_they_are_read() -> None:
    conversation = talk(
        user(MARKED, "x"),
        assistant(MARKED, ToolCall("a", "f", "{}")),
        user(ToolResult("a", (Text("A"),), cache=CacheMark.LONG)),
        system=(Text("s"), MARKED),
    )
    assert "cache_control" not in str(messages(conversation))
    marked = messages(conversation, cache_marks=True)
    short, long = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}
    assert [message["content"] for message in marked] == [
        [{"type": "text", "text": "s"}, {"type": "text", "text": "long", "cache_control": short}],
        [{"type": "text", "text": "long", "cache_control": short}, {"type": "text", "text": "x"}],
        [{"type": "text", "text": "long", "cache_control": short}],
        [{"type": "text", "text": "A", "cache_control": long}],
    ]


def test_what_has_no_place_is_noted_and_what_can_be_told_is_told() -> None:
    foreign = Foreign(ANTHROPIC, "server_tool_use", "{}", "searched the web")
    blank = Foreign(ANTHROPIC, "mcp_tool_use", "{}")
    conversation = talk(
        user(foreign, blank, Thinking("x")),
        assistant(foreign, Opaque(ANTHROPIC, "redacted_thinking", "x"), PNG),
    )
    sent, losses = rendered(conversation)
    assert [message["content"] for message in sent] == ["searched the web", "searched the web"]
    assert losses == [
        "server_tool_use=converted",
        "mcp_tool_use=dropped",
        "messages.Thinking=dropped(no place for it here)",
        "server_tool_use=converted",
        "redacted_thinking=dropped",
        "messages.Image=dropped(no place for it here)",
    ]
