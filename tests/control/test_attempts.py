"""Attempts: a few are free, then each has to wait longer than the last."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.control.attempts import FORGET_AFTER_S, FREE, LONGEST_S, MAX_REMEMBERED, Attempts
from isthmus.control.failures import Throttled
from signing_in import Clock

HERE, THERE = "192.0.2.7", "198.51.100.3"


def waits(attempts: Attempts, clock: Clock, client: str, name: str, times: int) -> Iterator[float]:
    """How long each of so many failures has to wait for the one before, waiting as told."""
    for _ in range(times):
        waited = 0.0
        while True:
            try:
                attempts.begin(client, name)
            except Throttled as throttled:
                waited += throttled.retry_after_s
                clock.now_s += throttled.retry_after_s
            else:
                break
        yield waited


def test_failures_cost_ever_more() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    waited = list(waits(attempts, clock, HERE, "admin", FREE + 12))
    assert waited[:FREE] == [0.0] * FREE
    assert waited[FREE : FREE + 4] == [1.0, 2.0, 4.0, 8.0]
    assert waited[-1] == LONGEST_S["address"]


def test_many_at_once_are_no_way_around() -> None:
    attempts = Attempts(Clock())
    for _ in range(FREE):
        attempts.begin(HERE, "admin")
    for _ in range(100):
        with pytest.raises(Throttled):
            attempts.begin(HERE, "admin")


def test_other_names_do_not_help_an_address() -> None:
    attempts = Attempts(Clock())
    for name in "abcde":
        attempts.begin(HERE, name)
    with pytest.raises(Throttled):
        attempts.begin(HERE, "f")
    attempts.begin(THERE, "a")


def test_a_name_waits_for_many_addresses_but_not_for_long() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for host in range(1, 60):
        clock.now_s += LONGEST_S["name"]
        attempts.begin(f"192.0.2.{host}", "admin")
    with pytest.raises(Throttled) as throttled:
        attempts.begin(THERE, "admin")
    assert throttled.value.retry_after_s == LONGEST_S["name"]


def test_one_network_of_ipv6_is_one_address() -> None:
    attempts = Attempts(Clock())
    for host in range(FREE):
        attempts.begin(f"2001:db8:1:2::{host:x}", str(host))
    with pytest.raises(Throttled):
        attempts.begin("2001:db8:1:2:ffff::1", "x")
    attempts.begin("2001:db8:1:3::1", "x")
    for _ in range(FREE):
        attempts.begin("::ffff:192.0.2.9", "y")
    with pytest.raises(Throttled):
        attempts.begin("192.0.2.9", "z")


def test_success_forgives_the_name_and_not_the_address() -> None:
    attempts = Attempts(Clock())
    for _ in range(FREE - 1):
        attempts.begin(HERE, "admin")
    attempts.begin(HERE, "mine")
    attempts.succeeded(HERE, "mine")
    attempts.begin(HERE, "admin")
    with pytest.raises(Throttled):
        attempts.begin(HERE, "mine")


def test_who_always_succeeds_never_waits() -> None:
    attempts = Attempts(Clock())
    for _ in range(50):
        attempts.begin(HERE, "anna")
        attempts.succeeded(HERE, "anna")


def test_failures_of_long_ago_are_forgotten() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    list(waits(attempts, clock, HERE, "admin", FREE + 3))
    clock.now_s += FORGET_AFTER_S
    assert list(waits(attempts, clock, HERE, "admin", FREE)) == [0.0] * FREE


def test_there_is_an_end_to_what_is_remembered() -> None:
    attempts = Attempts(Clock())
    for number in range(MAX_REMEMBERED):
        attempts.begin(f"client-{number}", f"name-{number}")
    assert len(attempts._failures) == MAX_REMEMBERED


@given(
    st.lists(st.tuples(st.sampled_from([HERE, THERE]), st.sampled_from("abc"), st.floats(0, 40)), max_size=60)
)
def test_no_address_gets_more_than_its_share(attempted: list[tuple[str, str, float]]) -> None:
    """Whatever the order, failures of one address beyond the free ones lie as far apart as the back-off says."""
    clock = Clock()
    attempts = Attempts(clock)
    allowed: dict[str, list[float]] = {HERE: [], THERE: []}
    for client, name, pause_s in attempted:
        clock.now_s += pause_s
        try:
            attempts.begin(client, name)
        except Throttled:
            continue
        else:
            allowed[client].append(clock.now_s)
    for times in allowed.values():
        for count, (earlier, later) in enumerate(pairwise(times), 1):
            if count >= FREE:
                assert later - earlier >= min(LONGEST_S["address"], 2.0 ** (count - FREE))
