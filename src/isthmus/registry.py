"""What there is: a line for every provider and every dialect. A new one is added here, and otherwise only in its own folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.config.settings import ProviderSettings
from isthmus.core.interfaces import Dialect, Provider
from isthmus.dialects import anthropic as messages
from isthmus.dialects import openai_chat
from isthmus.providers.anthropic import Anthropic
from isthmus.providers.anthropic.provider import BASE_URL
from isthmus.providers.dummy import Dummy
from isthmus.providers.openai_compatible import OpenAICompatible, vendor_named


@dataclass(frozen=True, slots=True)
class Order:
    """One provider as the configuration wants it."""

    name: str
    settings: ProviderSettings
    auto_cache: bool


def build(name: str, settings: ProviderSettings, *, auto_cache: bool = True) -> Provider:
    """Raises `ValueError`, naming the provider and the way out, for what only its own code knows to be wrong."""
    try:
        return PROVIDERS[settings.type](Order(name, settings, auto_cache))
    except ValueError as error:
        raise ValueError(f"providers.{name}: {error}") from None


def dialects() -> dict[str, Dialect]:
    """By name. They hold no state: one of each serves every request."""
    known: tuple[Dialect, ...] = (messages.dialect, openai_chat.dialect, openai_chat.completions)
    return {dialect.name: dialect for dialect in known}


def _openai_compatible(order: Order) -> Provider:
    settings = order.settings
    quirks = dict(settings.quirks)
    if settings.think_tags is not None:
        quirks["think_tags"] = settings.think_tags
    if settings.pass_through is not None:
        quirks["passes"] = settings.pass_through
    return OpenAICompatible(
        order.name,
        settings.base_url or "",
        settings.api_key,
        vendor=None if settings.vendor is None else vendor_named(settings.vendor),
        headers=settings.headers,
        rules=settings.rules(),
        quirks=quirks,
    )


def _anthropic(order: Order) -> Provider:
    settings = _without_vendor(order.settings)
    return Anthropic(
        order.name,
        api_key=settings.api_key,
        base_url=settings.base_url or BASE_URL,
        headers=settings.headers,
        rules=settings.rules(),
        auto_cache=order.auto_cache,
        passes=settings.pass_through or (),
    )


def _dummy(order: Order) -> Provider:
    settings = _without_vendor(order.settings)
    if settings.pass_through:
        raise ValueError("`pass_through` means nothing to type 'dummy': there is no vendor behind it")
    return Dummy(order.name, settings.rules())


def _without_vendor(settings: ProviderSettings) -> ProviderSettings:
    """A setting that would have no effect was meant to have one."""
    given = {
        "vendor": settings.vendor is not None,
        "quirks": bool(settings.quirks),
        "think_tags": settings.think_tags is not None,
    }
    for name in (name for name, is_given in given.items() if is_given):
        raise ValueError(
            f"`{name}` means nothing to type {settings.type!r}: remove it, or set `type: openai-compatible`"
        )
    return settings


PROVIDERS: Final[Mapping[str, Callable[[Order], Provider]]] = {
    "openai-compatible": _openai_compatible,
    "anthropic": _anthropic,
    "dummy": _dummy,
}
