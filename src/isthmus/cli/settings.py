"""What commands have in common: finding the configuration, and knowing its secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from isthmus.cli.failure import CommandFailed
from isthmus.config import ConfigError, Loaded, Settings, load
from isthmus.core.secret import Secret

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="Configuration, YAML or JSON. Default: $ISTHMUS_CONFIG, else isthmus.yaml, .yml or .json here, if there is one.",
    ),
]


def load_settings(config: Path | None, options: Mapping[str, object] | None = None) -> Loaded:
    """Settings from file, environment and command line. Raises `CommandFailed` with every problem found."""
    try:
        return load(config, os.environ, options)
    except ConfigError as error:
        raise CommandFailed(str(error)) from None


def secrets_of(settings: Settings) -> Iterator[Secret]:
    """Every value of the configuration that must never be shown."""
    yield from settings.api_keys
    yield from map(Secret, settings.storage.secret_key.reveal().replace(" ", "").split(","))
    for address in (settings.storage.url, settings.limits.redis_url):
        if address is not None:
            yield from _credentials_in(address.reveal())
    for provider in settings.providers.values():
        yield provider.api_key
        yield from provider.headers.values()
        if provider.proxy is not None:
            yield from _credentials_in(provider.proxy.reveal())


def _credentials_in(url: str) -> Iterator[Secret]:
    parts = urlsplit(url)
    if parts.password:
        yield Secret(parts.password)
        yield Secret(unquote(parts.password))
