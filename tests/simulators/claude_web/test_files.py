import pytest

from isthmus.simulators.claude_web.files import Files, Upload, extracted
from isthmus.simulators.claude_web.refusals import Refusal

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("name", "media_type", "data", "kind"),
    [
        ("image.png", "image/png", PNG, "image"),
        ("image.jpg", "image/jpeg", b"\xff\xd8\xff\xe0rest", "image"),
        ("image.gif", "image/gif", b"GIF89a", "image"),
        ("image.webp", "image/webp", b"RIFF0000WEBP", "image"),
        ("document.pdf", "application/pdf", b"%PDF-1.4", "document"),
        ("notes.md", "text/markdown", "größer".encode(), "document"),
        (
            "a.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            b"PK",
            "document",
        ),
    ],
)
def test_a_file_is_kept_as_what_it_is(name: str, media_type: str, data: bytes, kind: str) -> None:
    files = Files()
    file = files.add(Upload(name, media_type, data), "u", "now")
    answer = file.answer("me")
    assert (answer["file_kind"], answer["file_uuid"], answer["size_bytes"]) == (kind, "u", len(data))
    assert files.get("u") is file and files.at(file.path) is file
    assert file.seen()["media_type"] == media_type


@pytest.mark.parametrize(
    ("media_type", "data", "status"),
    [
        ("image/png", b"", 400),
        ("image/png", b"\xff\xd8\xffnot a png", 400),
        ("text/plain", PNG, 400),
        ("application/x-thing", b"abc", 415),
        ("text/plain", b"x" * 101, 413),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(media_type: str, data: bytes, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        Files(max_file_bytes=100).add(Upload("f", media_type, data), "u", "now")
    assert refused.value.status == status


def test_the_oldest_files_go_when_there_are_too_many_bytes() -> None:
    files = Files(kept_bytes=250)
    for name in ("a", "b", "c"):
        files.add(Upload(name, "text/plain", b"x" * 100), name, "now")
    assert [files.get(name) is None for name in ("a", "b", "c")] == [True, False, False]
    assert len(files) == 2


def test_a_name_cannot_lead_elsewhere() -> None:
    file = Files().add(Upload("../../etc/pass wd", "text/plain", b"x"), "u", "now")
    assert file.path == "/mnt/user-data/uploads/.._.._etc_pass wd"


def test_text_is_taken_out_of_documents_and_not_out_of_images() -> None:
    page = b"%PDF-1.4 BT /F 24 Tf (pong) Tj ET"
    assert extracted(Upload("n.pdf", "application/pdf", page))["extracted_content"] == "pong"
    assert extracted(Upload("n.txt", "text/plain", "größer".encode())) == {
        "file_name": "n.txt",
        "file_type": "text/plain",
        "file_size": 8,
        "extracted_content": "größer",
    }
    with pytest.raises(Refusal):
        extracted(Upload("i.png", "image/png", PNG))
