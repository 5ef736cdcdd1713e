"""Keys of clients go on working, if they are keys."""

import pytest

from isthmus.core.secret import Secret
from isthmus.migrate.client_keys import add_client_key
from isthmus.migrate.haul import Haul


def test_a_key_is_carried_with_its_limits() -> None:
    haul = Haul("x")
    assert add_client_key(haul, "api_key", "  sk-client-key-1 ", "x", max_concurrency=3)
    (key,) = haul.keys
    assert (key.name, key.secret, key.max_concurrency) == ("x", Secret("sk-client-key-1"), 3)
    assert "(sk-…)" in haul.report.carried[0].text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("sk-ab...yz", "is masked"),
        ("your-api-key", "is a placeholder"),
        ("sk-first-key", "the same key"),
    ],
)
def test_what_is_no_key_or_here_already_is_left_out(text: str, reason: str) -> None:
    haul = Haul("x")
    add_client_key(haul, "first", "sk-first-key", "first")
    assert not add_client_key(haul, "second", text, "second")
    assert [key.name for key in haul.keys] == ["first"]
    assert [(line.what, reason in line.text) for line in haul.report.left_out] == [("second", True)]


def test_a_short_key_is_carried_with_a_warning() -> None:
    haul = Haul("x")
    assert add_client_key(haul, "api_key", "abc", "x")
    assert "easily guessed" in haul.report.carried[0].text
