import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.providers.claude_code import lines
from isthmus.providers.claude_code.lines import LINE, Splitter, TooLong


@given(
    st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), max_size=6),
    st.lists(st.integers(0, 60)),
)
def test_where_the_pipe_cuts_the_bytes_does_not_matter(written: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(line + b"\n" for line in written)
    splitter, found, before = Splitter(), list[bytes](), 0
    for at in [*sorted(cuts), len(whole)]:
        found += splitter.feed(whole[before:at])
        before = max(before, min(at, len(whole)))
    assert found == [line for line in written if line.strip()]
    assert not splitter.torn


def test_a_line_without_an_end_is_told_from_a_long_one() -> None:
    splitter = Splitter(most=10)
    assert splitter.feed(b"12345") == []
    assert splitter.torn
    assert splitter.feed(b"\n1234567\n") == [b"12345", b"1234567"]
    with pytest.raises(TooLong, match="more than 10 bytes"):
        splitter.feed(b"12345678901")


def test_no_line_of_the_user_is_expanded() -> None:
    for query in (True, False):
        said = json.loads(
            lines.said_by_user([{"type": "text", "text": "/compact @/etc/passwd\nnext"}], query=query)
        )
        assert said["client_composed"] is True
        assert said.get("shouldQuery", True) is query


def test_whatever_is_said_stays_on_one_line() -> None:
    text = 'a\nb\r\u2028"\\ \ud83d half'
    written = lines.said_by_model([{"type": "text", "text": text}], "m")
    assert written.count(b"\n") == 1
    assert written.endswith(b"\n")
    assert json.loads(written)["message"]["content"][0]["text"] == 'a\nb\r\u2028"\\ \ufffd half'


def test_requests_and_answers_have_the_form_of_the_control_protocol() -> None:
    assert json.loads(lines.request("r1", "initialize", systemPrompt="")) == {
        "type": "control_request",
        "request_id": "r1",
        "request": {"subtype": "initialize", "systemPrompt": ""},
    }
    assert json.loads(lines.response("r2", {"a": 1}))["response"] == {
        "subtype": "success",
        "request_id": "r2",
        "response": {"a": 1},
    }
    assert json.loads(lines.refusal("r3", "no"))["response"] == {
        "subtype": "error",
        "request_id": "r3",
        "error": "no",
    }


def test_a_line_of_an_unknown_kind_is_read_all_the_same() -> None:
    assert LINE.decode(b'{"type":"astonished","more":[1]}').type == "astonished"
    assert LINE.decode(b"{}").type == ""


def test_names_may_mean_something_else_in_other_lines() -> None:
    line = b'{"type":"new","status":{"a":1},"error":[],"tools":{}}'
    assert LINE.decode(line).type == "new"
    assert lines.facts(line) == lines.Facts()
    assert lines.facts(b'{"model":"m","tools":["Read"]}') == lines.Facts(model="m", tools=["Read"])


def test_servers_that_have_not_started_are_named() -> None:
    servers = [{"name": "a", "status": "connected"}, {"name": "b", "status": "failed"}, {"name": "c"}]
    assert lines.failed_servers(lines.facts(lines.line({"mcp_servers": servers}))) == ["b"]
    assert lines.failed_servers(lines.facts(b"{}")) == []
    told = lines.facts(lines.line({"mcp_servers": {"b": "failed"}, "model": "m"}))
    assert (lines.failed_servers(told), told.model) == ([], "m")
