"""What a refusal says should have been asked instead, where that changes nothing the client cares for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from isthmus.core.errors import Kind, UpstreamError
from isthmus.core.losses import Action, Loss
from isthmus.core.overflow import recognise_output
from isthmus.providers.openai_compatible.request import ChatRequest

_LIMIT_FIELDS: Final = ("max_tokens", "max_completion_tokens")
_AT_FAULT: Final = frozenset((Kind.INVALID_REQUEST, Kind.CONTEXT_OVERFLOW))
_QUOTED_LIMIT: Final = re.compile(rf"['`\"]({'|'.join(_LIMIT_FIELDS)})['`\"]")
_UNKNOWN: Final = ("unsupported", "not supported", "unknown", "unrecognized", "not permitted", "unexpected")


def second_try(request: ChatRequest, error: UpstreamError) -> ChatRequest | None:
    """The request amended, or None when the refusal stands."""
    if error.kind not in _AT_FAULT:
        return None
    said = error.detail or error.message
    return (
        _with_less_output(request, said) or _with_other_field(request, said) or _without_usage(request, said)
    )


def _with_less_output(request: ChatRequest, said: str) -> ChatRequest | None:
    """The prompt fits, only not together with the output allowance."""
    found = recognise_output(said)
    field = next((name for name in _LIMIT_FIELDS if name in request.fields), None)
    if found is None or field is None or found.allowed >= request.fields[field]:
        return None
    loss = Loss("max_tokens", Action.CLAMPED, f"{request.fields[field]}→{found.allowed}")
    fields = request.fields | {field: found.allowed}
    if fields.get("thinking_budget", 0) >= found.allowed:
        fields["thinking_budget"] = max(1, found.allowed - 1)
    return replace(request, fields=fields, losses=(*request.losses, loss))


def _with_other_field(request: ChatRequest, said: str) -> ChatRequest | None:
    """Some models know the output allowance under its other name only, and say so: the refused one first."""
    low = said.lower()
    if not any(words in low for words in _UNKNOWN):
        return None
    named = _QUOTED_LIMIT.findall(low)
    if len(named) < 2 or named[0] == named[1] or named[0] not in request.fields:
        return None
    return replace(request, fields=_renamed(request.fields, named[0], named[1]))


def _renamed(fields: dict[str, Any], before: str, now: str) -> dict[str, Any]:
    return {now if name == before else name: value for name, value in fields.items()}


def _without_usage(request: ChatRequest, said: str) -> ChatRequest | None:
    """A server that does not know `stream_options` answers all the same, without counting."""
    if "stream_options" not in request.fields or "stream_options" not in said:
        return None
    fields = {name: value for name, value in request.fields.items() if name != "stream_options"}
    return replace(request, fields=fields)
