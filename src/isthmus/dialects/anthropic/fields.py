"""Reading one field of a request, or saying in Anthropic's own words what is wrong with it and where.

The texts are those of the real API ("max_tokens: Field required"), since clients search them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from msgspec.json import Decoder

from isthmus.core.conversation import CacheMark
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Action, Loss
from isthmus.dialects.anthropic.schema import CacheControl
from isthmus.wire.json_text import given
from isthmus.wire.json_text import unfit as find_unfit

T = TypeVar("T")

_WORDS = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "array": "list",
    "object": "dictionary",
}


@dataclass(slots=True)
class Reading:
    """What is noted while one request is read."""

    version: str = ""
    """The client's `anthropic-version`, empty when it sent none."""
    losses: list[Loss] = field(default_factory=list)

    @property
    def of_october_2026(self) -> bool:
        """Under `2026-10-21` sampling parameters and a few block placements are refused (docs: api/migration-2026-10-21)."""
        return self.version >= "2026-10-21"

    def lost(self, where: str, action: Action, detail: str = "") -> None:
        self.losses.append(Loss(where, action, detail))


def read(raw: msgspec.Raw, decoder: Decoder[T], path: str) -> T:
    """The decoded field; raises `BadRequest` with the full dotted path of what does not fit."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise unfit(error, path) from None


def unfit(error: msgspec.ValidationError, path: str) -> BadRequest:
    found = find_unfit(error, path)
    if found.missing is not None:
        return invalid(join(found.path, found.missing), "Field required")
    if found.expected:
        return invalid(found.path, f"Input should be a valid {_alternatives(found.expected)}")
    return invalid(found.path, found.said)


def invalid(path: str, message: str) -> BadRequest:
    path = path.strip(".")
    return BadRequest(f"{path}: {message}" if path else message, field=path or None)


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def require(value: T | None, path: str) -> T:
    if value is None:
        raise invalid(path, "Field required")
    return value


def opens_with(raw: msgspec.Raw) -> str:
    """The first character, which tells what kind of JSON value it is."""
    return bytes(memoryview(raw)[:1]).decode("latin-1")


def cache_mark(control: CacheControl | None) -> CacheMark | None:
    if control is None:
        return None
    return CacheMark.LONG if control.ttl == CacheMark.LONG else CacheMark.SHORT


def is_empty(raw: msgspec.Raw) -> bool:
    """Whether a raw list or object holds nothing (or was not given)."""
    value: Any = msgspec.json.decode(raw) if given(raw) else None
    return not value


def _alternatives(expected: tuple[str, ...]) -> str:
    return " or ".join(_WORDS.get(each, each) for each in expected if each != "null")
