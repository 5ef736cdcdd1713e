import json
from typing import Any

from msgspec import Raw

from isthmus.core.errors import UpstreamError
from isthmus.core.events import Event, Failed, Finished, Noted, Started, Stop
from isthmus.core.fold import SaidCall, SaidText, fold
from isthmus.core.grammar import check
from isthmus.providers.claude_code.answer import ASKED_AGAIN, Answer

OWN = frozenset(("Read", "mcp__calc__add"))


def answer(**names: str) -> Answer:
    return Answer(lambda detail: UpstreamError(detail.message or ""), OWN.__contains__, names)


def message(*blocks: dict[str, Any], stop: str = "end_turn", output: int = 5) -> list[Raw]:
    start = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "usage": {"input_tokens": 10},
    }
    said: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(blocks):
        opening = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
        delta = (
            {"type": "text_delta", "text": block["text"]}
            if block["type"] == "text"
            else {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        )
        said += [
            {"type": "content_block_start", "index": index, "content_block": opening},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    said += [
        {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": output}},
        {"type": "message_stop"},
    ]
    return [Raw(json.dumps(each, separators=(",", ":")).encode()) for each in said]


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def call(name: str, id: str = "toolu_1") -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": name, "input": {"a": 1}}


def hear(one: Answer, events: list[Raw]) -> list[Event]:
    return [said for each in events for said in one.hear(each)]


def test_one_message_is_one_answer_that_may_still_be_counted() -> None:
    one = answer()
    said = hear(one, message(text("Hello")))
    assert one.stop is not None
    assert not one.settled
    whole = fold([*said, *one.finish()])
    assert whole.blocks == (SaidText("Hello"),)
    assert whole.usage is not None
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (10, 5)
    assert one.text == "Hello"


def test_calls_for_the_client_settle_the_answer_under_its_own_names() -> None:
    one = answer(client_Read="Read")
    said = hear(one, message(call("client_Read", "a"), call("time", "b"), stop="tool_use"))
    assert one.settled
    whole = fold([*said, *one.finish()])
    assert whole.reason is Stop.TOOL_USE
    assert whole.blocks == (SaidCall("a", "Read", '{"a": 1}'), SaidCall("b", "time", '{"a": 1}'))


def test_what_the_cli_does_itself_is_not_the_client_s() -> None:
    one = answer()
    said = hear(one, message(text("I look. "), call("Read"), stop="tool_use", output=7))
    assert one.stop is None
    said += hear(one, message(text("It is empty.")))
    events = [*said, *one.finish()]
    check(events)
    assert sum(isinstance(each, Started) for each in events) == 1
    assert Noted("ran_tool", "Read") in events
    whole = fold(events)
    assert whole.blocks == (SaidText("I look. "), SaidText("It is empty."))
    assert whole.reason is Stop.END_TURN
    assert whole.usage is not None
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (20, 12)


def test_calls_of_both_kinds_go_to_the_client_without_the_others() -> None:
    one = answer()
    said = hear(one, message(call("Read", "a"), call("time", "b"), stop="tool_use"))
    assert one.settled
    assert fold([*said, *one.finish()]).blocks == (SaidCall("b", "time", '{"a": 1}'),)
    assert any(isinstance(each, Noted) and each.what == "calls_of_both" for each in said)


def test_where_the_cli_would_ask_for_more_the_answer_is_settled() -> None:
    for stop in ("max_tokens", "refusal", "model_context_window_exceeded"):
        one = answer()
        hear(one, message(text("Hello"), stop=stop))
        assert one.settled, stop
    silent = answer()
    hear(silent, message())
    assert silent.settled


def test_nothing_is_heard_after_the_end() -> None:
    one = answer()
    hear(one, message(text("Hello")))
    assert hear(one, message(text("more"))) == []


def test_an_answer_begun_anew_has_failed() -> None:
    one = answer()
    begun = message(text("Hel"))[:3]
    said = hear(one, [*begun, *message(text("Hello"))])
    last = said[-1]
    assert isinstance(last, Failed)
    assert last.error.message == ASKED_AGAIN
    assert one.failed
    check(said)


def test_an_error_in_the_stream_ends_it() -> None:
    one = answer()
    failed = Raw(b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}')
    said = hear(one, [*message(text("Hel"))[:3], failed])
    last = said[-1]
    assert isinstance(last, Failed)
    assert last.error.message == "busy"
    assert hear(one, message()) == []


def test_a_message_that_does_not_end_has_failed() -> None:
    one = answer()
    said = [*hear(one, message(text("Hel"))[:3]), *one.close()]
    assert isinstance(said[-1], Failed)
    check(said)
    farewell = answer()
    said = [*hear(farewell, message(text("Hello"))[:-1]), *farewell.close()]
    check([*said, *farewell.finish()])
    assert farewell.text == "Hello"
    assert answer().close() == []


def test_words_without_a_stream_are_words_all_the_same() -> None:
    one = answer()
    events = [*one.whole("Hello"), *one.finish()]
    check(events)
    assert fold(events).blocks == (SaidText("Hello"),)
    assert isinstance(events[-1], Finished)
