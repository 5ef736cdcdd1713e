"""Which client addresses are refused, and which a key may be used from.

Networks are kept by the length of their prefix, so a question costs one look-up per length that occurs, whether there are
ten networks or ten thousand. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address, and so is a network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_MAPPED_BITS: Final = 96
"""Length of the prefix `::ffff:0:0`, below which IPv6 repeats the addresses of IPv4."""


@dataclass(frozen=True, slots=True)
class Block:
    """A network that is refused. `expires_s` is a moment in seconds since 1970; None: for good."""

    network: Network
    reason: str = ""
    expires_s: float | None = None


class IpRules:
    """Networks to be matched. Never changes: a new list is a new object."""

    def __init__(self, blocks: Iterable[Block] = ()) -> None:
        tables: dict[int, dict[int, dict[int, Block]]] = {}
        for block in blocks:
            network = block.network
            host_bits = network.max_prefixlen - network.prefixlen
            table = tables.setdefault(network.version, {}).setdefault(host_bits, {})
            table[int(network.network_address) >> host_bits] = block
        # The most specific network answers, since its reason says most.
        self._tables = {version: sorted(of_version.items()) for version, of_version in tables.items()}

    def __bool__(self) -> bool:
        return bool(self._tables)

    def match(self, address: str | Address, now_s: float) -> Block | None:
        """The block an address is under; None as well for what is no address, such as the peer of a UNIX socket."""
        if not self._tables:
            return None
        found = read_address(address) if isinstance(address, str) else _unmapped(address)
        if found is None:
            return None
        number = int(found)
        for host_bits, table in self._tables.get(found.version, ()):
            block = table.get(number >> host_bits)
            if block is not None and (block.expires_s is None or now_s < block.expires_s):
                return block
        return None


def read_address(text: str) -> Address | None:
    """None when it is none. The zone of a link-local address (`fe80::1%eth0`) is left out."""
    try:
        return _unmapped(ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def read_network(text: str) -> Network:
    """An address or CIDR as a network, host bits cleared. Raises `ValueError`."""
    network = ip_network(text.strip(), strict=False)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _unmapped(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
