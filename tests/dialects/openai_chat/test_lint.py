from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.openai_chat.chat_cases import named, rows, transcript
from isthmus.dialects.openai_chat.lint import RULES, Problem, lint

ROWS = rows("broken_streams.json")
TOLD_ELSEWHERE = {"bom", "last-blank-line", "empty"}


def chunk(frame: dict[str, Any]) -> str:
    """The text of one frame of a row."""
    if "raw" in frame:
        return str(frame["raw"]) + "\n\n"
    choice = {"index": 0, "delta": frame.get("delta"), "finish_reason": frame.get("finish")}
    whole = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
        **frame.get("chunk", {}),
    }
    return f"data: {json.dumps(whole)}\n\n"


def frames_of(row: dict[str, Any]) -> list[str]:
    frames = [chunk({"delta": {"role": "assistant", "content": ""}})] if row.get("role", True) else []
    frames += [chunk(frame) for frame in row["frames"]]
    if row.get("end", True):
        frames += [chunk({"delta": {}, "finish": "stop"}), "data: [DONE]\n\n"]
    return frames


def line_of(frames: list[str], at: int) -> int:
    """The first line of a frame, or the last line that says anything."""
    before = "".join(frames if at < 0 else frames[:at])
    return before.count("\n") + (1 if at >= 0 else -1)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_each_fault_is_found_where_it_is(row: dict[str, Any]) -> None:
    frames = frames_of(row)
    problems = lint("".join(frames).encode(), whole=not row.get("partial", False))
    expected = [(line_of(frames, at), rule) for rule, at in row["rules"]]
    assert [(problem.line, problem.rule) for problem in problems] == expected


def test_every_rule_has_a_row() -> None:
    assert {rule for row in ROWS for rule, _ in row["rules"]} | TOLD_ELSEWHERE == set(RULES)


@pytest.mark.parametrize("stream", [b"", b": ping\n\n"])
def test_a_stream_that_says_nothing(stream: bytes) -> None:
    assert [problem.rule for problem in lint(stream)] == ["empty", "no-done"]
    assert lint(stream, whole=False) == []


def test_a_byte_order_mark_is_found() -> None:
    stream = transcript("nothing_said.sse")
    assert [problem.rule for problem in lint(b"\xef\xbb\xbf" + stream)] == ["bom"]


def test_a_missing_last_blank_line_is_found() -> None:
    stream = transcript("nothing_said.sse")
    (problem,) = lint(stream[:-1])
    assert (problem.rule, problem.line) == ("last-blank-line", stream.count(b"\n") - 1)
    assert lint(stream[:-1], whole=False) == []


def test_the_end_of_half_a_stream_is_not_judged() -> None:
    stream = transcript("thinking_text_two_tools.sse")
    assert lint(stream[: len(stream) // 2].rpartition(b"\n\n")[0] + b"\n\n", whole=False) == []


def test_line_ends_do_not_matter() -> None:
    stream = transcript("thinking_text_two_tools.sse")
    assert lint(stream.replace(b"\n", b"\r\n")) == []


def test_a_problem_says_what_and_who_minds() -> None:
    (problem,) = lint(transcript("nothing_said.sse").replace(b'"stop"', b'"eos"'))
    assert problem == Problem(3, "finish-reason", problem.message)
    assert "'eos'" in problem.message
    assert RULES["finish-reason"] in problem.message


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(stream: bytes) -> None:
    assert lint(stream)


SCRAPS = st.sampled_from(
    ['"choices"', ":", "[", "]", "{", "}", '"delta"', '"index"', "0", "null", '"tool_calls"', ",", '"id"']
)


@given(st.lists(st.lists(SCRAPS, max_size=12).map("".join), max_size=4))
def test_any_frames_are_judged(frames: list[str]) -> None:
    assert lint("".join(f"data: {frame}\n\n" for frame in frames).encode())
