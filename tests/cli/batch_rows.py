"""Lines of batch files, and a gateway in this process that answers them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cli.gateways import gateway
from isthmus.batch.lines import Line, parse
from isthmus.cli.batch_doors import OwnGateway
from isthmus.cli.greeting import NO_KEY
from isthmus.cli.running import Running
from isthmus.core.secret import Secret
from simulators.openai_vendor import OpenAIVendor

URL = "/v1/chat/completions"


def chat(id: str, model: str = "dummy", text: str | None = None, url: str = URL) -> dict[str, Any]:
    body = {"model": model, "messages": [{"role": "user", "content": text or f"line {id}"}]}
    return {"custom_id": id, "method": "POST", "url": url, "body": body}


def message(id: str, model: str = "dummy", text: str | None = None) -> dict[str, Any]:
    messages = [{"role": "user", "content": text or f"line {id}"}]
    return {"custom_id": id, "params": {"model": model, "max_tokens": 64, "messages": messages}}


def as_file(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def lines(*rows: dict[str, Any]) -> list[Line]:
    return [parse(json.dumps(row).encode()) for row in rows]


def results_in(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def providers(vendor: OpenAIVendor) -> dict[str, Any]:
    own = {"type": "openai-compatible", "base_url": vendor.base_url, "api_key": vendor.key}
    return {"providers": {"vendor": own, "dummy": {"type": "dummy"}}, "default_provider": "vendor"}


@asynccontextmanager
async def own_door(
    folder: Path, configuration: dict[str, Any] | None = None, provider: str | None = None, key: str = NO_KEY
) -> AsyncIterator[tuple[OwnGateway, Running]]:
    async with gateway(folder, configuration) as (running, _):
        yield OwnGateway(running.live.gateway, provider, Secret(key)), running
