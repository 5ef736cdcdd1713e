"""Settings of answers that are given again: for all providers, and for one that differs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from isthmus.config.fields import Count, Seconds, Section

CacheEntries = Annotated[Count, Field(le=1_000_000)]
CacheMib = Annotated[Count, Field(le=65_536)]
CacheSeconds = Annotated[Seconds, Field(le=2_592_000)]


class CacheSettings(Section):
    """Answers that are given again when the same key asks exactly the same (docs/cache.md)."""

    enabled: bool = Field(default=False, description="Whether answers are kept.")
    ttl_s: CacheSeconds = Field(default=3600.0, description="How long an answer is given again.")
    max_entries: CacheEntries = Field(default=1000, description="Answers of one provider, at most.")
    max_mib: CacheMib = Field(
        default=64,
        description="Memory for the answers of one provider, in MiB. What was not used for longest gives way; a single answer larger "
        "than a tenth of it is not kept.",
    )


class ProviderCacheSettings(Section):
    """The cache of this provider's answers, where it differs from `cache`."""

    enabled: bool | None = Field(default=None, description="Unset: as `cache.enabled`.")
    ttl_s: CacheSeconds | None = Field(default=None, description="Unset: as `cache.ttl_s`.")
    max_entries: CacheEntries | None = Field(default=None, description="Unset: as `cache.max_entries`.")
    max_mib: CacheMib | None = Field(default=None, description="Unset: as `cache.max_mib`.")

    def over(self, general: CacheSettings) -> CacheSettings:
        """The general settings, with what is said here in their place."""
        said = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return general.model_copy(update=said)
