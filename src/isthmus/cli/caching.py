"""The caches of a gateway: which providers have one, and when one is still good after a change."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from isthmus.config import Settings
from isthmus.control.statistics import CacheFigures
from isthmus.server.cache import AnswerCache, CacheRules
from isthmus.server.suppliers import Supplier


def answer_cache(settings: Settings, name: str, before: AnswerCache | None) -> AnswerCache | None:
    """None for a provider whose answers are not kept. `before` goes on as long as all that its answers depend on stays equal:
    what another address or another setting said is not what this one would say."""
    provider = settings.providers[name]
    chosen = provider.cache.over(settings.cache)
    if not chosen.enabled:
        return None
    rules = CacheRules(chosen.ttl_s, chosen.max_entries, chosen.max_mib << 20)
    shortened = provider.compression.over(settings.compression)
    made_of = (rules, provider, shortened, settings.defaults.loss_policy, settings.auto_cache)
    if before is not None and before.made_of == made_of:
        return before
    return AnswerCache(rules, made_of)


def cache_figures(suppliers: Callable[[], Mapping[str, Supplier]]) -> Callable[[], list[CacheFigures]]:
    """How the caches of those providers stand when that is asked."""

    def figures() -> list[CacheFigures]:
        found = []
        for name, supplier in suppliers().items():
            if supplier.cache is not None:
                state = supplier.cache.state(time.monotonic())
                found.append(CacheFigures(name, state.entries, state.bytes, state.hits, state.misses))
        return found

    return figures
