"""The composition root: from settings to a gateway ready to serve."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from isthmus import registry
from isthmus.config import ImageSettings, ProviderSettings, Settings
from isthmus.dialects import anthropic
from isthmus.dialects.openai_chat import model_object, models_page
from isthmus.routing.directory import Directory
from isthmus.routing.model_map import ModelMap
from isthmus.server.endpoints import Endpoints, ModelPages
from isthmus.server.gateway import Gateway
from isthmus.server.guard import guard_for
from isthmus.server.reply import Pace
from isthmus.server.sources import Source
from isthmus.transport.fetch import FetchLimits, GuardedFetch
from isthmus.transport.http import Http, Limits


@dataclass(frozen=True, slots=True)
class Hands:
    """What reaches the world on a gateway's behalf."""

    http: Http
    images: GuardedFetch


@asynccontextmanager
async def open_hands(settings: ImageSettings) -> AsyncIterator[Hands]:
    """Open for as long as the gateway serves."""
    limits = FetchLimits(settings.fetch_timeout_s, settings.max_mib << 20, settings.allow_private_networks)
    async with Http() as http, GuardedFetch(limits) as images:
        yield Hands(http, images)


def build(settings: Settings, hands: Hands) -> Gateway:
    """The gateway that `settings` describe. Must be called inside the event loop.

    Raises `ValueError` where settings that are fine one by one do not fit together (aliases in a circle, an unknown quirk).
    """
    server = settings.server
    endpoints = Endpoints(
        sources={
            name: source(name, each, hands.http, auto_cache=settings.auto_cache)
            for name, each in settings.providers.items()
        },
        directory=directory(settings),
        model_pages=ModelPages(models_page, model_object),
        parse_count=anthropic.dialect.parse_for_count,
        fetch=hands.images.fetch,
        pace=Pace(settings.streams.commit_after_s, settings.streams.keepalive_s),
        max_body_bytes=server.max_body_mib << 20,
    )
    guard = guard_for(server.host, settings.api_keys, server.allowed_hosts, server.cors_origins)
    return Gateway(endpoints, registry.dialects(), guard)


def source(name: str, settings: ProviderSettings, http: Http, *, auto_cache: bool = True) -> Source:
    """A provider with the connections it is reached through."""
    limits = Limits(
        connect_s=settings.connect_timeout_s,
        first_byte_s=settings.first_byte_timeout_s,
        idle_s=settings.idle_timeout_s,
        whole_s=settings.timeout_s,
    )
    proxy = None if settings.proxy is None else settings.proxy.reveal()
    provider = registry.build(name, settings, auto_cache=auto_cache)
    return Source(provider, http.channel(limits, proxy), settings.loss_policy)


def directory(settings: Settings) -> Directory:
    """Who serves which model."""
    maps = {name: ModelMap(each.models, each.default_model) for name, each in settings.providers.items()}
    return Directory(maps, settings.aliases, settings.default_provider or next(iter(maps)))
