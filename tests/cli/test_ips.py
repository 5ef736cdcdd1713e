"""`isthmus ips`, as its users have it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from isthmus.cli.app import main

Say = Callable[..., tuple[str, str]]


@pytest.fixture
def ips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> tuple[str, str]:
        assert main(["ips", *arguments]) == code
        return capsys.readouterr()

    return run


def test_an_address_is_refused_and_let_in_again(ips: Say) -> None:
    assert "No address is refused" in ips("list")[1]
    assert (
        "203.0.113.0/24 is refused now"
        in ips("block", "203.0.113.9/24", "--reason", "[noise]", "--until", "30d")[1]
    )
    ips("block", "2001:db8::1")
    [newest, first] = json.loads(ips("list", "--json")[0])
    assert (newest["network"], newest["expires_at"]) == ("2001:db8::1/128", None)
    assert (first["network"], first["reason"]) == ("203.0.113.0/24", "[noise]")
    assert first["expires_at"] > first["created_at"]
    shown = ips("list")[0]
    assert "[noise]" in shown
    assert "for good" in shown
    assert "let in again" in ips("unblock", "203.0.113.0/24")[1]
    assert [each["network"] for each in json.loads(ips("list", "--json")[0])] == ["2001:db8::1/128"]


def test_whoever_has_shut_out_this_machine_gets_back_in(ips: Say) -> None:
    assert "this machine itself" in ips("block", "127.0.0.1", code=1)[1]
    ips("block", "127.0.0.1", "--force")
    ips("unblock", "127.0.0.1")
    assert json.loads(ips("list", "--json")[0]) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("block", "300.1.1.1"), 1, "not an address or a network"),
        (("block", "192.0.2.1", "--until", "yesterday"), 2, "--until"),
        (("block", "192.0.2.1", "--until", "2020-01-01"), 1, "must be in the future"),
        (("unblock", "192.0.2.1"), 1, "is not blocked"),
    ],
)
def test_what_cannot_be_is_refused(ips: Say, arguments: tuple[str, ...], code: int, said: str) -> None:
    assert said in ips(*arguments, code=code)[1]
