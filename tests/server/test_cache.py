from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from isthmus.server.cache import ENTRY_BYTES, AnswerCache, CacheRules, CacheState, KeptAnswer, Tape, key_of
from isthmus.wire.json_text import to_json

ROOMY = CacheRules(60, 100, 1 << 20)
ASKED = ("key:1", "openai_chat", "m", {"openai-beta": "a"}, b"{}")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.dictionaries(st.text(max_size=8), VALUES, min_size=1, max_size=5)


def kept(body: bytes = b"hello", at_s: float = 0.0) -> KeptAnswer:
    return KeptAnswer(body, b"application/json", "req_1", "stop", kept_s=at_s)


def key(body: dict[str, Any]) -> bytes:
    return key_of("key:1", "openai_chat", "m", {}, to_json(body))


@given(BODIES, st.data())
def test_whatever_field_differs_is_another_request(body: dict[str, Any], data: st.DataObject) -> None:
    assert key(body) == key(dict(body))
    name = data.draw(st.sampled_from(sorted(body)))
    value = data.draw(VALUES)
    changed = {**body, name: value}
    assert (key(changed) == key(body)) == (to_json(changed) == to_json(body))
    assert key({each: body[each] for each in body if each != name}) != key(body)
    assert key({**body, name + "x" * 9: 1}) != key(body)


@given(st.integers(0, 4), st.text(max_size=5))
def test_who_asks_and_how_is_part_of_the_request(at: int, other: str) -> None:
    changes = (other, other, other, {"openai-beta": other}, other.encode())
    asked = (*ASKED[:at], changes[at], *ASKED[at + 1 :])
    assert (key_of(*asked) == key_of(*ASKED)) == (asked == ASKED)  # type: ignore[arg-type]


def test_parts_do_not_run_into_one_another() -> None:
    assert key_of("ab", "c", "m", {}, b"") != key_of("a", "bc", "m", {}, b"")
    assert key_of("a", "b", "m", {}, b"{}") != key_of("a", "b", "m", {"anthropic-beta": "x"}, b"{}")
    assert key_of("a", "b", "m", {"user-agent": "x"}, b"") == key_of("a", "b", "m", {}, b"")


def test_an_answer_is_found_until_it_is_too_old() -> None:
    cache = AnswerCache(ROOMY)
    assert cache.find(b"k", 0.0) is None
    cache.keep(b"k", kept())
    assert cache.find(b"k", 59.9) == kept()
    assert cache.find(b"k", 60.0) is None
    assert cache.state(60.0) == CacheState(0, 0, hits=1, misses=2)


def test_a_newer_answer_takes_the_place_of_an_older_one() -> None:
    cache = AnswerCache(ROOMY)
    cache.keep(b"k", kept(b"old"))
    cache.keep(b"k", kept(b"newer", 30.0))
    assert cache.find(b"k", 80.0) == kept(b"newer", 30.0)
    assert cache.state(80.0).bytes == len(b"newer") + ENTRY_BYTES


def test_what_was_not_used_for_longest_goes_first() -> None:
    cache = AnswerCache(replace(ROOMY, max_entries=2))
    cache.keep(b"a", kept())
    cache.keep(b"b", kept())
    assert cache.find(b"a", 1.0)
    cache.keep(b"c", kept())
    assert [name for name in (b"a", b"b", b"c") if cache.find(name, 1.0)] == [b"a", b"c"]


def test_one_answer_does_not_push_out_all_others() -> None:
    cache = AnswerCache(CacheRules(60, 100, 20_000))
    cache.keep(b"k", kept(b"x" * (2000 - ENTRY_BYTES)))
    cache.keep(b"k", kept(b"x" * (2001 - ENTRY_BYTES)))
    assert cache.find(b"k", 0.0) is None, "what it replaces is no longer true either"


@given(
    st.integers(1, 5),
    st.integers(10_000, 60_000),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5000), st.booleans(), st.integers(0, 40))),
)
def test_the_bounds_hold(entries: int, max_bytes: int, steps: list[tuple[int, int, bool, int]]) -> None:
    cache, now_s = AnswerCache(CacheRules(60, entries, max_bytes)), 0
    known: dict[bytes, KeptAnswer] = {}
    for name, size, looks, later_s in steps:
        now_s += later_s
        asked = b"%d" % name
        if looks:
            found = cache.find(asked, now_s)
            assert found is None or (found == known[asked] and now_s - found.kept_s < 60)
        else:
            known[asked] = kept(b"x" * size, now_s)
            cache.keep(asked, known[asked])
        state = cache.state(now_s)
        assert state.entries <= entries
        assert state.entries * ENTRY_BYTES <= state.bytes <= max_bytes
    assert cache.state(now_s + 60).bytes == cache.state(now_s + 60).entries == 0


def test_a_tape_records_until_it_is_too_much() -> None:
    tape = Tape(4)
    assert tape.body is None
    tape.add(b"ab")
    tape.add(b"cd")
    assert tape.body == b"abcd"
    tape.add(b"e")
    tape.add(b"")
    assert tape.body is None
