from __future__ import annotations

import base64

import pytest

from isthmus.core.abilities import Abilities
from isthmus.core.commands import Fetch, Fetched
from isthmus.core.conversation import (
    Conversation,
    Document,
    Image,
    InlineData,
    RemoteUrl,
    ToolResult,
)
from isthmus.core.errors import BadRequest
from isthmus.shaping.inline_images import MAX_FILES, inline, needs_inlining
from talk import talk, user

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
FAR = Image(RemoteUrl("https://a.example/x.png"))
NEAR = Image(InlineData("image/png", base64.b64encode(PNG).decode()))


PDF = b"%PDF-1.4\n%%EOF\n"
FAR_PDF = Document(RemoteUrl("https://a.example/x.pdf"), title="x")
NEAR_PDF = Document(InlineData("application/pdf", base64.b64encode(PDF).decode()), title="x")
FETCHES = Abilities()
FETCHES_NOTHING = Abilities(fetches_urls=False)


def run(
    conversation: Conversation, body: bytes, able: Abilities = FETCHES_NOTHING
) -> tuple[Conversation, list[Fetch]]:
    fetching, asked = inline(conversation, able), []
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


@pytest.mark.parametrize("path", ["/srv/x.png", "file:///srv/x.png", "File:x"])
def test_the_path_of_an_image_is_told_to_no_upstream(path: str) -> None:
    conversation, asked = run(talk(user(Image(RemoteUrl(path)), FAR)), PNG, FETCHES)
    assert conversation == talk(user(NEAR, FAR))
    assert asked == [Fetch(path, "messages.content.image")]


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


def test_documents_are_fetched_for_those_that_want_the_file() -> None:
    conversation, asked = run(talk(user(FAR_PDF, FAR), user(ToolResult("1", (FAR_PDF,)))), PDF, FETCHES)
    assert conversation == talk(user(NEAR_PDF, FAR), user(ToolResult("1", (NEAR_PDF,))))
    assert [(command.url, command.field) for command in asked] == [
        ("https://a.example/x.pdf", "messages.content.document")
    ]
    assert not needs_inlining(talk(user(FAR_PDF)), Abilities(fetches_documents=True))


def test_what_is_no_pdf_is_refused_naming_the_field() -> None:
    with pytest.raises(BadRequest, match=r"the file at a\.example is not a PDF document") as caught:
        run(talk(user(FAR_PDF)), PNG)
    assert caught.value.field == "messages.content.document"


def test_only_far_ones_need_it_and_only_where_nobody_else_fetches() -> None:
    assert needs_inlining(talk(user(FAR)), FETCHES_NOTHING)
    assert not needs_inlining(talk(user(FAR)), FETCHES)
    assert needs_inlining(talk(user(FAR_PDF)), FETCHES)
    assert not needs_inlining(talk(user(NEAR, NEAR_PDF, "x")), FETCHES_NOTHING)


def test_the_number_of_addresses_is_bounded() -> None:
    images = [Image(RemoteUrl(f"https://a.example/{number}.png")) for number in range(MAX_FILES + 1)]
    assert len(run(talk(user(*images[:MAX_FILES])), PNG)[1]) == MAX_FILES
    with pytest.raises(BadRequest, match="more than 20 files"):
        run(talk(user(*images)), PNG)
