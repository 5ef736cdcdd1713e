"""What goes wrong within an answer, step by step. What a client receives of it: test_behaviours.py, test_server.py."""

import random

import pytest

from isthmus.simulators.amazon_q import mishaps
from isthmus.simulators.amazon_q.answers import Cut, Played, Step
from isthmus.simulators.amazon_q.chat import Chat
from isthmus.simulators.amazon_q.draft import Draft, Say, played
from isthmus.simulators.amazon_q.models import MODELS
from simulators.amazon_q.asking import MODEL, chat, read_frames


def draft(*, calling: bool = False) -> Draft:
    made = Draft(Chat(chat(), MODELS[MODEL], "q"), random.Random(1))
    made.parts.append(Say("one two three four"))
    if calling:
        made.call("get_weather", {"city": "a city with a long name"})
    return made


def steps_of(made: Draft) -> list[Step]:
    answer = played(made)
    assert isinstance(answer, Played)
    return list(answer.steps)


def test_a_call_is_cut_between_its_first_and_its_last_event() -> None:
    whole, made = steps_of(draft(calling=True)), draft(calling=True)
    mishaps.cut_inside_a_call(made)
    *kept, cut = steps_of(made)
    assert cut == Cut()
    assert kept == whole[: len(kept)]
    assert b"toolUseEvent" in kept[-1]  # type: ignore[operator]
    assert b'"stop":true' not in b"".join(kept)  # type: ignore[arg-type]


def test_without_a_call_the_cut_is_in_the_middle() -> None:
    made = draft()
    size = len(steps_of(made))
    mishaps.cut_inside_a_call(made)
    assert len(steps_of(made)) == size // 2 + 1


@pytest.mark.parametrize(
    ("name", "shown"), [("500", "error"), ("throttled", "throttlingException"), ("", "error")]
)
def test_server_errors_are_the_one_exception_that_the_model_of_the_service_knows(
    name: str, shown: str
) -> None:
    made = draft()
    mishaps.exception(made, name)
    [step] = steps_of(made)
    assert isinstance(step, bytes)
    [(headers, _)] = read_frames(step)
    assert headers[":exception-type"] == shown


def test_frames_before_the_spoilt_one_are_good() -> None:
    made = draft()
    whole = steps_of(made)
    mishaps.ends_early(made, "")
    spoilt = steps_of(made)
    assert spoilt[:-1] == whole[: len(spoilt) - 1]
    assert whole[len(spoilt) - 1].startswith(spoilt[-1])  # type: ignore[union-attr, arg-type]
