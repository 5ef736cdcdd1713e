from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.compose import Composer
from isthmus.core.conversation import Opaque
from isthmus.core.errors import UpstreamError, UpstreamProtocolError
from isthmus.core.events import (
    ArgumentsDelta,
    Citation,
    Event,
    Finished,
    Noted,
    Stop,
    TextDelta,
    ThinkingDelta,
)
from isthmus.core.fold import Answer, SaidCall, SaidOpaque, SaidText, SaidThinking, fold
from isthmus.core.grammar import check
from isthmus.core.usage import Usage

SEALED = Opaque("anthropic", "signature", "x")
Said = Callable[[Composer], None]


def composed(*said: Said) -> list[Event]:
    composer = Composer()
    for say in said:
        say(composer)
    composer.finish()
    return composer.take()


def answer(*said: Said) -> Answer:
    events = composed(*said)
    check(events)
    return fold(events)


def text(piece: str) -> Said:
    return lambda composer: composer.text(piece)


def thinking(piece: str) -> Said:
    return lambda composer: composer.thinking(piece)


def tool(key: int) -> Said:
    return lambda composer: composer.open_tool(key, f"id{key}", f"name{key}")


def arguments(key: int, json: str) -> Said:
    return lambda composer: composer.arguments(key, json)


_keys = st.integers(0, 3)
_words = st.text(max_size=3)
_steps: st.SearchStrategy[tuple[str, tuple[Any, ...]]] = st.one_of(
    st.tuples(st.sampled_from(["text", "thinking"]), st.tuples(_words)),
    st.tuples(st.just("open_tool"), st.tuples(_keys, _words, _words)),
    st.tuples(st.just("arguments"), st.tuples(_keys, _words)),
    st.tuples(st.just("close_tool"), st.tuples(_keys)),
    st.tuples(st.sampled_from(["start", "new_text", "new_thinking", "keep_alive", "finish"]), st.just(())),
    st.tuples(st.just("stop"), st.tuples(st.sampled_from(Stop))),
    st.tuples(st.just("sign"), st.just((SEALED,))),
    st.tuples(st.just("opaque"), st.just((SEALED,))),
    st.tuples(st.just("cite"), st.just((Citation("u"),))),
    st.tuples(st.just("usage"), st.just((Usage(1),))),
    st.tuples(st.just("note"), st.just(("odd",))),
    st.tuples(st.just("fail"), st.just((UpstreamError("sick"),))),
)


@given(st.lists(_steps, max_size=40))
def test_whatever_is_said_in_whatever_order_the_stream_is_legal(
    steps: list[tuple[str, tuple[Any, ...]]],
) -> None:
    composer = Composer()
    events: list[Event] = []
    for name, words in steps:
        getattr(composer, name)(*words)
        events += composer.take()
    composer.finish()
    check([*events, *composer.take()])


@given(st.lists(st.tuples(st.sampled_from(["text", "thinking"]), _words), max_size=20))
def test_no_word_is_lost(steps: list[tuple[str, str]]) -> None:
    events = composed(*(text(word) if kind == "text" else thinking(word) for kind, word in steps))
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "".join(
        w for k, w in steps if k == "text"
    )
    assert "".join(e.text for e in events if isinstance(e, ThinkingDelta)) == "".join(
        w for k, w in steps if k == "thinking"
    )


@given(st.lists(st.tuples(_keys, st.text(min_size=1, max_size=2)), max_size=20))
def test_interleaved_arguments_reach_their_own_call(fragments: list[tuple[int, str]]) -> None:
    said = answer(*(tool(key) for key in range(4)), *(arguments(key, piece) for key, piece in fragments))
    for key in range(4):
        whole = "".join(piece for which, piece in fragments if which == key)
        assert said.blocks[key] == SaidCall(f"id{key}", f"name{key}", whole or "{}")


def test_blocks_open_and_close_as_the_kind_changes() -> None:
    assert answer(thinking("a"), text("b"), thinking("c"), text("d")).blocks == (
        SaidThinking("a"),
        SaidText("b"),
        SaidThinking("c"),
        SaidText("d"),
    )


def test_a_live_call_streams_and_the_next_one_waits() -> None:
    composer = Composer()
    composer.open_tool(0, "a", "f")
    composer.arguments(0, '{"x":')
    composer.open_tool(1, "b", "g")
    composer.arguments(1, "{}")
    composer.arguments(0, "1}")
    live = [event.json for event in composer.take() if isinstance(event, ArgumentsDelta)]
    assert live == ['{"x":', "1}"]
    composer.close_tool(0)
    assert [event.json for event in composer.take() if isinstance(event, ArgumentsDelta)] == ["{}"]


def test_text_after_calls_lets_waiting_calls_speak_first() -> None:
    said = answer(tool(0), tool(1), arguments(1, '{"b":1}'), text("after"))
    assert [type(block) for block in said.blocks] == [SaidCall, SaidCall, SaidText]


def test_arguments_of_a_closed_call_are_noted_not_said() -> None:
    events = composed(tool(0), lambda c: c.close_tool(0), arguments(0, "late"))
    assert any(isinstance(event, Noted) and event.what == "stray_arguments" for event in events)


@pytest.mark.parametrize(
    ("heard", "called", "said"),
    [
        (Stop.END_TURN, True, Stop.TOOL_USE),
        (Stop.TOOL_USE, False, Stop.END_TURN),
        (Stop.TOOL_USE, True, Stop.TOOL_USE),
        (Stop.MAX_TOKENS, True, Stop.MAX_TOKENS),
        (None, False, Stop.END_TURN),
        (None, True, Stop.TOOL_USE),
    ],
)
def test_the_reason_fits_what_was_said(heard: Stop | None, called: bool, said: Stop) -> None:
    steps: list[Said] = [tool(0)] if called else [text("x")]
    if heard is not None:
        steps.append(lambda composer: composer.stop(heard))
    assert answer(*steps).reason is said


def test_usage_may_follow_the_stop_and_the_first_reason_counts() -> None:
    events = composed(
        text("a"),
        lambda c: c.stop(Stop.MAX_TOKENS),
        lambda c: c.stop(Stop.END_TURN),
        lambda c: c.usage(Usage(5, output_tokens=2)),
    )
    assert events[-1] == Finished(Stop.MAX_TOKENS, Usage(5, output_tokens=2))


def test_a_signature_is_never_lost() -> None:
    assert answer(lambda c: c.sign(SEALED)).blocks == (SaidThinking("", SEALED),)
    assert answer(thinking("a"), lambda c: c.sign(SEALED)).blocks == (SaidThinking("a", SEALED),)


def test_an_upstreams_own_blocks_stay_apart() -> None:
    assert answer(text("a"), lambda c: c.new_text(), text("b")).blocks == (SaidText("a"), SaidText("b"))
    assert answer(thinking("a"), lambda c: c.new_thinking(), thinking("b")).blocks == (
        SaidThinking("a"),
        SaidThinking("b"),
    )


def test_opaque_blocks_stand_whole_and_citations_open_a_text() -> None:
    assert answer(lambda c: c.opaque(SEALED)).blocks == (SaidOpaque(SEALED),)
    assert answer(lambda c: c.cite(Citation("u"))).blocks == (SaidText("", (Citation("u"),)),)


def test_an_upstream_that_goes_on_after_its_failure_is_not_heard() -> None:
    composer = Composer()
    composer.text("a")
    composer.fail(UpstreamError("sick"))
    composer.take()
    composer.new_text()
    composer.text("b")
    assert composer.take() == []


def test_a_failure_leaves_the_open_block_open_and_ends_everything() -> None:
    composer = Composer()
    composer.text("half")
    composer.fail(UpstreamProtocolError("cut"))
    composer.text("more")
    composer.finish()
    composer.keep_alive()
    events = composer.take()
    check(events)
    assert [type(event).__name__ for event in events] == ["Started", "BlockStarted", "TextDelta", "Failed"]
