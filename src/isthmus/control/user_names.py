"""Names that people sign in with."""

from __future__ import annotations

import re
from typing import Final

from isthmus.control.failures import FieldProblem, Invalid

MAX_CHARS: Final = 100
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]*\Z")


def canonical(name: str) -> str:
    """As it is kept: in small letters, so that nobody can be `Admin` beside `admin`. Raises `Invalid`."""
    small = name.strip().lower()
    if len(small) > MAX_CHARS or not _NAME.match(small):
        message = f"1 to {MAX_CHARS} characters: letters a-z, digits and . _ - + @, beginning with a letter or digit"
        raise Invalid(f"name: not a name of a user: {message}", [FieldProblem("name", message)])
    return small
