"""What a later version runs is kept whole, and off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.secret import Secret
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul, NewAccount
from isthmus.migrate.later import Later, limit_of, not_yet, one_line, proxy_of, shown_value


def account(secret: str, **fields: object) -> NewAccount:
    return NewAccount("amazon-q", "social", {"refresh_token": Secret(secret)}, "label", **fields)  # type: ignore[arg-type]


def test_settings_are_nested_and_reported() -> None:
    haul = Haul("x")
    later, entry = Later(haul, "claude-code"), Entry({"a": 1}, haul.report)
    later.keep(entry, "a", "mcp.enabled", True)
    later.put("mcp.strict", False)
    later.keep(entry, "a", "mode", "one-shot", "hidden")
    later.add("a")
    (provider,) = haul.providers
    assert provider.settings == {"mcp": {"enabled": True, "strict": False}, "mode": "one-shot"}
    assert (provider.enabled, provider.reason) == (False, not_yet("claude-code"))
    texts = [line.text for line in haul.report.carried]
    assert texts[0].startswith("`mcp.enabled` true, kept for provider 'claude-code'")
    assert "one-shot" not in texts[1]


def test_an_account_is_off_and_says_why() -> None:
    haul = Haul("x")
    later = Later(haul, "amazon-q")
    assert later.add_account("a", account("made-up-token-1"), "refresh_token")
    assert later.add_account("b", account("made-up-token-2", off_reason="suspended"), "refresh_token")
    assert [(each.enabled, each.off_reason) for each in haul.accounts] == [
        (False, not_yet("amazon-q")),
        (False, "suspended"),
    ]


@pytest.mark.parametrize("secret", ["", "****", "aor...zzz", "your-token-here", "made-up-token-1"])
def test_what_is_no_credential_or_known_is_left_out(secret: str) -> None:
    haul = Haul("x")
    later = Later(haul, "amazon-q")
    later.add_account("a", account("made-up-token-1"), "refresh_token")
    assert not later.add_account("b", account(secret), "refresh_token")
    assert [line.what for line in haul.report.left_out] == ["b"]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("http://127.0.0.1:1", True),
        ("socks5://a:b@h:1", True),
        ("127.0.0.1:1", False),
        ("ftp://x", False),
        ("", True),
    ],
)
def test_proxies(text: str, is_one: bool) -> None:
    assert (proxy_of(text) is not None) == is_one


@given(st.text())
def test_a_label_is_one_printable_line(text: str) -> None:
    line = one_line(text, 20)
    assert len(line) <= 20
    assert line == line.strip()
    assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in line)
    line.encode()


def test_limits_of_nothing_are_none() -> None:
    assert [limit_of(each) for each in (None, 0, -1, 5, 2**60)] == [None, None, None, 5, 2**53]


def test_values_are_shown_shortly() -> None:
    assert [shown_value(each) for each in (True, 3, "x", ["a"], [], {"a": 1})] == [
        "true",
        "3",
        "'x'",
        "'a'",
        "none",
        "of 1 entries",
    ]
