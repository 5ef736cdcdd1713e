"""A start without configured providers: what this machine has takes their place."""

from __future__ import annotations

import os

from isthmus import discovery
from isthmus.cli.failure import CommandFailed
from isthmus.config import ConfigError, Settings
from isthmus.discovery import Found
from isthmus.transport.http import Http


async def look_around(http: Http, own_port: int) -> list[Found]:
    """Raises `CommandFailed` when the environment holds what cannot be used."""
    try:
        return await discovery.discover(os.environ, http, own_port)
    except ConfigError as error:
        raise CommandFailed(str(error)) from None


def with_found(settings: Settings, found: list[Found]) -> Settings:
    """Settings that use what was found. Raises `CommandFailed` when the default provider is not among it."""
    providers = {each.name: each.settings for each in found}
    default = settings.default_provider or found[0].name
    if default not in providers:
        raise CommandFailed(
            f"default_provider {default!r} is neither configured nor found on this machine: "
            f"add it under `providers`, or choose one of {', '.join(providers)}"
        )
    return settings.model_copy(update={"providers": providers, "default_provider": default})
