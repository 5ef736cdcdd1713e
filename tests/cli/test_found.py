"""Without configured providers, what was found is used."""

from typing import Any

import pytest

from isthmus.cli.failure import CommandFailed
from isthmus.cli.found import look_around, with_found
from isthmus.config import ConfigError, Problem, ProviderSettings, Settings
from isthmus.discovery import Found
from isthmus.transport.http import Http

FOUND = [
    Found("openai", ProviderSettings(base_url="http://127.0.0.1:9/v1"), "OPENAI_API_KEY is set"),
    Found("dummy", ProviderSettings(type="dummy"), "always there"),
]


def test_the_first_is_the_default() -> None:
    settings = with_found(Settings.model_validate({"server": {"port": 1234}}), FOUND)
    assert (list(settings.providers), settings.default_provider) == (["openai", "dummy"], "openai")
    assert settings.server.port == 1234


def test_another_default_may_be_set() -> None:
    settings = Settings.model_validate({"default_provider": "dummy"})
    assert with_found(settings, FOUND).default_provider == "dummy"
    with pytest.raises(CommandFailed, match="choose one of openai, dummy"):
        with_found(Settings.model_validate({"default_provider": "mine"}), FOUND)


async def test_there_is_always_something() -> None:
    async with Http() as http:
        found = await look_around(http, 8000)
    assert "dummy" in {each.name for each in found}


async def test_a_wrong_environment_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def discover(*_: Any) -> list[Found]:
        raise ConfigError([Problem("OPENAI_BASE_URL", "", "is no address")])

    monkeypatch.setattr("isthmus.discovery.discover", discover)
    async with Http() as http:
        with pytest.raises(CommandFailed, match="OPENAI_BASE_URL: is no address"):
            await look_around(http, 8000)
