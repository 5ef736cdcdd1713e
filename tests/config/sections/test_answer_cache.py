from __future__ import annotations

import pytest
from pydantic import ValidationError

from isthmus.config.sections.answer_cache import CacheSettings, ProviderCacheSettings


def test_a_provider_keeps_answers_as_all_do_unless_it_says_otherwise() -> None:
    general = CacheSettings(enabled=True, ttl_s=60, max_entries=7)
    assert ProviderCacheSettings().over(general) == general
    own = ProviderCacheSettings(enabled=False, max_mib=1).over(general)
    assert (own.enabled, own.max_mib, own.ttl_s, own.max_entries) == (False, 1, 60, 7)


@pytest.mark.parametrize(
    "said", [{"ttl_s": 0}, {"ttl_s": 2_592_001}, {"max_entries": 0}, {"max_mib": 65_537}]
)
def test_a_cache_without_sense_is_refused(said: dict[str, object]) -> None:
    for kind in (CacheSettings, ProviderCacheSettings):
        with pytest.raises(ValidationError):
            kind.model_validate(said)
