"""Loads the tables of wire facts in tests/wire/chat, and spells neutral data the way those tables write it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from isthmus.core.interfaces import Signing

FOLDER = Path(__file__).parents[2] / "wire" / "chat"
SIGNING = Signing("gpt-5.6", "vendor", "0123456789abcdef01234567", 1_763_700_000, 42)


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a table; every table says where its facts come from."""
    table = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    assert table["origin"]
    return list(table["rows"])


def named(row: dict[str, Any]) -> str:
    return str(row["name"])


def transcript(name: str) -> bytes:
    """A golden stream, without the comment that tells its origin."""
    origin, _, stream = (FOLDER / name).read_bytes().partition(b"\n\n")
    assert origin.startswith(b": origin: ")
    return stream


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def spell(value: Any) -> Any:
    """Plain data: a dataclass becomes {"Name": {fields that differ from their defaults}}."""
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {type(value).__name__: dict(_told(value))}
    if isinstance(value, tuple | list):
        return [spell(each) for each in value]
    if isinstance(value, dict):
        return {key: spell(each) for key, each in value.items()}
    return value


def _told(value: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(value):
        default = field.default_factory() if callable(field.default_factory) else field.default
        if (said := getattr(value, field.name)) != default:
            yield field.name, spell(said)
