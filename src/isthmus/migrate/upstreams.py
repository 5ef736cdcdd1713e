"""Providers and their accounts, made so that they can be used: what would not hold is left out and reported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from isthmus.config.sections.provider import ProviderSettings
from isthmus.core.secret import Secret
from isthmus.migrate.haul import Haul, Line, NewAccount, NewProvider
from isthmus.migrate.masks import means_no_key, no_credential, prefix, shown_url
from isthmus.migrate.names import legal_name

OPENAI: Final = "openai-compatible"
ANTHROPIC: Final = "anthropic"
AMAZON_Q: Final = "amazon-q"
CLAUDE_CODE: Final = "claude-code"
NO_KEY: Final = "it has no key: add an account and switch it on"
NOWHERE: Final = "https://address-unknown.invalid/v1"
"""Stands for the address that a provider which is switched off still lacks: nothing can ever be there (RFC 2606)."""
MAX_WEIGHT: Final = 10_000
_MAX_PRIORITY: Final = 1_000_000
_MOST: Final = {"max_concurrency": 1_000_000}
_LABEL_CHARS: Final = 200
_MAX_COUNT: Final = 2**53


def add_provider(
    haul: Haul, at: str, wanted: str, type: str, settings: Mapping[str, Any], *, off: str | None = None
) -> str | None:
    """A provider named like `wanted`, switched off for the reason `off`. Returns its name, None when it cannot be.

    What is wrong with its settings is left out and reported, but for the address: without that there is no provider.
    """
    name = legal_name(wanted, [each.name for each in haul.providers])
    if off is not None and type == OPENAI and not (settings.get("base_url") or settings.get("vendor")):
        settings = {**settings, "base_url": NOWHERE}
    sound = _sound(haul, at, type, settings)
    if sound is None:
        return None
    haul.providers.append(NewProvider(name, type, sound, enabled=off is None, reason=off))
    address = f" at {shown_url(str(sound['base_url']))}" if "base_url" in sound else ""
    said = f"provider {name!r} of type {type}{address}"
    if off is not None:
        haul.report.changed.append(Line(at, f"{said}, switched off: {off}"))
    elif name != wanted:
        haul.report.changed.append(
            Line(at, f"{wanted!r} becomes {said}, as a name is unique and part of its path")
        )
    else:
        haul.report.carried.append(Line(at, said))
    return name


def add_api_key(haul: Haul, at: str, provider: str, text: str, label: str, **fields: Any) -> bool:
    """An account with a key of the vendor, or with none where the text says that the server wants none
    (Anthropic's always wants one).

    False, and a line of the report, when the text is no credential.
    """
    bare, label = "" if means_no_key(text) else text.strip(), one_line(label)
    reason = no_credential(bare) if bare or _needs_key(haul, provider) else None
    if reason:
        haul.report.left_out.append(
            Line(at, f"{reason}: add an account of provider {provider!r} with the real key")
        )
        return False
    haul.accounts.append(
        NewAccount(provider, "api_key", {"api_key": Secret(bare)}, label, **_in_range(fields))
    )
    shown = f"{prefix(bare)}, encrypted" if bare else "without a key"
    haul.report.carried.append(Line(at, f"account {label!r} of provider {provider!r} ({shown})"))
    return True


def map_model(haul: Haul, name: str, asked: str, model: str) -> None:
    """One more entry in the model map of a provider that is in the haul."""
    for place, each in enumerate(haul.providers):
        if each.name == name:
            models = {**each.settings.get("models", {}), asked: model}
            haul.providers[place] = replace(each, settings={**each.settings, "models": models})


def switch_off(haul: Haul, at: str, name: str, reason: str) -> None:
    """A provider that is in the haul, after all not to be used."""
    for place, each in enumerate(haul.providers):
        if each.name == name and each.enabled:
            haul.providers[place] = replace(each, enabled=False, reason=reason)
            haul.report.changed.append(Line(at, f"provider {name!r} is switched off: {reason}"))


def _needs_key(haul: Haul, provider: str) -> bool:
    return any(each.name == provider and each.type == ANTHROPIC for each in haul.providers)


def _sound(haul: Haul, at: str, type: str, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """The settings without those that a provider of this type would be refused for."""
    if type not in (OPENAI, ANTHROPIC, AMAZON_Q, CLAUDE_CODE):
        return dict(settings)
    sound = {name: dict(value) if isinstance(value, Mapping) else value for name, value in settings.items()}
    while (problem := _problem(type, sound)) is not None:
        place, said = problem
        shown = ".".join(place)
        if not place or place[0] not in sound or place[0] == "base_url":
            haul.report.left_out.append(Line(at, f"{shown}: {said}; put it right there and run again"))
            return None
        haul.report.left_out.append(Line(f"{at} ({shown})", f"{said}; set it on the provider afterwards"))
        _remove(sound, place)
    return sound


def _problem(type: str, settings: Mapping[str, Any]) -> tuple[tuple[str, ...], str] | None:
    try:
        ProviderSettings.model_validate({"type": type, **settings})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        return tuple(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    if type == OPENAI and not settings.get("base_url") and not settings.get("vendor"):
        return ("base_url",), "the address of the API is missing"
    return None


def _remove(settings: dict[str, Any], place: tuple[str, ...]) -> None:
    entries = settings[place[0]]
    if isinstance(entries, dict) and len(place) > 1 and place[1] in entries:
        del entries[place[1]]
    else:
        del settings[place[0]]


def _in_range(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Limits of zero and less mean none; what is beyond any use is cut. For weights see `fit_weights`."""
    kept = dict(fields)
    for name, value in fields.items():
        if name == "priority":
            kept[name] = max(-_MAX_PRIORITY, min(value, _MAX_PRIORITY))
        elif name == "weight":
            kept[name] = max(value, 1)
        elif isinstance(value, int) and name != "enabled":
            kept[name] = min(value, _MOST.get(name, _MAX_COUNT)) if value > 0 else None
    return kept


def fit_weights(haul: Haul) -> None:
    """Weights of a provider's accounts keep their proportion, and none is larger than an account's may be."""
    largest: dict[str, int] = {}
    for account in haul.accounts:
        largest[account.provider] = max(largest.get(account.provider, 1), account.weight)
    for place, account in enumerate(haul.accounts):
        if (most := largest[account.provider]) > MAX_WEIGHT:
            weight = max(1, round(account.weight * MAX_WEIGHT / most))
            haul.accounts[place] = replace(account, weight=weight)
            said = f"`weight` {account.weight} becomes {weight}: the largest is {MAX_WEIGHT}, the proportion stays"
            haul.report.changed.append(Line(f"account {account.label!r}", said))


def one_line(text: str) -> str:
    """A text of somebody else's fit for a label or a name: on one line, not too long."""
    return (
        re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", text).strip()[:_LABEL_CHARS].strip()
    ) or "unnamed"
