"""What an operator decides about an API key, and what it must agree with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from isthmus.control.failures import FieldProblem, Invalid
from isthmus.core.mcp import problem_of
from isthmus.core.secret import Secret
from isthmus.routing.ip_rules import read_network
from isthmus.routing.permissions import KeyTerms

MAX_NAME_CHARS: Final = 200
MAX_NOTE_CHARS: Final = 2000
MAX_NAMES: Final = 100
"""Providers, models or networks of one key."""
MAX_LIST_BYTES: Final = 60_000
"""What every engine's column for texts takes."""
MAX_COUNT: Final = 2**53
MAX_CONCURRENCY: Final = 1_000_000
MAX_NANO_USD: Final = 10**18
LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999."""

MIN_SECRET_CHARS: Final = 8
MAX_SECRET_CHARS: Final = 512
STRONG_SECRET_CHARS: Final = 20
_SENDABLE: Final = re.compile(r"[!-~]+\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
_COUNTS: Final = (
    "requests_per_minute",
    "requests_per_day",
    "tokens_per_minute",
    "tokens_per_day",
    "tokens_per_month",
)
_MONEY: Final = {"nano_usd_per_day": "usd_per_day", "nano_usd_per_month": "usd_per_month"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInput:
    name: str
    enabled: bool = True
    expires_ms: int | None = None
    user_id: str | None = None
    """The user whose key it is, and who sees what it used."""
    note: str | None = None
    terms: KeyTerms = field(default_factory=KeyTerms)


def checked(written: KeyInput) -> KeyInput:
    """The same as it is stored: texts trimmed, networks in one spelling. Raises `Invalid` with every problem."""
    problems = [
        *_problems_of_texts(written),
        *_problems_of_names(written.terms),
        *_problems_of_figures(written),
    ]
    networks, wrong = _networks(written.terms.ips)
    problems += wrong
    if problems:
        first = problems[0]
        raise Invalid(f"{first.field}: {first.message}", problems)
    terms = replace(
        written.terms,
        providers=_once(written.terms.providers),
        models=_once(written.terms.models),
        ips=networks,
        mcp=_once(written.terms.mcp),
    )
    note = (written.note or "").strip() or None
    return replace(written, name=written.name.strip(), note=note, terms=terms)


def check_secret(secret: Secret) -> list[str]:
    """What to say to somebody who brings a key's secret along. Raises `Invalid` for one that cannot be used."""
    value = secret.reveal()
    message = None
    if not MIN_SECRET_CHARS <= len(value) <= MAX_SECRET_CHARS:
        message = f"has {len(value)} characters: use {MIN_SECRET_CHARS} to {MAX_SECRET_CHARS}"
    elif not _SENDABLE.match(value):
        message = "holds a space or another character that no header can carry: use letters, digits and signs of ASCII"
    if message is not None:
        raise Invalid(f"secret: {message}", [FieldProblem("secret", message)])
    if len(value) < STRONG_SECRET_CHARS:
        return [
            f"the secret has only {len(value)} characters and may be guessed: replace it as soon as its users can"
        ]
    return []


def _problems_of_texts(written: KeyInput) -> Iterator[FieldProblem]:
    name, note = written.name.strip(), written.note or ""
    if not 1 <= len(name) <= MAX_NAME_CHARS or _CONTROL.search(name):
        yield FieldProblem("name", f"1 to {MAX_NAME_CHARS} characters on one line")
    if len(note) > MAX_NOTE_CHARS or _UNSTORABLE.search(note):
        yield FieldProblem("note", f"at most {MAX_NOTE_CHARS} characters, without NUL")
    if written.expires_ms is not None and not 0 < written.expires_ms <= LAST_MS:
        yield FieldProblem("expires_at", "a moment between the years 1970 and 9999")


def _problems_of_names(terms: KeyTerms) -> Iterator[FieldProblem]:
    lists = {"providers": terms.providers, "models": terms.models, "ips": terms.ips, "mcp": terms.mcp}
    for list_name, names in lists.items():
        if names is None:
            continue
        if not names and list_name != "mcp":
            yield FieldProblem(
                list_name, "an empty list would allow nothing: leave it out for any, or switch the key off"
            )
        elif len(names) > MAX_NAMES or len(json.dumps(names).encode()) > MAX_LIST_BYTES:
            yield FieldProblem(list_name, f"at most {MAX_NAMES} entries, {MAX_LIST_BYTES} bytes together")
        for at, name in enumerate(names[:MAX_NAMES]):
            if not name.strip() or len(name) > MAX_NAME_CHARS or _CONTROL.search(name):
                yield FieldProblem(f"{list_name}.{at}", f"1 to {MAX_NAME_CHARS} characters on one line")
            elif list_name == "mcp" and (problem := problem_of(name.strip())) is not None:
                yield FieldProblem(f"mcp.{at}", problem)


def _problems_of_figures(written: KeyInput) -> Iterator[FieldProblem]:
    terms = written.terms
    for name in _COUNTS:
        yield from _out_of_range(name, getattr(terms, name), MAX_COUNT)
    yield from _out_of_range("max_concurrency", terms.max_concurrency, MAX_CONCURRENCY)
    for name, shown in _MONEY.items():
        value: int | None = getattr(terms, name)
        if value is not None and not 1 <= value <= MAX_NANO_USD:
            yield FieldProblem(shown, "more than 0 and at most a billion dollars; leave it out for no budget")


def _out_of_range(name: str, value: int | None, most: int) -> Iterator[FieldProblem]:
    if value is not None and not 1 <= value <= most:
        yield FieldProblem(name, f"1 to {most}; leave it out for no limit")


def _networks(texts: tuple[str, ...] | None) -> tuple[tuple[str, ...] | None, list[FieldProblem]]:
    if texts is None:
        return None, []
    found: dict[str, None] = {}
    problems = []
    for at, text in enumerate(texts[:MAX_NAMES]):
        try:
            found[str(read_network(text))] = None
        except ValueError:
            problems.append(FieldProblem(f"ips.{at}", "not an address or a network such as 10.0.0.0/8"))
    return tuple(found), problems


def _once(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(dict.fromkeys(name.strip() for name in names))
