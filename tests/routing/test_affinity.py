from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.conversation import (
    CacheMark,
    Conversation,
    Document,
    Image,
    InlineData,
    RemoteUrl,
    Role,
    ServerTool,
    Text,
    Tool,
    ToolResult,
    Turn,
    VendorFile,
)
from isthmus.routing.account import AccountId
from isthmus.routing.affinity import Bindings, prefix_key, raw_prefix_key

A, B = AccountId("a"), AccountId("b")


def user(text: str) -> Turn:
    return Turn(Role.USER, (Text(text),))


FIRST = Conversation(
    "claude-x", (user("Hello"),), system=(Text("Be kind."),), tools=(Tool("read"), Tool("write"))
)
LATER = replace(
    FIRST,
    system=(Text("Be kind.", CacheMark.LONG),),
    turns=(
        Turn(Role.USER, (Text("Hello", CacheMark.SHORT),)),
        Turn(Role.ASSISTANT, (Text("Hi"),)),
        user("More"),
    ),
    max_tokens=7,
)


def test_every_turn_of_a_conversation_has_the_same_key() -> None:
    assert prefix_key(FIRST) == prefix_key(LATER)


@pytest.mark.parametrize(
    "other",
    [
        replace(FIRST, turns=(user("Good morning"),)),
        replace(FIRST, system=(Text("Be brief."),)),
        replace(FIRST, system=(Text("Be "), Text("kind."))),
        replace(FIRST, tools=(Tool("read"),)),
        replace(FIRST, server_tools=(ServerTool("anthropic", "web_search", "search", "{}"),)),
        replace(FIRST, turns=()),
        replace(FIRST, turns=(Turn(Role.USER, (Image(InlineData("image/png", "QUJD")),)),)),
        replace(FIRST, turns=(Turn(Role.USER, (Image(RemoteUrl("https://a.example/1")),)),)),
        replace(FIRST, turns=(Turn(Role.USER, (Document(VendorFile("file_1")),)),)),
        replace(FIRST, turns=(Turn(Role.USER, (ToolResult("call_1"),)),)),
    ],
)
def test_another_beginning_has_another_key(other: Conversation) -> None:
    assert prefix_key(other) != prefix_key(FIRST)


def test_the_text_that_changes_with_every_request_is_left_out() -> None:
    def billed(cch: str) -> Conversation:
        header = f"x-anthropic-billing-header: cc_version=2.1.330; cch={cch};"
        return replace(FIRST, system=(Text(header), *FIRST.system))

    assert prefix_key(billed("0a1b2")) == prefix_key(billed("77777")) == prefix_key(FIRST)


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "x", **fields}).encode()


MARK = {"cache_control": {"type": "ephemeral"}}
MESSAGES = [{"role": "user", "content": "Hello"}]


def test_a_messages_body_keeps_its_key_from_turn_to_turn() -> None:
    first = body(
        system="Be kind.", messages=MESSAGES, tools=[{"name": "read", "input_schema": {"type": "object"}}]
    )
    later = body(
        stream=True,
        tools=[{"name": "read", "input_schema": {"type": "object"}, **MARK}],
        system=[{"type": "text", "text": "Be kind.", **MARK}],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Hello", **MARK}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "read", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "3"}]},
        ],
    )
    assert raw_prefix_key(first) == raw_prefix_key(later) is not None


def test_a_chat_body_keeps_its_key_from_turn_to_turn() -> None:
    system = {"role": "system", "content": "Be kind."}
    tools = [{"type": "function", "function": {"name": "read", "parameters": {}}}]
    first = body(messages=[system, *MESSAGES], tools=tools)
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function"}]}
    later = body(
        messages=[system, *MESSAGES, call, {"role": "tool", "tool_call_id": "1", "content": "3"}], tools=tools
    )
    assert raw_prefix_key(first) == raw_prefix_key(later) is not None
    assert raw_prefix_key(first) != raw_prefix_key(body(messages=[system, *MESSAGES]))
    assert raw_prefix_key(first) != raw_prefix_key(body(messages=MESSAGES, tools=tools))


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
        {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "QUJD"}]},
    ],
)
def test_media_tell_conversations_apart(part: dict[str, Any]) -> None:
    def key(each: Any) -> str | None:
        return raw_prefix_key(body(messages=[{"role": "user", "content": [each]}]))

    other = json.loads(json.dumps(part).replace("QUJD", "QUJE"))
    assert key(part) == key(dict(part)) is not None
    assert key(part) != key(other)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"messages":3}', b'{"messages":["a"]}', b"\xff" * 9])
def test_what_is_no_request_has_no_key(data: bytes) -> None:
    assert raw_prefix_key(data) is None


@given(st.text(max_size=80))
def test_a_key_is_found_under_any_name(key: str) -> None:
    bindings = Bindings()
    assert bindings.find(key) is None
    bindings.bind(key, A, 1)
    assert bindings.find(key) == A


def test_long_keys_are_told_apart_and_kept_short() -> None:
    bindings = Bindings()
    bindings.bind("x" * 100_000 + "1", A, 9)
    bindings.bind("x" * 100_000 + "2", B, 9)
    assert (bindings.find("x" * 100_000 + "1"), bindings.find("x" * 100_000 + "2")) == (A, B)
    assert all(len(key) <= 64 for key in bindings._accounts)


@given(st.lists(st.integers(0, 20), max_size=60), st.integers(1, 6))
def test_what_was_used_last_is_kept(keys: list[int], most: int) -> None:
    bindings, used = Bindings(), dict[int, None]()
    for key in keys:
        used.pop(key, None)
        used[key] = None
        if bindings.find(str(key)) is None:
            bindings.bind(str(key), A, most)
        assert len(bindings) <= most
    kept = list(used)[-most:]
    assert [key for key in used if bindings.find(str(key))] == kept
