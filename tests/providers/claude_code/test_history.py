import pytest

import talk
from isthmus.core.conversation import Conversation, Tool, Turn
from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import Target
from isthmus.providers.claude_code.abilities import abilities_of
from isthmus.providers.claude_code.history import GO_ON, History, plan
from isthmus.providers.claude_code.request import Message, deal

MODEL = "claude-opus-5-5"


def messages(*turns: Turn) -> tuple[Message, ...]:
    return deal(Conversation(MODEL, turns, tools=(Tool("f"),)), Target(MODEL, abilities_of(MODEL))).messages


def pairs(count: int) -> list[Turn]:
    return [
        turn for number in range(count) for turn in (talk.user(f"q{number}"), talk.assistant(f"a{number}"))
    ]


def round_of(number: int) -> list[Turn]:
    return [talk.assistant(talk.call(f"c{number}")), talk.user(talk.result(f"c{number}"))]


def shape(history: History) -> tuple[int, int]:
    return len(history.written), len(history.told)


def test_a_first_question_has_no_past() -> None:
    assert shape(plan(messages(talk.user("hi")))) == (0, 0)


def test_a_short_past_is_told_and_a_long_one_written() -> None:
    assert shape(plan(messages(*pairs(20), talk.user("now?")))) == (0, 40)
    assert shape(plan(messages(*pairs(21), talk.user("now?")))) == (42, 0)


def test_a_file_ends_where_no_call_is_open() -> None:
    turns = [*pairs(21), talk.user("do it"), *round_of(1), *round_of(2)]
    history = plan(messages(*turns))
    assert shape(history) == (42, 4)
    assert history.written[-1].role == "assistant"
    assert history.told[0].role == "user"
    assert history.told[-1].role == "assistant"


def test_calls_without_a_word_between_them_are_told_however_many_they_are() -> None:
    turns = [talk.user("do it"), *(turn for number in range(30) for turn in round_of(number))]
    assert shape(plan(messages(*turns))) == (0, 60)


def test_a_cli_that_takes_no_lines_gets_a_file() -> None:
    assert shape(plan(messages(*pairs(1), talk.user("now?")), can_tell=False)) == (2, 0)


def test_results_stand_in_the_file_where_lines_are_not_taken() -> None:
    history = plan(messages(talk.user("do it"), *round_of(1)), can_tell=False)
    assert shape(history) == (3, 0)
    assert bytes(history.last.content[0]["text"]).decode() == f'"{GO_ON}"'
    assert [str(loss) for loss in history.losses] == ["messages.tool_result=emulated(asked to go on)"]


@pytest.mark.parametrize("turns", [[], pairs(1)], ids=["nothing", "the model's words last"])
def test_there_must_be_something_to_answer(turns: list[Turn]) -> None:
    with pytest.raises(BadRequest, match="the last message must be the user's"):
        plan(messages(*turns))
