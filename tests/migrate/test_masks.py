"""What is no credential is not taken for one, and what is one is hardly shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.migrate.masks import means_no_key, no_credential, prefix, shown_url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("sk-ant-sid01-AB...yz", "is masked"),
        ("sk-1234****", "is masked"),
        ("sk-ab…yz", "is masked"),
        ("xxxxxxxxxxxx", "is masked"),
        ("your-api-key", "is a placeholder"),
        ("sk-your-deepseek-key", "is a placeholder"),
        ("YOUR_KEY_HERE", "is a placeholder"),
        ("sk-your_key", "is a placeholder"),
        ("<api key>", "is a placeholder"),
        ("{{apiKey}}", "is a placeholder"),
        ("sk-xxx", "is a placeholder"),
        ("sk-1234", "is a placeholder"),
        ("changeme", "is a placeholder"),
        ("change-me-please", "is a placeholder"),
        ("sk-two\nlines", "holds a character that cannot be sent"),
        ("sk-example-siliconflow", None),
        ("sk-or-v1-EXAMPLE1", None),
        ("client-key-one", None),
        ("sk-12345abcdef", None),
        ("local-example-key", None),
    ],
)
def test_masks_and_placeholders_are_no_credentials(text: str, why: str | None) -> None:
    assert no_credential(text) == why


@pytest.mark.parametrize(
    ("text", "no_key"), [("none", True), ("EMPTY", True), ("", True), ("sk-1", False), ("nonesuch", False)]
)
def test_servers_without_keys_are_told_by_the_word(text: str, no_key: bool) -> None:
    assert means_no_key(text) is no_key


@given(st.text(min_size=1))
def test_a_report_shows_a_quarter_of_a_secret_at_most(secret: str) -> None:
    shown = prefix(secret).removesuffix("…")
    assert secret.startswith(shown)
    assert len(shown) <= min(8, len(secret) / 4)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:secret@127.0.0.1:7890", "http://127.0.0.1:7890"),
        ("socks5://secret@[::1]:1080/", "socks5://[::1]:1080/"),
        ("https://example.com/v1?key=secret#secret", "https://example.com/v1"),
        ("secret", "an address"),
        ("http://secret:secret", "an address"),
        ("http://[secret", "an address"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown
