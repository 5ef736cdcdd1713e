"""Sessions of claude.ai in every form in which claude2api writes or takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.core.secret import Secret
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered
from isthmus.migrate.haul import Haul, Line, NewAccount

SESSION_KEY: Final = "session_key"
"""The kind of account, and the member of its credential."""
_BEGINNING: Final = "sk-ant-sid"
_CSV_HEADER: Final = "index,session_key,org_id"
_TXT_BLOCK: Final = re.compile(r"^Session \d+:[ \t]*$", re.MULTILINE)
_TXT_LINE: Final = re.compile(
    r"^[ \t]+(Key|Org ID|CF Clearance|Cookie String):[ \t]*(.*?)[ \t]*$", re.MULTILINE
)
_COOKIES: Final = "cookies against bot checks are never carried: only the session cookie is sent"
_ORGANIZATION: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


@dataclass(frozen=True, slots=True)
class Session:
    at: str
    """Where it stands, for the report."""
    key: str = field(repr=False)
    organization: str = ""
    cookies: tuple[str, ...] = ()
    """Names of what else was with it."""


def from_variable(text: str, at: str = "SESSIONS") -> list[Session]:
    """`key[:organization[:clearance[:cookies]]]`, separated by commas."""
    return [
        _of_fields(f"{at}[{place}]", entry.strip().split(":", 3))
        for place, entry in enumerate(text.split(","))
        if entry.strip()
    ]


def from_entries(entries: Iterable[Entry]) -> Iterator[Session]:
    """Of the YAML."""
    for entry in entries:
        key, organization = entry.text("sessionKey"), entry.text("orgID")
        cookies = [name for name in ("cfClearance", "cookieString") if entry.take(name)]
        entry.rest_is_unknown()
        yield Session(entry.path, key or "", organization or "", tuple(cookies))


def is_export(text: str) -> bool:
    """Whether it is a CSV or TXT of the admin panel, or a list for its bulk import."""
    lines = text.lstrip().splitlines()
    return bool(lines) and (
        lines[0].startswith(_CSV_HEADER)
        or _TXT_BLOCK.match(lines[0]) is not None
        or lines[0].strip().lstrip("\"'").startswith(_BEGINNING)
    )


def from_export(text: str, at: str) -> list[Session]:
    if text.lstrip().startswith(_CSV_HEADER):
        return list(_from_csv(text.strip().splitlines()[1:], at))
    if _TXT_BLOCK.search(text):
        return list(_from_blocks(_TXT_BLOCK.split(text)[1:], at))
    return list(_from_lines(text, at))


def from_json(value: Any, at: str) -> list[Session] | None:
    """The body of a call that adds sessions, or a list of them; None when it is none."""
    match value:
        case list(items):
            several = [from_json(each, f"{at}[{place}]") for place, each in enumerate(items)]
            return [session for found in several for session in found or ()] if any(several) else None
        case {"session_key": str(key)}:
            return [Session(at, key, str(value.get("org_id") or ""), _cookies_of(value))]
        case {"sessions": str(lines)}:
            found = list(_from_lines(lines, f"{at}.sessions"))
        case {"session_keys": list()}:
            found = []
        case _:
            return None
    keys = [str(each) for each in value.get("session_keys") or ()]
    found += [Session(f"{at}.session_keys[{place}]", key) for place, key in enumerate(keys)]
    shared = _cookies_of(value)
    return [Session(each.at, each.key, each.organization, each.cookies or shared) for each in found]


def add_sessions(
    haul: Haul, provider: Gathered, sessions: Iterable[Session], max_concurrency: int | None
) -> None:
    number = 1
    for each in sessions:
        if each.cookies:
            haul.report.left_out.append(Line(f"{each.at} ({', '.join(each.cookies)})", _COOKIES))
        key = each.key.strip()
        if key and not key.startswith(_BEGINNING):
            said = f"does not begin with {_BEGINNING}: copy the value of the cookie `sessionKey` again"
            haul.report.left_out.append(Line(each.at, said))
            continue
        account = NewAccount(
            provider.type,
            SESSION_KEY,
            {SESSION_KEY: Secret(key)},
            f"claude2api-{number}",
            max_concurrency=max_concurrency,
            details=_details(haul, each),
        )
        number += provider.add_account(each.at, account, SESSION_KEY)


def _details(haul: Haul, session: Session) -> dict[str, str]:
    organization = session.organization.strip()
    if not organization:
        return {}
    if not _ORGANIZATION.match(organization):
        haul.report.left_out.append(
            Line(f"{session.at} (organization)", "not an id: it will be looked up instead")
        )
        return {}
    return {"organization_id": organization}


def _of_fields(at: str, fields: Sequence[str]) -> Session:
    names = zip(("cfClearance", "cookieString"), fields[2:], strict=False)
    cookies = tuple(name for name, value in names if value.strip())
    return Session(at, fields[0], fields[1] if len(fields) > 1 else "", cookies)


def _from_csv(lines: Sequence[str], at: str) -> Iterator[Session]:
    """The cookies are quoted as Go does it, not as CSV does: they come last and may hold anything."""
    for number, line in enumerate(lines, 2):
        fields = [each.strip() for each in line.split(",", 4)]
        if len(fields) < 2:
            continue
        clearance = "cfClearance" if fields[3:4] == ["true"] else ""
        cookies = "cookieString" if fields[4:5] not in ([], [""], ['""']) else ""
        names = tuple(name for name in (clearance, cookies) if name)
        yield Session(f"{at}:{number}", fields[1], fields[2] if len(fields) > 2 else "", names)


def _from_blocks(blocks: Iterable[str], at: str) -> Iterator[Session]:
    for number, block in enumerate(blocks, 1):
        found = dict(_TXT_LINE.findall(block))
        names = (("cfClearance", found.get("CF Clearance")), ("cookieString", found.get("Cookie String")))
        cookies = tuple(name for name, value in names if value and value.lower() not in ("false", "none"))
        yield Session(f"{at}: Session {number}", found.get("Key", ""), found.get("Org ID", ""), cookies)


def _from_lines(text: str, at: str) -> Iterator[Session]:
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
            bare = bare[1:-1]
        if bare:
            mark = next((mark for mark in "|\t" if mark in bare), ":")
            yield _of_fields(f"{at}:{number}", bare.split(mark, 3))


def _cookies_of(body: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in ("cf_clearance", "cookie_string") if body.get(name))
