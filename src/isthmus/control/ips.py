"""Refusing client addresses, and letting them in again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isthmus.control.clock import now_ms
from isthmus.control.failures import Conflict, FieldProblem, Invalid, NotFound
from isthmus.control.key_input import LAST_MS
from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.control.people import Person
from isthmus.routing.ip_rules import Block, IpRules, Network, read_address, read_network
from isthmus.storage.audit import AuditLog
from isthmus.storage.ips import BlockedNetwork, BlockStore
from isthmus.storage.texts import storable

__all__ = ["MAX_REASON_CHARS", "BlockedNetwork", "IpService", "rules_of"]

MAX_REASON_CHARS: Final = 1000
_LOOPBACK: Final = (read_network("127.0.0.0/8"), read_network("::1"))


@dataclass(frozen=True, slots=True)
class IpService:
    blocks: BlockStore
    audit: AuditLog
    now_ms: Callable[[], int] = now_ms

    async def page(self, cursor: str | None, limit: int) -> Page[BlockedNetwork]:
        """Those in force, newest first. Raises `Invalid` for a foreign cursor."""
        after = None
        if cursor is not None:
            created_ms, network = read_cursor(cursor, int, str)
            after = (int(created_ms), str(network))
        found = await self.blocks.page(self.now_ms(), after, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        return Page(found[:limit], write_cursor(last.created_ms, last.network) if last else None)

    async def block(
        self,
        person: Person,
        network: str,
        reason: str = "",
        expires_ms: int | None = None,
        *,
        force: bool = False,
    ) -> BlockedNetwork:
        """In place of a block of the same network. Raises `Invalid`, and `Conflict` unless forced when it would shut out
        this machine or whoever asks."""
        now, wanted = self.now_ms(), _read(network)
        if expires_ms is not None and not now < expires_ms <= LAST_MS:
            message = "must be in the future, before the year 10000"
            raise Invalid(f"expires_at: {message}", [FieldProblem("expires_at", message)])
        if not force:
            _refuse_shutting_out(wanted, person.client)
        block = BlockedNetwork(str(wanted), storable(reason.strip(), MAX_REASON_CHARS), now, expires_ms)
        await self.blocks.put([block])
        await self.audit.note(person, "ip.block", block.network, block.reason)
        return block

    async def unblock(self, person: Person, network: str) -> None:
        """Raises `Invalid`, and `NotFound` when this very network is not blocked."""
        wanted = str(_read(network))
        if not await self.blocks.remove(wanted):
            raise NotFound(await self._why_not(wanted))
        await self.audit.note(person, "ip.unblock", wanted)

    async def _why_not(self, network: str) -> str:
        """An address may be blocked by a network around it."""
        now = self.now_ms()
        block = rules_of(await self.blocks.load(now)).match(network.partition("/")[0], now / 1000)
        if block is None:
            return f"{network} is not blocked: see `isthmus ips list` or GET /v2/ips/blocked"
        return f"{network} has no block of its own: unblock {block.network}, which it is in"


def rules_of(blocks: list[BlockedNetwork]) -> IpRules:
    """What a gateway matches addresses against. A row that is no network, which only another hand can have written, is left
    out."""
    return IpRules(
        Block(network, each.reason, None if each.expires_ms is None else each.expires_ms / 1000)
        for each in blocks
        if (network := _network(each.network)) is not None
    )


def _network(text: str) -> Network | None:
    try:
        return read_network(text)
    except ValueError:
        return None


def _read(text: str) -> Network:
    network = _network(text)
    if network is None:
        message = "not an address or a network such as 203.0.113.0/24"
        raise Invalid(f"network: {message}", [FieldProblem("network", message)])
    return network


def _refuse_shutting_out(network: Network, client: str) -> None:
    if any(network.version == own.version and network.overlaps(own) for own in _LOOPBACK):
        raise Conflict(f"{network} is this machine itself: say `force` if that is meant")
    address = read_address(client)
    if address is not None and address.version == network.version and address in network:
        raise Conflict(f"{network} is where you come from ({client}): say `force` if that is meant")
