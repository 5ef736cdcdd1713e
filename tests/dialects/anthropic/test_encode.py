from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.anthropic import streams
from dialects.anthropic.streams import add_up
from dialects.anthropic.wire_cases import SIGNING, transcript
from isthmus.core import thought_tag
from isthmus.core.conversation import Opaque
from isthmus.core.errors import Kind, UpstreamError
from isthmus.core.events import (
    BLOCK_STOPPED,
    KEEP_ALIVE,
    TEXT_STARTED,
    THINKING_STARTED,
    ArgumentsDelta,
    BlockStarted,
    Citation,
    CitationDelta,
    Event,
    Failed,
    Finished,
    Noted,
    OpaqueDelta,
    OpaqueHead,
    Started,
    Stop,
    TextDelta,
    ThinkingDelta,
    ToolHead,
    UsageReport,
)
from isthmus.core.usage import Usage, estimated_input
from isthmus.dialects.anthropic.encode import PING, MessagesEncoder, Style
from isthmus.dialects.anthropic.lint import lint

SHOWN, HIDDEN = Style(), Style(hide_thinking=True)


def encode(*events: Event, style: Style = SHOWN) -> bytes:
    return MessagesEncoder(style, SIGNING).encode(events)


def data_of(stream: bytes) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in stream.decode().split("\n") if line.startswith("data: ")]


def words(stream: bytes) -> list[str]:
    """Event types with their index, for reading the order at a glance."""
    return [f"{each['type']}{each.get('index', '')}" for each in data_of(stream)]


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("thinking_text_two_tools.sse", streams.THINKING_TEXT_TWO_TOOLS),
        ("claudes_own_blocks.sse", streams.CLAUDES_OWN),
        ("cut_in_a_call.sse", streams.CUT_IN_A_CALL),
        ("refused.sse", streams.REFUSED),
        ("nothing_said.sse", streams.NOTHING_SAID),
    ],
)
def test_golden_transcripts(name: str, events: tuple[Event, ...]) -> None:
    """STR-01, STR-02, STR-15"""
    golden = transcript(name)
    assert encode(*events) == golden
    assert lint(golden) == []


def test_a_second_thought_and_a_second_text_get_blocks_of_their_own() -> None:
    """STR-03"""
    stream = encode(
        Started(),
        *(TEXT_STARTED, TextDelta("a"), BLOCK_STOPPED),
        *(THINKING_STARTED, ThinkingDelta("b"), BLOCK_STOPPED),
        *(BlockStarted(ToolHead("i", "f")), BLOCK_STOPPED),
        *(THINKING_STARTED, ThinkingDelta("c"), BLOCK_STOPPED),
        *(TEXT_STARTED, TextDelta("d"), BLOCK_STOPPED),
        *(TEXT_STARTED, TextDelta("e"), BLOCK_STOPPED),
        Finished(Stop.END_TURN),
    )
    kinds = [block["type"] for block in add_up(stream)["content"]]
    assert kinds == ["text", "thinking", "tool_use", "thinking", "text", "text"]
    assert lint(stream) == []


def test_a_text_block_begins_with_its_first_words() -> None:
    """An empty text block would be refused when the client sends it back."""
    stream = encode(
        Started(), TEXT_STARTED, TextDelta(""), BLOCK_STOPPED, TEXT_STARTED, TextDelta("a"), TextDelta("")
    )
    assert words(stream) == ["message_start", "content_block_start0", "content_block_delta0"]


def test_a_thinking_block_begins_at_once() -> None:
    """The client should see that the model is at work, also when nothing of the thought is shown."""
    assert words(encode(Started(), THINKING_STARTED, style=HIDDEN))[-1] == "content_block_start0"


def test_hidden_thoughts_come_back_by_their_signature() -> None:
    stream = encode(
        Started(),
        *(THINKING_STARTED, ThinkingDelta("first "), ThinkingDelta("thought"), BLOCK_STOPPED),
        *(THINKING_STARTED, BLOCK_STOPPED),
        Finished(Stop.END_TURN),
        style=HIDDEN,
    )
    first, second = add_up(stream)["content"]
    assert first["thinking"] == second["thinking"] == ""
    assert thought_tag.read(first["signature"]) == thought_tag.ThoughtTag("vendor", "first thought")
    assert thought_tag.read(second["signature"]) == thought_tag.ThoughtTag("vendor")
    assert lint(stream) == []


def test_a_shown_thought_is_not_carried_twice() -> None:
    stream = encode(THINKING_STARTED, ThinkingDelta("a"), BLOCK_STOPPED, Finished(Stop.END_TURN))
    signature = add_up(stream)["content"][0]["signature"]
    assert thought_tag.read(signature) == thought_tag.ThoughtTag("vendor")


def test_a_signature_stands_last_and_once() -> None:
    early, late = Opaque("anthropic", "signature", "early"), Opaque("anthropic", "signature", "late")
    foreign = Opaque("gemini", "signature", "foreign")
    inside = (OpaqueDelta(early), ThinkingDelta("a"), OpaqueDelta(foreign), OpaqueDelta(late))
    stream = encode(THINKING_STARTED, *inside, BLOCK_STOPPED, Finished(Stop.END_TURN))
    assert add_up(stream)["content"] == [{"type": "thinking", "thinking": "a", "signature": "late"}]
    assert lint(stream) == []


def test_a_signature_is_not_left_over_for_the_next_thought() -> None:
    signed = OpaqueDelta(Opaque("anthropic", "signature", "s"))
    stream = encode(
        *(THINKING_STARTED, signed, BLOCK_STOPPED, signed),
        *(THINKING_STARTED, ThinkingDelta("b"), BLOCK_STOPPED, Finished(Stop.END_TURN)),
    )
    first, second = add_up(stream)["content"]
    assert first["signature"] == "s"
    assert thought_tag.read(second["signature"]) is not None


def test_what_only_others_understand_leaves_no_gap() -> None:
    others = Opaque("openai", "reasoning", "{}")
    damaged = Opaque("anthropic", "server_tool_use", "{")
    stream = encode(
        *(BlockStarted(OpaqueHead(others)), BLOCK_STOPPED, BlockStarted(OpaqueHead(damaged)), BLOCK_STOPPED),
        *(TEXT_STARTED, TextDelta("a"), BLOCK_STOPPED, Finished(Stop.END_TURN)),
    )
    assert words(stream)[1] == "content_block_start0"
    assert lint(stream) == []


def test_a_call_without_id_gets_one() -> None:
    message = add_up(encode(BlockStarted(ToolHead("", "f")), BLOCK_STOPPED, Finished(Stop.TOOL_USE)))
    assert message["content"][0]["id"] == "toolu_0123456789abcdef01230000"


@pytest.mark.parametrize(
    ("started", "estimate_shown"),
    [
        (None, 42),
        (Usage(), 42),
        (estimated_input(17), 17),
        (Usage(5, 3), 5),
        (Usage(0, 3), 0),
    ],
)
def test_the_start_shows_what_is_known_or_else_an_estimate(
    started: Usage | None, estimate_shown: int
) -> None:
    usage = data_of(encode(Started(usage=started)))[0]["message"]["usage"]
    assert usage["input_tokens"] == estimate_shown
    assert usage["output_tokens"] == 0


@pytest.mark.parametrize(
    ("started", "reported", "finished", "input_tokens", "output_tokens"),
    [
        (None, None, Usage(100, 0, 0, 9), 100, 9),
        (None, None, Usage(0, 100, 0, 9), 1, 9),
        (Usage(0, 100), None, Usage(0, 100, 0, 9), 0, 9),
        (None, Usage(60, output_tokens=2), None, 60, 2),
        (Usage(60), None, None, 60, 0),
        (None, None, None, 42, 0),
    ],
    ids=[
        "true figures at the end",
        "all input came from the cache: the estimate must be overridden",
        "the start was true already",
        "only a report",
        "only the start",
        "nobody knows",
    ],
)
def test_the_end_repeats_the_true_usage(
    started: Usage | None,
    reported: Usage | None,
    finished: Usage | None,
    input_tokens: int,
    output_tokens: int,
) -> None:
    reports = [] if reported is None else [UsageReport(reported)]
    stream = encode(Started(usage=started), *reports, Finished(Stop.END_TURN, finished))
    usage = data_of(stream)[-2]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (input_tokens, output_tokens)


def test_pings_may_come_first_and_never_after_the_end() -> None:
    encoder = MessagesEncoder(SHOWN, SIGNING)
    assert encoder.encode([KEEP_ALIVE]) == encoder.keep_alive() == PING
    encoder.encode([Finished(Stop.END_TURN)])
    assert encoder.encode([KEEP_ALIVE, TextDelta("late"), Failed(UpstreamError("late"))]) == b""
    assert encoder.keep_alive() == b""


@pytest.mark.parametrize("before", [(), (Started(),), (Started(), TEXT_STARTED, TextDelta("a"))])
def test_a_failure_closes_nothing_and_nothing_follows(before: tuple[Event, ...]) -> None:
    """STR-15, STR-16"""
    failed = Failed(UpstreamError("busy", kind=Kind.OVERLOADED))
    stream = encode(*before, failed, TextDelta("more"), Finished(Stop.END_TURN))
    assert words(stream)[len(data_of(encode(*before))) :] == ["error"]
    assert data_of(stream)[-1]["error"] == {"type": "overloaded_error", "message": "busy"}
    assert lint(stream) == []


def test_notes_are_for_the_log() -> None:
    assert encode(Noted("odd", "frame")) == b""


def test_what_is_said_out_of_order_still_finds_a_place() -> None:
    stream = encode(
        TextDelta("a"), ThinkingDelta("b"), ArgumentsDelta("{}"), BLOCK_STOPPED, BLOCK_STOPPED, TextDelta("c")
    )
    assert words(stream) == [
        "message_start",
        "content_block_start0",
        "content_block_delta0",
        "content_block_stop0",
        "content_block_start1",
        "content_block_delta1",
        "content_block_delta1",
        "content_block_stop1",
        "content_block_start2",
        "content_block_delta2",
    ]


def test_an_answer_of_long_text_stays_cheap_per_piece() -> None:
    """One frame per delta, none of them growing with what came before."""
    encoder = MessagesEncoder(SHOWN, SIGNING)
    encoder.encode([Started(), TEXT_STARTED])
    sizes = {len(encoder.encode([TextDelta("x" * 8)])) for _ in range(1000)}
    assert len(sizes) == 2  # the first also opens the block
    assert min(sizes) < 130


TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)
OPAQUES = st.builds(
    Opaque,
    st.sampled_from(["anthropic", "other"]),
    st.sampled_from(["signature", "redacted_thinking", "server_tool_use"]),
    st.sampled_from([*streams.SEARCHED, "x", '{"type":"text","text":"x"}', "{"]),
)
USAGES = st.builds(Usage, *(st.integers(0, 9) for _ in range(7)))
EVENTS = st.one_of(
    st.builds(Started, usage=st.none() | USAGES),
    st.sampled_from([TEXT_STARTED, THINKING_STARTED, BLOCK_STOPPED, KEEP_ALIVE, Noted("n")]),
    st.builds(BlockStarted, st.builds(ToolHead, TEXTS, TEXTS.filter(bool)) | st.builds(OpaqueHead, OPAQUES)),
    st.builds(TextDelta, TEXTS),
    st.builds(ThinkingDelta, TEXTS),
    st.builds(ArgumentsDelta, TEXTS),
    st.builds(OpaqueDelta, OPAQUES),
    st.builds(CitationDelta, st.builds(Citation, TEXTS, TEXTS, TEXTS, st.none() | TEXTS)),
    st.builds(UsageReport, USAGES),
)
ENDS = st.one_of(
    st.builds(Finished, st.sampled_from(Stop), st.none() | USAGES, st.none() | TEXTS, st.none() | TEXTS),
    st.builds(Failed, st.builds(UpstreamError, TEXTS, kind=st.sampled_from(Kind))),
)
STYLES = st.sampled_from([SHOWN, HIDDEN])


@given(st.lists(EVENTS), ENDS, st.lists(EVENTS | ENDS, max_size=3), STYLES)
def test_any_events_in_any_order_give_a_legal_stream(
    events: list[Event], end: Event, late: list[Event], style: Style
) -> None:
    problems = lint(encode(*events, end, *late, style=style))
    # What a model writes as arguments is its own affair.
    assert [problem for problem in problems if problem.rule != "tool-json"] == []


@given(st.lists(EVENTS), STYLES)
def test_at_every_moment_the_stream_is_the_beginning_of_a_legal_one(
    events: list[Event], style: Style
) -> None:
    assert lint(encode(*events, style=style), whole=False) == []


@given(st.lists(EVENTS | ENDS), st.lists(st.integers(0, 30)), STYLES)
def test_how_the_events_are_batched_does_not_matter(
    events: list[Event], cuts: list[int], style: Style
) -> None:
    encoder = MessagesEncoder(style, SIGNING)
    edges = [0, *sorted(min(cut, len(events)) for cut in cuts), len(events)]
    parts = [encoder.encode(events[start:end]) for start, end in pairwise(edges)]
    assert b"".join(parts) == encode(*events, style=style)
