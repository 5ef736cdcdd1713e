"""Spares are shared out among what is expected and what was asked for lately."""

from collections import Counter
from dataclasses import replace

from isthmus.core.programs import Program
from isthmus.transport.spares import FIRST_WAIT_S, LONGEST_WAIT_S, Spares

ONE, TWO, THREE = (Program((name,)) for name in ("one", "two", "three"))


def test_nothing_is_wanted_before_anybody_asks() -> None:
    assert Spares().wanted(4, 0.0) == Counter()


def test_what_was_asked_for_last_gets_most() -> None:
    spares = Spares()
    spares.asked_for(ONE, 1.0, 3)
    assert spares.wanted(3, 0.0) == Counter({ONE: 3})
    spares.asked_for(TWO, 2.0, 3)
    assert spares.wanted(3, 0.0) == Counter({TWO: 2, ONE: 1})
    spares.asked_for(ONE, 3.0, 3)
    assert spares.wanted(3, 0.0) == Counter({ONE: 2, TWO: 1})


def test_no_more_are_remembered_than_there_may_be_spares() -> None:
    spares = Spares()
    for at, program in enumerate((ONE, TWO, THREE)):
        spares.asked_for(program, float(at), 2)
    assert spares.wanted(2, 0.0) == Counter({THREE: 1, TWO: 1})


def test_what_nobody_asked_for_in_a_while_is_not_worth_it_unless_it_is_expected() -> None:
    spares = Spares()
    spares.expected = (THREE,)
    spares.asked_for(ONE, 1.0, 4)
    spares.asked_for(TWO, 5.0, 4)
    assert spares.wanted(4, 2.0) == Counter({TWO: 2, THREE: 2})
    assert spares.wanted(4, 9.0) == Counter({THREE: 4})


def test_what_serves_one_conversation_only_is_never_started_in_advance() -> None:
    spares = Spares()
    spares.asked_for(replace(ONE, is_usual=False), 1.0, 4)
    assert spares.wanted(4, 0.0) == Counter()


def test_after_failures_the_next_waits_longer_each_time_until_one_lasts() -> None:
    spares = Spares()
    waits = []
    for _ in range(9):
        spares.failed(100.0)
        waits.append(spares.wait_s(100.0))
    assert waits[:3] == [FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S]
    assert waits[-1] == LONGEST_WAIT_S
    assert spares.wait_s(100.0 + LONGEST_WAIT_S) == 0
    spares.lasted()
    spares.failed(500.0)
    assert spares.wait_s(500.0) == FIRST_WAIT_S
