"""Files of another program as plain values. Nothing here writes to, moves or locks them, and nothing in them is run.

A byte order mark and CRLF are accepted everywhere. SQLite databases are read by `migrate.sqlite_copy`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from isthmus.config import jsonc, yaml_text
from isthmus.config.jsonc import SyntaxProblem
from isthmus.migrate import dotenv, json5_text

MAX_BYTES: Final = 64 * 2**20
"""Exports of many accounts are some megabytes; what is larger is something else."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Options:
    """What a reader may know beside the path."""

    env: Mapping[str, str] = field(default_factory=dict)
    """Variables that the other program would have seen."""
    now_ms: int = 0
    home: Path = field(default_factory=Path.home)
    """What `~` in the other program's files stands for."""
    with_logs: bool = False
    """Whether its request log is wanted, too."""
    profile: str | None = None
    """Which of several configurations side by side is meant."""


class Unreadable(Exception):
    """A file that is there but cannot be read. The message names the file, the place in it and the way out, no value."""


def file_in(path: Path, *names: str) -> Path | None:
    """The path itself, or the first of these files in the directory that it is. Raises `Unreadable` when nothing is there."""
    if path.is_dir():
        return next((path / name for name in names if (path / name).is_file()), None)
    if not path.exists():
        raise Unreadable(f"{path} does not exist: give the path of the program's configuration")
    return path


def read_text(path: Path) -> str:
    """UTF-8, without byte order mark, lines ended by `\\n` alone. Raises `Unreadable`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(
                f"{path} is larger than {MAX_BYTES // 2**20} MiB: give the path of the program's configuration"
            )
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(
            f"{path} cannot be read: {os.strerror(error.errno or 0)}; check the path and its permissions"
        ) from None
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"{path} is not UTF-8 text (byte {error.start}): save it as UTF-8 and try again"
        ) from None
    return text.replace("\r\n", "\n")


def read_yaml(path: Path) -> object:
    """Plain words follow YAML 1.2; for a program that takes `yes` or `on` as booleans, ask `Entry.flag` for `words`."""
    return _parsed(path, "YAML", lambda text: yaml_text.Reader(text).read())


def read_json(path: Path) -> object:
    """Comments and trailing commas are allowed."""
    return _parsed(path, "JSON", lambda text: jsonc.Reader(text).read())


def read_json5(path: Path) -> object:
    return _parsed(path, "JSON5", json5_text.parse)


def read_toml(path: Path) -> dict[str, object]:
    return _parsed(path, "TOML", tomllib.loads)


def read_dotenv(path: Path, raw: Collection[str] = ()) -> dict[str, str]:
    """`raw` names the variables in which a backslash is just that, as in Windows paths."""
    return _parsed(path, ".env", lambda text: dotenv.parse(text, raw))


def _parsed(path: Path, format: str, parse: Callable[[str], Value]) -> Value:
    try:
        return parse(read_text(path))
    except SyntaxProblem as error:
        raise Unreadable(f"{path}:{error.line}: not {format}: {error.what}") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        # What a TOML error says of the place ends its message; the rest may quote the text.
        place = (
            str(error).rpartition("(")[2].rstrip(")") if isinstance(error, ValueError) else "nested deeply"
        )
        raise Unreadable(f"{path}: not {format} ({place})") from None
