"""Tests of child processes run on both loops: each has its own way with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

Loops = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Loops:
    """A module that wants others than the usual loop names them as LOOPS."""
    module = getattr(item, "module", None)
    chosen: Loops = getattr(module, "LOOPS", {"asyncio": asyncio.new_event_loop})
    return chosen
