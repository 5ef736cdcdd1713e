"""Whose page sends a request."""

import pytest

from isthmus.admin.origin import is_foreign, is_ours

HOST = {"host": "gateway.example:8443"}


@pytest.mark.parametrize(
    ("headers", "ours", "foreign"),
    [
        ({}, False, False),
        ({"sec-fetch-site": "same-origin"}, True, False),
        ({"sec-fetch-site": "none"}, True, False),
        ({"sec-fetch-site": "same-site"}, False, True),
        ({"sec-fetch-site": "cross-site"}, False, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://gateway.example:8443"}, False, True),
        ({"sec-fetch-site": ""}, False, True),
        ({"origin": "https://gateway.example:8443"}, True, False),
        ({"origin": "http://gateway.example:8443"}, True, False),
        ({"origin": "https://gateway.example"}, False, True),
        ({"origin": "https://evil.example"}, False, True),
        ({"origin": "https://gateway.example:8443.evil.example"}, False, True),
        ({"origin": "null"}, False, True),
        ({"origin": ""}, False, True),
    ],
)
def test_whose_page_it_is(headers: dict[str, str], ours: bool, foreign: bool) -> None:
    assert (is_ours(HOST | headers), is_foreign(HOST | headers)) == (ours, foreign)


def test_without_a_host_nothing_is_ours() -> None:
    assert not is_ours({"origin": "null"})
    assert not is_ours({"origin": "https://"})
