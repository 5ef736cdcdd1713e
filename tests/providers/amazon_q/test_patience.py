"""Rests of a throttled account."""

from __future__ import annotations

from isthmus.providers.amazon_q.patience import Patience


def test_each_rest_is_longer_up_to_the_longest() -> None:
    patience, now_s, waits = Patience(), 1000.0, []
    for _ in range(7):
        waits.append(patience.refused(now_s, 900.0))
        now_s += waits[-1]
    assert waits == [60.0, 120.0, 240.0, 480.0, 900.0, 900.0, 900.0]


def test_requests_under_way_when_a_rest_begins_do_not_make_it_longer() -> None:
    patience = Patience()
    assert patience.refused(1000.0, 900.0) == 60.0
    assert patience.refused(1010.0, 900.0) == 50.0
    assert not patience.is_tried


def test_what_the_service_says_stands_above() -> None:
    patience = Patience()
    assert patience.refused(1000.0, 900.0, 7.0) == 7.0
    assert patience.refused(1007.0, 900.0, 7.0) == 7.0
    assert patience.refused(1014.0, 900.0) == 240.0
    assert patience.is_tried


def test_the_service_may_change_its_mind_while_an_account_rests() -> None:
    patience = Patience()
    assert patience.refused(1000.0, 900.0, 7.0) == 7.0
    assert patience.refused(1002.0, 900.0, 30.0) == 30.0
    assert patience.refused(1012.0, 900.0) == 20.0
    assert not patience.is_tried


def test_a_good_answer_begins_anew() -> None:
    patience = Patience()
    for now_s in (1000.0, 2000.0, 3000.0):
        patience.refused(now_s, 900.0)
    assert patience.is_tried
    patience.answered()
    assert not patience.is_tried
    assert patience.refused(3001.0, 900.0) == 60.0
