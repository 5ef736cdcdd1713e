"""Who is judged, and where its endpoints are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from isthmus.core.secret import Secret


class Api(StrEnum):
    """What is spoken to the subject."""

    MESSAGES = "messages"
    CHAT = "chat"


class Lane(StrEnum):
    """What stands between the case and the model."""

    TRANSLATED = "translated"
    """A gateway whose upstream speaks another dialect."""
    RAW = "raw"
    """A gateway whose upstream speaks the case's own dialect: bodies go through untouched."""
    DIRECT = "direct"
    """Nothing: the upstream itself is judged."""


NO_KEY: Final = Secret("")
BOTH: Final = (Api.MESSAGES, Api.CHAT)
ENDPOINT: Final = {Api.MESSAGES: "messages", Api.CHAT: "chat/completions"}
_VERSIONED: Final = re.compile(r"/v\d+[a-z]*$")


@dataclass(frozen=True, slots=True)
class Subject:
    """A gateway or an upstream. `base_url` is what one would write into a client, with or without `/v1`."""

    base_url: str
    key: Secret = NO_KEY
    model: str | None = None
    """None: the survey chooses, where it can."""
    provider: str | None = None
    """Path prefix of one of the gateway's providers."""
    apis: tuple[Api, ...] = BOTH
    direct: bool = False

    @property
    def versioned(self) -> str:
        """The address below which `chat/completions`, `messages` and `models` are."""
        base = self.base_url.rstrip("/")
        if self.provider is not None:
            return f"{_VERSIONED.sub('', base)}/{self.provider}/v1"
        return base if _VERSIONED.search(base) else f"{base}/v1"

    @property
    def root(self) -> str:
        """The server's own address, for probes."""
        return _VERSIONED.sub("", self.base_url.rstrip("/"))
