"""What an account must agree with: its provider, and what providers of that type take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, get_args

from isthmus.config import ProviderSettings
from isthmus.control.failures import FieldProblem
from isthmus.core.secret import Secret
from isthmus.storage.accounts import API_KEY

SERVED_TYPES: Final[frozenset[str]] = frozenset(get_args(ProviderSettings.model_fields["type"].annotation))
LATER_TYPES: Final = frozenset({"amazon-q", "claude-web", "claude-code"})
"""Kept for a version that serves them; until then they are stored and not used."""
KEYLESS_TYPES: Final = frozenset({"openai-compatible", "dummy"})
"""A local server may want no key."""


def off_reason(type: str) -> str | None:
    """Why nothing of this type can be used now; None when it can."""
    return None if type in SERVED_TYPES else f"this version cannot serve providers of type {type!r} yet"


def account_problems(
    provider: str, kind: str, credential: Mapping[str, Secret], types: Mapping[str, str]
) -> Iterator[FieldProblem]:
    """`types`: name → type of every provider there is."""
    type = types.get(provider)
    if type is None:
        known = ", ".join(sorted(types)) or "none yet"
        way_out = "write it into the configuration file, make it with POST /v2/providers, or use one of"
        yield FieldProblem("provider", f"there is no provider of this name: {way_out} {known}")
    elif type in SERVED_TYPES and kind != API_KEY:
        yield FieldProblem("kind", f"providers of type {type!r} take accounts of kind {API_KEY!r}")
    elif kind == API_KEY:
        yield from _key_problems(credential, may_be_empty=type in KEYLESS_TYPES)


def credential_problems(kind: str, credential: Mapping[str, Secret], type: str) -> Iterator[FieldProblem]:
    """The same for a credential that takes the place of another."""
    if kind == API_KEY:
        yield from _key_problems(credential, may_be_empty=type in KEYLESS_TYPES)


def _key_problems(credential: Mapping[str, Secret], *, may_be_empty: bool) -> Iterator[FieldProblem]:
    if credential.keys() != {API_KEY}:
        yield FieldProblem("credential", f"kind {API_KEY!r} has the member {API_KEY!r} and no other")
    elif not (value := credential[API_KEY].reveal()) and not may_be_empty:
        yield FieldProblem(f"credential.{API_KEY}", "must not be empty")
    elif not value.isascii():
        yield FieldProblem(
            f"credential.{API_KEY}", "holds characters that no request can carry: copy the key again"
        )
