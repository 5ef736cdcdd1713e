from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.commands import Head, Reply
from isthmus.core.logins import LoginProblem
from isthmus.core.secret import Secret
from isthmus.providers.amazon_q.token_answers import (
    body_of,
    error_word,
    is_trouble,
    moment,
    number_in,
    refusal,
    text_in,
)
from providers.amazon_q.stepping import reply


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (reply(400, {"error": "slow_down"}), "slow_down"),
        (reply(200, {"error": "authorization_pending"}), "authorization_pending"),
        (reply(400, {"error": "Invalid_Grant"}, x_amzn_errortype="SlowDownException"), "invalid_grant"),
        (reply(400, {}, x_amzn_errortype="InvalidGrantException:http://internal/"), "invalid_grant"),
        (reply(401, b"", x_amzn_errortype="InvalidClientException"), "invalid_client"),
        (reply(500, {}, x_amzn_errortype="InternalServerException"), "server_error"),
        (reply(400, {"__type": "com.amazon.sso#AuthorizationPendingException"}), "authorization_pending"),
        (reply(400, {"error": 7}), None),
        (reply(403, {"message": "no"}), None),
        (reply(502, b"<html>"), None),
    ],
)
def test_the_word_of_an_error(answer: Reply, word: str | None) -> None:
    assert error_word(answer) == word


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (reply(500, {"error": "server_error"}), True),
        (reply(503, b"busy"), True),
        (reply(429, {"error": "TooManyRequests"}), True),
        (reply(500, {"error": "Internal Server Error"}), True),
        (reply(400, {"__type": "ThrottlingException"}), True),
        (reply(500, {"error": "invalid_grant"}), False),
        (reply(429, {"error": "slow_down"}), False),
        (reply(400, {"error": "invalid_request"}), False),
        (reply(403, {"message": "no"}), False),
    ],
)
def test_trouble_of_the_service_says_nothing_of_who_asked(answer: Reply, trouble: bool) -> None:
    assert is_trouble(answer) is trouble


def test_a_refusal_repeats_the_services_words_and_no_secret() -> None:
    text = f"token \n hunter2 is bad {'x' * 999}"
    answer = reply(400, {"error": "invalid_grant", "error_description": text})
    error = refusal(answer, "renewing", {"invalid_grant": LoginProblem.LOST}, [Secret("hunter2"), Secret("")])
    assert (error.problem, error.wait_s) == (LoginProblem.LOST, None)
    assert error.message.startswith("renewing: invalid_grant: token *** is bad xxx")
    assert len(error.message) < 400


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), ("soon", None), ("999999", None), ("", None)])
def test_how_long_to_wait_is_taken_from_the_header(header: str, wait_s: float | None) -> None:
    error = refusal(reply(503, b"", retry_after=header), "asking", {}, [])
    assert (error.problem, error.wait_s) == (LoginProblem.PASSING, wait_s)
    assert refusal(reply(400, {"error": "slow_down"}), "asking", {}, []).wait_s == 5.0


def test_an_answer_without_sense_is_trouble_and_an_unknown_word_a_refusal() -> None:
    assert refusal(reply(200, b"<html>"), "asking", {}, []).problem is LoginProblem.PASSING
    unknown = refusal(reply(400, {"error": "invalid_scope", "message": "ask less"}), "asking", {}, [])
    assert (unknown.problem, unknown.message) == (LoginProblem.REFUSED, "asking: invalid_scope: ask less")
    assert refusal(reply(404, b"x"), "asking", {}, []).message == "asking: status 404"


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.sampled_from(["error", "expiresIn", "__type", "message"]), inner),
    max_leaves=4,
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()), st.integers(100, 599))
def test_any_answer_is_read_somehow(body: bytes, status: int) -> None:
    answer = Reply(Head(status, {}), body)
    assert refusal(answer, "asking", {}, []).problem in LoginProblem
    number = number_in(body_of(answer), "expiresIn")
    assert number is None or moment(1_790_000_000 + number).endswith("Z")


def test_only_what_is_of_the_right_type_is_taken() -> None:
    body = {"text": "", "number": True, "zero": 0, "far": 1e300, "good": 3600, "word": "x"}
    assert [text_in(body, name) for name in ("text", "number", "none", "word")] == [None, None, None, "x"]
    found = [number_in(body, name) for name in ("number", "zero", "far", "word", "good")]
    assert found == [None, None, None, None, 3600.0]
    assert moment(1_790_000_000.9) == "2026-09-21T14:13:20Z"
