"""Credentials from where they may come from, which is never the command line; and files that hold them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import typer

from isthmus.cli.failure import CommandFailed
from isthmus.storage.accounts import API_KEY, SESSION_KEY

SESSION_BEGINS: Final = "sk-ant-sid"


def read_credentials(
    key_file: Path | None, key_env: str | None, credential_file: Path | None
) -> list[dict[str, Any]]:
    """The members of each credential; without a source, a key is asked for without echo. Raises `CommandFailed`."""
    given = [each for each in (key_file, key_env, credential_file) if each is not None]
    if len(given) > 1:
        raise CommandFailed("give one of --key-file, --key-env and --credential-file", exit_code=2)
    if credential_file is not None:
        return [_members(credential_file)]
    if key_env is not None:
        return [{API_KEY: read_variable(key_env, "--key-env")}]
    if key_file is not None:
        keys = [line.strip() for line in read_text(key_file).splitlines() if line.strip()]
        if not keys:
            raise CommandFailed(f"--key-file {key_file}: holds no key", exit_code=2)
        return [{API_KEY: key} for key in keys]
    if not sys.stdin.isatty():
        raise CommandFailed(
            "no terminal to ask for the key: give --key-env NAME or --key-file FILE", exit_code=2
        )
    return [{API_KEY: typer.prompt("Key", hide_input=True, err=True, default="", show_default=False)}]


def _members(file: Path) -> dict[str, Any]:
    try:
        members = json.loads(read_text(file))
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise CommandFailed(f"--credential-file {file}: holds no JSON object", exit_code=2)
    return members


def read_variable(name: str, option: str) -> str:
    """Raises `CommandFailed` when it is unset or empty."""
    value = os.environ.get(name)
    if not value:
        raise CommandFailed(f"{option}: the variable {name} is not set", exit_code=2)
    return value


def read_text(file: Path) -> str:
    """The whole file, or standard input for `-`. Raises `CommandFailed`."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8"
        raise CommandFailed(f"{file}: {reason}", exit_code=2) from None


def write_private(file: Path, text: str) -> None:
    """Readable for its owner alone from its first byte; whole, or as it was. Raises `CommandFailed`."""
    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as to:
            to.write(text)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CommandFailed(f"{file}: {error.strerror}") from None


def as_written(credential: dict[str, Any], kind: str | None, kinds: Sequence[str] = ()) -> dict[str, Any]:
    """Kind, credential and details of an account. `kinds`: what the provider takes; where it is one, an account is of that.

    What was read as a key may be a session key of claude.ai, which says so by its beginning; an organization may follow it after
    a colon.
    """
    text = str(credential.get(API_KEY, ""))
    if kind is None and text.startswith(SESSION_BEGINS):
        kind = SESSION_KEY
    elif kind is None and len(kinds) == 1:
        [kind] = kinds
    if kind == SESSION_KEY and credential.keys() == {API_KEY}:
        key, _, organization = text.partition(":")
        details = {"organization_id": organization} if organization else {}
        return {"kind": SESSION_KEY, "credential": {SESSION_KEY: key}, "details": details}
    return {"kind": kind or API_KEY, "credential": credential}
