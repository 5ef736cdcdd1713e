"""Result lines in the shapes that the vendors document."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.batch.lines import Format
from isthmus.batch.results import Outcome, ResultFault, Written, compact, message_in, read, render

REFUSED = (
    b'{"type":"error","error":{"type":"not_found_error","message":"no such model"},"request_id":"req_1"}'
)
CHAT_REFUSED = (
    b'{"error":{"message":"no such model","type":"invalid_request_error","param":null,"code":null}}'
)


def test_an_answer_to_a_line_of_openais() -> None:
    line = render(Format.OPENAI, "a", Outcome(200, b'{"id": "chatcmpl-1"}', "req_0123"))
    assert json.loads(line) == {
        "id": "batch_req_0123",
        "custom_id": "a",
        "response": {"status_code": 200, "request_id": "req_0123", "body": {"id": "chatcmpl-1"}},
        "error": None,
    }


def test_a_refusal_of_a_line_of_openais() -> None:
    row = json.loads(render(Format.OPENAI, "a", Outcome(404, CHAT_REFUSED, "req_1")))
    assert row["error"] is None
    assert (row["response"]["status_code"], row["response"]["body"]) == (404, json.loads(CHAT_REFUSED))


def test_an_answer_to_a_line_of_anthropics() -> None:
    line = render(Format.ANTHROPIC, "a", Outcome(200, b'{"id":"msg_1"}'))
    assert line == b'{"custom_id":"a","result":{"type":"succeeded","message":{"id":"msg_1"}}}\n'


def test_a_refusal_of_a_line_of_anthropics() -> None:
    row = json.loads(render(Format.ANTHROPIC, "a", Outcome(404, REFUSED, "req_1")))
    assert row == {"custom_id": "a", "result": {"type": "errored", "error": json.loads(REFUSED)}}


@pytest.mark.parametrize("outcome", [Outcome(0, said="nobody there"), Outcome(200, b"<html>"), Outcome(502)])
def test_where_no_answer_came(outcome: Outcome) -> None:
    chat = json.loads(render(Format.OPENAI, "a", outcome))
    assert chat["response"] is None
    assert (chat["id"], chat["error"]["code"]) == ("batch_req_a", "no_answer")
    said = json.loads(render(Format.ANTHROPIC, "a", outcome))["result"]["error"]
    assert (said["type"], said["error"]["type"], said["request_id"]) == ("error", "api_error", None)
    assert said["error"]["message"] == chat["error"]["message"] != ""
    assert not outcome.succeeded


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("outcome", [Outcome(200, b"{}"), Outcome(404, REFUSED), Outcome(0, said="gone")])
def test_what_was_written_is_read_again(format: Format, outcome: Outcome) -> None:
    line = render(format, 'a"\n\u2028é', outcome)
    assert line.count(b"\n") == 1
    assert read(line) == Written('a"\n\u2028é', outcome.succeeded)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"id":"x"}', b'{"custom_id":7}'])
def test_what_is_no_result(raw: bytes) -> None:
    with pytest.raises(ResultFault):
        read(raw)


def test_an_answer_over_several_lines_becomes_one_and_keeps_its_numbers() -> None:
    body = b'{\n  "a": 1.10,\r\n  "n": 12345678901234567890, "text": "a\\nb"\n}'
    assert bytes(compact(body) or b"") == b'{"a":1.10,"n":12345678901234567890,"text":"a\\nb"}'


@given(st.binary(max_size=40))
def test_no_answer_spoils_the_file(body: bytes) -> None:
    for format in Format:
        line = render(format, "a", Outcome(200, body))
        assert line.endswith(b"\n") and line.count(b"\n") == 1
        assert read(line).custom_id == "a"
        json.loads(line)


@pytest.mark.parametrize(
    ("body", "message"),
    [(REFUSED, "no such model"), (CHAT_REFUSED, "no such model"), (b"<html>", ""), (b'{"error":"x"}', "")],
)
def test_what_a_refusal_says(body: bytes, message: str) -> None:
    assert message_in(body) == message
