"""JSON text: written on one line, looked at without reading it, and what is wrong with a value told as path and word."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import msgspec

_encode: Final = msgspec.json.Encoder().encode
_AT: Final = re.compile(r" - at `\$([^`]*)`$")
_MISSING: Final = re.compile(r"missing required field `([^`]*)`")
_EXPECTED: Final = re.compile(r"Expected `([^`]*)`")


def to_json(value: object) -> bytes:
    """JSON on one line. Halves of a split character, which UTF-8 cannot carry, become U+FFFD."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(_sendable(value))


def whole_characters(text: str) -> str:
    """Pairs of halves joined to the characters they make; a half alone becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_of(raw: msgspec.Raw) -> str:
    """The value's JSON text, exactly as it was written."""
    return bytes(raw).decode()


def starts_with(raw: msgspec.Raw, beginning: bytes) -> bool:
    """Looks at the first bytes alone, since a raw value may be large. What was not there starts with nothing."""
    view = memoryview(raw)
    return bool(view) and view[: len(beginning)].tobytes() == beginning


def given(raw: msgspec.Raw) -> bool:
    """Whether an optional raw value was there and was not null."""
    return starts_with(raw, b"") and not starts_with(raw, b"null")


class Unfit(NamedTuple):
    """What msgspec found wrong with a value."""

    path: str
    """Dotted, from the path of the decoded value down."""
    missing: str | None
    """The field that should be there."""
    expected: tuple[str, ...]
    """Names of the JSON types that would do, in msgspec's words."""
    said: str
    """In msgspec's own words, without the place."""


def unfit(error: msgspec.ValidationError, path: str) -> Unfit:
    """The place and the fault that a `ValidationError` tells in prose."""
    said = str(error)
    inner = found[1] if (found := _AT.search(said)) else ""
    missing = _MISSING.search(said)
    expected = _EXPECTED.search(said)
    return Unfit(
        path=(path + re.sub(r"\[(\d+|\.\.\.)\]", r".\1", inner)).strip("."),
        missing=missing[1] if missing else None,
        expected=tuple(expected[1].split(" | ")) if expected else (),
        said=said.partition(" - at ")[0],
    )


def _sendable(value: Any) -> Any:
    match value:
        case str():
            return whole_characters(value)
        case dict():
            return {_sendable(key): _sendable(each) for key, each in value.items()}
        case list():
            return [_sendable(each) for each in value]
        case _:
            return value
