"""How a conversation comes to fit, with whoever summarises it played by a function."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Conversation, Text, Turn
from isthmus.core.errors import BadRequest, Kind, UpstreamError
from isthmus.core.interfaces import Shaped, Target
from isthmus.core.losses import Action, Loss
from isthmus.server.compressing import compressed, may_outgrow, outgrown
from isthmus.server.summaries import Summaries
from isthmus.shaping.compression import Method, Plan, weigh
from isthmus.shaping.fit import fit
from talk import assistant, call, result, talk, user

OLD = "many words of an old question " * 300
TARGET = Target("model-x", Abilities(context_window=8000))
SUMMARISE = Plan(Method.SUMMARISE, keep_turns=1, timeout_s=5)
BEFORE = Loss("seed", Action.DROPPED)


class Scribe:
    """Writes down what it is asked, and answers as told."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[list[Turn], str | None]] = []

    async def __call__(self, turns: Sequence[Turn], before: str | None) -> str:
        self.asked.append((list(turns), before))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def old_talk(questions: int) -> list[Turn]:
    return [turn for at in range(questions) for turn in (user(f"{at} {OLD}"), assistant(f"answer {at}"))]


async def shortened(
    *turns: Turn, plan: Plan = SUMMARISE, scribe: Scribe | None = None, summaries: Summaries | None = None
) -> Shaped:
    shaped = Shaped(fit(talk(*turns), TARGET).conversation, (BEFORE,))
    return await compressed(
        shaped, TARGET, plan, Summaries() if summaries is None else summaries, "who", scribe or Scribe()
    )


def first_words(conversation: Conversation) -> str:
    block = conversation.turns[0].blocks[0]
    assert isinstance(block, Text)
    return block.text


async def test_what_fits_is_left_alone() -> None:
    shaped = Shaped(talk(user("short")))
    assert await compressed(shaped, TARGET, SUMMARISE, Summaries(), "who", Scribe()) is shaped
    unknown = Target("m", Abilities())
    long = Shaped(talk(*old_talk(20), user("now?")))
    assert await compressed(long, unknown, SUMMARISE, Summaries(), "who", Scribe()) is long


async def test_a_summary_takes_the_place_of_the_oldest_turns() -> None:
    scribe = Scribe("they asked much")
    shaped = await shortened(*old_talk(6), user("now?"), scribe=scribe)
    ((turns, before),) = scribe.asked
    assert turns == old_talk(6)[: len(turns)]
    assert before is None
    assert "they asked much" in first_words(shaped.conversation)
    assert shaped.losses == (
        BEFORE,
        Loss("messages", Action.REPLACED, f"{len(turns)} oldest turns by a summary"),
    )
    assert weigh(shaped.conversation, "model-x").total < 8000
    assert fit(shaped.conversation, TARGET).conversation == shaped.conversation


async def test_a_growing_conversation_pays_for_its_beginning_once() -> None:
    summaries, scribe = Summaries(), Scribe("first", "second")
    await shortened(*old_talk(6), user("now?"), scribe=scribe, summaries=summaries)
    again = await shortened(
        *old_talk(6), user("now?"), assistant("so"), user("and?"), scribe=scribe, summaries=summaries
    )
    assert len(scribe.asked) == 1
    assert "first" in first_words(again.conversation)
    later = await shortened(*old_talk(12), user("now?"), scribe=scribe, summaries=summaries)
    turns, before = scribe.asked[1]
    assert before == "first"
    assert turns[0] not in scribe.asked[0][0]
    assert "second" in first_words(later.conversation)


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (UpstreamError("busy", kind=Kind.OVERLOADED), "no summary, overloaded"),
        (BadRequest("model: x is not known", kind=Kind.MODEL_NOT_FOUND), "no summary, model_not_found"),
        (TimeoutError(), "no summary, timeout"),
    ],
)
async def test_without_a_summary_the_oldest_turns_are_dropped(failure: Exception, why: str) -> None:
    shaped = await shortened(*old_talk(6), user("now?"), scribe=Scribe(failure))
    _, loss = shaped.losses
    assert loss.action is Action.DROPPED
    assert loss.detail.endswith(f"oldest turns: {why}")


async def test_a_summary_has_a_bounded_time() -> None:
    class Slow(Scribe):
        async def __call__(self, turns: Sequence[Turn], before: str | None) -> str:
            await asyncio.Event().wait()
            raise AssertionError

    plan = Plan(Method.SUMMARISE, keep_turns=1, timeout_s=0.01)
    shaped = await shortened(*old_talk(6), user("now?"), plan=plan, scribe=Slow())
    assert shaped.losses[1].detail.endswith("no summary, timeout")


async def test_a_summary_longer_than_what_it_summarises_is_not_used() -> None:
    shaped = await shortened(*old_talk(6), user("now?"), scribe=Scribe("word " * 20_000))
    assert shaped.losses[1].detail.endswith("the summary was too long")


async def test_whoever_is_told_to_stop_stops() -> None:
    """A process that ends does not go on with the client's own question."""
    begun = asyncio.Event()

    class Slow(Scribe):
        async def __call__(self, turns: Sequence[Turn], before: str | None) -> str:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise UpstreamError("shutting down", kind=Kind.OVERLOADED) from None
            raise AssertionError

    task = asyncio.create_task(shortened(*old_talk(6), user("now?"), scribe=Slow()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_with_nothing_to_summarise_old_results_are_clipped() -> None:
    turns = (
        user("do it"),
        assistant(call("1")),
        user(result("1", OLD * 5)),
        assistant(call("2")),
        user(result("2")),
    )
    shaped = await shortened(*turns)
    assert shaped.losses == (BEFORE, Loss("messages", Action.CONVERTED, "1 old tool results clipped"))


@pytest.mark.parametrize("method", [Method.CLIP, Method.DROP, Method.SUMMARISE])
async def test_what_cannot_be_made_to_fit_is_refused_in_words_clients_know(method: Method) -> None:
    with pytest.raises(BadRequest, match=r"^prompt is too long: \d+ tokens > 8000 maximum$"):
        await shortened(*old_talk(1), user(OLD * 20), plan=Plan(method, keep_turns=1), scribe=Scribe("short"))


def test_only_long_requests_are_weighed() -> None:
    assert not may_outgrow(TARGET, SUMMARISE, 4000)
    assert may_outgrow(TARGET, SUMMARISE, 4001)
    assert not may_outgrow(Target("m", Abilities()), SUMMARISE, 10**7)
    assert may_outgrow(Target("m", Abilities()), Plan(Method.DROP, threshold_tokens=1000), 1001)


def test_what_outgrows_its_model() -> None:
    assert outgrown(talk(*old_talk(6)), TARGET, SUMMARISE)
    assert not outgrown(talk(user("short")), TARGET, SUMMARISE)
    assert not outgrown(talk(*old_talk(6)), Target("m", Abilities()), SUMMARISE)
