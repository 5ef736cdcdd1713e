"""JSON5: JSON with comments, bare names, single quotes, trailing commas and JavaScript's numbers."""

from __future__ import annotations

import json
import re
from typing import Final

from isthmus.config.jsonc import Reader, SyntaxProblem

_TOKEN: Final = re.compile(
    r"""(?P<gap>[\s\ufeff]+|//[^\n\u2028\u2029]*|/\*.*?\*/)
      | (?P<mark>[{}\[\],:])
      | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w$.]))
      | (?P<name>(?:[^\W\d]|\$|\\u[0-9a-fA-F]{4})(?:[\w$]|\\u[0-9a-fA-F]{4})*)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r?\n|[^ux])", re.DOTALL)
_ESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0", "\n": ""}
_NAMES: Final = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*:", re.DOTALL)
"""What follows the name of a member."""
_WORDS: Final = frozenset(("true", "false", "null"))


def parse(text: str) -> object:
    """None for a text of nothing but comments. Raises `SyntaxProblem`."""
    return Reader(_as_json(text)).read()


def _as_json(text: str) -> str:
    """The same text in JSON's own spelling, line for line."""
    out: list[str] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise SyntaxProblem(text.count("\n", 0, at) + 1, "a character that does not belong here")
        out.append(_spelled(token, text))
        at = token.end()
    return "".join(out)


def _spelled(token: re.Match[str], text: str) -> str:
    written = token.group()
    match token.lastgroup:
        case "gap":
            return "\n" * written.count("\n") or " "
        case "text":
            return json.dumps(_unescaped(written[1:-1])) + "\n" * written.count("\n")
        case "number":
            return _number(written)
        case "name" if _NAMES.match(text, token.end()):
            return json.dumps(_unescaped(written))
        case "name" if written not in _WORDS:
            raise SyntaxProblem(text.count("\n", 0, token.start()) + 1, "a text without quotes")
        case _:
            return written


def _unescaped(text: str) -> str:
    """Halves of a character beyond U+FFFF, which JavaScript escapes apart, are put together."""

    def meant(found: re.Match[str]) -> str:
        escaped = found.group(1)
        return chr(int(escaped[1:], 16)) if escaped[0] in "ux" else _ESCAPED.get(escaped, escaped)

    plain = _ESCAPE.sub(meant, text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _number(written: str) -> str:
    digits = written.lstrip("+")
    sign = "-" if digits.startswith("-") else ""
    digits = digits.removeprefix("-")
    if digits[:2] in ("0x", "0X"):
        return f"{sign}{int(digits, 16)}"
    whole, point, rest = digits.partition(".")
    if not point:
        return sign + digits
    if not rest or rest[0] in "eE":
        rest = f"0{rest}"
    return f"{sign}{whole or '0'}.{rest}"
