from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from isthmus.providers.amazon_q.caching import POINT, place

MARK = {"cachePoint": POINT}


def test_points_stand_after_their_tools_and_on_their_messages() -> None:
    message: dict[str, Any] = {"content": "hi"}
    tools, losses = place([{"n": 1}, {"n": 2}, {"n": 3}], [1, 3], [message], 4)
    assert tools == [{"n": 1}, MARK, {"n": 2}, {"n": 3}, MARK]
    assert message == {"content": "hi", **MARK}
    assert losses == []


def test_a_model_that_caches_nothing_gets_no_points() -> None:
    message: dict[str, Any] = {"content": "hi"}
    tools, losses = place([{"n": 1}], [1], [message], 0)
    assert (tools, message) == ([{"n": 1}], {"content": "hi"})
    assert [str(loss) for loss in losses] == [
        "cache_control=dropped(not known to be cached for this account)"
    ]
    assert place([{"n": 1}], [], [], 0) == ([{"n": 1}], [])


@given(st.integers(0, 5), st.integers(0, 5), st.integers(1, 6))
def test_of_too_many_the_last_stay(of_tools: int, of_messages: int, most: int) -> None:
    messages: list[dict[str, Any]] = [{} for _ in range(of_messages)]
    tools, losses = place([{"n": n} for n in range(of_tools)], range(1, of_tools + 1), messages, most)
    total = sum(each == MARK for each in tools) + sum(map(bool, messages))
    assert total == min(most, of_tools + of_messages)
    assert bool(losses) == (of_tools + of_messages > most)
    kept = [bool(each) for each in messages]
    assert kept == sorted(kept)
    if not all(kept):
        assert MARK not in tools
