from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance import fakes
from conformance.fakes import IDS, KEY, Asked, Reply, as_json, good, serving
from isthmus.conformance.cast import DUMMY, NOBODY
from isthmus.conformance.client import Client
from isthmus.conformance.stage import Stage
from isthmus.conformance.subject import BOTH, Api, Lane, Subject
from isthmus.conformance.survey import REQUESTS, CannotStart, survey
from isthmus.core.secret import Secret

Answers = Callable[[Asked], Reply]
LIST = as_json({"data": [{"id": "m"}, {"id": "n"}, {"no": "id"}]})


def listing(answers: Answers, listed: Reply = LIST) -> Answers:
    return lambda asked: listed if asked.path.endswith("/models") else answers(asked)


async def surveyed(
    answers: Answers, *, model: str | None = "m", apis: tuple[Api, ...] = BOTH, direct: bool = False
) -> tuple[list[Stage], list[Asked]]:
    async with (
        serving(answers) as (url, asked),
        Client(Subject(url, KEY, model, apis=apis, direct=direct)) as client,
    ):
        return await survey(client), asked


async def test_a_gateway_is_met_in_both_dialects() -> None:
    stages, asked = await surveyed(listing(good))
    assert [stage.api for stage in stages] == [Api.MESSAGES, Api.CHAT]
    assert len(asked) == REQUESTS


@pytest.mark.parametrize(
    ("request_id", "lane"),
    [(IDS["request-id"], Lane.TRANSLATED), ("req_another", Lane.RAW), ("", Lane.RAW)],
)
async def test_the_lane_shows_in_the_answers_name(request_id: str, lane: Lane) -> None:
    def answers(asked: Asked) -> Reply:
        reply = good(asked)
        return Reply(reply.body, headers={"content-type": "application/json", "request-id": request_id})

    stages, _ = await surveyed(listing(answers), apis=(Api.CHAT,))
    assert [stage.lane for stage in stages] == [lane]


async def test_an_upstream_is_met_in_what_it_speaks() -> None:
    def chat_only(asked: Asked) -> Reply:
        return good(asked) if "chat" in asked.path else Reply(b"not found", 404)

    stages, _ = await surveyed(listing(chat_only), direct=True)
    assert [(stage.api, stage.lane) for stage in stages] == [(Api.CHAT, Lane.DIRECT)]
    with pytest.raises(CannotStart, match="messages: status 404"):
        await surveyed(listing(chat_only))


async def test_the_name_of_the_output_allowance_is_found_out() -> None:
    def reasoning(asked: Asked) -> Reply:
        if "max_tokens" in asked.json:
            return fakes.error(Api.CHAT, 400, "Use 'max_completion_tokens' instead.", "invalid_request_error")
        return good(asked)

    stages, _ = await surveyed(listing(reasoning), apis=(Api.CHAT,), direct=True)
    assert stages[0].limit_field == "max_completion_tokens"
    assert "max_completion_tokens" in stages[0].body("ping")


async def test_the_dummy_is_recognised_and_chosen() -> None:
    listed = as_json({"data": [{"id": "dummy-echo"}, {"id": "dummy-text"}]})
    stages, asked = await surveyed(listing(good, listed), model=None)
    assert {stage.cast.name for stage in stages} == {DUMMY.name}
    assert {each.json["model"] for each in asked[1:]} == {"dummy-text"}
    stages, _ = await surveyed(listing(good, listed), model="m")
    assert stages[0].cast is NOBODY


@pytest.mark.parametrize("listed", [LIST, as_json({}, 404), as_json([])])
async def test_without_a_model_there_is_nothing_to_ask(listed: Reply) -> None:
    with pytest.raises(CannotStart, match="say which model"):
        await surveyed(listing(good, listed), model=None)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (
            lambda _: fakes.error(Api.MESSAGES, 401, "bad key", "authentication_error"),
            "status 401: 401.*bad key",
        ),
        (lambda _: as_json({"hello": 1}), "cannot be read"),
    ],
)
async def test_a_subject_that_gives_no_answer_is_not_judged(answers: Answers, why: str) -> None:
    with pytest.raises(CannotStart, match=why) as caught:
        await surveyed(listing(answers))
    assert KEY.reveal() not in str(caught.value)


async def test_nobody_there() -> None:
    async with Client(Subject("http://127.0.0.1:9", Secret("k"), "m")) as client:
        with pytest.raises(CannotStart, match="nobody answers at http://127"):
            await survey(client)
