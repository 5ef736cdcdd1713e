from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.conversation import Document, Image, InlineData, RemoteUrl, VendorFile
from isthmus.core.errors import BadRequest
from isthmus.providers.amazon_q.media import paper, picture, pixels


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(width: int = 1, height: int = 1) -> str:
    return b64(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02")


GIF = b64(b"GIF89a" + (3).to_bytes(2, "little") + (4).to_bytes(2, "little") + b"\0" * 8)
WEBP = b64(b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 8)
APP1 = b"\xff\xe1" + (2 + 300).to_bytes(2) + b"\0" * 300
JPEG = b64(b"\xff\xd8" + APP1 + b"\xff\xc2\0\x11\x08" + (480).to_bytes(2) + (640).to_bytes(2) + b"\x03")


@pytest.mark.parametrize(
    ("data", "said", "format"),
    [
        (png(), "image/png", "png"),
        (png(), "image/jpeg", "png"),
        (GIF, "image/png", "gif"),
        (WEBP, "image/webp", "webp"),
        (JPEG, "image/jpg", "jpeg"),
        (b64(b"strange"), "image/jpg", "jpeg"),
        (b64(b"BM bitmap"), "IMAGE/BMP", "bmp"),
    ],
)
def test_an_image_goes_by_what_it_is(data: str, said: str, format: str) -> None:
    assert picture(Image(InlineData(said, data))) == {"format": format, "source": {"bytes": data}}


@pytest.mark.parametrize("source", [RemoteUrl("https://example.org/a.png"), VendorFile("file-1")])
def test_what_is_not_inside_the_request_cannot_go_along(source: RemoteUrl | VendorFile) -> None:
    with pytest.raises(BadRequest, match="inside the request"):
        picture(Image(source))
    with pytest.raises(BadRequest, match="inside the request"):
        paper(Document(source), 1)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(8001, 2), (8001, 2)),
        (GIF, (3, 4)),
        (JPEG, (640, 480)),
        (WEBP, None),
        (b64(b"\xff\xd8\xff"), None),
        ("", None),
        ("not base64!", None),
    ],
)
def test_how_large_an_image_is(data: str, size: tuple[int, int] | None) -> None:
    assert pixels(data) == size


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a"]))
def test_no_bytes_are_too_strange_to_be_measured(data: bytes, start: bytes) -> None:
    size = pixels(b64(start + data))
    assert size is None or min(size) >= 0


@pytest.mark.parametrize(
    ("title", "name"),
    [(None, "document 1"), ("Report_2026 (final).pdf", "Report 2026 (final) pdf 1"), ("报告", "document 1")],
)
def test_a_document(title: str | None, name: str) -> None:
    source = InlineData("application/pdf", b64(b"%PDF-1.4"))
    expected = {"name": name, "format": "pdf", "source": {"bytes": source.base64}}
    assert paper(Document(source, title), 1) == expected


def test_documents_of_unknown_kind_are_not_read() -> None:
    assert paper(Document(InlineData("application/zip", "UEsD")), 1) is None
