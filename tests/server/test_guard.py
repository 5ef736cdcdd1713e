from __future__ import annotations

import pytest

from isthmus.core.errors import BadRequest, Kind
from isthmus.server.guard import Guard, guard_for, host_name, is_loopback, offered_keys

OPEN = guard_for("127.0.0.1", ["gateway.lan"], ["https://chat.example.org"])


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "127.9.9.9", "gateway.lan:80"]
)
def test_this_machines_names_are_served(host: str) -> None:
    OPEN.check_host({"host": host})


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "10.0.0.1", "", "[::2]"]
)
def test_a_page_that_points_its_own_name_here_is_turned_away(host: str) -> None:
    with pytest.raises(BadRequest, match="allowed_hosts") as caught:
        OPEN.check_host({"host": host})
    assert caught.value.kind is Kind.PERMISSION


def test_a_public_listener_is_guarded_by_its_keys_not_by_its_name() -> None:
    guard_for("0.0.0.0", [], []).check_host({"host": "anything.example"})
    with pytest.raises(BadRequest):
        guard_for("0.0.0.0", ["only.example"], []).check_host({"host": "other.example"})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"},
        {"host": "127.0.0.1:8000", "origin": "https://chat.example.org"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
def test_programs_and_trusted_pages_pass(headers: dict[str, str]) -> None:
    OPEN.check_origin(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8000", "origin": "https://evil.example"},
        {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:9999"},
        {"host": "127.0.0.1:8000", "origin": "null"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    ],
)
def test_foreign_pages_are_turned_away(headers: dict[str, str]) -> None:
    with pytest.raises(BadRequest) as caught:
        OPEN.check_origin(headers)
    assert caught.value.kind is Kind.PERMISSION


def test_the_allow_list_of_origins_starts_empty() -> None:
    assert Guard().cors_headers({"origin": "https://evil.example"}) == ()
    assert Guard().preflight_headers({"origin": "https://evil.example"}) == ()


def test_an_allowed_origin_hears_what_a_browser_needs() -> None:
    page = {"origin": "https://chat.example.org"}
    headers = dict(OPEN.cors_headers(page) + OPEN.preflight_headers(page))
    assert len(headers) == len(OPEN.cors_headers(page)) + len(OPEN.preflight_headers(page))
    assert headers["access-control-allow-origin"] == "https://chat.example.org"
    assert "x-api-key" in headers["access-control-allow-headers"]
    assert "retry-after" in headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in headers


def test_host_names_are_read_with_and_without_port() -> None:
    assert [host_name(each) for each in ("[::1]:80", "A.b:1", "a.b", "")] == ["::1", "a.b", "a.b", ""]
    assert is_loopback("app.localhost")
    assert not is_loopback("localhost.evil.example")


def test_keys_are_never_offered_empty() -> None:
    assert offered_keys({"authorization": "Bearer", "x-api-key": " "}) == ()
