"""Accounts of kiro-gateway: those its variables name, and those of its `credentials.json`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from isthmus.core.secret import Secret
from isthmus.migrate.amazon_q_files import found_at
from isthmus.migrate.amazon_q_tokens import REGION, SOCIAL, Token
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered, one_line
from isthmus.migrate.haul import Haul, Line, NewAccount
from isthmus.migrate.source import Unreadable
from isthmus.migrate.upstreams import AMAZON_Q

_OWN_LOGIN: Final = (
    "The token files belong to the IDE or command line, which refreshes them too: a refresh there ends the login here, so "
    "sign in anew for the gateway"
)
_WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class Place:
    """How the files' paths are meant."""

    folder: Path
    """The program's working directory."""
    home: Path

    def path_of(self, text: str) -> Path:
        if text == "~" or text.startswith(("~/", "~\\")):
            return self.home / text[2:].replace("\\", "/")
        return self.folder / text


@dataclass(frozen=True, slots=True)
class Regions:
    """What is said beside a token. Where it was made, the token itself knows best."""

    profile_arn: str | None = None
    auth_region: str | None = None
    api_region: str | None = None

    def of(self, token: Token) -> Token:
        within = token.details
        arn = self.profile_arn or within.get("profile_arn")
        known = {
            "profile_arn": arn,
            "auth_region": within.get("auth_region") or self.auth_region or REGION,
            # Unsaid it follows from the profile, as there.
            "api_region": self.api_region or within.get("api_region"),
        }
        return replace(token, details={**within, **{name: text for name, text in known.items() if text}})


class Accounts:
    """Takes one login after another. Where a token file is read, the report says whose it is."""

    def __init__(self, haul: Haul, provider: Gathered, place: Place) -> None:
        self._haul = haul
        self._provider = provider
        self._place = place
        self._number = 1

    def of_token(self, at: str, token: str, regions: Regions, off_reason: str | None = None) -> None:
        login = Token(SOCIAL, {"refresh_token": Secret(token.strip())})
        self._add(at, "refresh token", regions.of(login), off_reason)

    def of_file(self, at: str, text: str, regions: Regions, off_reason: str | None = None) -> None:
        if _WINDOWS.match(text) and not Path(text).exists():
            self._left_out(at, "a path of Windows: run this on that machine, or copy the file here")
            return
        path = self._place.path_of(text)
        try:
            found = found_at(path, self._place.home)
        except Unreadable as unreadable:
            self._left_out(at, str(unreadable))
            return
        if not found:
            self._left_out(at, f"{path} holds no login: sign in again and give the path of the token file")
        for each in found:
            name = each.at or path.name
            if each.token is None:
                self._left_out(at, f"{name} {each.problem}")
                continue
            self._add(at, name, regions.of(each.token), off_reason or each.off_reason)
            self._say_region(at, name, regions.auth_region, each.token.details.get("auth_region"))
        if any(each.token for each in found) and _OWN_LOGIN not in self._haul.report.closing:
            self._haul.report.closing.append(_OWN_LOGIN)

    def of_entries(self, entries: list[Entry]) -> None:
        """Of `credentials.json`."""
        for entry in entries:
            kind, path, token = entry.text("type"), entry.text("path"), entry.text("refresh_token")
            off = "switched off in kiro-gateway" if entry.flag("enabled", words=True) is False else None
            regions = Regions(
                entry.text("profile_arn"), entry.text("region") or None, entry.text("api_region")
            )
            match kind:
                case "refresh_token":
                    self.of_token(entry.path, token or "", regions, off)
                case "json" | "sqlite" if path:
                    self.of_file(entry.path, path, regions, off)
                case "json" | "sqlite":
                    entry.left_out("path", "is missing: write the path of the token file and run again")
                case _:
                    entry.left_out("type", f"{kind!r} is none of json, sqlite, refresh_token")
            entry.rest_is_unknown()

    def _add(self, at: str, label: str, token: Token, off_reason: str | None) -> None:
        account = NewAccount(
            AMAZON_Q,
            token.kind,
            token.credential,
            one_line(f"kiro-gateway-{self._number} ({label})"),
            off_reason=off_reason,
            details=_presentable(token.details),
        )
        self._number += self._provider.add_account(at, account, "refresh_token")

    def _say_region(self, at: str, file: str, said: str | None, known: str | None) -> None:
        if said and known and said != known:
            text = f"region {said!r} becomes {known!r}, where the token of {file} was made"
            self._haul.report.changed.append(Line(at, text))

    def _left_out(self, at: str, text: str) -> None:
        self._haul.report.left_out.append(Line(at, text))


def _presentable(details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: one_line(value, 500) if isinstance(value, str) else value for name, value in details.items()
    }
