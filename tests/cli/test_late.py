"""Put together once, when it is first asked for."""

from __future__ import annotations

import asyncio

import pytest

from isthmus.cli.late import Late


async def test_it_is_built_once_and_for_everybody() -> None:
    built: list[str] = []

    def build() -> object:
        built.append("built")
        return object()

    late = Late(build)
    assert built == []
    things = await asyncio.gather(*(late.get() for _ in range(5)))
    assert len(set(map(id, things))) == 1
    assert built == ["built"]


async def test_what_could_not_be_built_is_tried_again() -> None:
    tries: list[str] = []

    def build() -> None:
        tries.append("try")
        if len(tries) == 1:
            raise MemoryError

    late = Late(build)
    with pytest.raises(MemoryError):
        await late.get()
    for _ in range(2):
        assert await late.get() is None
    assert len(tries) == 2
