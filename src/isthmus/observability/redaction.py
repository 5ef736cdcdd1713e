"""The last net under secrets: whatever would be printed passes here, already in its final form.

Nothing upstream of this is meant to log a secret; this is for the day something does, such as the text of a foreign exception.
Working on the finished line means that no nesting, key or representation can hide a value from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from isthmus.core.secret import Secret

MASK: Final = "***"
MIN_KNOWN_CHARS: Final = 4
"""A shorter secret would mask ordinary words all over the log, and so show what it is."""

_HINTS: Final = tuple("k- k_ sa_ earer EARER :// eyJ AKIA AIza ey= EY= oken= OKEN= -key -KEY -Key".split())
"""No pattern below matches a line that has none of these; looking for them is what an ordinary line costs."""
_PATTERNS: Final = re.compile(
    r"""
      (?<![A-Za-z0-9]) (?:sk|gsk|pk|rk) [-_] [A-Za-z0-9_-]{6,}                # keys of OpenAI, Anthropic, Groq and many others
    | (?<![A-Za-z0-9]) isa_ [A-Za-z0-9_-]{6,}                                   # tokens of our own admin API
    | (?<![A-Za-z0-9]) (?:AKIA[0-9A-Z]{12,} | AIza[A-Za-z0-9_-]{20,})          # AWS, Google
    | (?<![A-Za-z0-9]) eyJ[A-Za-z0-9_-]{8,} (?: \. [A-Za-z0-9_-]* ){1,2}       # JSON web tokens
    | (?<= ://) [^\s/@"'<>]+ (?=@)                                             # credentials in an address
    | (?P<kept> (?i: \b bearer \s+
                | \b x-api-key ["']? \s* [:=] \s* ["']?
                | [?&] (?: api[-_]?key | key | (?: access_?)? token ) = ) )
      (?! KEY` | (?i: tokens? (?: \s | $ ) ) )                               # said of one: `Bearer KEY`, "the bearer token is"
      [^\s"'&,;}\\]{3,}
    """,
    re.VERBOSE,
)


class Redaction:
    """Masks known secrets and whatever looks like one, in a finished line of text or bytes."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._spellings: set[str] = set()
        self.know(secrets)

    def know(self, secrets: Iterable[Secret]) -> None:
        """Adds secrets that came up while running. What the patterns mask anyway is not kept: looking for hundreds of keys
        would cost every line."""
        values = {secret.reveal() for secret in secrets}
        unlike = (value for value in values if not _is_recognised(value))
        self._spellings |= {spelling for value in unlike for spelling in _spellings(value)}
        self._arrange()

    def forget(self, secrets: Iterable[Secret]) -> None:
        """Those that are good for nothing any more: tokens come anew every hour, and each that is known costs every line."""
        self._spellings -= {spelling for secret in secrets for spelling in _spellings(secret.reveal())}
        self._arrange()

    def _arrange(self) -> None:
        # Longest first, so that a secret that begins another does not leave the other's end behind.
        self._known = sorted(self._spellings, key=len, reverse=True)
        self._hints = (*_HINTS, *self._known)
        self._hints_bytes = tuple(each.encode("utf-8", "replace") for each in self._hints)

    def text(self, line: str) -> str:
        for hint in self._hints:
            if hint in line:
                return self._masked(line)
        return line

    def data(self, line: bytes) -> bytes:
        for hint in self._hints_bytes:
            if hint in line:
                return self._masked(line.decode("utf-8", "replace")).encode("utf-8", "replace")
        return line

    def _masked(self, line: str) -> str:
        for value in self._known:
            line = line.replace(value, MASK)
        return _PATTERNS.sub(lambda found: (found["kept"] or "") + MASK, line)


def _is_recognised(value: str) -> bool:
    found = _PATTERNS.fullmatch(value)
    return found is not None and found["kept"] is None


def _spellings(value: str) -> Iterable[str]:
    """As it is, and as JSON and Python write it inside quotes."""
    if len(value) < MIN_KNOWN_CHARS:
        return ()
    return {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
