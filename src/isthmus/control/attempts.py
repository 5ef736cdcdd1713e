"""How often one may try to sign in: a few times freely, then ever more slowly, by address and by name.

An address waits up to a quarter of an hour. A name waits much less, as anybody can make somebody else's name wait.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isthmus.control.failures import Throttled

FREE: Final = 5
"""Failures in a row that cost no waiting."""
LONGEST_S: Final = {"address": 900.0, "name": 30.0}
FORGET_AFTER_S: Final = 3600.0
MAX_REMEMBERED: Final = 10_000

Key = tuple[str, str]


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last_s: float = 0.0
    until_s: float = 0.0


class Attempts:
    """An attempt counts as failed from its beginning, so that many at once are no way around."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[Key, _Failures] = OrderedDict()

    def begin(self, client: str, name: str) -> None:
        """Raises `Throttled` while this address or this name has to wait; such an attempt does not count."""
        now, keys = self._clock(), _keys(client, name)
        wait_s = max(self._recalled(key, now).until_s - now for key in keys)
        if wait_s > 0:
            raise Throttled("too many attempts to sign in failed: wait, then try again", wait_s)
        for key in keys:
            failures = self._failures.setdefault(key, self._recalled(key, now))
            self._failures.move_to_end(key)
            failures.count += 1
            failures.last_s = now
            if failures.count >= FREE:
                failures.until_s = now + min(LONGEST_S[key[0]], 2.0 ** min(failures.count - FREE, 20))
        while len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, client: str, name: str) -> None:
        """The name is forgiven. The address is not: or with one good password one could try others without end."""
        address, named = _keys(client, name)
        self._failures.pop(named, None)
        if (failures := self._failures.get(address)) is not None:
            failures.count -= 1
            failures.until_s = self._clock()

    def _recalled(self, key: Key, now: float) -> _Failures:
        failures = self._failures.get(key)
        if failures is not None and now - failures.last_s >= FORGET_AFTER_S:
            del self._failures[key]
            failures = None
        return failures or _Failures()


def _keys(client: str, name: str) -> tuple[Key, Key]:
    return ("address", _network(client)), ("name", name)


def _network(client: str) -> str:
    """Who has an IPv6 address usually has all those of its /64."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return str(address)
