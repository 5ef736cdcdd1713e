"""Whether a gateway answers at an address."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from isthmus.cli.failure import CommandFailed
from isthmus.config.fields import is_loopback

WITHIN_S: Final = 3.0


def demand_gateway(url: str, config: Path | None = None) -> None:
    """Raises `CommandFailed`, with the way to start one, unless a gateway answers at `url`."""
    try:
        answer = _health(url)
    except (OSError, http.client.HTTPException, ValueError):
        start = "isthmus serve" + (f" --config {config}" if config is not None else "")
        raise CommandFailed(
            f"no gateway answers at {url}: start one in another terminal with `{start}`, "
            "or say where it is with `--url http://HOST:PORT`"
        ) from None
    if answer != {"status": "ok"}:
        raise CommandFailed(
            f"what answers at {url} is not this gateway: correct the port, or say where it is with `--url`"
        )


def _health(url: str) -> object:
    """What /healthz says; None when it is no JSON."""
    # A proxy of the environment cannot reach this machine's loopback.
    proxies: dict[str, str] | None = {} if is_loopback(urlsplit(url).hostname or "") else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
    try:
        with opener.open(f"{url}/healthz", timeout=WITHIN_S) as answer:
            return json.loads(answer.read(1000))
    except (urllib.error.HTTPError, json.JSONDecodeError, UnicodeDecodeError):
        return None
