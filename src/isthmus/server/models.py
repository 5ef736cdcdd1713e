"""Which models there are: from the configuration where it names them, else from the upstream's own list, kept a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from isthmus.core.errors import UpstreamError
from isthmus.core.interfaces import ModelInfo
from isthmus.routing.directory import Directory
from isthmus.server.sources import Source
from isthmus.server.suppliers import Supplier

KEPT_S: Final = 300.0
KEPT_AFTER_FAILURE_S: Final = 15.0
BRIEF_S: Final = 2.0
"""How long a list of many providers waits for one of them: Claude Code gives up on its model list after three seconds."""
PATIENT_S: Final = 30.0
"""How long a list, or a row, of one provider waits for it."""


class ModelLists:
    """Model lists per provider. An upstream is asked at most once at a time, whoever waits."""

    def __init__(self, directory: Directory, suppliers: Mapping[str, Supplier]) -> None:
        self._directory = directory
        self._suppliers = suppliers
        self._known: dict[str, tuple[float, list[ModelInfo]]] = {}
        self._asking: dict[str, asyncio.Task[list[ModelInfo]]] = {}

    async def of(self, provider: str | None, *, for_discovery: bool) -> list[ModelInfo]:
        """The models of one provider, or of all, each id once. `for_discovery` adds a Claude-like alias for foreign ones,
        since Claude Code shows only ids that contain `claude`. A provider that takes too long to answer is left out until it
        has."""
        wait_s = PATIENT_S if provider is not None and not for_discovery else BRIEF_S
        return await self._of(provider, for_discovery, wait_s)

    async def one(self, provider: str | None, id: str) -> ModelInfo | None:
        for info in await self._of(provider, True, PATIENT_S):
            if info.id == id:
                return info
        return None

    async def _of(self, provider: str | None, for_discovery: bool, wait_s: float) -> list[ModelInfo]:
        names = [provider] if provider is not None else list(self._suppliers)
        alone = provider is not None
        lists = await asyncio.gather(*(self._of_one(name, wait_s, alone=alone) for name in names))
        found: dict[str, ModelInfo] = {}
        for name, models in zip(names, lists, strict=True):
            for info in models:
                found.setdefault(info.id, info)
                if for_discovery and "claude" not in info.id.lower():
                    alias = self._directory.discovery_alias(name, info.id)
                    found.setdefault(
                        alias, replace(info, id=alias, display_name=info.display_name or info.id)
                    )
        return list(found.values())

    async def _of_one(self, name: str, wait_s: float, *, alone: bool) -> list[ModelInfo]:
        source = self._suppliers[name].face
        named = self._directory.names(name)
        if named:
            return [self._described(source, id) for id in named]
        listed = await self._listed(name, wait_s)
        if alone or name == self._directory.default_provider:
            return [self._completed(source, info, info.id) for info in listed]
        # Beside others, a model of another than the default provider is reached as `provider/model`.
        return [self._completed(source, replace(info, id=f"{name}/{info.id}"), info.id) for info in listed]

    def _described(self, source: Source, id: str) -> ModelInfo:
        choice = self._directory.choose(id, source.name)
        return self._completed(source, ModelInfo(id, owner=source.name), choice.model)

    @staticmethod
    def _completed(source: Source, info: ModelInfo, upstream_model: str) -> ModelInfo:
        record = source.abilities(upstream_model)
        return replace(
            info,
            display_name=info.display_name or info.id,
            owner=info.owner or source.name,
            context_window=info.context_window or record.context_window,
            max_output_tokens=info.max_output_tokens or record.max_output_tokens,
        )

    async def _listed(self, name: str, wait_s: float) -> list[ModelInfo]:
        """What is known when the wait is over: the upstream goes on being asked, for the next time."""
        now = asyncio.get_running_loop().time()
        until, models = self._known.get(name, (0.0, []))
        if now < until:
            return models
        task = self._asking.get(name)
        if task is None:
            task = asyncio.create_task(self._ask(name))
            self._asking[name] = task
            task.add_done_callback(lambda _: self._asking.pop(name, None))
        done, _ = await asyncio.wait((task,), timeout=wait_s)
        return task.result() if done else models

    async def _ask(self, name: str) -> list[ModelInfo]:
        """An upstream without a list, or out of reach, has no models to show; that is no error of the client's."""
        source = self._suppliers[name].face
        loop = asyncio.get_running_loop()
        try:
            models = await fetch_models(source)
            self._known[name] = (loop.time() + KEPT_S, models)
        except UpstreamError:
            models = self._known.get(name, (0.0, []))[1]
            self._known[name] = (loop.time() + KEPT_AFTER_FAILURE_S, models)
        return models


async def fetch_models(source: Source) -> list[ModelInfo]:
    """The upstream's own list; empty when the provider has none. Raises `UpstreamError`."""
    exchange = source.provider.list_models()
    if exchange is None:
        return list(source.provider.read_models(b""))
    reply = await source.ask(exchange)
    if reply.head.status >= 400:
        raise UpstreamError(
            f"the upstream refused its model list ({reply.head.status})", status=reply.head.status
        )
    models = source.provider.read_models(reply.body)
    source.forget()
    return models
