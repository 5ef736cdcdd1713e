"""An address is under a block exactly when one of the networks holds it, however many there are."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.routing.ip_rules import Block, IpRules, read_address, read_network

NOW_S = 1_790_000_000.0


def rules(*networks: str) -> IpRules:
    return IpRules(Block(read_network(each), reason=each) for each in networks)


def matched(under: IpRules, address: str) -> str | None:
    block = under.match(address, NOW_S)
    return None if block is None else block.reason


@pytest.mark.parametrize(
    ("network", "address", "held"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("10.0.0.0/8", "10.255.0.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.1.2.3/8", "10.9.9.9", True),  # host bits are cleared
        ("0.0.0.0/0", "198.51.100.1", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("2001:db8::/32", "2001:db8:ffff::1", True),
        ("2001:db8::/32", "2001:db9::1", False),
        ("::/0", "2001:db8::1", True),
        ("10.0.0.0/8", "::ffff:10.0.0.1", True),
        ("::ffff:10.0.0.0/104", "10.7.7.7", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("10.0.0.0/8", "", False),
        ("10.0.0.0/8", "unix:", False),
        ("10.0.0.0/8", "10.0.0.1:443", False),
    ],
)
def test_a_network_holds_its_addresses(network: str, address: str, held: bool) -> None:
    assert matched(rules(network), address) == (network if held else None)


def test_the_most_specific_network_answers() -> None:
    several = rules("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3")
    assert [matched(several, address) for address in ("10.1.2.3", "10.1.9.9", "10.9.9.9")] == [
        "10.1.2.3",
        "10.1.0.0/16",
        "10.0.0.0/8",
    ]


def test_a_block_ends_at_its_time_and_a_wider_one_goes_on() -> None:
    narrow = Block(read_network("10.1.2.3"), "an hour", expires_s=NOW_S)
    wide = Block(read_network("10.0.0.0/8"), "for good")
    both = IpRules([narrow, wide])
    assert both.match("10.1.2.3", NOW_S - 1) is narrow
    assert both.match("10.1.2.3", NOW_S) is wide
    assert IpRules([narrow]).match("10.1.2.3", NOW_S) is None


def test_no_rules_match_nothing() -> None:
    assert not IpRules()
    assert IpRules().match("10.0.0.1", NOW_S) is None


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "example.org", "10.0.0", "::1/129", "10.0.0.1\x00"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_network(text)


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@st.composite
def networks(draw: st.DrawFn) -> str:
    address = draw(ADDRESSES)
    return f"{address}/{draw(st.integers(0, address.max_prefixlen))}"


@given(st.lists(networks(), max_size=20), ADDRESSES)
def test_the_tables_agree_with_asking_every_network(texts: list[str], address: object) -> None:
    known = [read_network(text) for text in texts]
    asked = read_address(str(address))
    assert asked is not None
    block = IpRules(map(Block, known)).match(str(address), NOW_S)
    holding = [each for each in known if each.version == asked.version and asked in each]
    assert (block is not None) == bool(holding)
    if block is not None:
        assert block.network.prefixlen == max(each.prefixlen for each in holding)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_both_spellings_of_a_network_are_one(address: object, length: int) -> None:
    mapped = read_network(f"::ffff:{address}/{96 + length}")
    assert mapped == ip_network(f"{address}/{length}", strict=False)
    assert read_address(f"::ffff:{address}") == ip_address(str(address))
