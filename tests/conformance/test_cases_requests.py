"""A gateway that repeats what it was sent is right about some cases and wrong about others; spoiled, it is wrong about each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from conformance import fakes
from conformance.fakes import Asked, Json, Reply, as_json, good, playing, stage_on
from isthmus.conformance import cases_requests as cases
from isthmus.conformance.cast import Form, Role
from isthmus.conformance.stage import Stage
from isthmus.conformance.subject import Api, Lane
from isthmus.conformance.verdict import Fault, Moot

Spoil = Callable[[Json], Any]
FORMS = {Api.MESSAGES: Form.MESSAGES, Api.CHAT: Form.CHAT}


def same(body: Json) -> None:
    """Leaves a request as it is."""


def echoing(spoil: Spoil) -> Callable[[Asked], Reply]:
    """Answers with the body it was sent, after `spoil` has had it."""

    def answers(asked: Asked) -> Reply:
        body = asked.json
        model = {"model": body["model"]}
        spoil(body)
        text = msgspec.json.encode(body).decode()
        whole = fakes.message(text) if asked.path.endswith("/messages") else fakes.completion(text)
        return as_json(whole | model)

    return answers


async def judge(case: Callable[[Stage], Any], api: Api, spoil: Spoil, form: Form | None = None) -> None:
    cast = playing(Role.ECHO, echo=form or FORMS[api])
    async with stage_on(echoing(spoil), api, cast=cast) as stage:
        await case(stage)


def without_system(body: Json) -> None:
    body.pop("system", None)
    body["messages"] = [each for each in body["messages"] if each["role"] not in ("system", "developer")]


def system_first(body: Json) -> None:
    operator = [each for each in body["messages"] if each["role"] == "system"]
    others = [each for each in body["messages"] if each["role"] != "system"]
    body["messages"] = [*operator, *others]


def system_as_user(body: Json) -> None:
    for each in body["messages"]:
        if each["role"] == "system":
            each["role"] = "user"


def timestamped(body: Json) -> None:
    body["messages"].insert(2, {"role": "user", "content": f"It is message {len(body['messages'])}."})


def results_reversed(body: Json) -> None:
    if "content" in body["messages"][-1] and isinstance(body["messages"][-1]["content"], list):
        content = body["messages"][-1]["content"]
        content[:2] = content[1::-1]
    else:
        body["messages"][-3:-1] = body["messages"][-2:-4:-1]


def text_first(body: Json) -> None:
    content = body["messages"][-1]["content"]
    body["messages"][-1]["content"] = [content[-1], *content[:-1]]


def text_first_in_chat(body: Json) -> None:
    *rest, first, second, last = body["messages"]
    body["messages"] = [*rest, last, first, second]


def image_between(body: Json) -> None:
    first, *others = body["messages"][-1]["content"]
    image = first["content"].pop()
    body["messages"][-1]["content"] = [first, image, *others]


def image_lost(body: Json) -> None:
    body["messages"][-1]["content"][0]["content"].pop()


def no_error_flag(body: Json) -> None:
    body["messages"][-1]["content"][0].pop("is_error")


def all_errors(body: Json) -> None:
    for block in body["messages"][-1]["content"][:2]:
        block["is_error"] = True


def no_files(body: Json) -> None:
    body["messages"][-1]["content"] = [{"type": "text", "text": "What does it say?"}]


def renamed_tools(body: Json) -> None:
    body["tools"][0]["function"]["name"] = "short"


def other_ids_each_time() -> Spoil:
    count = iter(range(100))

    def spoil(body: Json) -> None:
        for block in body["messages"][1]["content"]:
            id = f"call_{next(count)}"
            for each in body["messages"][2]["content"]:
                if each.get("tool_use_id") == block["id"]:
                    each["tool_use_id"] = id
            block["id"] = id

    return spoil


def one_id(body: Json) -> None:
    for block in body["messages"][1]["content"]:
        block["id"] = "call"


def lost_results(body: Json) -> None:
    for number, block in enumerate(body["messages"][1]["content"]):
        block["id"] = f"call_{number}"


def no_schema(body: Json) -> None:
    body["tools"][0]["input_schema"] = {"type": "object", "properties": {}}


def parallel(body: Json) -> None:
    body.pop("parallel_tool_calls", None)


def demanded(body: Json) -> None:
    body["tool_choice"] = "required"


def allowed_as_auto(body: Json) -> None:
    body["tools"] = body["tools"][:1]
    body["tool_choice"] = "auto"


def all_required(body: Json) -> None:
    body["tool_choice"] = "required"


def repaired_arguments(body: Json) -> None:
    wanted = ["{}", '{"value":[]}', '{"a":1}', '{"__raw":"{bad"}']
    for call, arguments in zip(body["messages"][1]["tool_calls"], wanted, strict=True):
        call["function"]["arguments"] = arguments


def png_named(body: Json) -> None:
    part = body["messages"][0]["content"][1]
    part["image_url"]["url"] = part["image_url"]["url"].replace("jpeg", "png")


def no_image(body: Json) -> None:
    body["messages"][0]["content"].pop()


@pytest.mark.parametrize(
    ("case", "api", "spoil"),
    [
        (cases.system_turn, Api.MESSAGES, same),
        (cases.leading_system, Api.CHAT, same),
        (cases.results_then_text, Api.MESSAGES, same),
        (cases.results_then_text, Api.CHAT, same),
        (cases.result_with_image, Api.MESSAGES, same),
        (cases.failed_result, Api.MESSAGES, same),
        (cases.odd_arguments, Api.CHAT, repaired_arguments),
        (cases.wrong_media_type, Api.CHAT, png_named),
        (cases.pdf_document, Api.MESSAGES, same),
        (cases.no_parallel_calls, Api.CHAT, same),
    ],
)
async def test_what_is_right_passes(case: Any, api: Api, spoil: Spoil) -> None:
    await judge(case, api, spoil)


@pytest.mark.parametrize(
    ("case", "api", "spoil", "why"),
    [
        (cases.billing_header, Api.MESSAGES, without_system, "system text is lost"),
        (cases.system_turn, Api.MESSAGES, without_system, "lost, or was moved"),
        (cases.system_turn, Api.MESSAGES, system_first, "moved before 'First.'"),
        (cases.system_turn, Api.MESSAGES, system_as_user, "passes for the user's"),
        (cases.leading_system, Api.CHAT, without_system, "not two leading system texts"),
        (cases.leading_system, Api.CHAT, timestamped, "moved before|does not continue"),
        (cases.results_then_text, Api.MESSAGES, results_reversed, "out of order"),
        (cases.results_then_text, Api.MESSAGES, text_first, "are followed by text"),
        (cases.results_then_text, Api.CHAT, results_reversed, "out of order"),
        (cases.results_then_text, Api.CHAT, text_first_in_chat, "are followed by text"),
        (cases.result_with_image, Api.MESSAGES, image_between, "are followed by result, image"),
        (cases.result_with_image, Api.MESSAGES, image_lost, "image of the result is lost"),
        (cases.failed_result, Api.MESSAGES, no_error_flag, "cannot tell that the tool failed"),
        (cases.failed_result, Api.MESSAGES, all_errors, "told as a failure"),
        (cases.odd_arguments, Api.CHAT, same, "arguments '' became ''"),
        (cases.wrong_media_type, Api.CHAT, same, "called image/jpeg"),
        (cases.wrong_media_type, Api.CHAT, no_image, "image is lost"),
        (cases.pdf_document, Api.MESSAGES, no_files, "vanished without a word"),
        (cases.long_name, Api.CHAT, renamed_tools, "several names"),
        (cases.long_name, Api.CHAT, same, "not one the vendor takes"),
        (cases.odd_ids, Api.MESSAGES, same, "not one the upstream takes"),
        (cases.odd_ids, Api.MESSAGES, one_id, "two calls have one id"),
        (cases.odd_ids, Api.MESSAGES, lost_results, "results lost their calls"),
        (cases.bash_tool, Api.MESSAGES, same, "no function `bash`"),
        (cases.bash_tool, Api.MESSAGES, no_schema, "has no `command`"),
        (cases.no_parallel_calls, Api.CHAT, parallel, "one call at a time is lost"),
        (cases.no_parallel_calls, Api.CHAT, demanded, "tool choice became any"),
        (cases.allowed_tools, Api.CHAT, all_required, "not the allowed one"),
        (cases.allowed_tools, Api.CHAT, allowed_as_auto, "tool choice became auto"),
        (cases.unpaired, Api.MESSAGES, same, "a result without its call"),
    ],
)
async def test_what_is_wrong_is_named(case: Any, api: Api, spoil: Spoil, why: str) -> None:
    with pytest.raises(Fault, match=why):
        await judge(case, api, spoil)


async def test_ids_made_anew_each_time_are_named() -> None:
    with pytest.raises(Fault, match="other ids the second time"):
        await judge(cases.odd_ids, Api.MESSAGES, other_ids_each_time())


async def test_the_billing_header_is_for_anthropic_only() -> None:
    await judge(cases.billing_header, Api.MESSAGES, same)

    def as_chat(body: Json) -> None:
        system = body.pop("system")
        texts = [system] if isinstance(system, str) else [block["text"] for block in system]
        body["messages"] = [*({"role": "system", "content": text} for text in texts), *body["messages"]]

    with pytest.raises(Fault, match="reaches a foreign upstream"):
        await judge(cases.billing_header, Api.MESSAGES, as_chat, Form.CHAT)


async def test_blank_texts_that_reach_the_upstream_are_named() -> None:
    def paired(body: Json) -> None:
        if body["messages"][0]["content"] == "Look." and len(body["messages"]) == 3:
            blank = body["messages"][1]["content"][0].get("text") == " \n"
            body["messages"] = body["messages"] if blank else body["messages"][:1]
        else:
            body["messages"] = body["messages"][:1]

    with pytest.raises(Fault, match="blank texts: a blank text is left"):
        await judge(cases.unpaired, Api.MESSAGES, paired)


def replying(*replies: Reply) -> Callable[[Asked], Reply]:
    queue = iter(replies)
    return lambda _: next(queue)


def refusing(message: str, status: int = 400) -> Reply:
    return fakes.error(Api.MESSAGES, status, message, "invalid_request_error")


LOSS = {"x-isthmus-loss": "web_search_20250305=dropped"}


async def test_a_search_tool_may_not_vanish() -> None:
    echoed = fakes.as_json(fakes.message("{}") | {"model": "echo"})
    cast = playing(Role.ECHO, echo=Form.MESSAGES)
    async with stage_on(lambda _: echoed, Api.MESSAGES, cast=cast) as stage:
        with pytest.raises(Fault, match="vanished"):
            await cases.web_search(stage)


async def test_a_search_tool_is_dropped_aloud_and_refused_when_demanded() -> None:
    said = as_json(fakes.message(), headers=LOSS)
    async with stage_on(replying(said, refusing("no search here")), Api.MESSAGES) as stage:
        await cases.web_search(stage)
    async with stage_on(replying(said, said), Api.MESSAGES) as stage:
        with pytest.raises(Fault, match="200 instead of 400"):
            await cases.web_search(stage)
    async with stage_on(replying(as_json(fakes.message())), Api.MESSAGES) as stage:
        with pytest.raises(Moot):
            await cases.web_search(stage)


async def test_a_refused_pdf_is_named() -> None:
    cast = playing(Role.ECHO, echo=Form.MESSAGES)
    async with stage_on(
        lambda _: refusing("capability_rejected: document_block"), Api.MESSAGES, cast=cast
    ) as stage:
        await cases.pdf_document(stage)
    async with stage_on(lambda _: refusing("bad request"), Api.MESSAGES, cast=cast) as stage:
        with pytest.raises(Fault, match="does not name the document"):
            await cases.pdf_document(stage)


@pytest.mark.parametrize(
    ("lane", "message", "why"),
    [
        (
            Lane.RAW,
            "max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens for m",
            None,
        ),
        (Lane.RAW, "too many", "not in the words"),
        (Lane.TRANSLATED, "max_tokens: 128000 > 64000, which is the maximum", "status 400"),
    ],
)
async def test_an_allowance_too_large(lane: Lane, message: str, why: str | None) -> None:
    async with stage_on(lambda _: refusing(message), Api.MESSAGES, lane) as stage:
        if why is None:
            await cases.large_allowance(stage)
        else:
            with pytest.raises(Fault, match=why):
                await cases.large_allowance(stage)


@pytest.mark.parametrize("api", list(Api))
async def test_an_allowance_that_is_taken(api: Api) -> None:
    async with stage_on(good, api) as stage:
        await cases.large_allowance(stage)


class Tampering:
    """A witness to whom the body came with its white space set right."""

    async def last_body(self) -> bytes:
        return b'{"model":"m"}'

    async def departures(self) -> int:
        return 0


async def test_a_body_that_was_written_anew_is_named() -> None:
    async with stage_on(good, Api.MESSAGES, Lane.RAW, witness=Tampering()) as stage:
        with pytest.raises(Fault, match="other bytes"):
            await cases.byte_for_byte(stage)


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"word":"pong"}', None),
        ("pong", "does not have the shape"),
        ('{"word":1}', "does not have the shape"),
        ('{"word":"pong","more":1}', "does not have the shape"),
    ],
)
async def test_structured_output(api: Api, text: str, why: str | None) -> None:
    whole = as_json(fakes.message(text) if api is Api.MESSAGES else fakes.completion(text))
    async with stage_on(lambda _: whole, api) as stage:
        if why is None:
            await cases.structured_output(stage)
        else:
            with pytest.raises(Fault, match=why):
                await cases.structured_output(stage)


async def test_structured_output_that_is_declared_missing_is_moot() -> None:
    refusal = refusing("capability_rejected: structured_outputs_unsupported")
    async with stage_on(lambda _: refusal, Api.MESSAGES) as stage:
        with pytest.raises(Moot):
            await cases.structured_output(stage)


async def test_several_answers_may_not_be_ignored() -> None:
    async with stage_on(good, Api.CHAT) as stage:
        with pytest.raises(Fault, match="200 instead of 400"):
            await cases.several_answers(stage)


async def test_a_gateway_that_minds_unknown_things_is_named() -> None:
    def strict(asked: Asked) -> Reply:
        return (
            refusing("unheard_of: Extra inputs are not permitted")
            if "unheard_of" in asked.json
            else good(asked)
        )

    async with stage_on(strict, Api.MESSAGES) as stage:
        with pytest.raises(Fault, match="status 400"):
            await cases.unknown_things(stage)
    async with stage_on(strict, Api.MESSAGES, Lane.RAW) as stage:
        await cases.unknown_things(stage)
