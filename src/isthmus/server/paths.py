"""Which endpoint a path means, and which provider it names.

Clients are configured with all sorts of base URLs, and some add `/v1/messages` to one that already ends in `/v1`; so
`/v1/v1/…`, a trailing slash and the prefix `/hf` are understood, and a provider's name may stand before `/v1`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Endpoint(StrEnum):
    MESSAGES = "messages"
    COUNT_TOKENS = "messages/count_tokens"
    CHAT = "chat/completions"
    COMPLETIONS = "completions"
    EMBEDDINGS = "embeddings"
    MODELS = "models"
    MODEL = "models/{id}"
    CONVERSATIONS = "conversations"
    CONVERSATION = "conversations/{id}"
    VENDOR = "vendor"
    """Known to some vendor's API: passed through where the provider offers it."""
    PROBE = "probe"
    HEALTH = "health"
    READY = "ready"
    STATS = "stats"
    TELEMETRY = "telemetry"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    endpoint: Endpoint
    provider: str | None = None
    """The path segment before `/v1`, not yet checked against the configuration."""
    rest: str = ""
    """For `MODEL`: the model's id, which may hold slashes. For `CONVERSATION`: its id. For `VENDOR`: what follows `/v1/`."""


_FIXED: Final = {
    "": Endpoint.PROBE,
    "api/hello": Endpoint.PROBE,
    "health": Endpoint.HEALTH,
    "healthz": Endpoint.HEALTH,
    "readyz": Endpoint.READY,
    "stats": Endpoint.STATS,
}
_BELOW_V1: Final = {
    each.value: each
    for each in (
        Endpoint.MESSAGES,
        Endpoint.COUNT_TOKENS,
        Endpoint.CHAT,
        Endpoint.COMPLETIONS,
        Endpoint.EMBEDDINGS,
        Endpoint.MODELS,
        Endpoint.CONVERSATIONS,
    )
} | {
    "metrics": Endpoint.TELEMETRY,
    "logs": Endpoint.TELEMETRY,
    "traces": Endpoint.TELEMETRY,
}
_VENDOR: Final = (
    "messages/batches",
    "batches",
    "files",
    "skills",
    "moderations",
    "audio",
    "images",
    "responses",
    "fine_tuning",
    "uploads",
    "vector_stores",
    "assistants",
    "threads",
)


def locate(path: str) -> Place:
    """The place a decoded URL path means; never raises."""
    trimmed = path.strip("/")
    if (fixed := _FIXED.get(trimmed)) is not None:
        return Place(fixed)
    prefix, versioned, rest = _split(trimmed)
    if not versioned:
        return Place(
            Endpoint.PROBE if rest == "api/hello" or (prefix, rest) == ("", "") else Endpoint.UNKNOWN
        )
    return _below_v1(prefix or None, rest)


def _split(path: str) -> tuple[str, bool, str]:
    """`hf/NAME/v1/v1/messages` → (`NAME`, True, `messages`)."""
    segments = path.split("/")
    if segments[0] == "hf":
        segments = segments[1:]
    provider = ""
    if segments and segments[0] != "v1":
        provider, segments = segments[0], segments[1:]
    if not segments or segments[0] != "v1":
        return provider, False, "/".join(segments)
    while segments and segments[0] == "v1":
        segments = segments[1:]
    return provider, True, "/".join(segments)


def _below_v1(provider: str | None, rest: str) -> Place:
    if (known := _BELOW_V1.get(rest)) is not None:
        return Place(known, provider)
    if rest.startswith("models/"):
        return Place(Endpoint.MODEL, provider, rest.removeprefix("models/"))
    if rest.startswith("conversations/"):
        return Place(Endpoint.CONVERSATION, provider, rest.removeprefix("conversations/"))
    if any(rest == name or rest.startswith(name + "/") for name in _VENDOR):
        return Place(Endpoint.VENDOR, provider, rest)
    return Place(
        Endpoint.PROBE if rest in {"", "api/hello"} else Endpoint.UNKNOWN,
        provider,
        rest,
    )
