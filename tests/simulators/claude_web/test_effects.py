from isthmus.simulators.claude_web import effects
from isthmus.simulators.claude_web.answers import Break, Item, Malformed, Pause
from isthmus.simulators.claude_web.reply import Reply, Text, Thinking


def said(word: str) -> dict[str, object]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}


STREAM: list[Item] = [
    {"type": "message_start"},
    {"type": "content_block_start", "index": 0},
    said("a"),
    said("b"),
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    {"type": "message_stop"},
]


def test_an_error_comes_before_the_first_text_or_after_some() -> None:
    early, late = effects.error_before_text(STREAM), effects.error_after_text(STREAM)
    assert early[0] == STREAM[0] and len(early) == 2
    assert late[:3] == STREAM[:3] and len(late) == 4
    for items, kind in ((early, "overloaded_error"), (late, "rate_limit_error")):
        last = items[-1]
        assert isinstance(last, dict) and last["error"]["type"] == kind


def test_a_stream_ends_or_dies_after_some_text() -> None:
    assert effects.ended_after_text(STREAM) == [*STREAM[:3], Break()]
    assert effects.reset_after_text(STREAM) == [*STREAM[:3], Break(reset=True)]


def test_a_stream_of_one_word_breaks_after_it() -> None:
    short: list[Item] = [STREAM[0], said("a"), STREAM[-1]]
    assert effects.ended_after_text(short) == [STREAM[0], said("a"), Break()]
    raw: list[Item] = [{"completion": "a"}, {"completion": "b", "stop_reason": "stop_sequence"}]
    assert effects.ended_after_text(raw) == [raw[0], Break()]


def test_strange_things_are_added_and_nothing_is_taken_away() -> None:
    for change, more in (
        (effects.malformed_midway, 1),
        (effects.strange_event, 1),
        (effects.strange_delta, 1),
        (effects.strange_block, 3),
    ):
        changed = change(STREAM)
        assert [item for item in changed if item in STREAM] == STREAM
        assert len(changed) == len(STREAM) + more


def test_a_strange_block_is_the_next_one() -> None:
    changed = effects.strange_block(STREAM)
    indexes = [item["index"] for item in changed if isinstance(item, dict) and "index" in item]
    assert indexes == [0, 0, 0, 0, 1, 1, 1]
    assert Malformed() in effects.malformed_midway(STREAM)


def test_silence_comes_first_or_between() -> None:
    assert effects.paused(3)(STREAM) == [Pause(3), *STREAM]
    assert effects.slowed(1)(STREAM)[::2] == [Pause(1)] * len(STREAM)


def test_the_model_stops_early() -> None:
    reply = Reply([Thinking("so"), Text("one two three four")])
    effects.runs_out(reply)
    assert (reply.text, reply.stop_reason) == ("one two", "max_tokens")
    effects.refuses(reply)
    assert reply.text and reply.stop_reason == "refusal"
    effects.is_full(reply)
    assert (reply.blocks, reply.stop_reason) == ([], "max_conversation_length")
