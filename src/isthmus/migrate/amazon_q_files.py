"""Files with logins of Amazon Q and Kiro, on this machine or sent to it: read once, never written.

Token files of the Kiro IDE and of AWS SSO, databases of Amazon's command lines, lists of other gateways, and directories of them.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from isthmus.migrate import source
from isthmus.migrate.amazon_q_lists import Found, found_in_login, found_in_rows, found_in_text
from isthmus.migrate.amazon_q_tokens import EXTERNAL, IDENTITY_CENTER, SOCIAL, text_in
from isthmus.migrate.source import Unreadable
from isthmus.migrate.sqlite_copy import MAGIC, copied, is_sqlite, rows, tables

MAX_DEPTH: Final = 3
"""Levels of directories: some gateways keep a directory for each account."""
MAX_FILES: Final = 10_000
_TOKENS: Final = {
    "kirocli:external-idp:token": EXTERNAL,
    "kirocli:social:token": SOCIAL,
    "kirocli:odic:token": IDENTITY_CENTER,
    "codewhisperer:odic:token": IDENTITY_CENTER,
}
"""What the command lines call their logins, the first one counting; `odic` is how they spell it."""
_CLIENTS: Final = ("kirocli:odic:device-registration", "codewhisperer:odic:device-registration")
_PROFILE: Final = "api.codewhisperer.profile"
_NO_TABLE: Final = "is a database without logins: it has neither a table `auth_kv` nor accounts"
_NO_LOGIN: Final = "is a database without a login: sign in there first"
_HASH: Final = re.compile(r"[0-9a-fA-F]{8,128}\Z")
_ENDINGS: Final = frozenset((".json", ".jsonl"))


def found_at(path: Path, home: Path) -> list[Found]:
    """Of a file, or of every file with a login in a directory. Raises `Unreadable` for what is not there or cannot be read."""
    if not path.exists():
        raise Unreadable(
            f"{path} does not exist: give the path of a token file, a list or a directory of them"
        )
    if not path.is_dir():
        return _in_file(path, home)
    found: list[Found] = []
    for file in _files_below(path):
        found += [each.below(str(file.relative_to(path))) for each in _beside_others(file, home)]
    return found


def found_among(files: Mapping[str, bytes]) -> list[Found]:
    """Of files by name, as they are sent from elsewhere; a text that was typed has none. Registered clients are looked for among
    them."""
    found: list[Found] = []
    for name, content in files.items():
        is_client = bool(_HASH.match(Path(name).stem))
        some = _in_content(content, files)
        some = [each for each in some if not (is_client and each.is_nothing)]
        found += [each.below(name) for each in some] if name else some
    return found


def _files_below(folder: Path, depth: int = MAX_DEPTH) -> list[Path]:
    """In order; links to directories are not followed. Raises `Unreadable`."""
    found: list[Path] = []
    try:
        for each in sorted(folder.iterdir()):
            if each.is_dir():
                found += _files_below(each, depth - 1) if depth and not each.is_symlink() else []
            elif each.is_file():
                found.append(each)
    except OSError as error:
        raise Unreadable(f"{folder} cannot be read: {error.strerror}") from None
    if len(found) > MAX_FILES:
        raise Unreadable(f"{folder} holds more than {MAX_FILES} files: give a directory of token files alone")
    return found


def _beside_others(file: Path, home: Path) -> list[Found]:
    """Others than token files may lie beside them."""
    if file.suffix not in _ENDINGS and not is_sqlite(file):
        return []
    try:
        return [each for each in _in_file(file, home) if not each.is_nothing]
    except Unreadable as unreadable:
        return [Found("", problem=str(unreadable))]


def _in_file(file: Path, home: Path) -> list[Found]:
    if is_sqlite(file):
        return _in_database(file)

    def registered(hash: str) -> Mapping[str, Any]:
        places = (file.parent, home / ".aws" / "sso" / "cache")
        return next((client for folder in places if (client := _client_at(folder, hash))), {})

    return found_in_text(source.read_text(file), registered)


def _client_at(folder: Path, hash: str) -> Mapping[str, Any]:
    """The client that a token of AWS SSO was made for. The hash is part of a file's name, so it must be nothing else."""
    try:
        value = source.read_json(folder / f"{hash}.json") if _HASH.match(hash) else None
    except Unreadable:
        return {}
    return value if isinstance(value, dict) else {}


def _in_content(content: bytes, files: Mapping[str, bytes]) -> list[Found]:
    if content.startswith(MAGIC):
        with TemporaryDirectory(prefix="isthmus-") as folder:
            file = Path(folder) / "sent.sqlite"
            file.write_bytes(content)
            try:
                return _in_database(file)
            except Unreadable:
                return [
                    Found("", problem="is not a whole SQLite database: copy it again, with nothing using it")
                ]
    try:
        return found_in_text(content.decode("utf-8-sig"), partial(_client_among, files))
    except UnicodeDecodeError as error:
        return [Found("", problem=f"is neither UTF-8 text (byte {error.start}) nor an SQLite database")]


def _client_among(files: Mapping[str, bytes], hash: str) -> Mapping[str, Any]:
    name = next((each for each in files if Path(each).name == f"{hash}.json"), None)
    return (_json(files[name]) or {}) if name else {}


def _in_database(file: Path) -> list[Found]:
    with copied(file) as connection:
        columns = tables(connection)
        if {"refreshToken", "refresh_token"} & {*columns.get("accounts", ())}:
            return found_in_rows(_plain(row) for row in rows(connection, "accounts"))
        if not {"key", "value"} <= {*columns.get("auth_kv", ())}:
            return [Found("", problem=_NO_TABLE, is_nothing=True)]
        stored = {str(row["key"]): row["value"] for row in rows(connection, "auth_kv")}
        arn = _profile(connection, columns)
    for key, method in _TOKENS.items():
        if token := _json(stored.get(key)):
            is_external = (
                EXTERNAL in (method, token.get("auth_method")) or token.get("provider") == "ExternalIdp"
            )
            login = {"profile_arn": arn, **_given(token), "auth_method": EXTERNAL if is_external else method}
            has_client = login["auth_method"] == IDENTITY_CENTER
            return [found_in_login(login, _client_in(stored) if has_client else {})]
    return [Found("", problem=_NO_LOGIN, is_nothing=True)]


def _client_in(stored: Mapping[str, object]) -> Mapping[str, Any]:
    return next((found for key in _CLIENTS if (found := _json(stored.get(key)))), {})


def _profile(connection: sqlite3.Connection, columns: Mapping[str, tuple[str, ...]]) -> str | None:
    if not {"key", "value"} <= {*columns.get("state", ())}:
        return None
    stored = {str(row["key"]): row["value"] for row in rows(connection, "state")}
    return text_in(_json(stored.get(_PROFILE)) or {}, "arn")


def _json(value: object) -> dict[str, Any] | None:
    """Values of the databases are JSON, as text or as bytes."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found else None


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Some drivers stored text as bytes."""
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for name, value in row.items()
    }
