"""A request as it arrived, and where in the service it leads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl

_REGION: Final = r"[a-z]{2}(?:-[a-z]+)+-\d"
_PREFIX: Final = re.compile(
    rf"/(?P<family>q|codewhisperer|kiro|oidc|social|idp)(?:/(?P<region>{_REGION}))?(?P<rest>/.*|)"
)
_HOSTS: Final = (
    ("q", re.compile(rf"q\.({_REGION})\.amazonaws\.com")),
    ("codewhisperer", re.compile(rf"codewhisperer\.({_REGION})\.amazonaws\.com")),
    ("kiro", re.compile(rf"(?:runtime|management)\.({_REGION})\.kiro\.dev")),
    ("oidc", re.compile(rf"oidc\.({_REGION})\.amazonaws\.com")),
    ("social", re.compile(rf"prod\.({_REGION})\.auth\.desktop\.kiro\.dev")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of the service is asked. An empty family: none of it."""

    family: str
    region: str | None
    path: str


def place_of(host: str, path: str) -> Place:
    """By the Host header where it is one of the service's own, else by the first part of the path, with or without a region:
    `/q/…`, `/kiro/eu-central-1/…`."""
    name = host.partition(":")[0]
    for family, pattern in _HOSTS:
        if found := pattern.fullmatch(name):
            return Place(family, found[1], path)
    if found := _PREFIX.fullmatch(path):
        return Place(found["family"], found["region"], found["rest"] or "/")
    return Place("", None, path)


@dataclass(slots=True)
class Request:
    """Header names are lower case. What is below `at` is filled in as the request is answered."""

    number: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    json: Any
    """None when the body is not JSON."""
    at: float
    """By the simulator's clock."""
    place: Place
    account: str | None = None
    operation: str = ""
    status: int | None = None
    rule: str = ""
    """Why it was refused."""
    frames: int = 0
    """How many frames the answer has,"""
    frames_written: int = 0
    """and how many of them were written as a whole."""
    ended: str = "open"
    """open, complete, cut (by the simulator) or left (by the client)."""

    def asked(self, name: str) -> str | None:
        """A parameter of the query."""
        return parse_qs(self.query).get(name, [None])[0]

    def form(self) -> dict[str, str]:
        """The body, sent by a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))

    @property
    def request_id(self) -> str:
        return f"00000000-0000-4000-8000-{self.number:012d}"

    def shown(self) -> dict[str, Any]:
        """As JSON, with everything that was received."""
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "family": self.place.family,
            "region": self.place.region,
            "headers": dict(self.headers),
            "body": self.body.decode("utf-8", "backslashreplace"),
            "json": self.json,
            "at": self.at,
            "account": self.account,
            "operation": self.operation,
            "status": self.status,
            "rule": self.rule,
            "frames": self.frames,
            "frames_written": self.frames_written,
            "ended": self.ended,
        }
