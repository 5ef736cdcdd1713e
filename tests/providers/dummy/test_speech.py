import pytest

from isthmus.core import grammar
from isthmus.core.commands import Pause, Say
from isthmus.core.conversation import Sampling
from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.events import Event, Stop, TextDelta
from isthmus.core.fold import SaidText, fold
from isthmus.core.usage import Usage
from isthmus.providers.dummy.scene import Scene
from isthmus.providers.dummy.speech import Speech
from providers.dummy.stage import asking

TEXT = "One two  three\nfour five six, seven. "


def events_of(*steps: object) -> list[Event]:
    events: list[Event] = []
    for step in steps:
        for command in step:  # type: ignore[attr-defined]
            assert isinstance(command, Say)
            events += command.events
    return events


def test_text_is_said_word_by_word_and_whole() -> None:
    speech = Speech(Scene(asking("x")))
    events = events_of(speech.text(TEXT), speech.end())
    grammar.check(events)
    assert [event.text for event in events if isinstance(event, TextDelta)][:2] == ["One", " two"]
    assert fold(events).blocks == (SaidText(TEXT),)


def test_a_long_word_is_divided() -> None:
    speech = Speech(Scene(asking("x")))
    events = events_of(speech.text("字" * 40), speech.end())
    assert max(len(event.text) for event in events if isinstance(event, TextDelta)) <= 16
    assert fold(events).blocks == (SaidText("字" * 40),)


def test_a_pause_stands_after_every_word() -> None:
    commands = list(Speech(Scene(asking("x"))).text("one two", pause_s=0.5))
    assert [type(command) for command in commands] == [Say, Pause, Say, Pause]


@pytest.mark.parametrize(
    ("limit", "text", "reason"),
    [
        (2, "One two", Stop.MAX_TOKENS),
        (0, "", Stop.END_TURN),
        (100, TEXT, Stop.END_TURN),
    ],
)
def test_the_output_limit_counts_words(limit: int, text: str, reason: Stop) -> None:
    speech = Speech(Scene(asking("x", max_tokens=limit)))
    answer = fold(events_of(speech.text(TEXT), speech.end()))
    assert "".join(block.text for block in answer.blocks if isinstance(block, SaidText)) == text
    assert answer.reason is reason


def test_text_ends_before_the_first_stop_sequence() -> None:
    speech = Speech(Scene(asking("x", sampling=Sampling(stop=("six", "three", "absent")))))
    answer = fold(events_of(speech.text(TEXT), speech.text("more"), speech.call("t", "{}"), speech.end()))
    assert answer.blocks == (SaidText("One two  "),)
    assert (answer.reason, answer.stop_sequence) == (Stop.STOP_SEQUENCE, "three")


def test_usage_is_only_what_was_ordered() -> None:
    speech = Speech(Scene(asking("x")))
    assert fold(events_of(speech.end())).usage is None
    speech = Speech(Scene(asking("x")))
    assert fold(events_of(speech.end(usage=Usage(1, 2, 3, 4)))).usage == Usage(1, 2, 3, 4)


def test_a_failure_leaves_the_call_open() -> None:
    speech = Speech(Scene(asking("x")))
    events = events_of(speech.call("t", '{"a":', complete=False), speech.fail(UpstreamProtocolError("cut")))
    grammar.check(events)
    with pytest.raises(UpstreamProtocolError, match="cut"):
        fold(events)
