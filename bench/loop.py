"""The event loop of the simulator and the client: uvloop where it is installed, so that they stay ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

new_event_loop: Callable[[], asyncio.AbstractEventLoop]

try:
    from uvloop import new_event_loop
except ImportError:
    new_event_loop = asyncio.new_event_loop
