"""What a line of a batch file means, and what is said of one that means nothing."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.batch.lines import MAX_ID_CHARS, URLS, Format, Line, LineFault, parse

# OpenAI's API reference, "The request input object".
OPENAI = (
    b'{"custom_id": "request-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", '
    b'"messages": [{"role": "system", "content": "You are a helpful assistant."}, '
    b'{"role": "user", "content": "What is 2+2?"}]}}'
)
# Anthropic's guide to Message Batches: one of `requests`.
ANTHROPIC = (
    b'{"custom_id": "my-first-request", "params": {"model": "claude-sonnet-4-5", "max_tokens": 1024, '
    b'"messages": [{"role": "user", "content": "Hello, world"}]}}'
)


def test_a_line_of_openais() -> None:
    line = parse(OPENAI)
    assert (line.custom_id, line.format, line.url, line.model) == (
        "request-1",
        Format.OPENAI,
        "/v1/chat/completions",
        "gpt-4o-mini",
    )
    assert line.body in OPENAI


def test_a_line_of_anthropics() -> None:
    body = ANTHROPIC.partition(b'"params": ')[2][:-1]
    assert parse(ANTHROPIC) == Line(
        "my-first-request", Format.ANTHROPIC, "/v1/messages", body, "claude-sonnet-4-5"
    )


@pytest.mark.parametrize("url", URLS)
def test_a_line_may_ask_for(url: str) -> None:
    raw = json.dumps({"custom_id": "a", "method": "POST", "url": url, "body": {"model": "m"}}).encode()
    assert parse(raw).url == url


def test_the_request_keeps_its_spelling() -> None:
    body = b'{"temperature":1.10,"model":"m","seed":12345678901234567890,"x":"\\u00e9\xc3\xa9"}'
    raw = b'{"custom_id":"a","params":' + body + b"}"
    assert parse(raw).body == body
    assert parse(raw, model='n"').body == body.replace(b'"m"', b'"n\\""')


def test_a_model_of_the_command_line_takes_the_place_of_none() -> None:
    line = parse(b'{"custom_id":"a","params":{"messages":[]}}', model="n")
    assert (line.model, json.loads(line.body)) == ("n", {"messages": [], "model": "n"})


def _openai(**changes: Any) -> bytes:
    row = {"custom_id": "a", "method": "POST", "url": URLS[0], "body": {"model": "m"}, **changes}
    return json.dumps({name: value for name, value in row.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"[]", "is not a JSON object"),
        (b'{"custom_id": "a"', "is not JSON"),
        (b"{} {}", "is not JSON"),
        (b'{"custom_id":"\xff","params":{}}', "is not UTF-8"),
        (b'{"custom_id":"a"}', "is no request"),
        (b'{"requests":[]}', "requests: put each of them on a line of its own"),
        (_openai(custom_id=...), "custom_id: is missing"),
        (_openai(custom_id=""), "custom_id: is empty"),
        (_openai(custom_id=7), "custom_id: is not a string"),
        (_openai(custom_id="x" * (MAX_ID_CHARS + 1)), "custom_id: is longer than"),
        (_openai(method="GET"), "method: is 'GET'"),
        (_openai(method=...), "method: is missing"),
        (_openai(url="/v1/responses"), "url: '/v1/responses' is not offered"),
        (_openai(url=...), "url: is missing"),
        (_openai(body=...), "body: is missing"),
        (_openai(body="x"), "body: is not a JSON object"),
        (_openai(body={}), "body.model: is missing"),
        (_openai(body={"model": None}), "body.model: is not a string"),
        (_openai(body={"model": "m", "stream": True}), "body.stream: a batch has no streams"),
        (b'{"custom_id":"a","params":{"max_tokens":1}}', "params.model: is missing"),
    ],
)
def test_what_is_wrong_with_a_line(raw: bytes, says: str) -> None:
    with pytest.raises(LineFault) as raised:
        parse(raw)
    assert str(raised.value).startswith(says)


def test_a_stream_that_is_not_wanted_is_none() -> None:
    assert parse(_openai(body={"model": "m", "stream": False})).model == "m"


def test_a_file_has_one_format() -> None:
    with pytest.raises(LineFault, match="a line for anthropic in a file for openai"):
        parse(ANTHROPIC, Format.OPENAI)
    assert parse(ANTHROPIC, Format.ANTHROPIC).custom_id == "my-first-request"


def test_a_model_given_twice_is_not_guessed_at() -> None:
    with pytest.raises(LineFault, match="more than once"):
        parse(b'{"custom_id":"a","params":{"model":"m","model":"n"}}', model="o")


@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_no_bytes_do_harm(raw: bytes) -> None:
    with suppress(LineFault):
        assert parse(raw).custom_id
