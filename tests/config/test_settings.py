from __future__ import annotations

import pytest
from pydantic import ValidationError

from isthmus.config.sections.provider import ProviderSettings
from isthmus.config.settings import Settings, StreamSettings
from isthmus.core.losses import Policy


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = Settings()
    assert (settings.server.host, settings.server.port, settings.server.max_body_mib) == (
        "127.0.0.1",
        8000,
        32,
    )
    assert settings.server.cors_origins == ()
    assert settings.api_keys == ()
    assert settings.providers == {}
    assert (settings.streams.commit_after_s, settings.streams.keepalive_s) == (10, 15)
    assert not settings.images.allow_private_networks
    provider = ProviderSettings()
    assert provider.type == "openai-compatible"
    assert provider.loss_policy is Policy.REPAIR
    assert not provider.api_key
    assert (provider.connect_timeout_s, provider.first_byte_timeout_s, provider.idle_timeout_s) == (
        10,
        300,
        300,
    )


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().server.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("seconds", [0, -1, 15.1, True])
def test_keep_alives_cannot_be_rarer_than_15_s(seconds: object) -> None:
    with pytest.raises(ValidationError):
        StreamSettings.model_validate({"keepalive_s": seconds})
