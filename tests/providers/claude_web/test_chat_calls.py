import json

import pytest

from isthmus.core.commands import Grant
from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.secret import Secret
from isthmus.providers.claude_web.chat_calls import Place, read_file_id
from isthmus.providers.claude_web.files import Upload
from isthmus.providers.claude_web.options import Options

GRANT = Grant("session_key", Secret("sk-ant-sid01-a"))
ROOT = "https://claude.ai/api/organizations/o/chat_conversations"


def place(headers: dict[str, Secret] | None = None, **options: object) -> Place:
    return Place(GRANT, Options(**options), "o", "c", headers or {})  # type: ignore[arg-type]


def test_the_conversation() -> None:
    create, delete = place().create(), place().delete()
    assert (create.method, create.url) == ("POST", ROOT)
    assert json.loads(create.body) == {"uuid": "c", "name": "", "is_temporary": True}
    assert json.loads(place(temporary=False).create().body) == {
        "uuid": "c",
        "name": "",
        "include_conversation_preferences": True,
    }
    assert (delete.method, delete.url, json.loads(delete.body)) == ("DELETE", f"{ROOT}/c", {"uuid": "c"})
    settings = place().set({"paprika_mode": "extended"})
    assert (settings.method, settings.url) == ("PUT", f"{ROOT}/c")
    assert json.loads(settings.body) == {"settings": {"paprika_mode": "extended"}}


def test_the_question() -> None:
    assert place().completion_url == f"{ROOT}/c/completion"
    headers = dict(place().completion_headers)
    assert headers["accept"] == "text/event-stream" and headers["cookie"] == "sessionKey=sk-ant-sid01-a"


@pytest.mark.parametrize(
    ("api", "url"),
    [
        ("org", "https://claude.ai/api/o/upload"),
        ("conversation", "https://claude.ai/api/organizations/o/conversations/c/wiggle/upload-file"),
    ],
)
def test_files(api: str, url: str) -> None:
    call = place(upload_api=api).upload(Upload("a.png", "image/png", b"data"))
    assert (call.method, call.url) == ("POST", url)
    assert dict(call.headers)["content-type"].startswith("multipart/form-data; boundary=")
    assert b"data" in call.body


def test_the_operators_headers_stand_above_ours() -> None:
    headers = dict(place({"X-Extra": Secret("1"), "Accept": Secret("any")}).create().headers)
    assert (headers["x-extra"], headers["accept"]) == ("1", "any")


@pytest.mark.parametrize("said", [{"file_uuid": "f"}, {"uuid": "f"}, {"uuid": "f", "file_uuid": None}])
def test_the_id_of_a_file(said: dict[str, object]) -> None:
    assert read_file_id(json.dumps(said).encode()) == "f"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"file_uuid":7}'])
def test_no_id(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError, match="upload"):
        read_file_id(body)
