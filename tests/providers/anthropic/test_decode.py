import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core import grammar
from isthmus.core.commands import Decoder, Head
from isthmus.core.conversation import Opaque
from isthmus.core.errors import Kind, UpstreamError, UpstreamProtocolError
from isthmus.core.events import (
    BlockStarted,
    Event,
    Failed,
    Finished,
    KeepAlive,
    Noted,
    Started,
    Stop,
    TextDelta,
)
from isthmus.core.fold import Answer, SaidCall, SaidOpaque, SaidText, SaidThinking, fold
from isthmus.core.usage import Usage
from isthmus.providers.anthropic.decode import PlainDecoder, StreamDecoder, decoder_for
from isthmus.providers.anthropic.errors import Refusals
from isthmus.providers.anthropic.listen import StreamListener
from providers.anthropic.transcripts import FOLDER, block, cut, end, error, event, start, text, transcript
from simulators.anthropic_stream import Reply

TOLD = Refusals("claude", lambda: 0.0).told
TRANSCRIPTS = sorted(path.name for path in FOLDER.glob("*.sse"))


def run(decoder: Decoder, *chunks: bytes) -> list[Event]:
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    events += decoder.close()
    grammar.check(events)
    return events


def decoded(*chunks: bytes, unfenced: bool = False) -> list[Event]:
    return run(StreamDecoder(TOLD, unfenced=unfenced), *chunks)


def answer(*chunks: bytes) -> Answer:
    return fold(decoded(*chunks))


def failure(events: list[Event]) -> UpstreamError:
    last = events[-1]
    assert isinstance(last, Failed)
    return last.error


def notes(events: list[Event]) -> list[str]:
    return [event.what for event in events if isinstance(event, Noted)]


def plain(*content: dict[str, object], **more: object) -> list[Event]:
    usage = {"input_tokens": 3, "output_tokens": 2}
    message = {"type": "message", "id": "msg_1", "model": "m", "stop_reason": "end_turn", "usage": usage}
    return run(PlainDecoder(TOLD), msgspec.json.encode({**message, "content": content, **more}))


THOUGHT = block(
    0,
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "thinking_delta", "thinking": "hm "},
    {"type": "thinking_delta", "thinking": "so"},
    {"type": "signature_delta", "signature": "EqQB"},
)
CALL = block(
    2,
    {"type": "tool_use", "id": "toolu_1", "name": "lookup", "input": {}},
    {"type": "input_json_delta", "partial_json": ""},
    {"type": "input_json_delta", "partial_json": '{"q":'},
    {"type": "input_json_delta", "partial_json": '"x"}'},
)


def test_thinking_text_and_a_call() -> None:
    said = answer(start(), THOUGHT, text(1, "Hello ", "you"), CALL, end("tool_use"))
    assert said == Answer(
        (
            SaidThinking("hm so", Opaque("anthropic", "signature", "EqQB")),
            SaidText("Hello you"),
            SaidCall("toolu_1", "lookup", '{"q":"x"}'),
        ),
        Stop.TOOL_USE,
        Usage(10, 0, 0, 5),
        "msg_1",
        "claude-opus-5-5",
    )


def test_a_thought_without_text_keeps_its_signature() -> None:
    omitted = block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "signature_delta", "signature": "E"},
    )
    assert answer(start(), omitted, end()).blocks == (
        SaidThinking("", Opaque("anthropic", "signature", "E")),
    )


def test_a_redacted_thought() -> None:
    said = answer(start(), block(0, {"type": "redacted_thinking", "data": "xyz"}), end())
    assert said.blocks == (SaidOpaque(Opaque("anthropic", "redacted_thinking", "xyz")),)


def test_two_text_blocks_stay_two() -> None:
    assert answer(start(), text(0, "a"), text(1, "b"), end()).blocks == (SaidText("a"), SaidText("b"))


@pytest.mark.parametrize(
    ("content", "deltas", "arguments"),
    [
        ({"input": {}}, [], "{}"),
        ({}, [], "{}"),
        ({"input": {"q": 1}}, [], '{"q":1}'),
        ({"input": {"q": 1}}, ['{"q":2}'], '{"q":2}'),
        ({"input": {}}, ["", '{"q"', ":[]}"], '{"q":[]}'),
    ],
)
def test_where_the_input_of_a_call_stands(
    content: dict[str, object], deltas: list[str], arguments: str
) -> None:
    call = block(
        0,
        {"type": "tool_use", "id": "t", "name": "n", **content},
        *({"type": "input_json_delta", "partial_json": each} for each in deltas),
    )
    assert answer(start(), call, end("tool_use")).blocks == (SaidCall("t", "n", arguments),)


def test_a_server_tool_is_handed_on_whole() -> None:
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    said = answer(
        start(),
        block(0, use, {"type": "input_json_delta", "partial_json": '{"query":"x"}'}),
        block(1, result),
        end("pause_turn"),
    )
    opaques = [each.opaque for each in said.blocks if isinstance(each, SaidOpaque)]
    assert [opaque.kind for opaque in opaques] == ["server_tool_use", "web_search_tool_result"]
    assert msgspec.json.decode(opaques[0].data) == {**use, "input": {"query": "x"}}
    assert msgspec.json.decode(opaques[1].data) == result
    assert said.reason is Stop.PAUSE_TURN


def test_citations() -> None:
    found = {
        "type": "web_search_result_location",
        "url": "https://a",
        "title": "A",
        "cited_text": "c",
        "encrypted_index": "E",
    }
    paper = {"type": "char_location", "document_title": "D", "cited_text": "d", "start_char_index": 0}
    cited = block(
        0,
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": "said"},
        {"type": "citations_delta", "citation": found},
        {"type": "citations_delta", "citation": paper},
    )
    [said] = answer(start(), cited, end()).blocks
    assert isinstance(said, SaidText)
    assert [(each.url, each.title, each.cited_text) for each in said.citations] == [
        ("https://a", "A", "c"),
        ("", "D", "d"),
    ]
    assert msgspec.json.decode(said.citations[0].data or "") == found


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", Stop.END_TURN),
        ("max_tokens", Stop.MAX_TOKENS),
        ("stop_sequence", Stop.STOP_SEQUENCE),
        ("tool_use", Stop.END_TURN),
        ("refusal", Stop.REFUSAL),
        ("pause_turn", Stop.PAUSE_TURN),
        ("model_context_window_exceeded", Stop.CONTEXT_WINDOW),
        ("compaction", Stop.END_TURN),
        ("astonished", Stop.END_TURN),
        (None, Stop.END_TURN),
    ],
)
def test_why_it_stopped(reason: str | None, stop: Stop) -> None:
    events = decoded(start(), text(0, "x"), end(reason))
    assert fold(events).reason is stop
    assert ("unknown_stop_reason" in notes(events)) is (reason == "astonished")
    assert fold(plain({"type": "text", "text": "x"}, stop_reason=reason)).reason is stop


def test_what_stands_with_the_stop() -> None:
    stopped = answer(start(), end("stop_sequence", stop_sequence="END"))
    assert stopped.stop_sequence == "END"
    refused = answer(start(), end("refusal", stop_details={"type": "refusal", "explanation": "no"}))
    assert refused.explanation == "no"


def test_a_ping_is_passed_on() -> None:
    assert any(isinstance(each, KeepAlive) for each in decoded(event({"type": "ping"}), start(), end()))


@pytest.mark.parametrize(
    ("stream", "note"),
    [
        (event({"type": "new_event", "x": 1}), "unknown_event"),
        (block(5, {"type": "text", "text": ""}, {"type": "new_delta"}), "unknown_delta"),
        (event({"type": "content_block_stop", "index": 9}), "stray_block_stop"),
        (b"event: x\ndata: not json\n\n", "unreadable_event"),
        (
            event({"type": "content_block_start", "index": 1, "content_block": {"no": "type"}}),
            "unreadable_block",
        ),
        (
            event(
                {
                    "type": "content_block_delta",
                    "index": 7,
                    "delta": {"type": "input_json_delta", "partial_json": "{"},
                }
            ),
            "unknown_delta",
        ),
    ],
)
def test_what_is_unknown_is_noted_and_passed_by(stream: bytes, note: str) -> None:
    events = decoded(start(), stream, text(0, "x"), end())
    assert note in notes(events)
    assert fold(events).blocks == (SaidText("x"),)


def test_a_block_of_an_unknown_kind_travels_whole() -> None:
    strange = {"type": "compaction", "content": "summary"}
    [said] = answer(start(), block(0, strange), end()).blocks
    assert isinstance(said, SaidOpaque)
    assert (said.opaque.kind, msgspec.json.decode(said.opaque.data)) == ("compaction", strange)


@pytest.mark.parametrize(
    "stream",
    [b"", start(), start() + text(0, "half"), start() + THOUGHT[:-60], b"<html></html>", b"\xff\xfe"],
)
def test_an_answer_that_ends_early_has_failed(stream: bytes) -> None:
    error = failure(decoded(stream))
    assert isinstance(error, UpstreamProtocolError)
    assert error.message == "upstream stream ended early"


def test_only_the_farewell_may_be_missing() -> None:
    without = end().partition(b"event: message_stop")[0]
    events = decoded(start(), text(0, "x"), without)
    assert fold(events).reason is Stop.END_TURN
    assert notes(events) == ["no_message_stop"]


def test_an_error_in_the_stream() -> None:
    events = decoded(start(), text(0, "half"), error("overloaded_error", "Overloaded"), text(1, "no"), end())
    assert failure(events).kind is Kind.OVERLOADED
    first = decoded(error("api_error", "prompt is too long: 9 tokens > 8 maximum"))
    assert (len(first), failure(first).kind) == (1, Kind.CONTEXT_OVERFLOW)


def test_a_stream_without_a_start_or_event_names() -> None:
    bare = b"".join(
        line + b"\n\n" for line in (text(0, "x") + end()).split(b"\n") if line.startswith(b"data:")
    )
    assert answer(bare).blocks == (SaidText("x"),)


def test_interleaved_calls_wait_their_turn() -> None:
    frames = [
        {
            "type": "content_block_start",
            "index": i,
            "content_block": {"type": "tool_use", "id": f"t{i}", "name": "n"},
        }
        for i in (0, 1)
    ]
    deltas = [
        {
            "type": "content_block_delta",
            "index": i,
            "delta": {"type": "input_json_delta", "partial_json": part},
        }
        for part in ('{"a":', "1}")
        for i in (0, 1)
    ]
    stops = [{"type": "content_block_stop", "index": i} for i in (1, 0)]
    said = answer(start(), *(event(each) for each in (*frames, *deltas, *stops)), end("tool_use"))
    assert said.blocks == (SaidCall("t0", "n", '{"a":1}'), SaidCall("t1", "n", '{"a":1}'))


def test_usage_so_far_stands_at_the_start() -> None:
    first = decoded(start(usage={"input_tokens": 15, "cache_read_input_tokens": 75, "output_tokens": 1}))[0]
    assert isinstance(first, Started)
    assert first.usage == Usage(15, 75, 0, 1, output_estimated=True)


def test_one_text_delta_is_one_event() -> None:
    decoder = StreamDecoder(TOLD)
    decoder.feed(start() + text(0, "x")[: text(0, "x").index(b"event: content_block_stop")])
    again = event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "y"}})
    assert decoder.feed(again) == [TextDelta("y")]


def test_a_code_fence_goes_where_json_was_asked_for_in_words() -> None:
    stream = (start(), text(0, "``", "`json\n{", '"a":1}', "\n```"), end())
    assert fold(decoded(*stream, unfenced=True)).blocks == (SaidText('{"a":1}'),)
    fenced = run(
        PlainDecoder(TOLD, unfenced=True),
        b'{"type":"message","content":[{"type":"text","text":"```\\n{}\\n```"}],"stop_reason":"end_turn"}',
    )
    assert fold(fenced).blocks == (SaidText("{}"),)


def test_a_whole_answer() -> None:
    said = fold(
        plain(
            {"type": "thinking", "thinking": "hm", "signature": "E"},
            {"type": "redacted_thinking", "data": "r"},
            {"type": "text", "text": "hi", "citations": [{"type": "web_search_result_location", "url": "u"}]},
            {"type": "text", "text": "ho", "citations": None},
            {"type": "tool_use", "id": "t", "name": "n", "input": {"a": 1}},
            {"type": "tool_use", "id": "u", "name": "n", "input": {}},
            {"type": "server_tool_use", "id": "s", "input": {"q": 1}},
            stop_reason="tool_use",
        )
    )
    thinking, redacted, cited, second, call, bare, server = said.blocks
    assert thinking == SaidThinking("hm", Opaque("anthropic", "signature", "E"))
    assert redacted == SaidOpaque(Opaque("anthropic", "redacted_thinking", "r"))
    assert isinstance(cited, SaidText)
    assert (cited.text, [each.url for each in cited.citations]) == ("hi", ["u"])
    assert second == SaidText("ho")
    assert (call, bare) == (SaidCall("t", "n", '{"a":1}'), SaidCall("u", "n", "{}"))
    assert isinstance(server, SaidOpaque)
    assert (said.reason, said.usage, said.id, said.model) == (
        Stop.TOOL_USE,
        Usage(3, 0, 0, 2),
        "msg_1",
        "m",
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>", Kind.UPSTREAM),
        (b"", Kind.UPSTREAM),
        (b'{"choices":[]}', Kind.UPSTREAM),
        (b'{"type":"message","content":"odd"}', Kind.UPSTREAM),
        (b'{"type":"error","error":{"type":"rate_limit_error","message":"x"}}', Kind.RATE_LIMIT),
    ],
)
def test_a_body_that_is_no_answer(body: bytes, kind: Kind) -> None:
    assert failure(run(PlainDecoder(TOLD), body)).kind is kind


def test_a_plain_answer_to_a_stream_request_is_understood() -> None:
    decoder = decoder_for(Head(200, {"content-type": "application/json"}), TOLD, stream=True)
    events = run(
        decoder, b'{"type":"message","content":[{"type":"text","text":"x"}],"stop_reason":"end_turn"}'
    )
    assert fold(events).blocks == (SaidText("x"),)


@pytest.mark.parametrize(
    ("content_type", "stream", "kind"),
    [
        ("text/event-stream", True, StreamDecoder),
        ("text/event-stream", False, StreamDecoder),
        ("", True, StreamDecoder),
        ("", False, PlainDecoder),
        ("text/html", True, PlainDecoder),
    ],
)
def test_which_decoder(content_type: str, stream: bool, kind: type) -> None:
    assert isinstance(decoder_for(Head(200, {"content-type": content_type}), TOLD, stream=stream), kind)


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_transcripts(name: str) -> None:
    """Bytes → the answer written beside them; the listener hears the same usage and stop."""
    stream = transcript(name)
    said = fold(decoded(stream))
    expected = msgspec.json.decode(transcript(name.replace(".sse", ".json")))
    shown = msgspec.json.decode(msgspec.json.encode(said))
    assert shown["blocks"] == expected["blocks"]
    assert (said.reason, said.model) == (expected["reason"], expected["model"])
    listener = StreamListener(TOLD)
    listener.feed(stream)
    assert listener.close() is None
    assert listener.usage == said.usage
    assert shown["usage"] == {**msgspec.to_builtins(Usage()), **expected["usage"]}


@given(st.sampled_from(TRANSCRIPTS), st.lists(st.integers(min_value=0, max_value=100_000), max_size=8))
def test_where_the_network_cuts_the_bytes_does_not_matter(name: str, places: list[int]) -> None:
    stream = transcript(name)
    assert decoded(*cut(stream, places)) == decoded(stream)


@given(st.sampled_from(TRANSCRIPTS), st.integers(min_value=0, max_value=100_000))
def test_an_answer_cut_short_never_looks_finished(name: str, place: int) -> None:
    stream = transcript(name)
    place %= len(stream)
    events = decoded(stream[:place])
    said_why = b"message_delta" in stream[:place]
    assert said_why or isinstance(events[-1], Failed)


BLOCKS = st.sampled_from(
    [
        {"type": "text", "text": "Grüße, 你好 and 🙂."},
        {"type": "thinking", "thinking": "I weigh it.", "signature": "EqQB"},
        {"type": "thinking", "thinking": "", "signature": "EqQC"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "tool_use", "id": "toolu_1", "name": "lookup", "input": {"q": ["a", {"b": 1}]}},
        {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
    ]
)


@given(st.lists(BLOCKS, max_size=6), st.sampled_from(["end_turn", "tool_use", "max_tokens", "refusal"]))
def test_the_fold_of_a_stream_is_the_whole_answer(blocks: list[dict[str, object]], reason: str) -> None:
    reply = Reply("msg_1", "claude-opus-5-5", blocks, reason, input_tokens=9, cache_read=3)
    whole = run(PlainDecoder(TOLD), msgspec.json.encode(reply.whole()))
    assert fold(decoded(b"".join(reply.events()))) == fold(whole)


FRAGMENTS = st.sampled_from(
    [
        start(),
        THOUGHT,
        THOUGHT[:300],
        text(0, "a", "b"),
        text(0, "a")[120:],
        CALL,
        CALL[:250],
        end(),
        error("api_error", "x"),
        event({"type": "ping"}),
        block(1, {"type": "server_tool_use", "id": "s", "name": "n", "input": {}}),
        block(1, {"type": "redacted_thinking", "data": "x"}),
        b"data: [DONE]\n\n",
        b"data: {}\n\n",
        b'data: {"type":"content_block_start","index":0,"content_block":null}\n\n',
        b'data: {"type":"message_delta","delta":{"stop_reason":5},"usage":[]}\n\n',
    ]
)


@given(st.lists(st.one_of(FRAGMENTS, st.binary(max_size=40)), max_size=12))
def test_any_bytes_give_a_legal_stream(pieces: list[bytes]) -> None:
    events = decoded(*pieces)
    assert isinstance(events[-1], Finished | Failed)
    assert sum(isinstance(each, BlockStarted) for each in events) <= 12 * 3


@given(st.binary(max_size=300))
def test_any_body_gives_a_legal_stream(body: bytes) -> None:
    assert isinstance(run(PlainDecoder(TOLD), body)[-1], Finished | Failed)
