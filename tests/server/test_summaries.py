from __future__ import annotations

from isthmus.server.summaries import MAX_CHARS, MAX_SUMMARIES, Summaries

KEYS = [b"1", b"12", b"123"]


def test_the_longest_known_beginning_is_found() -> None:
    summaries = Summaries()
    assert summaries.longest(KEYS) == (0, None)
    summaries.keep(b"1", "one")
    summaries.keep(b"12", "two")
    assert summaries.longest(KEYS) == (2, "two")
    assert summaries.longest([b"9"]) == (0, None)


def test_memory_is_bounded_and_what_is_used_stays() -> None:
    summaries = Summaries()
    summaries.keep(b"1", "one")
    for at in range(MAX_SUMMARIES - 1):
        summaries.keep(b"other %d" % at, "x")
    assert summaries.longest(KEYS) == (1, "one")
    summaries.keep(b"more", "x")
    assert len(summaries) == MAX_SUMMARIES
    assert summaries.longest(KEYS) == (1, "one")
    assert summaries.longest([b"other 0"]) == (0, None)


def test_a_summary_that_is_none_is_not_kept() -> None:
    summaries = Summaries()
    summaries.keep(b"1", "x" * (MAX_CHARS + 1))
    assert len(summaries) == 0
