"""Data URIs in every spelling met, and media types by their first bytes."""

from __future__ import annotations

import base64
import timeit
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.wire.data_uri import DataUri, normalise_base64, parse_data_uri, sniff_image, sniff_media_type

HEADS = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/gif": b"GIF89a\x01\x00\x01\x00\x80\x00\x00",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
}


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("data:image/png;base64,AAEC", DataUri("image/png", "AAEC")),
        ("DATA:Image/PNG;BASE64,AAEC", DataUri("image/png", "AAEC")),
        (" \ndata:image/png;base64,AAEC\n", DataUri("image/png", "AAEC")),
        ("data:image/png;name=a.png;charset=utf-8;base64,AAEC", DataUri("image/png", "AAEC")),
        ("data:image/png;base64;name=a.png,AAEC", DataUri("image/png", "AAEC")),
        ("data:image/png ; base64 , AA EC", DataUri("image/png", "AAEC")),
        ("data:image/png;base64,AA\r\nEC\t", DataUri("image/png", "AAEC")),
        ("data:image/png;base64,-_8", DataUri("image/png", "+/8=")),
        ("data:image/png;base64,AA", DataUri("image/png", "AA==")),
        ("data:image/png;base64,AA==", DataUri("image/png", "AA==")),
        ("data:image/png;base64,AA=", DataUri("image/png", "AA==")),
        ("data:image/png;base64,%2B%2F8%3D%0A", DataUri("image/png", "+/8=")),
        ("data:image/png;base64,", DataUri("image/png", "")),
        ("data:;base64,AAEC", DataUri("text/plain", "AAEC")),
        ("data:base64,AAEC", DataUri("text/plain", "AAEC")),
        ("data:,hi", DataUri("text/plain", text_of(b"hi"))),
        ("data:text/plain;charset=utf-8,a%20b,c", DataUri("text/plain", text_of(b"a b,c"))),
        ("data:text/plain,é", DataUri("text/plain", text_of("é".encode()))),
        ("data:image/svg+xml,%3Csvg/%3E", DataUri("image/svg+xml", text_of(b"<svg/>"))),
    ],
)
def test_rows_of_spelling(uri: str, expected: DataUri) -> None:
    assert parse_data_uri(uri) == expected


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("", "does not begin with 'data:'"),
        ("https://example.org/a.png", "does not begin with 'data:'"),
        ("data", "does not begin with 'data:'"),
        ("data:image/png;base64", "no comma"),
        ("data:image/png;base64,A", "cut short: 1 characters"),
        ("data:image/png;base64,AAECA", "cut short: 5 characters"),
        ("data:image/png;base64,AA=C", "the character '='"),
        ("data:image/png;base64,AA!C", "the character '!'"),
        ("data:image/png;base64,AA%ZZ", "the character '%'"),
        ("data:image/png;base64,AAé", "not ASCII"),
        ("data:text/plain,\ud800", "surrogates not allowed"),
    ],
)
def test_rows_of_refusal(uri: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_data_uri(uri)


@given(st.binary(max_size=60), st.sampled_from(["", "\n", " "]), st.booleans(), st.booleans(), st.booleans())
def test_every_spelling_of_the_same_bytes_is_read_the_same(
    data: bytes, space: str, url_safe: bool, padded: bool, quoted: bool
) -> None:
    text = (base64.urlsafe_b64encode(data) if url_safe else base64.b64encode(data)).decode()
    text = space.join(text if padded else text.rstrip("="))
    uri = f"data:image/gif;base64,{quote(text) if quoted else text}"
    assert parse_data_uri(uri) == DataUri("image/gif", text_of(data))


@given(st.binary(max_size=60))
def test_percent_encoded_data_is_read(data: bytes) -> None:
    assert base64.b64decode(parse_data_uri(f"data:text/plain,{quote(data)}").base64) == data


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for uri in (text, f"data:{text}", f"data:;base64,{text}"):
        try:
            parsed = parse_data_uri(uri)
        except ValueError:
            continue
        base64.b64decode(parsed.base64, validate=True)


@given(st.binary(max_size=40))
def test_normal_base64_stays_as_it_is(data: bytes) -> None:
    assert normalise_base64(text_of(data)) == text_of(data)


@pytest.mark.parametrize(("media_type", "head"), HEADS.items())
def test_images_are_known_by_their_first_bytes(media_type: str, head: bytes) -> None:
    assert sniff_image(head) == media_type
    assert sniff_image(head[:12]) == media_type
    for rest in (b"", b"1", b"22", bytes(500)):
        assert sniff_image(head + rest) == media_type
        text = text_of(head + rest)
        assert sniff_image(text) == sniff_media_type(text) == media_type
        assert sniff_image(text.rstrip("=")) == media_type
        assert sniff_image(base64.urlsafe_b64encode(head + rest).decode()) == media_type
        assert sniff_image("\r\n".join(text)) == media_type


def test_both_gif_versions_are_known() -> None:
    assert sniff_image(b"GIF87a......") == "image/gif"
    assert sniff_image(b"GIF88a......") is None


def test_a_pdf_is_a_document_and_no_image() -> None:
    assert sniff_media_type(b"%PDF-1.7\n") == sniff_media_type(text_of(b"%PDF-1.7\n")) == "application/pdf"
    assert sniff_image(b"%PDF-1.7\n") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        "",
        b"\xff\xd8",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"BM\x36\x00\x00\x00",
        text_of(b"<svg xmlns='x'/>"),
        "not base64 at all!",
        "!!!!" + text_of(HEADS["image/png"]),
        "é" * 20,
        "A",
        "=",
    ],
)
def test_other_data_is_not_guessed_at(data: str | bytes) -> None:
    assert sniff_media_type(data) is None


@given(st.one_of(st.text(), st.binary()))
def test_sniffing_never_raises(data: str | bytes) -> None:
    assert sniff_media_type(data) in {None, "application/pdf", *HEADS}


def test_sniffing_looks_only_at_the_beginning() -> None:
    text = text_of(HEADS["image/png"]).rstrip("=") + "A" * (20 << 20)
    assert sniff_image(text) == "image/png"
    # Decoding all of it takes tens of milliseconds, looking at its beginning some microseconds.
    assert min(timeit.repeat(lambda: sniff_image(text), number=1, repeat=5)) < 0.002
