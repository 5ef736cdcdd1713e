from __future__ import annotations

from typing import Any

import msgspec
import pytest

from conformance import fakes
from conformance.fakes import SSE, Json, chunk, chunks, events, message_events
from isthmus.conformance.client import Answer, Piece
from isthmus.conformance.said import Call, Said, read
from isthmus.conformance.subject import Api
from isthmus.conformance.verdict import Fault

ARGUMENTS = '{"city":"Paris"}'


def whole(value: Json) -> Answer:
    return Answer(200, {"content-type": "application/json"}, (Piece(0.1, msgspec.json.encode(value)),))


def stream(body: bytes) -> Answer:
    return Answer(200, SSE, (Piece(0.1, body),))


MESSAGE = fakes.message(
    content=[
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}},
    ],
    stop_reason="tool_use",
)
MESSAGE_STREAM = message_events(
    fakes.thinking_block(), fakes.text_block("Let me look."), fakes.call_block(), stop="tool_use"
)


def test_a_message_and_its_stream_say_the_same() -> None:
    plain = read(Api.MESSAGES, whole(MESSAGE))
    streamed = read(Api.MESSAGES, stream(events(*MESSAGE_STREAM)))
    assert streamed.ended and not plain.ended
    for said in (plain, streamed):
        assert (said.text, said.thinking, said.stop, said.signatures) == ("Let me look.", "hm", "tool_use", 1)
        assert said.calls == [Call("toolu_1", "get_weather", ARGUMENTS)]
        assert said.order == ["thinking", "text", "tool_use"]
        assert said.usage == {"input_tokens": 5, "output_tokens": 2}


def chat_call(index: int, id: str, *arguments: str) -> list[Json]:
    first = {
        "index": index,
        "id": id,
        "type": "function",
        "function": {"name": "get_weather", "arguments": ""},
    }
    rest = [{"index": index, "function": {"arguments": piece}} for piece in arguments]
    return [chunk({"tool_calls": [each]}) for each in (first, *rest)]


def test_a_completion_and_its_chunks_say_the_same() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": ARGUMENTS}}
    said_plain = {"reasoning_content": "hm", "tool_calls": [call]}
    plain = read(Api.CHAT, whole(fakes.completion("Look.", finish="tool_calls", said=said_plain)))
    rows = [
        fakes.ROLE,
        chunk({"reasoning_content": "hm"}),
        chunk({"content": "Look."}),
        *chat_call(0, "call_1", ARGUMENTS[:5], ARGUMENTS[5:]),
        chunk(finish="tool_calls"),
        fakes.USAGE,
    ]
    streamed = read(Api.CHAT, stream(b": ping\n\n" + chunks(*rows)))
    assert streamed.ended and streamed.pings == 1
    for said in (plain, streamed):
        assert (said.text, said.thinking, said.stop) == ("Look.", "hm", "tool_calls")
        assert said.calls == [Call("call_1", "get_weather", ARGUMENTS)]
        assert said.usage["total_tokens"] == 7


def test_a_failed_stream_has_an_error_and_no_end() -> None:
    failed = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    said = read(Api.MESSAGES, stream(events({"type": "ping"}, *MESSAGE_STREAM[:3], failed)))
    assert (said.error, said.ended, said.stop, said.pings) == (failed["error"], False, None, 1)
    said = read(Api.CHAT, stream(chunks(fakes.ROLE, {"error": {"message": "busy"}}, done=False)))
    assert (said.error, said.ended) == ({"message": "busy"}, False)


def test_a_refusal_and_a_stop_sequence_are_read() -> None:
    refused = fakes.message(stop_reason="refusal", stop_details={"explanation": "no"})
    assert read(Api.MESSAGES, whole(refused)).refusal == "no"
    stopped = fakes.message(stop_reason="stop_sequence", stop_sequence="x")
    assert read(Api.MESSAGES, whole(stopped)).stop_sequence == "x"
    assert read(Api.CHAT, whole(fakes.completion(None, said={"refusal": "no"}))).refusal == "no"
    assert read(Api.CHAT, stream(chunks(chunk({"refusal": "no"})))).refusal == "no"


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize(
    "value", [{}, {"choices": []}, {"content": None, "id": "x", "model": "m", "usage": {}}]
)
def test_what_cannot_be_read_is_a_fault(api: Api, value: Any) -> None:
    with pytest.raises(Fault, match="cannot be read"):
        read(api, whole(value))


def test_a_frame_that_is_no_object_is_a_fault() -> None:
    with pytest.raises(Fault, match="no JSON object"):
        read(Api.CHAT, stream(b"data: <html>\n\n"))


@pytest.mark.parametrize("arguments", ["[]", '{"a"', "1"])
def test_arguments_that_are_no_object_are_a_fault(arguments: str) -> None:
    with pytest.raises(Fault, match="no JSON object"):
        Call("1", "f", arguments).parsed()


def test_no_arguments_are_an_empty_object() -> None:
    assert Call("1", "f").parsed() == {}
    assert Said().calls == []
