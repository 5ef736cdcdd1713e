import pytest

from isthmus.core.secret import Secret
from isthmus.providers.claude_web.headers import headers_of, new_key
from isthmus.providers.claude_web.options import Options

KEY = Secret("sk-ant-sid01-abc")


def test_one_cookie_and_no_disguise() -> None:
    assert headers_of(KEY, Options()) == (
        ("cookie", "sessionKey=sk-ant-sid01-abc"),
        ("accept", "application/json"),
    )


def test_where_a_page_would_be() -> None:
    headers = dict(headers_of(KEY, Options(send_origin=True), sends="application/json", page="/chat/1"))
    assert headers["origin"] == "https://claude.ai"
    assert headers["referer"] == "https://claude.ai/chat/1"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("cookies", "key"),
    [
        ("sessionKey=sk-ant-sid01-new_A; Path=/; HttpOnly", "sk-ant-sid01-new_A"),
        ("a=b; Path=/, sessionKey=sk-ant-sid01-new; Path=/", "sk-ant-sid01-new"),
        ("sessionKey=sk-ant-sid01-new; expires=Mon, 04 May 2026 10:00:00 GMT, c=d", "sk-ant-sid01-new"),
        ("sessionKey=; Max-Age=0", None),
        ("sessionKey=deleted", None),
        ("mySessionKey=sk-ant-sid01-new", None),
        ("", None),
    ],
)
def test_a_new_key(cookies: str, key: str | None) -> None:
    found = new_key({"set-cookie": cookies})
    assert (None if found is None else found.reveal()) == key
    assert new_key({}) is None
