from __future__ import annotations

import pytest
from pydantic import ValidationError

from isthmus.config.sections.compression import CompressionSettings, ProviderCompressionSettings


def test_a_provider_compresses_as_all_do_unless_it_says_otherwise() -> None:
    general = CompressionSettings(method="clip", at=0.5, model="fast")
    assert ProviderCompressionSettings().over(general) == general
    own = ProviderCompressionSettings(method="off", keep_turns=9).over(general)
    assert (own.method, own.keep_turns, own.at, own.model) == ("off", 9, 0.5, "fast")


@pytest.mark.parametrize(
    "said", [{"method": "shrink"}, {"at": 0}, {"at": 1.1}, {"keep_turns": 0}, {"clip_to_chars": 10}]
)
def test_compression_without_sense_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CompressionSettings.model_validate(said)
