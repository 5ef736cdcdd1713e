from __future__ import annotations

from dataclasses import replace

import pytest

from isthmus.core.conversation import CacheMark, Conversation, Reasoning, Sampling, Text, ThinkingMode, Tool
from isthmus.shaping.limits import fit_limits, strip_cache_marks
from talk import talk, target, user

HELLO = talk(user("hi"))


def fitted(conversation: Conversation, **abilities: object) -> tuple[Conversation, list[str]]:
    shaped, losses = fit_limits(conversation, target(**abilities))
    return shaped, [str(loss) for loss in losses]


def test_an_output_allowance_is_clamped_to_what_the_model_gives() -> None:
    shaped, losses = fitted(replace(HELLO, max_tokens=128_000), max_output_tokens=8192)
    assert shaped.max_tokens == 8192
    assert losses == ["max_tokens=clamped(128000→8192)"]
    assert fitted(replace(HELLO, max_tokens=100), max_output_tokens=8192) == (
        replace(HELLO, max_tokens=100),
        [],
    )


def test_nothing_asked_is_nothing_to_fit() -> None:
    assert fit_limits(HELLO, target(max_output_tokens=1, sampling=False, efforts=()))[0] is HELLO


def test_sampling_is_dropped_where_none_is_taken() -> None:
    shaped, losses = fitted(replace(HELLO, sampling=Sampling(0.5, 0.9, 40, ("END",))), sampling=False)
    assert shaped.sampling == Sampling(stop=("END",))
    assert [loss.split("=")[0] for loss in losses] == ["temperature", "top_p", "top_k"]


def test_temperature_is_clamped_and_top_k_needs_a_model_that_knows_it() -> None:
    shaped, losses = fitted(replace(HELLO, sampling=Sampling(1.7, None, 40)), max_temperature=1.0)
    assert shaped.sampling == Sampling(1.0)
    assert losses == ["temperature=clamped(1.7→1)", "top_k=dropped"]
    assert fitted(replace(HELLO, sampling=Sampling(top_k=40)), top_k=True)[0].sampling.top_k == 40


def test_blank_stop_sequences_go() -> None:
    shaped, losses = fitted(replace(HELLO, sampling=Sampling(stop=("END", "\n", ""))))
    assert shaped.sampling.stop == ("END",)
    assert losses == ["stop=dropped(blank sequences)"]


@pytest.mark.parametrize(
    ("efforts", "given", "losses"),
    [
        (("low", "high"), "high", ["effort=clamped(max→high)"]),
        ((), None, ["effort=dropped"]),
        (("max",), "max", []),
    ],
)
def test_effort_is_clipped(efforts: tuple[str, ...], given: str | None, losses: list[str]) -> None:
    shaped, noted = fitted(replace(HELLO, reasoning=Reasoning(effort="max")), efforts=efforts)
    assert shaped.reasoning.effort == given
    assert noted == losses


def test_effort_stays_for_a_model_that_takes_a_budget_instead() -> None:
    asked = replace(HELLO, reasoning=Reasoning(effort="max"))
    budgeted = {"efforts": (), "thinking": frozenset((ThinkingMode.DISABLED, ThinkingMode.ENABLED))}
    assert fitted(asked, **budgeted) == (asked, [])


@pytest.mark.parametrize(
    "marked",
    [
        replace(HELLO, cache_all=CacheMark.SHORT),
        replace(HELLO, system=(Text("s", CacheMark.LONG),)),
        replace(HELLO, tools=(Tool("f", cache=CacheMark.SHORT),)),
        talk(user(Text("hi", CacheMark.SHORT))),
    ],
)
def test_cache_marks_are_one_loss_and_only_where_they_mean_nothing(marked: Conversation) -> None:
    assert [str(loss) for loss in strip_cache_marks(marked, target())[1]] == ["cache_control=dropped"]
    assert strip_cache_marks(marked, target(cache_marks=True)) == (marked, ())


def test_without_marks_there_is_no_loss() -> None:
    assert strip_cache_marks(HELLO, target()) == (HELLO, ())
