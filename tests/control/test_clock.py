"""Ids say what they are of, and do not repeat."""

import re
import time

from isthmus.control.clock import new_id, now_ms


def test_an_id_says_what_it_is_of() -> None:
    assert re.fullmatch(r"acc_[0-9a-f]{20}", new_id("acc"))
    assert len({new_id("acc") for _ in range(1000)}) == 1000


def test_times_are_milliseconds() -> None:
    assert abs(now_ms() - time.time() * 1000) < 5000
