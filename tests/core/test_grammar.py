import pytest
from hypothesis import given

from isthmus.core.conversation import Opaque
from isthmus.core.errors import UpstreamError
from isthmus.core.events import (
    BLOCK_STOPPED,
    KEEP_ALIVE,
    TEXT_STARTED,
    THINKING_STARTED,
    ArgumentsDelta,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Noted,
    OpaqueDelta,
    OpaqueHead,
    Started,
    Stop,
    TextDelta,
    ThinkingDelta,
    ToolHead,
    UsageReport,
)
from isthmus.core.fold import Answer, unfold
from isthmus.core.grammar import Grammar, IllegalOrder, check
from isthmus.core.usage import Usage
from streams import answers

CALL = BlockStarted(ToolHead("id", "name"))
SEALED = Opaque("anthropic", "signature", "x")
END = Finished(Stop.END_TURN)
FAILED = Failed(UpstreamError("sick"))


@pytest.mark.parametrize(
    "stream",
    [
        [Started(), END],
        [FAILED],
        [KEEP_ALIVE, Noted("odd"), Started(), UsageReport(Usage()), END],
        [
            Started(),
            TEXT_STARTED,
            TextDelta("a"),
            KEEP_ALIVE,
            TextDelta("b"),
            BLOCK_STOPPED,
            CALL,
            BLOCK_STOPPED,
            END,
        ],
        [Started(), THINKING_STARTED, ThinkingDelta("a"), OpaqueDelta(SEALED), BLOCK_STOPPED, END],
        [Started(), BlockStarted(OpaqueHead(SEALED)), BLOCK_STOPPED, END],
        [Started(), CALL, ArgumentsDelta("{"), FAILED],
    ],
)
def test_legal_streams_pass(stream: list[Event]) -> None:
    check(stream)


@pytest.mark.parametrize(
    "stream",
    [
        [],
        [Started()],
        [END],
        [Started(), Started(), END],
        [TEXT_STARTED],
        [Started(), TextDelta("a"), END],
        [Started(), TEXT_STARTED, END],
        [Started(), TEXT_STARTED, TEXT_STARTED],
        [Started(), TEXT_STARTED, ThinkingDelta("a")],
        [Started(), TEXT_STARTED, ArgumentsDelta("{")],
        [Started(), CALL, TextDelta("a")],
        [Started(), BlockStarted(OpaqueHead(SEALED)), TextDelta("a")],
        [Started(), BLOCK_STOPPED],
        [Started(), END, END],
        [Started(), END, KEEP_ALIVE],
        [FAILED, END],
    ],
)
def test_illegal_streams_do_not(stream: list[Event]) -> None:
    with pytest.raises(IllegalOrder):
        check(stream)


@given(answers)
def test_every_unfolded_answer_is_legal(answer: Answer) -> None:
    check(unfold(answer))


def test_the_machine_knows_when_it_is_over() -> None:
    grammar = Grammar()
    grammar.check(Started())
    assert not grammar.ended
    grammar.check(END)
    assert grammar.ended
