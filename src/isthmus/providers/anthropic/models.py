"""The API's own model list: names, limits, and what each model can carry (Models API of Anthropic's reference)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from isthmus.core.abilities import Rule
from isthmus.core.conversation import EFFORTS, ThinkingMode
from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.interfaces import ModelInfo


class _Supported(msgspec.Struct, frozen=True):
    supported: bool | None = None


class _Thinking(msgspec.Struct, frozen=True):
    types: dict[str, _Supported] | None = None


class _Capabilities(msgspec.Struct, frozen=True):
    image_input: _Supported | None = None
    pdf_input: _Supported | None = None
    structured_outputs: _Supported | None = None
    thinking: _Thinking | None = None
    effort: dict[str, Any] | None = None


class _Model(msgspec.Struct, frozen=True):
    id: str
    display_name: str | None = None
    created_at: str | int | float | None = None
    max_input_tokens: int | None = None
    max_tokens: int | None = None
    capabilities: msgspec.Raw = msgspec.Raw()


class _List(msgspec.Struct, frozen=True):
    data: list[_Model]


_LIST: Final = msgspec.json.Decoder(_List)
_CAPABILITIES: Final = msgspec.json.Decoder(_Capabilities | None)


def read_models(body: bytes, owner: str) -> list[ModelInfo]:
    """Raises `UpstreamProtocolError` when it is no model list."""
    return [
        ModelInfo(
            id=model.id,
            display_name=model.display_name or model.id,
            created_s=_seconds(model.created_at),
            owner=owner,
            context_window=model.max_input_tokens,
            max_output_tokens=model.max_tokens,
        )
        for model in _models(body)
    ]


def read_rules(body: bytes) -> tuple[Rule, ...]:
    """What the list says of each model's abilities, as rules for exactly that model. Better than any table of names."""
    rules = []
    for model in _models(body):
        changes = _changes(model)
        if changes:
            rules.append(Rule(_literally(model.id), changes))
    return tuple(rules)


def _models(body: bytes) -> list[_Model]:
    try:
        return _LIST.decode(body).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamProtocolError("the upstream's model list is not one") from None


def _changes(model: _Model) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "context_window": model.max_input_tokens,
        "max_output_tokens": model.max_tokens,
    }
    try:
        told = _CAPABILITIES.decode(model.capabilities) if bytes(model.capabilities) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = None
    if told is not None:
        changes["vision"] = told.image_input and told.image_input.supported
        changes["documents"] = told.pdf_input and told.pdf_input.supported
        changes["json_schema"] = told.structured_outputs and told.structured_outputs.supported
        changes["thinking"] = _thinking(told.thinking)
        changes["efforts"] = _efforts(told.effort)
    return {name: value for name, value in changes.items() if value is not None}


def _thinking(told: _Thinking | None) -> frozenset[ThinkingMode] | None:
    if told is None or told.types is None:
        return None
    modes = frozenset(mode for mode in ThinkingMode if _is_on(told.types.get(mode.value)))
    # A model that does not think at all takes "disabled" as well; there is nothing to ask it for.
    return frozenset() if modes == {ThinkingMode.DISABLED} else modes


def _efforts(told: dict[str, Any] | None) -> tuple[str, ...] | None:
    if told is None:
        return None
    return tuple(word for word in EFFORTS if isinstance(on := told.get(word), dict) and on.get("supported"))


def _is_on(support: _Supported | None) -> bool:
    return support is not None and bool(support.supported)


def _literally(name: str) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)


def _seconds(created_at: str | int | float | None) -> int:
    if isinstance(created_at, int | float):
        return int(created_at)
    try:
        return int(datetime.fromisoformat(created_at or "").timestamp())
    except (ValueError, OverflowError):
        return 0
