"""The address is told, not stored, and is loopback without keys."""

import pytest

from isthmus.core.secret import Secret
from isthmus.migrate.haul import Haul, NewKey
from isthmus.migrate.listener import say_listener

KEY = NewKey("a", Secret("sk-a"))


@pytest.mark.parametrize(
    ("host", "keys", "written"),
    [
        ("0.0.0.0", [], "127.0.0.1"),
        ("0.0.0.0", [KEY], "0.0.0.0"),
        ("", [], "127.0.0.1"),
        ("", [KEY], "0.0.0.0"),
        ("192.168.1.5", [], "127.0.0.1"),
        ("192.168.1.5", [KEY], "192.168.1.5"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("localhost", [], "localhost"),
        ("::1", [], "::1"),
    ],
)
def test_without_a_key_only_this_machine_is_served(host: str, keys: list[NewKey], written: str) -> None:
    haul = Haul("x", keys=keys)
    say_listener(haul, host=host, port=9000)
    assert haul.report.closing == [f"Write into isthmus.yaml: server: {{host: {written}, port: 9000}}"]
    line = haul.report.changed[0]
    assert (line.what, f"`server.host: {written}`" in line.text) == ("server.host", True)
    assert ("without an API key" in line.text) is (host not in ("127.0.0.1", "localhost", "::1") and not keys)


def test_what_was_not_said_is_not_told() -> None:
    haul = Haul("x")
    say_listener(haul, host=None, port=None)
    say_listener(haul, host=None, port=0)
    assert haul.report.changed == []
    assert haul.report.closing == []


def test_a_port_that_is_none_is_left_out() -> None:
    haul = Haul("x")
    say_listener(haul, host=None, port=70_000, port_at="PORT")
    assert [(line.what, line.text) for line in haul.report.left_out] == [
        ("PORT", "70000 is no port: write one between 1 and 65535")
    ]
