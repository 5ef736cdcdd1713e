"""One member of a JSON object changed, every other byte left as the client wrote it.

What passes through untouched cannot be damaged: not the spelling of a number, not the order of keys, not a field that
is newer than we are. So a body that only needs another model name is spliced, never decoded and written again.

Only members of the outermost object are touched, however often the key occurs deeper, and a key is recognised however
it is spelled (`"m\\u006fdel"` too). A key that occurs twice is refused: readers disagree on which one counts, and what
we checked must be what the upstream reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

_SPACE: Final = rb"[ \t\n\r]*"
_OPENING: Final = re.compile(_SPACE + rb"\{")
_NAME: Final = re.compile(_SPACE + rb'("(?:[^"\\]|\\.)*+")' + _SPACE + rb":" + _SPACE)
_AFTER_VALUE: Final = re.compile(_SPACE + rb"([,}])")
_OUTERMOST: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BACKSLASH: Final = 92
_SCANNER: Final = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)


class SpliceError(ValueError):
    """The body cannot be changed as asked."""


class NotAnObject(SpliceError):
    """The body is not one JSON object, or is nested too deeply to be read."""


class DuplicateKey(SpliceError):
    """The outermost object holds the key more than once."""


class KeyAbsent(SpliceError):
    """The outermost object does not hold the key."""


class NotAString(SpliceError):
    """The key is there, its value is no string."""


class _Member(NamedTuple):
    name: str
    value_start: int
    end: int


def replace_top_level_string(body: bytes, key: str, value: str) -> bytes:
    """`body` with the string under `key` replaced.

    Raises `KeyAbsent`, `NotAString`, `DuplicateKey` or `NotAnObject`, all of them `SpliceError`.
    """
    members = _members(body)
    at = _only(members, key)
    if at is None:
        raise KeyAbsent(f"the body has no {key!r}")
    member = members[at]
    if not body.startswith(b'"', member.value_start):
        raise NotAString(f"{key!r} is not a string")
    return b"".join((body[: member.value_start], json.dumps(value).encode(), body[member.end :]))


def set_top_level_raw(body: bytes, key: str, raw: bytes) -> bytes:
    """`body` with `raw`, the text of one JSON value, under `key`: in the old one's place, or as the last member.

    `raw` is trusted to be JSON. Raises `DuplicateKey` or `NotAnObject`.
    """
    members = _members(body)
    at = _only(members, key)
    if at is not None:
        member = members[at]
        return b"".join((body[: member.value_start], raw, body[member.end :]))
    added = json.dumps(key).encode() + b":" + raw
    if members:
        end = members[-1].end
        return b"".join((body[:end], b",", added, body[end:]))
    end = body.index(b"{") + 1
    return b"".join((body[:end], added, body[end:]))


def _only(members: list[_Member], key: str) -> int | None:
    found = [at for at, member in enumerate(members) if member.name == key]
    if len(found) > 1:
        raise DuplicateKey(f"{key!r} is given more than once")
    return found[0] if found else None


def _members(body: bytes) -> list[_Member]:
    """Where the outermost object's members stand.

    msgspec validates the body and cuts out the values at a tenth of what any scanner in Python costs, but says neither
    where they were nor that a key came twice. Walking the names again answers both: where the cut-out text stands at
    the value's place and a comma or the end follows, that is the value (no JSON value is the beginning of another, but
    for numbers, and no number goes on with a comma). Where it does not stand, the key came twice with different
    values, and the standard library's scanner finds the end.
    """
    try:
        values = _OUTERMOST.decode(body)
        return _walk(body, values) if values else []
    except (msgspec.DecodeError, ValueError) as error:
        raise NotAnObject(f"the body is not a JSON object: {error}") from None
    except RecursionError:
        raise NotAnObject("the body is nested too deeply") from None


def _walk(body: bytes, values: dict[str, msgspec.Raw]) -> list[_Member]:
    members: list[_Member] = []
    scan = _scan_ends(body)
    place = _match(_OPENING, body, 0).end()
    while True:
        name = _match(_NAME, body, place)
        spelled, start = name[1], name.end()
        key = json.loads(spelled) if _BACKSLASH in spelled else spelled[1:-1].decode()
        text = bytes(values[key])
        end = start + len(text)
        if not body.startswith(text, start) or not (after := _AFTER_VALUE.match(body, end)):
            end = scan(start)
            after = _match(_AFTER_VALUE, body, end)
        members.append(_Member(key, start, end))
        if after[1] == b"}":
            return members
        place = after.end()


def _scan_ends(body: bytes) -> Callable[[int], int]:
    """Finds where the value that starts at a place ends. Read as Latin-1, so that characters are counted as bytes."""
    text: str | None = None

    def end_of(start: int) -> int:
        nonlocal text
        if text is None:
            text = body.decode("latin-1")
        return _SCANNER.raw_decode(text, start)[1]

    return end_of


def _match(pattern: re.Pattern[bytes], body: bytes, place: int) -> re.Match[bytes]:
    found = pattern.match(body, place)
    if found is None:
        raise NotAnObject(f"the body is not a JSON object: unexpected text at byte {place}")
    return found
