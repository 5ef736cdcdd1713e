"""Settings and accounts are gathered whole, and reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.secret import Secret
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered, limit_of, one_line, proxy_of, shown_value
from isthmus.migrate.haul import Haul, NewAccount


def account(secret: str, **fields: object) -> NewAccount:
    return NewAccount("claude-web", "session", {"refresh_token": Secret(secret)}, "label", **fields)  # type: ignore[arg-type]


def test_settings_are_nested_and_reported() -> None:
    haul = Haul("x")
    gathered, entry = Gathered(haul, "claude-code"), Entry({"a": 1}, haul.report)
    gathered.keep(entry, "a", "claude_code.mcp.strict", False)
    gathered.put("claude_code.mcp.debug", True)
    gathered.keep(entry, "a", "claude_code.mode", "one_shot", "hidden")
    gathered.add("a")
    (provider,) = haul.providers
    assert provider.settings == {"claude_code": {"mcp": {"strict": False, "debug": True}, "mode": "one_shot"}}
    assert (provider.enabled, provider.reason) == (True, None)
    texts = [line.text for line in haul.report.carried]
    assert texts[0].startswith("`claude_code.mcp.strict` false, kept for provider 'claude-code'")
    assert "one_shot" not in texts[1]


def test_an_account_of_what_is_served_is_on_unless_it_was_off() -> None:
    haul = Haul("x")
    gathered, entry = Gathered(haul, "amazon-q"), Entry({"a": 1}, haul.report)
    gathered.keep(entry, "a", "amazon_q.api_region", "eu-central-1")
    gathered.put("amazon_q.colour", "red")
    assert gathered.add_account("a", account("made-up-token-1"), "refresh_token")
    assert gathered.add_account("b", account("made-up-token-2", off_reason="suspended"), "refresh_token")
    gathered.add("a")
    assert [(each.enabled, each.off_reason) for each in haul.accounts] == [(True, None), (False, "suspended")]
    (provider,) = haul.providers
    assert (provider.enabled, provider.settings) == (True, {"amazon_q": {"api_region": "eu-central-1"}})
    assert "amazon_q.colour" in haul.report.left_out[0].what
    assert not any("cannot run" in line.text for line in haul.report.carried)


@pytest.mark.parametrize("secret", ["", "****", "aor...zzz", "your-token-here", "made-up-token-1"])
def test_what_is_no_credential_or_known_is_left_out(secret: str) -> None:
    haul = Haul("x")
    gathered = Gathered(haul, "claude-web")
    gathered.add_account("a", account("made-up-token-1"), "refresh_token")
    assert not gathered.add_account("b", account(secret), "refresh_token")
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
