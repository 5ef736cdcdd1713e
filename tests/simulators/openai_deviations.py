"""What vendors do to a stream: each function or row is one deviation seen from an OpenAI-compatible upstream."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from .answers import Cut, Pause, pieces
from .openai_chunks import (
    Delta,
    Framing,
    Steps,
    StreamShape,
    ToolCall,
    Turn,
    argument_pieces,
    call_rest,
    call_start,
    calls_in_turn,
    frame,
    regular,
    speech,
    tool_delta,
)

# deltas ----------------------------------------------------------------------------------------------

ROLE: Delta = {"role": "assistant", "content": ""}


def opening(turn: Turn) -> Iterator[Delta]:
    """What comes before the calls, in the regular shape."""
    yield ROLE
    yield from speech(turn)


def no_index(turn: Turn) -> Iterator[Delta]:
    """Whole calls in separate chunks, without `index`."""
    yield from opening(turn)
    for call in turn.calls:
        whole = call_start(0, call, call.arguments)
        del whole["index"]
        yield tool_delta(whole)


def index_zero_twice(turn: Turn) -> Iterator[Delta]:
    """Every call says index 0; only its id tells it from the one before."""
    yield from opening(turn)
    for call in turn.calls:
        yield tool_delta(call_start(0, call))
        for piece in argument_pieces(call.arguments):
            yield tool_delta(call_rest(0, piece))


def interleaved(turn: Turn) -> Iterator[Delta]:
    """All calls start in one chunk, then their arguments arrive in turns."""
    yield from opening(turn)
    yield tool_delta(*(call_start(n, call) for n, call in enumerate(turn.calls)))
    fragments = [argument_pieces(call.arguments) for call in turn.calls]
    for at in range(max(map(len, fragments), default=0)):
        yield tool_delta(*(call_rest(n, parts[at]) for n, parts in enumerate(fragments) if at < len(parts)))


def cumulative(turn: Turn) -> Iterator[Delta]:
    """Each fragment repeats all arguments so far."""
    yield from opening(turn)
    for n, call in enumerate(turn.calls):
        yield tool_delta(call_start(n, call))
        for end in range(8, len(call.arguments) + 8, 8):
            yield tool_delta(call_rest(n, call.arguments[:end]))


def doubled_args(turn: Turn) -> Iterator[Delta]:
    """The complete arguments once more, after their fragments."""
    yield from opening(turn)
    for n, call in enumerate(turn.calls):
        yield tool_delta(call_start(n, call))
        for piece in [*argument_pieces(call.arguments), call.arguments]:
            yield tool_delta(call_rest(n, piece))


def repeated_names(turn: Turn) -> Iterator[Delta]:
    """id, type and name in every fragment."""
    yield from opening(turn)
    for n, call in enumerate(turn.calls):
        for piece in ["", *argument_pieces(call.arguments)]:
            yield tool_delta(call_start(n, call, piece))


def names_growing(turn: Turn) -> Iterator[Delta]:
    """The name arrives in growing prefixes before the arguments."""
    yield from opening(turn)
    for n, call in enumerate(turn.calls):
        half = max(1, len(call.name) // 2)
        yield tool_delta(call_start(n, ToolCall(call.id, call.name[:half], "")))
        yield tool_delta({"index": n, "function": {"name": call.name}})
        for piece in argument_pieces(call.arguments):
            yield tool_delta(call_rest(n, piece))


def args_object(turn: Turn) -> Iterator[Delta]:
    yield from opening(turn)
    for n, call in enumerate(turn.calls):
        yield tool_delta(call_start(n, call, parsed(call.arguments)))


def parsed(arguments: str) -> object:
    value: object = msgspec.json.decode(arguments)
    return value


def args_null(turn: Turn) -> Iterator[Delta]:
    """A call whose arguments are null, then one whose arguments are absent."""
    yield from opening(turn)
    for n, call in enumerate(turn.calls):
        start = call_start(n, call, None)
        if n % 2:
            del start["function"]["arguments"]
        yield tool_delta(start)


def glued_args(turn: Turn) -> Iterator[Delta]:
    """Several calls of one function as one call: its arguments are all of theirs, one object after another."""
    yield from opening(turn)
    first = turn.calls[:1]
    for call in first:
        yield tool_delta(call_start(0, call))
        yield tool_delta(call_rest(0, "".join(each.arguments for each in turn.calls)))


def all_in_one(turn: Turn) -> Iterator[Delta]:
    """Reasoning, text and calls in a single delta."""
    whole = [call_start(n, call, call.arguments) for n, call in enumerate(turn.calls)]
    delta = {"role": "assistant", "reasoning_content": turn.reasoning, "content": turn.text}
    yield delta | ({"tool_calls": whole} if whole else {})


def text_then_reasoning(turn: Turn) -> Iterator[Delta]:
    yield ROLE
    yield from speech(Turn(text=turn.text))
    yield from speech(Turn(reasoning=turn.reasoning))
    yield from calls_in_turn(turn)
    yield from speech(Turn(reasoning=turn.reasoning))


def reasoning_in_field(turn: Turn) -> Iterator[Delta]:
    yield ROLE
    yield from speech(turn, "reasoning")
    yield from calls_in_turn(turn)


def reasoning_details(turn: Turn) -> Iterator[Delta]:
    """The same thought twice, as `reasoning` and as `reasoning_details`."""
    yield ROLE
    for piece in pieces(turn.reasoning):
        yield {"reasoning": piece, "reasoning_details": [{"type": "reasoning.text", "text": piece}]}
    yield from speech(Turn(text=turn.text))
    yield from calls_in_turn(turn)


def think_tags(turn: Turn) -> Iterator[Delta]:
    """Tags in the content, both cut in the middle."""
    yield ROLE
    for piece in ("<thi", "nk>", *pieces(turn.reasoning), "</th", "ink>\n", *pieces(turn.text)):
        yield {"content": piece}
    yield from calls_in_turn(turn)


def think_tags_unclosed(turn: Turn) -> Iterator[Delta]:
    yield ROLE
    for piece in ("<thi", "nk>", *pieces(turn.reasoning)):
        yield {"content": piece}


def delta_null(turn: Turn) -> Iterator[Delta]:
    """`delta: null` and `content: null` between the useful chunks."""
    for delta in regular(turn):
        yield delta
        yield None
        yield {"content": None}


def legacy_function_call(turn: Turn) -> Iterator[Delta]:
    yield from opening(turn)
    for call in turn.calls[:1]:
        yield {"function_call": {"name": call.name, "arguments": ""}}
        for piece in argument_pieces(call.arguments):
            yield {"function_call": {"arguments": piece}}


# framing ---------------------------------------------------------------------------------------------


def crlf(frames: list[bytes]) -> Steps:
    """CRLF lines, comments, an `event:` line, no space after the colon, a BOM before the first byte."""
    yield b"\xef\xbb\xbf: connected\r\n\r\n"
    for n, each in enumerate(frames):
        text = each.replace(b"\n", b"\r\n")
        yield text.replace(b"data: ", b"data:", 1) if n % 2 else b"event: message\r\nid: 7\r\n" + text


def heartbeat_json(frames: list[bytes]) -> Steps:
    """JSON frames that are not chunks, and empty data lines."""
    for each in frames:
        yield frame({"type": "ping"})
        yield b"data:\n\n"
        yield each


def bytewise(frames: list[bytes]) -> Steps:
    for each in frames:
        for at in range(len(each)):
            yield each[at : at + 1]
            yield Pause(0)


def malformed_json(frames: list[bytes]) -> Steps:
    yield from frames[:2]
    yield b'data: {"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":"half\n\n'
    yield from frames[2:]


def paced(seconds: float) -> Framing:
    def framing(frames: list[bytes]) -> Steps:
        for each in frames:
            yield Pause(seconds)
            yield each

    return framing


def silent(seconds: float) -> Framing:
    """Headers at once, then nothing for so long, then the answer."""

    def framing(frames: list[bytes]) -> Steps:
        yield Pause(seconds)
        yield from frames

    return framing


def stalled(seconds: float) -> Framing:
    """Silence in the middle."""

    def framing(frames: list[bytes]) -> Steps:
        half = len(frames) // 2
        yield from frames[:half]
        yield Pause(seconds)
        yield from frames[half:]

    return framing


def cut_after(share: float) -> Framing:
    """The connection goes after this share of the frames, and never after the last."""

    def framing(frames: list[bytes]) -> Steps:
        yield from frames[: min(int(len(frames) * share), len(frames) - 1)]
        yield Cut()

    return framing


def clean_end_after(share: float) -> Framing:
    """The body ends well-formed in the middle: no finish, no [DONE]."""

    def framing(frames: list[bytes]) -> Steps:
        yield from frames[: int(len(frames) * share)]

    return framing


def cut_inside_frame(frames: list[bytes]) -> Steps:
    """The last bytes are half an event."""
    half = len(frames) // 2
    yield from frames[:half]
    yield frames[half][: len(frames[half]) // 2]
    yield Cut()


def error_frame(after: float, error: object, *, event_line: bool = False) -> Framing:
    """An error object inside the 200 stream, after this share of the frames; the stream then ends without [DONE]."""

    def framing(frames: list[bytes]) -> Steps:
        yield from frames[: int(len(frames) * after)]
        yield (b"event: error\n" if event_line else b"") + frame({"error": error})

    return framing


# finishes --------------------------------------------------------------------------------------------


def finish_twice(turn: Turn) -> tuple[str, ...]:
    return (turn.finish_reason, turn.finish_reason)


def never_finished(_: Turn) -> tuple[str, ...]:
    return ()


SHAPES: dict[str, StreamShape] = {
    "sim-reasoning-field": StreamShape(reasoning_in_field, reasoning_field="reasoning"),
    "sim-reasoning-details": StreamShape(reasoning_details, reasoning_field="reasoning"),
    "sim-think-tags": StreamShape(think_tags, reasoning_field=None, think_tags="</think>\n"),
    "sim-think-tags-unclosed": StreamShape(think_tags_unclosed, reasoning_field=None, think_tags=""),
    "sim-no-index": StreamShape(no_index),
    "sim-index-zero-twice": StreamShape(index_zero_twice),
    "sim-interleaved": StreamShape(interleaved),
    "sim-cumulative": StreamShape(cumulative),
    "sim-doubled-args": StreamShape(doubled_args),
    "sim-repeated-names": StreamShape(repeated_names),
    "sim-names-growing": StreamShape(names_growing),
    "sim-args-object": StreamShape(args_object, plain_arguments=parsed),
    "sim-args-null": StreamShape(args_null, plain_arguments=lambda _: None),
    "sim-glued-args": StreamShape(glued_args),
    "sim-all-in-one-chunk": StreamShape(all_in_one),
    "sim-text-then-reasoning": StreamShape(text_then_reasoning),
    "sim-usage-last": StreamShape(usage="last"),
    "sim-usage-every": StreamShape(usage="every"),
    "sim-usage-finish": StreamShape(usage="finish"),
    "sim-usage-none": StreamShape(usage="none"),
    "sim-usage-after-empty": StreamShape(usage="after-empty"),
    "sim-finish-twice": StreamShape(finishes=finish_twice),
    "sim-missing-finish": StreamShape(finishes=never_finished),
    "sim-delta-null": StreamShape(delta_null),
    "sim-no-done": StreamShape(done=False),
    "sim-crlf": StreamShape(framing=crlf),
    "sim-heartbeat-json": StreamShape(framing=heartbeat_json),
    "sim-bytewise": StreamShape(framing=bytewise),
    "sim-malformed-json": StreamShape(framing=malformed_json),
    "sim-cut-mid-text": StreamShape(framing=cut_after(0.6)),
    "sim-cut-mid-tool": StreamShape(framing=cut_after(0.6)),
    "sim-cut-inside-frame": StreamShape(framing=cut_inside_frame),
    "sim-cut-before-first": StreamShape(framing=cut_after(0)),
    "sim-end-mid-text": StreamShape(framing=clean_end_after(0.6)),
    "sim-end-mid-tool": StreamShape(framing=clean_end_after(0.6)),
    "sim-zero-chunks": StreamShape(framing=clean_end_after(0)),
    "sim-slow": StreamShape(framing=paced(0.1)),
    "sim-legacy-function-call": StreamShape(legacy_function_call, legacy_function_call=True),
}
