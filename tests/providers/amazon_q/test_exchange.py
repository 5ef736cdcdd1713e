"""One answer, with everything that may be tried for it. Nothing here touches a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from isthmus.core.commands import Authorize, Call, Command, Exchange, Grant, Head, Pause, Reply, Say, Stream
from isthmus.core.conversation import Conversation, Reasoning, Role, Sampling, Text, Tool, Turn
from isthmus.core.errors import Kind, Next, Scope, UpstreamError, UpstreamProtocolError
from isthmus.core.events import Failed, Finished
from isthmus.core.fold import SaidText, fold
from isthmus.core.interfaces import Target
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey
from isthmus.providers.amazon_q.errors import EmptyAnswer
from isthmus.providers.amazon_q.exchange import conversation_id
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.provider import AmazonQ
from q_answers import STREAM, metadata, refusal, text, thought
from q_steps import ARN, OTHER_ARN, grant, reply

NOW_S = 1_785_000_000.0
BEARER = "The bearer token included in the request is invalid."
SCHEMA = '{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}},"additionalProperties":false}'


def provider(**more: Any) -> AmazonQ:
    return AmazonQ("mine", Options(), now_s=lambda: NOW_S, jitter=lambda: 0.5, **more)


def asking(*said: str, **more: Any) -> Conversation:
    turns = tuple(
        Turn(Role.USER if number % 2 == 0 else Role.ASSISTANT, (Text(each),))
        for number, each in enumerate(said or ("hello",))
    )
    return Conversation("asked", turns, **more)


def begin(
    conversation: Conversation | None = None, by: AmazonQ | None = None, held: Grant | None = None
) -> tuple[Exchange, Stream]:
    """The exchange, authorized, and its first request."""
    speaker = by or provider()
    target = Target("claude-sonnet-4.5", speaker.abilities("claude-sonnet-4.5"))
    exchange = speaker.exchange(conversation or asking(), target)
    assert next(exchange) == Authorize()
    return exchange, streamed(exchange.send(held or grant()))


def streamed(command: Command) -> Stream:
    assert isinstance(command, Stream)
    return command


def body(command: Stream) -> Any:
    return json.loads(command.body)


def refused(
    command: Stream, status: int, message: str, reason: str | None = None, **headers: str
) -> UpstreamError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return command.classify(Head(status, named), refusal(message, reason))


def raised(exchange: Exchange, error: UpstreamError) -> UpstreamError:
    """The failure stands."""
    with pytest.raises(UpstreamError) as caught:
        exchange.throw(error)
    assert caught.value is error
    return error


def test_one_request() -> None:
    exchange, command = begin(asking(stream=True), held=grant("idc", profile_arn=ARN))
    assert (command.method, command.url) == (
        "POST",
        "https://runtime.eu-central-1.kiro.dev/generateAssistantResponse",
    )
    assert dict(command.headers)["authorization"] == "Bearer aoa-token"
    assert body(command)["profileArn"] == ARN
    assert not command.whole
    decoder = command.decode(STREAM)
    assert fold([*decoder.feed(text("Hi")), *decoder.close()]).blocks == (SaidText("Hi"),)
    with pytest.raises(StopIteration):
        exchange.send(None)


def test_the_answer_is_read_by_what_was_asked() -> None:
    _, command = begin(asking(sampling=Sampling(stop=("END",)), max_tokens=2))
    assert command.whole
    decoder = command.decode(STREAM)
    assert fold(decoder.feed(text("one EN", "D two"))).stop_sequence == "END"
    limited = command.decode(STREAM)
    assert fold(limited.feed(text("123456789"))).blocks == (SaidText("12345678"),)


def test_the_operators_headers_may_replace_ours() -> None:
    _, command = begin(by=provider(headers={"X-Team": Secret("a"), "Accept": Secret("*/*")}))
    assert dict(command.headers)["x-team"] == "a"
    assert dict(command.headers)["accept"] == "*/*"
    assert len({name for name, _ in command.headers}) == len(command.headers)


def test_warming_a_cache_needs_nobody() -> None:
    exchange = provider().exchange(asking(max_tokens=0), Target("m", provider().abilities("m")))
    command = next(exchange)
    assert isinstance(command, Say)
    assert isinstance(command.events[-1], Finished)


def test_a_refused_token_is_exchanged_once() -> None:
    exchange, first = begin()
    assert exchange.throw(refused(first, 403, BEARER)) == Authorize(Secret("aoa-token"))
    second = streamed(exchange.send(grant(token="aoa-new")))
    assert dict(second.headers)["authorization"] == "Bearer aoa-new"
    assert second.body == first.body
    error = raised(exchange, refused(second, 403, BEARER))
    assert (error.scope, error.next) == (Scope.CREDENTIAL, Next.OTHER_ACCOUNT)
    assert error.detail.startswith("needs sign-in: ")


def test_no_other_token_to_be_had() -> None:
    exchange, first = begin()
    exchange.throw(refused(first, 403, BEARER))
    raised(exchange, UpstreamError("sign in again", scope=Scope.CREDENTIAL))


def test_a_bad_request_is_written_with_more_care_once() -> None:
    exchange, first = begin(asking(tools=(Tool("f", "d", SCHEMA),)))
    second = streamed(
        exchange.throw(refused(first, 400, "Improperly formed request.", "TOOL_SCHEMA_INVALID"))
    )
    assert second.body != first.body
    error = raised(exchange, refused(second, 400, "Improperly formed request."))
    assert (error.kind, error.next) == (Kind.INVALID_REQUEST, Next.NOTHING)


def test_what_cannot_be_written_otherwise_is_not_sent_again() -> None:
    exchange, first = begin()
    raised(exchange, refused(first, 400, "Improperly formed request."))


@pytest.mark.parametrize("reason", ["CONVERSATION_LIMIT_EXCEEDED", "INVALID_CONVERSATION_ID"])
def test_a_conversation_gets_a_new_name_once(reason: str) -> None:
    exchange, first = begin()
    second = streamed(exchange.throw(refused(first, 400, "x", reason)))
    ids = [body(each)["conversationState"].pop("conversationId") for each in (first, second)]
    assert ids[0] != ids[1]
    assert (
        body(first)["conversationState"]["currentMessage"]
        == body(second)["conversationState"]["currentMessage"]
    )
    raised(exchange, refused(second, 400, "x", reason))


@pytest.mark.parametrize(
    "failure",
    [
        lambda command: refused(command, 500, "x"),
        lambda command: refused(command, 503, "x"),
        lambda command: refused(command, 429, "x", "INSUFFICIENT_MODEL_CAPACITY"),
        lambda _: UpstreamProtocolError("the connection broke off"),
        lambda _: UpstreamError("the upstream cannot be reached"),
    ],
)
def test_trouble_is_sat_out_twice(failure: Callable[[Stream], UpstreamError]) -> None:
    exchange, command = begin()
    for pause in (Pause(2.0), Pause(5.0)):
        assert exchange.throw(failure(command)) == pause
        again = streamed(exchange.send(None))
        assert again.body == command.body
    raised(exchange, failure(command))


def test_how_long_the_service_wants_to_be_left_alone() -> None:
    exchange, command = begin()
    for told in ("9", "0"):
        assert exchange.throw(refused(command, 500, "x", retry_after=told)) == Pause(float(told))
        exchange.send(None)
    raised(exchange, refused(command, 500, "x"))


def test_longer_than_a_client_should_wait() -> None:
    exchange, command = begin()
    raised(exchange, refused(command, 500, "x", retry_after="11"))


def test_three_requests_are_the_most_whatever_went_wrong() -> None:
    exchange, first = begin()
    exchange.throw(refused(first, 403, BEARER))
    second = streamed(exchange.send(grant(token="aoa-new")))
    third = streamed(exchange.throw(refused(second, 402, "x", "CONVERSATION_LIMIT_EXCEEDED")))
    raised(exchange, refused(third, 500, "x"))


@pytest.mark.parametrize("stream", [True, False])
def test_an_empty_answer_is_asked_for_once_more(stream: bool) -> None:
    exchange, first = begin(asking(stream=stream))
    failed = first.decode(STREAM).close()[-1]
    assert isinstance(failed, Failed) and isinstance(failed.error, EmptyAnswer)
    second = streamed(exchange.throw(failed.error))
    assert second.body == first.body
    last = second.decode(STREAM).close()[-1]
    assert isinstance(last, Failed)
    raised(exchange, last.error)


def test_thoughts_alone_will_do_the_second_time() -> None:
    exchange, first = begin()
    decoder = first.decode(STREAM)
    failed = [*decoder.feed(thought("hm")), *decoder.close()][-1]
    assert isinstance(failed, Failed)
    second = streamed(exchange.throw(failed.error)).decode(STREAM)
    assert isinstance([*second.feed(thought("hm")), *second.close()][-1], Finished)


@pytest.mark.parametrize(
    "failure",
    [
        lambda command: refused(command, 403, "x", "TEMPORARILY_SUSPENDED"),
        lambda command: refused(command, 400, "x", "INVALID_MODEL_ID"),
        lambda command: refused(command, 402, "x", "OVERAGE_REQUEST_LIMIT_EXCEEDED"),
        lambda command: refused(command, 429, "Too many requests"),
        lambda _: UpstreamError("too late", kind=Kind.TIMEOUT),
    ],
)
def test_what_another_account_must_answer(failure: Callable[[Stream], UpstreamError]) -> None:
    exchange, command = begin()
    raised(exchange, failure(command))


def test_a_model_that_the_service_refuses_is_named() -> None:
    exchange, command = begin()
    error = raised(exchange, refused(command, 400, "x", "INVALID_MODEL_ID"))
    assert error.message.endswith("does not have model 'claude-sonnet-4.5'")


def test_a_prompt_that_is_too_long_is_told_with_the_window() -> None:
    exchange, command = begin()
    error = raised(exchange, refused(command, 400, "Input is too long.", "CONTENT_LENGTH_EXCEEDS_THRESHOLD"))
    assert (error.kind, error.next, error.limit) == (Kind.CONTEXT_OVERFLOW, Next.NOTHING, 200_000)


def no_profile(command: Stream) -> UpstreamError:
    return refused(command, 400, "profileArn is required for this request.")


def told(exchange: Exchange, answer: Reply) -> Command:
    """What comes after calls that are all answered so."""
    while isinstance(command := exchange.send(answer), Call):
        pass
    return command


def test_a_profile_that_was_never_told_is_found_where_there_is_one() -> None:
    exchange, command = begin()
    assert "profileArn" not in body(command)
    assert isinstance(exchange.throw(no_profile(command)), Call)
    again = streamed(told(exchange, reply({"profiles": [{"arn": ARN, "profileName": "team"}]})))
    assert body(again)["profileArn"] == ARN
    assert again.url.startswith("https://runtime.eu-central-1.kiro.dev/")
    raised(exchange, no_profile(again))


@pytest.mark.parametrize(
    "answer",
    [reply({"profiles": []}), reply({"profiles": [{"arn": ARN}, {"arn": OTHER_ARN}]}), reply({}, 403)],
)
def test_where_there_is_none_or_a_choice_the_account_is_off(answer: Reply) -> None:
    exchange, command = begin()
    error = no_profile(command)
    assert isinstance(exchange.throw(error), Call)
    with pytest.raises(UpstreamError) as caught:
        told(exchange, answer)
    assert caught.value is error


def test_an_account_with_a_profile_is_not_asked_for_one() -> None:
    exchange, command = begin(held=grant(profile_arn=ARN))
    raised(exchange, no_profile(command))


def test_the_profile_of_a_survey_is_used_at_once() -> None:
    one = Survey(profiles=({"id": ARN, "name": "team"},))
    two = Survey(profiles=(*one.profiles, {"id": OTHER_ARN, "name": "other"}))
    for survey, kind, sent in ((one, "idc", ARN), (two, "idc", None), (one, "builder_id", None)):
        _, command = begin(held=grant(kind, survey=survey))
        assert body(command).get("profileArn") == sent
    _, command = begin(held=grant(survey=one, profile_arn=OTHER_ARN))
    assert body(command)["profileArn"] == OTHER_ARN


def test_the_end_of_a_month_is_asked_for() -> None:
    exchange, command = begin()
    error = refused(command, 402, "You have reached the limit.", "MONTHLY_REQUEST_COUNT")
    asked = exchange.throw(error)
    assert isinstance(asked, Call) and "/getUsageLimits?" in asked.url
    with pytest.raises(UpstreamError) as caught:
        exchange.send(reply({"nextDateReset": NOW_S + 1000}))
    assert caught.value is error
    assert error.cooldown_s == 1000.0


def test_a_throttled_account_rests_longer_each_time_until_it_has_answered() -> None:
    clock = [NOW_S]
    speaker = AmazonQ("mine", now_s=lambda: clock[0])

    def throttled() -> float | None:
        exchange, command = begin(by=speaker)
        return raised(exchange, refused(command, 429, "Too many requests")).cooldown_s

    assert throttled() == 60.0
    clock[0] += 60.0
    assert throttled() == 120.0
    exchange, _ = begin(by=speaker)
    with pytest.raises(StopIteration):
        exchange.send(None)
    assert throttled() == 60.0


def test_a_model_that_the_account_does_not_list_is_not_asked_for() -> None:
    speaker = provider()
    exchange = speaker.exchange(asking(), Target("claude-sonnet-4.5", speaker.abilities("claude-sonnet-4.5")))
    next(exchange)
    with pytest.raises(UpstreamError) as caught:
        exchange.send(grant(survey=Survey(models=({"id": "auto"},))))
    assert (caught.value.kind, caught.value.next) == (Kind.MODEL_NOT_FOUND, Next.OTHER_ACCOUNT)
    assert caught.value.message.endswith("does not have model 'claude-sonnet-4.5'")
    begin(held=grant(survey=Survey(models=({"id": "claude-sonnet-4.5"},))))
    begin(held=grant(survey=Survey()))


def test_a_conversation_keeps_its_name_from_turn_to_turn() -> None:
    first, later = asking("hello"), asking("hello", "hi", "and now?")
    assert conversation_id(first) == conversation_id(later)
    assert conversation_id(first) != conversation_id(asking("good day"))
    assert conversation_id(first) != conversation_id(asking("hello", system=(Text("Be brief."),)))
    assert conversation_id(asking("a", session="s")) == conversation_id(asking("b", session="s"))
    _, command = begin(first)
    assert body(command)["conversationState"]["conversationId"] == str(conversation_id(first))


def test_the_model_and_its_usage_come_home() -> None:
    _, command = begin(asking(reasoning=Reasoning(effort="high"), stream=True))
    decoder = command.decode(STREAM)
    events = [
        *decoder.feed(text("Hi") + metadata({"uncachedInputTokens": 3, "outputTokens": 1})),
        *decoder.close(),
    ]
    answer = fold(events)
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 1)
