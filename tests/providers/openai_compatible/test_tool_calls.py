"""The many ways of telling calls apart are rows in `test_decode`; here is what they have in common."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.compose import Composer
from isthmus.core.fold import SaidCall, fold
from isthmus.providers.openai_compatible.schema import CallDelta, FunctionDelta
from isthmus.providers.openai_compatible.tool_calls import ToolCalls

_json = st.recursive(
    st.integers(0, 9) | st.sampled_from(["", "a", "é", '{"a":']),
    lambda inner: (
        st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2) | st.lists(inner, max_size=2)
    ),
    max_leaves=6,
)
_objects = st.dictionaries(st.sampled_from(["a", "b"]), _json, max_size=2)


def said(fragments: list[list[CallDelta]], **how: bool) -> list[SaidCall]:
    composer = Composer()
    calls = ToolCalls(composer, **how)
    for each in fragments:
        calls.feed(each)
    calls.finish()
    composer.finish()
    return [block for block in fold(composer.take()).blocks if isinstance(block, SaidCall)]


def pieces(text: str, cuts: list[int]) -> list[str]:
    edges = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[a:b] for a, b in itertools.pairwise(edges)]


@given(_objects, st.lists(st.integers(0, 200), max_size=6))
def test_arguments_come_through_however_they_are_cut(value: Any, cuts: list[int]) -> None:
    text = json.dumps(value)
    head = CallDelta(0, "id", FunctionDelta("f", ""))
    tail = [[CallDelta(0, None, FunctionDelta(None, piece))] for piece in pieces(text, cuts)]
    (call,) = said([[head], *tail])
    assert json.loads(call.arguments) == value


@given(_objects, st.lists(st.integers(0, 200), max_size=6))
def test_snapshots_that_grow_give_the_last_one(value: Any, cuts: list[int]) -> None:
    text = json.dumps(value)
    grown, snapshots = "", []
    for piece in pieces(text, cuts):
        grown += piece
        snapshots.append(grown)
    (call,) = said([[CallDelta(0, "id", FunctionDelta("f", each))] for each in snapshots], cumulative=True)
    assert json.loads(call.arguments) == value


@given(st.lists(_objects, min_size=1, max_size=3))
def test_interleaved_calls_keep_their_own_arguments(values: list[Any]) -> None:
    texts = [json.dumps(value) for value in values]
    fragments = [[CallDelta(at, f"id{at}", FunctionDelta("f", "")) for at in range(len(texts))]]
    longest = max(map(len, texts))
    fragments += [
        [
            CallDelta(at, None, FunctionDelta(None, text[place]))
            for at, text in enumerate(texts)
            if place < len(text)
        ]
        for place in range(longest)
    ]
    assert [json.loads(call.arguments) for call in said(fragments)] == values


def test_nothing_called_is_nothing_said() -> None:
    assert said([[CallDelta(0)]]) == []
    assert not ToolCalls(Composer())
