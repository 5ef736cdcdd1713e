"""A vendor's model list, in the spellings vendors have for it."""

from __future__ import annotations

from typing import Final

import msgspec

from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.interfaces import ModelInfo

_Count = int | float | str | None


class _Top(msgspec.Struct, frozen=True):
    """OpenRouter: what the provider it prefers can do."""

    max_completion_tokens: _Count = None


class _Model(msgspec.Struct, frozen=True):
    id: str | None = None
    name: str | None = None
    display_name: str | None = None
    created: _Count = None
    owned_by: str | None = None
    context_length: _Count = None
    """OpenRouter, Moonshot."""
    context_window: _Count = None
    """Groq."""
    max_context_length: _Count = None
    """Mistral, LM Studio."""
    max_model_len: _Count = None
    """vLLM."""
    max_completion_tokens: _Count = None
    """Groq."""
    top_provider: _Top | None = None


class _Listed(msgspec.Struct, frozen=True):
    data: list[_Model] | None = None
    models: list[_Model] | None = None


_READ: Final = msgspec.json.Decoder(_Listed | list[_Model])
_LARGEST: Final = 10**12


def read_models(body: bytes) -> list[ModelInfo]:
    """Each id once, in the vendor's order. Raises `UpstreamProtocolError` when the body is no model list."""
    try:
        listed = _READ.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UpstreamProtocolError(
            "the upstream's model list could not be read", detail=str(error)
        ) from None
    models = listed if isinstance(listed, list) else listed.data
    if models is None and not isinstance(listed, list):
        models = listed.models
    if models is None:
        raise UpstreamProtocolError("the upstream's model list could not be read: it has no `data`")
    found: dict[str, ModelInfo] = {}
    for model in models:
        if id := model.id or model.name:
            found.setdefault(id, _info(id, model))
    return list(found.values())


def _info(id: str, model: _Model) -> ModelInfo:
    named = model.display_name or (model.name if model.id else None)
    window = model.context_length or model.context_window or model.max_context_length or model.max_model_len
    output = model.max_completion_tokens
    if output is None and model.top_provider is not None:
        output = model.top_provider.max_completion_tokens
    return ModelInfo(
        id, named or "", _count(model.created) or 0, model.owned_by or "", _count(window), _count(output)
    )


def _count(value: _Count) -> int | None:
    """A number as JSON writes it, or as text; None for whatever counts nothing."""
    try:
        number = int(value or 0)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < _LARGEST else None
