from isthmus.core.events import (
    BLOCK_STOPPED,
    KEEP_ALIVE,
    TEXT_STARTED,
    THINKING_STARTED,
    BlockStarted,
    TextDelta,
    TextHead,
    ThinkingHead,
)


def test_the_shared_events_are_what_they_say() -> None:
    assert BlockStarted(TextHead()) == TEXT_STARTED
    assert BlockStarted(ThinkingHead()) == THINKING_STARTED
    assert type(BLOCK_STOPPED)() == BLOCK_STOPPED
    assert type(KEEP_ALIVE)() == KEEP_ALIVE


def test_deltas_compare_by_what_they_carry() -> None:
    assert TextDelta("a") == TextDelta("a")
    assert TextDelta("a") != TextDelta("b")
