"""The whole application, over sources of the tests' own."""

from __future__ import annotations

from typing import Any

from isthmus.core.commands import Fetch, Fetched
from isthmus.core.interfaces import CHAT, MESSAGES
from isthmus.dialects import anthropic, openai_chat
from isthmus.limiting.memory import MemoryLimiter
from isthmus.routing.directory import Directory
from isthmus.routing.model_map import ModelMap
from isthmus.server.admission import Admission
from isthmus.server.callers import Callers
from isthmus.server.endpoints import Endpoints
from isthmus.server.gateway import Gateway
from isthmus.server.guard import Guard
from isthmus.server.model_pages import ModelPages
from isthmus.server.offer import Offer
from isthmus.server.sources import Source
from isthmus.server.suppliers import alone

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24


def gateway(
    *sources: Source,
    guard: Guard | None = None,
    callers: Callers | None = None,
    maps: dict[str, ModelMap] | None = None,
    **fields: Any,
) -> Gateway:
    async def fetch(command: Fetch) -> Fetched:
        return Fetched("image/png", PNG)

    named = {source.name: alone(source) for source in sources}
    directory = Directory({name: (maps or {}).get(name, ModelMap()) for name in named}, {}, next(iter(named)))
    admission = Admission(MemoryLimiter(), callers or Callers())
    endpoints = Endpoints(
        offer=Offer.of(named, directory),
        admission=admission,
        model_pages=ModelPages(openai_chat.models_page, openai_chat.model_object),
        parse_count=anthropic.dialect.parse_for_count,
        fetch=fetch,
        **fields,
    )
    dialects = {
        MESSAGES: anthropic.dialect,
        CHAT: openai_chat.dialect,
        openai_chat.completions.name: openai_chat.completions,
    }
    return Gateway(endpoints, dialects, guard or Guard(), admission)
