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
from isthmus.core.secret import Secret

WITHIN_S: Final = 3.0
MAX_SAID_BYTES: Final = 10_000


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


def demand_entry(url: str, key: Secret) -> None:
    """Raises `CommandFailed` when the gateway lets nobody in with this key, or has no such provider. Whether an upstream
    answers is another question."""
    request = urllib.request.Request(  # noqa: S310 - an address that `gateway_url` has judged
        f"{url}/v1/models", headers={"authorization": f"Bearer {key.reveal()}"}
    )
    try:
        _opener(url).open(request, timeout=WITHIN_S).close()
    except urllib.error.HTTPError as refusal:
        said = _message(refusal.read(MAX_SAID_BYTES))
        if refusal.code == 401:
            raise CommandFailed(
                f"{said}. `isthmus keys create NAME` makes one; put it into a variable and give its name with `--key-env`"
            ) from None
        if refusal.code == 404:
            raise CommandFailed(said) from None
    except (OSError, http.client.HTTPException):
        return


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return "the gateway refuses the request"


def _opener(url: str) -> urllib.request.OpenerDirector:
    # A proxy of the environment cannot reach this machine's loopback.
    proxies: dict[str, str] | None = {} if is_loopback(urlsplit(url).hostname or "") else None
    return urllib.request.build_opener(urllib.request.ProxyHandler(proxies))


def _health(url: str) -> object:
    """What /healthz says; None when it is no JSON."""
    try:
        with _opener(url).open(f"{url}/healthz", timeout=WITHIN_S) as answer:
            return json.loads(answer.read(1000))
    except (urllib.error.HTTPError, json.JSONDecodeError, UnicodeDecodeError):
        return None
