"""Files of a conversation → uploads, attachments and the words in their place."""

from __future__ import annotations

import base64

import pytest

from isthmus.core.conversation import Document, Image, InlineData, RemoteUrl
from isthmus.core.errors import BadRequest, Kind
from isthmus.providers.claude_web.files import Attachment, Files, Upload, form_of
from isthmus.providers.claude_web.options import Options

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0 jpeg"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def image(data: bytes = PNG, media_type: str = "image/png", detail: str | None = None) -> Image:
    return Image(InlineData(media_type, base64.b64encode(data).decode()), detail)


def document(
    data: bytes = b"%PDF-1.7", media_type: str = "application/pdf", title: str | None = None, **more: str
) -> Document:
    return Document(InlineData(media_type, base64.b64encode(data).decode()), title, **more)


def files(refuse: bool = False, **options: int) -> Files:
    return Files(Options(**options), refuse=refuse)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "media_type", "name"),
    [
        (PNG, "image/png", "image.png"),
        (JPEG, "image/jpeg", "image.jpg"),
        (JPEG, "image/png", "image.jpg"),
        (b"GIF89a and more", "image/gif", "image.gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", "image.webp"),
    ],
)
def test_images_go_by_what_they_are(data: bytes, media_type: str, name: str) -> None:
    taken = files()
    assert taken.take(image(data, media_type)) == f"[image attached: {name}]"
    kind = name.rpartition(".")[2].replace("jpg", "jpeg")
    assert taken.uploads == [Upload(name, f"image/{kind}", data)]


def test_documents() -> None:
    taken = files()
    assert taken.take(document()) == "[document attached: document.pdf]"
    assert (
        taken.take(document(b"PK", WORD, "Plan.docx", context="Read it."))
        == "[document attached: Plan.docx]\nRead it."
    )
    assert [upload.name for upload in taken.uploads] == ["document.pdf", "Plan.docx"]


def test_texts_go_along_in_the_turn() -> None:
    taken = files()
    taken.take(document(b'\xef\xbb\xbf{"a": "\xc3\xa9"}', "application/json", "data"))
    taken.take(document(b"\xff", "text/x-odd"))
    assert taken.attachments == [Attachment("data.json", '{"a": "é"}'), Attachment("document.txt", "�")]
    assert (taken.uploads, taken.attachments[0].as_json()) == (
        [],
        {
            "file_name": "data.json",
            "file_type": "text/plain",
            "file_size": 11,
            "extracted_content": '{"a": "é"}',
        },
    )


def test_a_file_that_comes_again_is_uploaded_once() -> None:
    taken = files()
    marks = [taken.take(image()), taken.take(image(JPEG)), taken.take(image())]
    assert marks == [
        "[image attached: image.png]",
        "[image attached: image.jpg]",
        "[image attached: image.png]",
    ]
    taken.take(image(PNG + b"another"))
    assert [upload.name for upload in taken.uploads] == ["image.png", "image.jpg", "image-2.png"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ('../"x"\r\ny.pdf', "_x_y.pdf"),
        ("...", "file.pdf"),
        ("Größe (2)", "Größe (2).pdf"),
        ("x" * 500, "x" * 80 + ".pdf"),
    ],
)
def test_names_need_no_escaping(title: str, name: str) -> None:
    taken = files()
    taken.take(document(title=title))
    assert taken.uploads[0].name == name


def test_no_file_takes_the_name_of_the_history() -> None:
    taken = files()
    assert taken.take(document(b"x", "text/plain", "Context.txt")) == "[document attached: Context-2.txt]"


def test_what_the_service_does_not_read_is_named() -> None:
    taken = files()
    said = taken.take(image(b"II*\x00", "image/tiff"))
    assert said == "[image (image/tiff) removed: claude.ai does not read files of this type]"
    assert [str(loss) for loss in taken.losses] == ["image=replaced(placeholder)"]
    with pytest.raises(BadRequest, match="capability_rejected: document_block"):
        files(refuse=True).take(document(b"x", "application/zip"))


def test_a_detail_is_lost() -> None:
    taken = files()
    taken.take(image(detail="high"))
    assert [str(loss) for loss in taken.losses] == ["image_url.detail=dropped"]


def test_limits() -> None:
    taken = files(max_files=1)
    taken.take(image())
    taken.take(image())
    with pytest.raises(BadRequest, match="more than 1 files"):
        taken.take(image(JPEG))
    exactly = files(max_file_mb=1)
    exactly.take(image(PNG + bytes((1 << 20) - len(PNG))))
    with pytest.raises(BadRequest, match="larger than 1 MB") as caught:
        exactly.take(image(JPEG + bytes(1 << 20)))
    assert (caught.value.kind, caught.value.field) == (Kind.TOO_LARGE, "messages.content.image")


@pytest.mark.parametrize("source", [InlineData("image/png", "!"), InlineData("image/png", "")])
def test_what_is_broken_is_refused(source: InlineData) -> None:
    with pytest.raises(BadRequest, match="empty, or its data is not base64"):
        files().take(Image(source))


def test_an_address_is_refused() -> None:
    with pytest.raises(BadRequest, match="inside the request only"):
        files().take(Image(RemoteUrl("https://example.com/a.png")))


def test_the_form_of_an_upload() -> None:
    data = b"--isthmus\r\n\r\n\x00\xff"
    content_type, body = form_of(Upload("Größe.pdf", "application/pdf", data))
    mark = content_type.removeprefix("multipart/form-data; boundary=").encode()
    assert mark not in data
    assert body == (
        b"--"
        + mark
        + b'\r\ncontent-disposition: form-data; name="file"; filename="Gr\xc3\xb6\xc3\x9fe.pdf"\r\n'
        b"content-type: application/pdf\r\n\r\n" + data + b"\r\n--" + mark + b"--\r\n"
    )
    assert b'name="orgUuid"\r\n\r\nabc\r\n--' in form_of(Upload("a", "b", data), "abc")[1]


def test_the_data_of_a_file_is_not_printed() -> None:
    assert "secret" not in repr([Upload("a", "b", b"secret"), Attachment("a", "secret")])
