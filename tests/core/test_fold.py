import pytest
from hypothesis import given

from isthmus.core.errors import UpstreamError, UpstreamProtocolError
from isthmus.core.events import (
    BLOCK_STOPPED,
    TEXT_STARTED,
    BlockStarted,
    Failed,
    Finished,
    Started,
    Stop,
    TextDelta,
    ToolHead,
    UsageReport,
)
from isthmus.core.fold import Answer, Folder, SaidCall, SaidText, fold, unfold
from isthmus.core.usage import Usage
from streams import answers


@given(answers)
def test_folding_undoes_unfolding(answer: Answer) -> None:
    assert fold(unfold(answer)) == answer


@given(answers)
def test_it_does_not_matter_in_how_many_batches_events_come(answer: Answer) -> None:
    folder = Folder()
    for event in unfold(answer):
        folder.feed([event])
    assert folder.answer() == answer


def test_pieces_are_joined_in_order() -> None:
    events = [Started(), TEXT_STARTED, TextDelta("a"), TextDelta("b"), BLOCK_STOPPED, Finished(Stop.END_TURN)]
    assert fold(events).blocks == (SaidText("ab"),)


def test_a_call_without_arguments_has_an_empty_object() -> None:
    events = [Started(), BlockStarted(ToolHead("i", "n")), BLOCK_STOPPED, Finished(Stop.TOOL_USE)]
    assert fold(events).blocks == (SaidCall("i", "n", "{}"),)


def test_the_last_usage_wins_and_the_end_has_the_last_word() -> None:
    reported = [
        Started(usage=Usage(1)),
        UsageReport(Usage(2)),
        UsageReport(Usage(3)),
        Finished(Stop.END_TURN),
    ]
    assert fold(reported).usage == Usage(3)
    assert fold([*reported[:-1], Finished(Stop.END_TURN, Usage(4))]).usage == Usage(4)


def test_a_failed_stream_is_no_answer() -> None:
    with pytest.raises(UpstreamError, match="sick"):
        fold([Started(), Failed(UpstreamError("sick"))])


def test_a_stream_without_end_is_no_answer() -> None:
    with pytest.raises(UpstreamProtocolError):
        fold([Started(), TEXT_STARTED, TextDelta("a"), BLOCK_STOPPED])
