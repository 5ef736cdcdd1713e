from __future__ import annotations

import base64

import pytest

from isthmus.core.commands import Fetch, Fetched
from isthmus.core.conversation import Conversation, Image, InlineData, RemoteUrl, ToolResult
from isthmus.core.errors import BadRequest
from isthmus.shaping.inline_images import inline, needs_inlining
from talk import talk, user

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
FAR = Image(RemoteUrl("https://a.example/x.png"))
NEAR = Image(InlineData("image/png", base64.b64encode(PNG).decode()))


def run(conversation: Conversation, body: bytes) -> tuple[Conversation, list[Fetch]]:
    fetching, asked = inline(conversation), []
    try:
        command = next(fetching)
        while True:
            asked.append(command)
            command = fetching.send(Fetched("application/octet-stream", body))
    except StopIteration as done:
        return done.value, asked


def test_images_are_fetched_once_and_named_by_their_bytes() -> None:
    conversation, asked = run(talk(user(FAR, "and"), user(ToolResult("1", (FAR,)))), PNG)
    assert conversation == talk(user(NEAR, "and"), user(ToolResult("1", (NEAR,))))
    assert [command.url for command in asked] == ["https://a.example/x.png"]


def test_what_is_no_image_is_refused_naming_the_field() -> None:
    with pytest.raises(BadRequest, match="not a JPEG, PNG, GIF or WebP") as caught:
        run(talk(user(FAR)), b"<html>")
    assert caught.value.field == "messages.content.image"


def test_a_refusal_shows_no_more_of_an_address_than_its_host() -> None:
    signed = Image(RemoteUrl("https://user:word@a.example/x.png?signature=abc"))
    with pytest.raises(BadRequest, match=r"the file at a\.example is not") as caught:
        run(talk(user(signed)), b"<html>")
    assert not any(each in caught.value.message for each in ("abc", "x.png", "word"))
    with pytest.raises(BadRequest, match="the file is not"):
        run(talk(user(Image(RemoteUrl("https://[broken/x.png")))), b"<html>")


def test_only_far_images_need_it() -> None:
    assert needs_inlining(talk(user(FAR)))
    assert not needs_inlining(talk(user(NEAR, "x")))
