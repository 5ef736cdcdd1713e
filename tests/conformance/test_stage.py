from __future__ import annotations

import pytest

from conformance import fakes
from conformance.fakes import as_json, as_stream, chunk, chunks, good, playing, serving, stage_at, stage_on
from isthmus.conformance.cast import Cast, Form, Part, Role
from isthmus.conformance.subject import Api, Lane
from isthmus.conformance.verdict import Fault, Moot


@pytest.mark.parametrize("api", list(Api))
async def test_good_answers_are_read_plain_and_streamed(api: Api) -> None:
    async with stage_on(good, api) as stage:
        body = stage.body("ping")
        assert (await stage.plain(body)).text == (await stage.streamed(body)).text == "pong"


async def test_a_body_carries_marker_limit_and_fields() -> None:
    async with stage_on(good, Api.CHAT) as stage:
        stage.limit_field = "max_completion_tokens"
        part = Part("x", "[[sim: y]]")
        assert stage.body("hello", part, limit=7, n=1) == {
            "model": "x",
            "max_completion_tokens": 7,
            "messages": [{"role": "user", "content": "hello [[sim: y]]"}],
            "n": 1,
        }
        listed = stage.body([{"role": "user", "content": []}], part, limit=None)
        assert listed["messages"][0]["content"] == [{"type": "text", "text": "[[sim: y]]"}]
        assert "max_tokens" not in listed


async def test_a_role_falls_to_the_real_model_unless_scripted() -> None:
    async with stage_on(good, Api.CHAT, cast=playing(Role.TOOL)) as stage:
        assert stage.part(Role.TOOL) == Part("tool")
        assert stage.part(Role.TEXT) == Part("m", scripted=False)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (as_json({}, 500), "status 500"),
        (as_json(fakes.message(usage=None)), "no `usage`"),
        (as_json(fakes.message(model="other")), "calls itself other"),
        (fakes.Reply(b"<html>"), "not JSON"),
        (fakes.Reply(b'{"type": "mess', cut=True), "connection broke"),
    ],
)
async def test_bad_plain_answers_are_faults(reply: fakes.Reply, why: str) -> None:
    async with stage_on(lambda _: reply, Api.MESSAGES) as stage:
        with pytest.raises(Fault, match=why):
            await stage.plain(stage.body("ping"))


NO_STOP = fakes.events(*fakes.message_events(fakes.text_block())[:-1])
ERROR = {"error": {"message": "busy", "type": "server_error", "param": None, "code": None}}


@pytest.mark.parametrize(
    ("api", "reply", "why"),
    [
        (Api.MESSAGES, as_json(fakes.message()), "not text/event-stream"),
        (Api.MESSAGES, as_stream(NO_STOP), "no-message-stop"),
        (Api.CHAT, as_stream(chunks(fakes.ROLE, ERROR, done=False)), "ends in an error"),
        (Api.CHAT, as_stream(chunks(fakes.ROLE, fakes.ROLE, chunk(finish="stop"))), "second-role"),
    ],
)
async def test_bad_streams_are_faults(api: Api, reply: fakes.Reply, why: str) -> None:
    async with stage_on(lambda _: reply, api) as stage:
        with pytest.raises(Fault, match=why):
            await stage.streamed(stage.body("ping"))


async def test_an_upstreams_own_harmless_habits_are_noted() -> None:
    habit = chunks(fakes.ROLE, chunk({"content": "pong"}), chunk(finish="stop"), chunk(choices=[]))
    reply = as_stream(habit)
    async with stage_on(lambda _: reply, Api.CHAT, Lane.DIRECT) as stage:
        assert (await stage.streamed(stage.body("ping"))).text == "pong"
        assert stage.notes and stage.notes[0].startswith("empty-choices")
    async with stage_on(lambda _: reply, Api.CHAT) as stage:
        with pytest.raises(Fault, match="empty-choices"):
            await stage.streamed(stage.body("ping"))


async def test_a_model_that_refuses_forced_tools_makes_a_case_moot() -> None:
    refusal = fakes.error(Api.CHAT, 400, "tool_choice is not supported", "invalid_request_error")
    async with stage_on(lambda _: refusal, Api.CHAT, Lane.RAW) as stage:
        with pytest.raises(Moot):
            await stage.plain(stage.body("ping"))


async def test_an_error_is_judged_by_status_shape_and_request_id() -> None:
    fine = fakes.error(Api.CHAT, 404, "no", "invalid_request_error")
    nameless = fakes.Reply(fine.body, 404, {"content-type": "application/json"})
    async with stage_on(lambda _: fine, Api.CHAT) as stage:
        assert (await stage.refused({}, (404, 405)))["message"] == "no"
        with pytest.raises(Fault, match="404 instead of 400"):
            await stage.refused({}, 400)
    async with stage_on(lambda _: nameless, Api.CHAT) as stage:
        with pytest.raises(Fault, match="no `request-id` header"):
            await stage.refused({}, 404)


async def test_a_mirror_shows_the_request_without_its_marker() -> None:
    def echo(asked: fakes.Asked) -> fakes.Reply:
        return as_json(fakes.completion(asked.body.decode()) | {"model": "echo"})

    cast = Cast("fake", {Role.ECHO: (Part("echo", "[[sim: echo]]"),)}, Form.CHAT)
    async with serving(echo) as (url, asked), stage_at(url, Api.CHAT, cast=cast) as stage:
        seen = await stage.mirrored("hello", n=1)
        assert asked[0].json["messages"][0]["content"] == "hello [[sim: echo]]"
    assert seen.texts.strip() == "hello"
    assert seen.raw["n"] == 1
