import pytest

from isthmus.simulators.claude_web.forms import Part, parts_of, upload
from isthmus.simulators.claude_web.refusals import Refusal

TYPE = 'multipart/form-data; boundary="xx"'
ORG = "0b7c2d1e-5a44-4f0e-9a31-6f1f0e2a9c10"
FILE = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: Text/Plain; charset=x\r\n\r\n'
FIELD = b'--xx\r\nContent-Disposition: form-data; name="orgUuid"\r\n\r\n' + ORG.encode() + b"\r\n"
END = b"--xx--\r\n"


def test_parts_keep_every_byte() -> None:
    data = b"a\r\nb\rc\n--x\0\xff\r\n"
    file, field = parts_of(TYPE, FILE + data + b"\r\n" + FIELD + END)
    assert file == Part("file", "a.bin", "text/plain", data)
    assert field == Part("orgUuid", None, "application/octet-stream", ORG.encode())
    assert file.shown()["size"] == len(data) and "data" not in file.shown()
    assert field.shown() == {"name": "orgUuid", "value": ORG}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", FILE + b"x\r\n" + END),
        (TYPE, b""),
        (TYPE, FILE + b"x\r\n"),
        (TYPE, b"--xx\r\nno end of headers\r\n" + END),
        (TYPE, b"--xx\r\nContent-Type: text/plain\r\n\r\nx\r\n" + END),
    ],
)
def test_what_is_no_form_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(Refusal, match="body: "):
        parts_of(kind, body)


def test_an_upload_is_one_file() -> None:
    parts = parts_of(TYPE, FILE + b"x\r\n" + FIELD + END)
    given, named = upload(parts, ORG)
    assert (given.name, given.media_type, given.data, named) == ("a.bin", "text/plain", b"x", ORG)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], "file: Field required"),
        ([Part("file", None, "", b"x")], "file: Field required"),
        ([Part("file", "a", "", b"x")] * 2, "file: Field required"),
        ([Part("file", "a", "", b"x"), Part("purpose", None, "", b"x")], "purpose: Extra inputs"),
        ([Part("file", "a", "", b"x"), Part("orgUuid", None, "", b"other")], "orgUuid: it is not"),
    ],
)
def test_an_odd_upload_is_refused(parts: list[Part], words: str) -> None:
    with pytest.raises(Refusal, match=words):
        upload(parts, ORG)
