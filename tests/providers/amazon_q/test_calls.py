"""Tool calls in events."""

from __future__ import annotations

import pytest

from isthmus.core.compose import Composer
from isthmus.core.events import ArgumentsDelta, BlockStarted, Event, Noted, ToolHead
from isthmus.providers.amazon_q.calls import Calls
from isthmus.providers.amazon_q.payloads import ToolUse


def heard(*events: ToolUse, whole: bool = False) -> tuple[Calls, list[Event]]:
    composer = Composer()
    calls = Calls(composer, whole=whole)
    for event in events:
        calls.feed(event)
    calls.finish()
    return calls, composer.take()


def arguments(events: list[Event]) -> str:
    return "".join(each.json for each in events if isinstance(each, ArgumentsDelta))


def test_fragments_are_said_as_they_come_or_held_back_until_the_call_is_whole() -> None:
    fragments = [ToolUse("t", "f", '{"a":'), ToolUse("t", "f", "1}"), ToolUse("t", "f", None, True)]
    for whole, pieces in ((False, 2), (True, 1)):
        calls, events = heard(*fragments, whole=whole)
        assert arguments(events) == '{"a":1}'
        assert sum(isinstance(each, ArgumentsDelta) for each in events) == pieces
        assert BlockStarted(ToolHead("t", "f")) in events
        assert (calls.made, calls.cut_short, bool(calls)) == (True, False, True)


@pytest.mark.parametrize(
    ("input", "made"), [(None, True), ("", True), (" ", True), ("{}", True), ('{"a"', False), ("[", False)]
)
def test_a_call_without_stop_is_judged_by_its_arguments(input: str | None, made: bool) -> None:
    for whole in (False, True):
        calls, events = heard(ToolUse("t", "f", input), whole=whole)
        assert (calls.made, calls.cut_short) == (made, not made)
        assert any(isinstance(each, BlockStarted) for each in events) is (made or not whole)


def test_how_much_was_said() -> None:
    calls = Calls(Composer(), whole=True)
    assert [calls.feed(ToolUse("t", "f", each)) for each in (None, "abc", {"a": 1}, {})] == [0, 3, 7, 0]


def test_what_comes_after_the_stop_is_noted() -> None:
    _, events = heard(ToolUse("t", "f", "{}", True), ToolUse("t", "f", "{}"), ToolUse("t", "f", None, True))
    assert [each for each in events if isinstance(each, Noted)] == [Noted("input_after_stop", "f")]
    assert arguments(events) == "{}"
