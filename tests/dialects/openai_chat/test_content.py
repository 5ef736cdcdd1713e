from __future__ import annotations

from typing import Any

import pytest

from dialects.openai_chat.chat_cases import named, raw, rows, spell
from isthmus.core.conversation import CacheMark, Image, RemoteUrl, Text
from isthmus.core.errors import BadRequest
from isthmus.dialects.openai_chat import schema
from isthmus.dialects.openai_chat.content import read_parts, read_texts
from isthmus.dialects.openai_chat.fields import Reading


@pytest.mark.parametrize("row", rows("content_parts.json"), ids=named)
def test_parts(row: dict[str, Any]) -> None:
    reading = Reading(row.get("cache_ttl"))
    assert spell(read_parts(raw(row["content"]), "content", reading)) == row["blocks"]
    assert [str(loss) for loss in reading.losses] == row.get("losses", [])


def test_content_that_is_not_there_is_nothing() -> None:
    assert read_parts(schema.ABSENT, "content", Reading()) == ()


def test_text_parts_join_up_to_each_cache_mark() -> None:
    marked = {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}}
    parts = [{"type": "text", "text": "a"}, marked, {"type": "text", "text": "c"}]
    assert read_texts(raw(parts), "x", Reading()) == (Text("a\nb", CacheMark.SHORT), Text("c"))


@pytest.mark.parametrize("path", ["/srv/x.png", "file:///srv/x.png", "FILE://localhost/x", "//a/b", "file:x"])
def test_an_image_by_path_goes_on_as_it_is(path: str) -> None:
    for image in (path, {"url": path}):
        part = {"type": "image_url", "image_url": image}
        assert read_parts(raw([part]), "content", Reading()) == (Image(RemoteUrl(path)),)
    file = {"type": "file", "file": {"file_data": path}}
    with pytest.raises(BadRequest):
        read_parts(raw([file]), "content", Reading())


def test_only_users_send_other_media() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    with pytest.raises(BadRequest) as caught:
        read_texts(raw([{"type": "text", "text": "a"}, image]), "messages.0.content", Reading())
    assert caught.value.field == "messages.0.content.1"
