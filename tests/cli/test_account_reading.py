"""Credentials are read from files and variables, and written for their owner alone."""

from __future__ import annotations

import io
import stat
import sys
from pathlib import Path

import pytest

from isthmus.cli.account_reading import as_written, read_credentials, read_text, read_variable, write_private
from isthmus.cli.failure import CommandFailed


def test_one_key_on_a_line(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes("\ufeffsk-1\r\n\r\n  sk-2\r\n".encode())
    assert read_credentials(file, None, None) == [{"api_key": "sk-1"}, {"api_key": "sk-2"}]


def test_members_of_a_credential(tmp_path: Path) -> None:
    file = tmp_path / "credential.json"
    file.write_text('{"refresh_token": "r"}')
    assert read_credentials(None, None, file) == [{"refresh_token": "r"}]


@pytest.mark.parametrize("kind", [None, "session_key"])
def test_a_session_key_says_itself_what_it_is(kind: str | None) -> None:
    key, organization = "sk-ant-sid01-made-up", "0b7c2d1e-5a44-4f0e-9a31-6f1f0e2a9c10"
    session = {"kind": "session_key", "credential": {"session_key": key}, "details": {}}
    assert as_written({"api_key": key}, kind) == session
    with_organization = session | {"details": {"organization_id": organization}}
    assert as_written({"api_key": f"{key}:{organization}"}, kind) == with_organization


@pytest.mark.parametrize("text", ["sk-ant-sid01-made-up", "sk-ant-api03-made-up", "nonsense"])
def test_where_only_sessions_are_taken_a_key_is_judged_as_one(text: str) -> None:
    session = {"kind": "session_key", "credential": {"session_key": text}, "details": {}}
    assert as_written({"api_key": text}, None, ("session_key",)) == session
    assert as_written({"session_key": text}, None, ("session_key",)) == {
        "kind": "session_key",
        "credential": {"session_key": text},
    }
    assert as_written({"api_key": "ksk_1"}, None, ("builder_id", "api_key"))["kind"] == "api_key"


def test_a_session_key_is_never_taken_for_an_api_key() -> None:
    assert as_written({"api_key": "sk-ant-sid01-made-up"}, None, ("api_key",))["kind"] == "session_key"


@pytest.mark.parametrize(
    ("credential", "kind", "read_as"),
    [
        ({"api_key": "sk-1"}, None, "api_key"),
        ({"api_key": "sk-1"}, "api_key", "api_key"),
        ({"api_key": "sk-ant-sid01-made-up"}, "api_key", "api_key"),
        ({"refresh_token": "r"}, "social", "social"),
        ({"session_key": "sk-ant-sid01-made-up"}, "session_key", "session_key"),
    ],
)
def test_others_are_what_their_kind_is_called(
    credential: dict[str, str], kind: str | None, read_as: str
) -> None:
    assert as_written(credential, kind) == {"kind": read_as, "credential": credential}


def test_a_variable_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SET", "value")
    monkeypatch.setenv("EMPTY", "")
    assert read_variable("SET", "--key-env") == "value"
    for name in ("EMPTY", "UNSET"):
        with pytest.raises(CommandFailed, match=f"--key-env: the variable {name} is not set"):
            read_variable(name, "--key-env")


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("sk-1"))
    with pytest.raises(CommandFailed, match="--key-env NAME or --key-file FILE"):
        read_credentials(None, None, None)


def test_what_is_no_text_is_said(tmp_path: Path) -> None:
    file = tmp_path / "binary"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CommandFailed, match="is not UTF-8"):
        read_text(file)


def test_a_private_file_replaces_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old and longer")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
