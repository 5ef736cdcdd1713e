"""Names of providers, made legal: a provider's name is the first segment of its path."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from pydantic import TypeAdapter, ValidationError

from isthmus.config.fields import RESERVED_NAMES, ProviderName

_MAX_CHARS: Final = 64
_NAME: Final = TypeAdapter[str](ProviderName)


def is_legal(name: str) -> bool:
    try:
        _NAME.validate_python(name)
    except ValidationError:
        return False
    return True


def legal_name(wanted: str, taken: Collection[str]) -> str:
    """The name itself where it is legal and free, else one like it. Names that differ by case alone count as one."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip("-._")[:_MAX_CHARS] or "provider"
    if name.lower() in RESERVED_NAMES:
        name += "-upstream"
    used = {each.lower() for each in taken}
    number = 1
    free = name
    while free.lower() in used:
        number += 1
        ending = f"-{number}"
        free = name[: _MAX_CHARS - len(ending)] + ending
    return free
