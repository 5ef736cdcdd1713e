"""Keys that clients of the other program have, so that they go on working."""

from __future__ import annotations

from typing import Any

from isthmus.core.secret import Secret
from isthmus.migrate.haul import Haul, Line, NewKey
from isthmus.migrate.masks import no_credential, prefix
from isthmus.migrate.upstreams import one_line

_MIN_CHARS = 8


def add_client_key(haul: Haul, at: str, text: str, name: str, **fields: Any) -> bool:
    """An API key of ours with the same text. False, and a line of the report, when the text is no credential."""
    bare = text.strip()
    if reason := no_credential(bare):
        haul.report.left_out.append(Line(at, f"{reason}: create a key with `isthmus keys create`"))
        return False
    if any(key.secret is not None and key.secret.matches(bare) for key in haul.keys):
        haul.report.left_out.append(Line(at, "the same key as one before"))
        return False
    name = one_line(name)
    haul.keys.append(NewKey(name, Secret(bare), **fields))
    said = f"API key {name!r} ({prefix(bare)}), kept as a hash; clients that have it go on working"
    if len(bare) < _MIN_CHARS:
        said += f". It has fewer than {_MIN_CHARS} characters, which is easily guessed: replace it"
    haul.report.carried.append(Line(at, said))
    return True
