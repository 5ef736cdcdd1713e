"""`.env` files: one `NAME=value` a line, as the common libraries read them. Nothing is expanded."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

_LINE: Final = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*
        (?: "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>[^']*)' | (?P<bare>[^\n]*) )""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_RAW: Final = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(["']?)(.*?)\2[ \t]*$"""
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t"}


def parse(text: str, raw: Collection[str] = ()) -> dict[str, str]:
    """Variables in their order; the last of one name wins. In those named by `raw` a backslash is just that."""
    values = {found["name"]: _value(found) for found in _LINE.finditer(text)}
    for line in text.splitlines() if raw else ():
        found = _RAW.match(line)
        if found and found["name"] in raw:
            values[found["name"]] = found[3].strip()
    return values


def _value(found: re.Match[str]) -> str:
    if (double := found["double"]) is not None:
        return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), double)
    if (single := found["single"]) is not None:
        return str(single)
    bare = f" {found['bare']}"
    return re.split(r"[ \t]#", bare, maxsplit=1)[0].strip()
