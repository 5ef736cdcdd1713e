from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from isthmus.core.commands import Reply
from isthmus.core.logins import LoginError, LoginProblem
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.asking import ask, ask_twice, demand, post, post_form
from providers.amazon_q.stepping import World, reply

QUESTION = post("https://service.example/token", {"a": "b"})


def test_questions_are_json_or_a_form() -> None:
    assert (QUESTION.method, QUESTION.body) == ("POST", b'{"a":"b"}')
    assert ("content-type", "application/json") in QUESTION.headers
    form = post_form("https://service.example/token", {"scope": "a b", "x": "&="})
    assert parse_qs(form.body.decode()) == {"scope": ["a b"], "x": ["&="]}
    assert ("content-type", "application/x-www-form-urlencoded") in form.headers


def test_an_answer_is_the_result() -> None:
    world = World(reply(200, {"yes": 1}))
    assert world.play(ask(QUESTION)).body == b'{"yes": 1}'
    assert world.calls == [QUESTION]


@pytest.mark.parametrize(
    ("first", "pauses"),
    [
        (reply(400, {"error": "slow_down"}), [5.0]),
        (reply(500, {"error": "server_error"}), [1.0]),
        (reply(503, b""), [1.0]),
        (reply(429, b""), [1.0]),
    ],
)
def test_a_service_in_trouble_is_asked_once_more(first: Reply, pauses: list[float]) -> None:
    world = World(first, reply(200, {"done": True}))
    assert world.play(ask_twice(QUESTION)).head.status == 200
    assert (world.pauses, len(world.calls)) == (pauses, 2)
    again = World(first, first)
    assert again.play(ask_twice(QUESTION)) == first, "and no third time"


def test_what_is_decided_is_not_asked_again() -> None:
    for answer in (reply(400, {"error": "invalid_grant"}), reply(200, {}), reply(403, b"")):
        assert World(answer).play(ask_twice(QUESTION)) == answer


def test_members_that_must_be_there() -> None:
    answer = reply(200, {"a": "1", "b": "2", "c": 3})
    assert demand(answer, "asking", ("a", "b")) == {"a": "1", "b": "2"}
    with pytest.raises(LoginError, match="asking: the service's answer has no c, d") as failed:
        demand(answer, "asking", ("a", "c", "d"))
    assert failed.value.problem is LoginProblem.PASSING
    bad = reply(200, {"error": "invalid_request", "error_description": "hunter2 is wrong", "a": "1"})
    with pytest.raises(LoginError, match=r"invalid_request: \*\*\* is wrong") as refused:
        demand(bad, "asking", ("a",), [Secret("hunter2")])
    assert refused.value.problem is LoginProblem.REFUSED
