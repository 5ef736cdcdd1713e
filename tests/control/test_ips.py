"""Networks are blocked in one spelling, and nobody shuts themselves out by accident."""

from dataclasses import replace

import pytest

from isthmus.control.failures import Conflict, Invalid, NotFound
from isthmus.control.ips import IpService, rules_of
from isthmus.control.people import OPERATOR, Person, Role
from isthmus.storage.audit import AuditFilter, AuditLog
from isthmus.storage.database import Database
from isthmus.storage.ips import BlockedNetwork, BlockStore

NOW_MS = 1_790_000_000_000
ANNA = Person("usr_1", "anna", Role.ADMIN, client="198.51.100.7")


@pytest.fixture
def service(sqlite: Database) -> IpService:
    return IpService(BlockStore(sqlite), AuditLog(sqlite), lambda: NOW_MS)


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        (" 203.0.113.7/24 ", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("2001:DB8::1", "2001:db8::1/128"),
    ],
)
async def test_a_network_has_one_spelling(service: IpService, written: str, network: str) -> None:
    blocked = await service.block(ANNA, written, " scans\0 ", NOW_MS + 1000)
    assert blocked == BlockedNetwork(network, "scans\ufffd", NOW_MS, NOW_MS + 1000)
    assert (await service.page(None, 10)).items == [blocked]
    await service.unblock(ANNA, written)
    assert (await service.page(None, 10)).items == []


@pytest.mark.parametrize("network", ["", "home", "10.0.0.0/40", "10.0.0.1\x00"])
async def test_what_is_no_network_is_refused(service: IpService, network: str) -> None:
    with pytest.raises(Invalid, match="network"):
        await service.block(ANNA, network)
    with pytest.raises(Invalid, match="network"):
        await service.unblock(ANNA, network)


@pytest.mark.parametrize("expires_ms", [NOW_MS, 0, -1, 2**60])
async def test_a_block_ends_in_the_future(service: IpService, expires_ms: int) -> None:
    with pytest.raises(Invalid, match="future"):
        await service.block(ANNA, "203.0.113.7", "", expires_ms)


@pytest.mark.parametrize(
    "network",
    ["127.0.0.1", "127.1.0.0/16", "0.0.0.0/0", "::1", "::/0", "::ffff:127.0.0.1", "198.51.100.0/24"],
)
async def test_nobody_shuts_themselves_out_unless_they_insist(service: IpService, network: str) -> None:
    with pytest.raises(Conflict, match="force"):
        await service.block(ANNA, network)
    assert (await service.page(None, 10)).items == []
    await service.block(ANNA, network, force=True)
    assert len((await service.page(None, 10)).items) == 1


async def test_an_address_of_the_other_family_is_nobodys(service: IpService) -> None:
    await service.block(replace(ANNA, client="2001:db8::1"), "203.0.113.0/24")
    await service.block(replace(ANNA, client=""), "2001:db8::/32")


async def test_unblocking_what_is_not_blocked_says_what_is(service: IpService) -> None:
    await service.block(ANNA, "203.0.113.0/24")
    with pytest.raises(NotFound, match=r"unblock 203\.0\.113\.0/24"):
        await service.unblock(ANNA, "203.0.113.7")
    with pytest.raises(NotFound, match="is not blocked"):
        await service.unblock(ANNA, "192.0.2.1")


async def test_pages_follow_each_other(service: IpService) -> None:
    for number in range(5):
        await service.block(ANNA, f"203.0.113.{number}")
    first = await service.page(None, 3)
    second = await service.page(first.next_cursor, 3)
    assert len({block.network for block in [*first.items, *second.items]}) == 5
    assert second.next_cursor is None
    with pytest.raises(Invalid, match="cursor"):
        await service.page("x", 3)


async def test_changes_are_noted(service: IpService) -> None:
    await service.block(OPERATOR, "203.0.113.7", "scans")
    await service.unblock(OPERATOR, "203.0.113.7")
    lines = await service.audit.page(AuditFilter(), None, 10)
    assert [(line.action, line.target, line.detail) for line in reversed(lines)] == [
        ("ip.block", "203.0.113.7/32", "scans"),
        ("ip.unblock", "203.0.113.7/32", None),
    ]


def test_rules_are_made_of_rows_and_foreign_ones_left_out() -> None:
    rules = rules_of(
        [
            BlockedNetwork("203.0.113.0/24", "for a while", 0, expires_ms=2_000),
            BlockedNetwork("nonsense", "", 0),
        ]
    )
    found = rules.match("203.0.113.9", 1.999)
    assert found is not None
    assert found.reason == "for a while"
    assert rules.match("203.0.113.9", 2.0) is None
