from __future__ import annotations

from isthmus.core.errors import BadRequest, UpstreamError
from isthmus.server.secrecy import MASK, credentials_in, veil, veiled

HEADERS = (
    ("authorization", "Bearer the-key-itself"),
    ("x-tenant", "tenant-secret"),
    ("X-Stainless-Runtime", "CPython-3.11"),
    ("content-type", "application/json"),
    ("x-flag", "1"),
)


def test_every_header_of_our_own_may_be_secret() -> None:
    assert credentials_in(HEADERS) == ("Bearer the-key-itself", "the-key-itself", "tenant-secret")


def test_a_cookie_is_known_by_its_value_too() -> None:
    jar = (("cookie", "sessionKey=the-session-key; theme=dark-dark"),)
    assert set(credentials_in(jar)) == {jar[0][1], "theme=dark-dark", "the-session-key", "dark-dark"}
    assert veiled(b"the-session-key is no good", jar) == b"*** is no good"


def test_a_refusal_loses_the_credential_and_nothing_else() -> None:
    body = b'{"error":"key the-key-itself of tenant-secret, sent as application/json by CPython-3.11: 1"}'
    assert veiled(body, HEADERS) == b'{"error":"key *** of ***, sent as application/json by CPython-3.11: 1"}'


def test_an_error_loses_it_in_message_and_detail() -> None:
    error = UpstreamError("Bearer the-key-itself is bad", detail="the-key-itself")
    veil(error, HEADERS)
    assert (error.message, error.detail) == (f"{MASK} is bad", MASK)
    ours = BadRequest("no tenant-secret")
    veil(ours, HEADERS)
    assert ours.message == f"no {MASK}"
