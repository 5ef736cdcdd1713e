"""What was asked of the service, for tests to read: every request with its headers and body, no session key in any of it."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Final

Json = dict[str, Any]

_KEY: Final = re.compile(r"sk-ant-[A-Za-z0-9_-]+")
_COOKIE: Final = re.compile(r"(sessionKey=)[^;]*")
_DISGUISES: Final = ("anthropic-client-platform", "anthropic-device-id", "anthropic-client-sha")
KEPT: Final = 2000
KEPT_BYTES: Final = 32 << 20
LONGEST: Final = 1 << 20


@dataclass(slots=True)
class Entry:
    number: int
    at_s: float
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    """In the order of their coming, names in lower case, twice what came twice."""
    account: str | None = None
    endpoint: str | None = None
    body: Any = None
    """Parsed JSON, a form as a list of its parts, else text; None when there was none."""
    size: int = 0
    status: int | None = None
    outcome: str = "open"
    """`whole`; `cut` by a fault; `left` by the client."""
    cookies: tuple[str, ...] = field(default=())
    """Their names."""

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    @property
    def disguises(self) -> list[str]:
        """What this request has of a browser or of the web app: nothing, from an honest client."""
        agents = self.values("user-agent")
        found = [] if len(agents) == 1 and agents[0] else ["no user-agent of its own"]
        found += ["user-agent of a browser" for agent in agents if "mozilla" in agent.lower()]
        names = {name for name, _ in self.headers}
        found += [name for name in sorted(names) if name in _DISGUISES or name.startswith("sec-")]
        return found + [f"cookie {name}" for name in self.cookies if name != "sessionKey"]

    def shown(self) -> Json:
        return {
            "number": self.number,
            "at_s": self.at_s,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": [list(pair) for pair in self.headers],
            "account": self.account,
            "endpoint": self.endpoint,
            "body": self.body,
            "status": self.status,
            "outcome": self.outcome,
            "disguises": self.disguises,
        }


class Journal:
    """The newest requests, oldest first; bounded in number and in bytes."""

    def __init__(self, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> None:
        self._entries: deque[Entry] = deque()
        self._kept, self._kept_bytes, self._bytes = kept, kept_bytes, 0
        self._count = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, at: int) -> Entry:
        return self._entries[at]

    def of(self, endpoint: str, account: str | None = None) -> list[Entry]:
        """Those to one endpoint, perhaps only one account's."""
        return [
            each
            for each in self._entries
            if each.endpoint == endpoint and (account is None or each.account == account)
        ]

    def open(
        self, at_s: float, method: str, path: str, query: str, headers: Iterable[tuple[str, str]]
    ) -> Entry:
        """A new entry, in the order of arrival."""
        self._count += 1
        named = [(name.lower(), value) for name, value in headers]
        cookies = tuple(name for each, value in named if each == "cookie" for name in _names(value))
        safe = tuple((name, _masked_header(name, value)) for name, value in named)
        entry = Entry(self._count, at_s, method, masked(path), masked(query), safe, cookies=cookies)
        self._entries.append(entry)
        self._trim()
        return entry

    def record(self, entry: Entry, body: bytes) -> None:
        """The body of a request that is not a form."""
        entry.size = len(body)
        if len(body) > LONGEST:
            entry.body = f"({len(body)} bytes)"
            return
        text = masked(body.decode("utf-8", "backslashreplace"))
        try:
            entry.body = json.loads(text) if text else None
        except ValueError:
            entry.body = text
        self._bytes += entry.size
        self._trim()

    def clear(self) -> None:
        self._entries.clear()
        self._bytes = 0

    def _trim(self) -> None:
        while len(self._entries) > self._kept or (self._bytes > self._kept_bytes and len(self._entries) > 1):
            gone = self._entries.popleft()
            self._bytes -= gone.size if gone.size <= LONGEST else 0


def masked(text: str) -> str:
    return _KEY.sub("sk-ant-***", text)


def _masked_header(name: str, value: str) -> str:
    if name == "authorization":
        return "***"
    return masked(_COOKIE.sub(r"\1***", value))


def _names(cookie: str) -> list[str]:
    return list(SimpleCookie(cookie))
