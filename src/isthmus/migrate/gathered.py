"""Providers with settings or accounts of their own, gathered setting by setting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from isthmus.config.fields import ProxyUrl
from isthmus.core.secret import Secret
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul, Line, NewAccount
from isthmus.migrate.masks import no_credential, prefix, shown_url
from isthmus.migrate.upstreams import add_provider

_MAX_COUNT: Final = 2**53
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_PROXY: Final = TypeAdapter[Secret](ProxyUrl)


class Gathered:
    """One such provider. Its name is its type."""

    def __init__(self, haul: Haul, type: str) -> None:
        self.type: Final = type
        self._haul = haul
        self._settings: dict[str, Any] = {}
        self._lasting: set[Secret] = set()

    def keep(self, entry: Entry, name: str, setting: str, value: Any, said: str = "") -> None:
        """A setting of the provider by dotted name, reported as carried. `said` stands for a value that is not to be shown."""
        self.put(setting, value)
        shown = said or f"`{setting}` {shown_value(value)}"
        entry.carried(name, f"{shown}, kept for provider {self.type!r}")

    def put(self, setting: str, value: Any) -> None:
        """The same, when it was reported otherwise."""
        *sections, own = setting.split(".")
        at = self._settings
        for section in sections:
            at = at.setdefault(section, {})
        at[own] = value

    def keep_proxy(self, entry: Entry, name: str, text: str) -> None:
        proxy = proxy_of(text)
        if proxy is None:
            entry.left_out(
                name, "not the address of a proxy (http://…, socks5://…): set `proxy` of the provider"
            )
        else:
            self.keep(entry, name, "proxy", proxy, f"`proxy` {shown_url(text)}")

    def add(self, at: str) -> None:
        """Puts it into the haul. `at` is what of the other program it stands for."""
        add_provider(self._haul, at, self.type, self.type, self._settings)

    def add_account(self, at: str, account: NewAccount, lasting: str) -> bool:
        """A login; one that was off already stays so, and keeps its own reason, so that the others can be told apart.

        `lasting` names the member of its credential that tells it from others. False, and a line of the report, when
        that is no credential, or the same as before.
        """
        secret = account.credential.get(lasting, Secret(""))
        if reason := no_credential(secret.reveal()):
            self._haul.report.left_out.append(
                Line(at, f"{lasting} {reason}: add the account with the real one")
            )
            return False
        if secret in self._lasting:
            self._haul.report.left_out.append(Line(at, "the same account as one before"))
            return False
        self._lasting.add(secret)
        reason = account.off_reason
        self._haul.accounts.append(replace(account, enabled=reason is None, off_reason=reason))
        said = f"account {account.label!r} of provider {self.type!r} ({prefix(secret.reveal())}, encrypted)"
        self._haul.report.carried.append(Line(at, said if reason is None else f"{said}, off: {reason}"))
        return True


def say_stop_first(haul: Haul) -> None:
    """To be said last, where logins are refreshed."""
    if haul.accounts:
        haul.report.closing.append(
            f"Stop {haul.program} before the accounts are used here: a refresh ends the token that the other one has"
        )


def proxy_of(text: str) -> Secret | None:
    """None when it is no address of a proxy that is spoken here."""
    try:
        return _PROXY.validate_python(text)
    except ValidationError:
        return None


def shown_value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list() | tuple():
            return ", ".join(map(repr, value)) or "none"
        case Mapping():
            return f"of {len(value)} entries"
        case _:
            return repr(value)


def one_line(text: str, longest: int = 200) -> str:
    """A text of somebody else's fit for a label: without control characters, not too long."""
    return _UNFIT.sub(" ", text).strip()[:longest].strip()


def limit_of(value: int | None) -> int | None:
    """Limits of zero and less mean none."""
    return min(value, _MAX_COUNT) if value is not None and value > 0 else None
