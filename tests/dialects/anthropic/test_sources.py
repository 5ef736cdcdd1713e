from __future__ import annotations

import pytest

from isthmus.core.conversation import InlineData, RemoteUrl
from isthmus.core.errors import BadRequest
from isthmus.dialects.anthropic.fields import Reading
from isthmus.dialects.anthropic.schema import ABSENT, Source
from isthmus.dialects.anthropic.sources import document_source, image_source, source_of

PNG = "iVBORw0KGgoAAAAN"


@pytest.mark.parametrize(
    ("data", "base64"),
    [
        (PNG, PNG),
        ("/9j/4AAQ//79", "/9j/4AAQ//79"),
        ("_9j_4AAQ__79", "/9j/4AAQ//79"),
        ("/9j/4AA Q//7\r\n9", "/9j/4AAQ//79"),
        ("/9j/4AAQ//7+/w", "/9j/4AAQ//7+/w=="),
        (f"data:image/png;base64,{PNG}", PNG),
    ],
    ids=["plain", "slashes", "url-safe", "wrapped", "without padding", "a data URI"],
)
def test_base64_is_carried_in_its_standard_form(data: str, base64: str) -> None:
    found = image_source(Source("base64", "image/jpeg", data), "s", Reading())
    assert isinstance(found, InlineData)
    assert found.base64 == base64


def test_an_image_of_unknown_bytes_keeps_its_label() -> None:
    found = image_source(Source("base64", "IMAGE/PNG", "AAAAAAAA"), "s", Reading())
    assert found == InlineData("image/png", "AAAAAAAA")


def test_what_is_no_base64_is_named() -> None:
    with pytest.raises(BadRequest, match=r"s\.base64\.data: invalid base64 data"):
        image_source(Source("base64", "image/png", "!!! not base64 !!!"), "s", Reading())
    with pytest.raises(BadRequest, match=r"s\.url\.url: invalid data URL"):
        image_source(Source("url", url="data:image/png;base64,!!!!"), "s", Reading())


@pytest.mark.parametrize("path", ["/srv/x.png", "file:///srv/x.png", "FILE://localhost/x", "//a/b", "file:x"])
def test_an_image_by_path_goes_on_as_it_is(path: str) -> None:
    assert image_source(Source("url", url=path), "s", Reading()) == RemoteUrl(path)


def test_addresses_go_on_as_they_are() -> None:
    assert document_source(Source("url", url="http://h/a.pdf"), "s") == RemoteUrl("http://h/a.pdf")
    for address in ("ftp://h/a", "/etc/passwd", ""):
        with pytest.raises(BadRequest, match="Only HTTPS"):
            document_source(Source("url", url=address), "s")


def test_a_source_must_be_there() -> None:
    with pytest.raises(BadRequest, match="s: Field required"):
        source_of(ABSENT, "s")
    with pytest.raises(BadRequest, match=r"s\.file\.file_id: Field required"):
        document_source(Source("file"), "s")
