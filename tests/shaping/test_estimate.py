from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.conversation import Image, InlineData, RemoteUrl, Text, Thinking, ToolCall
from isthmus.shaping.estimate import TOKENS_PER_IMAGE, estimate_text, estimate_tokens
from talk import result, talk, tools, user


def png(width: int, height: int) -> Image:
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4)
    return Image(InlineData("image/png", base64.b64encode(head + b"\0" * 20).decode()))


@given(st.text())
def test_no_text_is_too_strange_and_none_is_negative(text: str) -> None:
    assert estimate_text(text) >= 0


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(a: str, b: str) -> None:
    assert estimate_text(a + b) >= max(estimate_text(a), estimate_text(b)) - 1e-6


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("word " * 100, 100, 160), ("汉字处理" * 25, 90, 170), ("привет мир " * 20, 60, 190)],
)
def test_estimates_are_of_the_right_size(text: str, low: int, high: int) -> None:
    assert low <= estimate_text(text) <= high


def test_everything_counts() -> None:
    bare = estimate_tokens(talk(user("hi")))
    assert bare >= 1
    for richer in (
        talk(user("hi"), system=(Text("be brief"),)),
        talk(user("hi"), tools=tools("f")),
        talk(user("hi", result("1"))),
        talk(user("hi", ToolCall("1", "f", '{"a":1}'))),
        talk(user("hi", Thinking("hm, let me see"))),
        talk(user("hi", png(100, 100))),
    ):
        assert estimate_tokens(richer) > bare


def test_an_image_counts_by_its_size_where_that_is_told() -> None:
    small, large, unknown = (
        estimate_tokens(talk(user(image))) for image in (png(75, 100), png(9999, 9999), Image(RemoteUrl("u")))
    )
    assert small < 20
    assert large == unknown
    assert TOKENS_PER_IMAGE <= unknown < TOKENS_PER_IMAGE + 10
