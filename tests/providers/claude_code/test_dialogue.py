"""The dialogue by itself; whole turns with the real CLI are in test_recorded.py."""

import json
from dataclasses import replace
from typing import Any

import pytest

import talk
from isthmus.core.commands import Dialogue
from isthmus.core.errors import Kind, UpstreamProtocolError
from isthmus.core.events import KEEP_ALIVE, Event, Failed, Finished, Noted
from isthmus.core.fold import SaidText, fold
from isthmus.core.grammar import check
from isthmus.providers.claude_code.options import Mcp, Options
from providers.claude_code.scenes import TOOLS, Scene, asks

SETTINGS_DONE = {"type": "control_response", "response": {"subtype": "success", "request_id": "settings"}}
TOLD = {"type": "result", "subtype": "success", "is_error": False, "num_turns": 0, "total_cost_usd": 0}


def line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def said(written: bytes) -> list[dict[str, Any]]:
    return [json.loads(each) for each in written.splitlines()]


def opened(scene: Scene) -> Dialogue:
    """At the point where the question has been asked; for scenes without a past."""
    dialogue = scene.dialogue()
    dialogue.opening()
    assert dialogue.feed(line(SETTINGS_DONE)) == []
    assert said(dialogue.take())[-1]["type"] == "user"
    return dialogue


def stream(event: dict[str, Any], **more: object) -> bytes:
    return line({"type": "stream_event", "event": event, "parent_tool_use_id": None, **more})


START = {"type": "message_start", "message": {"id": "msg_1", "type": "message", "model": "m", "content": []}}
WORDS = (
    START,
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
)
HELLO = b"".join(map(stream, WORDS))


def failure(events: list[Event]) -> Exception:
    check(events)
    last = events[-1]
    assert isinstance(last, Failed)
    return last.error


def test_a_new_process_is_set_up_before_anything_is_said() -> None:
    dialogue = Scene(asks("Hi", tools=TOOLS)).dialogue()
    initialize, settings = said(dialogue.opening())
    assert initialize["request"] == {
        "subtype": "initialize",
        "systemPrompt": "",
        "sdkMcpServers": ["isthmus"],
    }
    assert settings["request"]["settings"]["model"] == "claude-opus-5-5"
    assert dialogue.take() == b""


def test_each_turn_that_is_told_waits_for_the_last() -> None:
    dialogue = Scene(asks("One", "1", "Two", "2", "Three?")).dialogue()
    dialogue.opening()
    dialogue.feed(line(SETTINGS_DONE))
    assert [(each["type"], each.get("shouldQuery")) for each in said(dialogue.take())] == [("user", False)]
    dialogue.feed(line({"type": "system", "subtype": "init", "model": "claude-opus-5-5-real", "tools": []}))
    dialogue.feed(line(TOLD))
    first, second = said(dialogue.take())
    assert first["message"]["model"] == "claude-opus-5-5-real"
    assert second["shouldQuery"] is False
    dialogue.feed(line(TOLD))
    _, last = said(dialogue.take())
    assert "shouldQuery" not in last
    assert last["message"]["content"] == [{"type": "text", "text": "Three?"}]


def test_a_kept_process_hears_the_new_turn_alone() -> None:
    dialogue = Scene(asks("One", "1", "Two?"), Options(mode="interactive"), kept=True).dialogue()
    (only,) = said(dialogue.opening())
    assert only["message"]["content"] == [{"type": "text", "text": "Two?"}]
    events = dialogue.feed(HELLO)
    events += dialogue.feed(line({**TOLD, "num_turns": 1}))
    check(events)
    assert dialogue.ended
    assert dialogue.keep_as is not None


INIT = {"type": "system", "subtype": "init", "session_id": "826d8676-ebf4-44ed-ac74-4d21ef85e574"}
SPOKEN = {
    "type": "assistant",
    "message": {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
}


def session_after(scene: Scene) -> bytes | None:
    """What the answer ends with."""
    dialogue = scene.dialogue()
    dialogue.opening()
    dialogue.feed(line(INIT) + HELLO + line(SPOKEN))
    end = dialogue.feed(line({**TOLD, "num_turns": 1}))[-1]
    assert isinstance(end, Finished)
    return end.session


def test_a_session_is_kept_with_a_conversation_that_is_remembered() -> None:
    interactive = Options(mode="interactive")
    said = asks("One", "1", "Two?")
    session = session_after(Scene(replace(said, session_kept=b""), interactive, kept=True))
    assert session is not None
    assert [each["role"] for each in json.loads(session)["messages"]] == ["user", "assistant"] * 2
    assert session_after(Scene(said, interactive, kept=True)) is None, "nobody keeps it"
    assert session_after(Scene(replace(said, session_kept=b""), kept=True)) is None, (
        "a process for each request"
    )


def test_a_process_is_kept_only_if_the_mode_says_so() -> None:
    dialogue = opened(Scene(asks("Hi")))
    dialogue.feed(HELLO + line({**TOLD, "num_turns": 1}))
    assert dialogue.ended
    assert dialogue.keep_as is None


def test_what_the_cli_asks_of_a_client_s_tool_is_left_unanswered() -> None:
    dialogue = opened(Scene(asks("Hi", tools=TOOLS)))
    may = {"subtype": "can_use_tool", "tool_name": "weather", "input": {}, "mcp_server": {"name": "isthmus"}}
    call = {"subtype": "mcp_message", "server_name": "isthmus", "message": {"method": "tools/call", "id": 3}}
    for asked in (may, call):
        assert dialogue.feed(line({"type": "control_request", "request_id": "x", "request": asked})) == []
        assert dialogue.take() == b""


@pytest.mark.parametrize(
    ("tool", "behaviour", "note"),
    [
        ("Write", "deny", "tool_denied"),
        ("mcp__calc__add", "allow", "tool_allowed"),
        ("weather", "deny", "tool_denied"),
    ],
)
def test_everything_else_is_answered_by_policy_and_noted(tool: str, behaviour: str, note: str) -> None:
    options = Options(mcp=Mcp(enabled=True, config_file="/etc/mcp.json"))
    dialogue = opened(Scene(asks("Hi", tools=TOOLS), options))
    asked = {
        "subtype": "can_use_tool",
        "tool_name": tool,
        "input": {"a": 1.5},
        "mcp_server": {"name": "calc", "source": "dynamic"},
    }
    assert dialogue.feed(line({"type": "control_request", "request_id": "x", "request": asked})) == [
        Noted(note, tool)
    ]
    (answer,) = said(dialogue.take())
    assert answer["response"]["request_id"] == "x"
    assert answer["response"]["response"]["behavior"] == behaviour


def test_a_request_nobody_knows_is_refused_so_that_nothing_waits() -> None:
    dialogue = opened(Scene(asks("Hi")))
    for request in ({"subtype": "hook_callback"}, {"subtype": "mcp_message", "server_name": "other"}, []):
        dialogue.feed(line({"type": "control_request", "request_id": "x", "request": request}))
        (answer,) = said(dialogue.take())
        assert answer["response"]["subtype"] == "error"


def test_a_subagent_s_words_are_not_for_the_client() -> None:
    dialogue = opened(Scene(asks("Hi")))
    events = dialogue.feed(b"".join(stream(each, parent_tool_use_id="toolu_1") for each in WORDS))
    assert set(map(type, events)) == {type(KEEP_ALIVE)}
    assert not dialogue.ended


def test_unknown_lines_are_passed_by() -> None:
    dialogue = opened(Scene(asks("Hi")))
    for unknown in (
        {"type": "astonished"},
        {"type": "system", "subtype": "new", "status": {"now": 3}, "model": []},
        {"type": "assistant", "message": {"model": "m", "content": []}, "error": {"a": 1}},
        {"type": "system", "subtype": "new"},
        {"type": "user", "isSynthetic": True},
        {},
    ):
        assert dialogue.feed(line(unknown)) == []
    events = dialogue.feed(HELLO) + dialogue.feed(line({**TOLD, "num_turns": 1}))
    assert fold(events).blocks == (SaidText("Hello"),)


@pytest.mark.parametrize(
    "garbage",
    [b"Killed\n", b"[]\n", b'{"type":3}\n', b"\xff\n", b'{"type":"result","usage":1,"is_error":"x"}\n'],
)
def test_garbage_fails_the_turn(garbage: bytes) -> None:
    dialogue = opened(Scene(asks("Hi")))
    assert isinstance(failure(dialogue.feed(garbage + HELLO)), UpstreamProtocolError)
    assert dialogue.ended
    assert dialogue.feed(HELLO) == []
    assert dialogue.close() == []


def test_a_process_that_ends_early_fails_the_turn() -> None:
    for before in (b"", HELLO[:400]):
        dialogue = opened(Scene(asks("Hi")))
        events = dialogue.feed(before[: before.rfind(b"\n") + 1])
        error = failure(events + dialogue.close())
        assert "ended before its answer was complete" in str(error)


def test_a_process_that_ends_after_its_answer_has_given_it() -> None:
    dialogue = opened(Scene(asks("Hi")))
    events = dialogue.feed(HELLO)
    assert not dialogue.ended
    events += dialogue.close()
    assert fold(events).blocks == (SaidText("Hello"),)
    assert dialogue.keep_as is None


def test_what_the_cli_goes_on_to_ask_by_itself_is_not_waited_for() -> None:
    dialogue = opened(Scene(asks("Hi"), Options(mode="interactive")))
    events = dialogue.feed(HELLO + stream(START))
    assert isinstance(events[-1], Finished)
    assert dialogue.keep_as is None


def test_a_summary_in_the_place_of_the_conversation_is_an_overflow() -> None:
    dialogue = opened(Scene(asks("Hi")))
    error = failure(dialogue.feed(line({"type": "system", "subtype": "status", "status": "compacting"})))
    assert getattr(error, "kind", None) is Kind.CONTEXT_OVERFLOW


@pytest.mark.parametrize("id", ["initialize", "settings"])
def test_a_cli_that_refuses_to_be_set_up_fails_the_turn(id: str) -> None:
    dialogue = Scene(asks("Hi")).dialogue()
    dialogue.opening()
    refusal = {"subtype": "error", "request_id": id, "error": "unsupported_request"}
    error = failure(dialogue.feed(line({"type": "control_response", "response": refusal})))
    assert getattr(error, "detail", "") == '"unsupported_request"'


def test_an_answer_that_came_without_its_stream_is_given_whole() -> None:
    dialogue = opened(Scene(asks("Hi")))
    events = dialogue.feed(line({**TOLD, "num_turns": 1, "result": "Hello", "usage": {"output_tokens": 5}}))
    check(events)
    assert fold(events).blocks == (SaidText("Hello"),)


def test_a_limit_told_beside_a_refusal_says_how_long_to_wait() -> None:
    dialogue = opened(Scene(asks("Hi")))
    limit = {"status": "rejected", "resetsAt": 1_795_260_090, "rateLimitType": "five_hour", "utilization": 1}
    dialogue.feed(line({"type": "rate_limit_event", "rate_limit_info": limit}))
    message = {"model": "<synthetic>", "content": [{"type": "text", "text": "You've hit your 5-hour limit"}]}
    error = failure(dialogue.feed(line({"type": "assistant", "message": message, "error": "rate_limit"})))
    assert getattr(error, "cooldown_s", None) == 90


def test_retries_and_heartbeats_keep_the_client_waiting() -> None:
    dialogue = opened(Scene(asks("Hi")))
    retry = {"type": "system", "subtype": "api_retry", "error_status": 529, "error": "overloaded"}
    assert dialogue.feed(line(retry)) == [Noted("api_retry", "529 overloaded"), KEEP_ALIVE]
    assert dialogue.feed(line({"type": "tool_progress"})) == [KEEP_ALIVE]


def test_the_last_turn_may_hold_results() -> None:
    turns = (
        talk.user("Do it"),
        talk.assistant(talk.call("c", "weather")),
        talk.user(talk.result("c", "sunny")),
    )
    dialogue = Scene(asks(turns=turns, tools=TOOLS)).dialogue()
    dialogue.opening()
    dialogue.feed(line(SETTINGS_DONE))
    dialogue.take()
    dialogue.feed(line(TOLD))
    calls, results = said(dialogue.take())
    assert calls["message"]["content"] == [{"type": "tool_use", "id": "c", "name": "weather", "input": {}}]
    assert results["message"]["content"][0]["type"] == "tool_result"
