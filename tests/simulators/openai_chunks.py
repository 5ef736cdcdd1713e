"""One thing a model says, rendered as a plain answer or as chunks, in the regular shape or a vendor's own.

Turn ──plain_answer──▶ chat.completion
Turn ──StreamShape───▶ deltas ▶ chunks with finish and usage ▶ SSE frames ▶ framing mishaps
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .answers import Cut, Json, Pause, dumps, pieces
from .openai_profiles import Profile

Delta = Json | None
Steps = Iterator[bytes | Pause | Cut]

PROMPT_TOKENS, CACHED_TOKENS, CACHE_WRITE_TOKENS = 100, 75, 10
COMPLETION_TOKENS, REASONING_TOKENS = 20, 5


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What the model says. `finish` None means the natural one: tool_calls if there are calls, else stop."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[ToolCall, ...] = ()
    finish: str | None = None
    refusal: str = ""

    @property
    def finish_reason(self) -> str:
        return self.finish or ("tool_calls" if self.calls else "stop")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every chunk of one answer repeats."""

    id: str
    created: int
    model: str
    usage: Json
    include_usage: bool = False

    def chunk(self, choices: list[Json], usage: Json | None = None) -> Json:
        head: Json = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
        }
        head["choices"] = choices
        if self.include_usage or usage is not None:
            head["usage"] = usage
        return head


def usage_of(profile: Profile) -> Json:
    """The same figures every time: 100 prompt tokens of which 75 were read from cache and 10 written, 20 completion."""
    usage: Json = {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": COMPLETION_TOKENS,
        "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
        "completion_tokens_details": {"reasoning_tokens": REASONING_TOKENS},
    }
    if profile.cache_usage == "deepseek":
        missed = PROMPT_TOKENS - CACHED_TOKENS
        return usage | {"prompt_cache_hit_tokens": CACHED_TOKENS, "prompt_cache_miss_tokens": missed}
    details = {"cached_tokens": CACHED_TOKENS, "cache_write_tokens": CACHE_WRITE_TOKENS}
    return usage | {"prompt_tokens_details": details}


# plain -----------------------------------------------------------------------------------------------


def plain_answer(turn: Turn, envelope: Envelope, shape: StreamShape) -> Json:
    message: Json = {
        "role": "assistant",
        "content": shape.tagged(turn) or (None if turn.calls or turn.refusal else ""),
    }
    if turn.reasoning and shape.reasoning_field:
        message[shape.reasoning_field] = turn.reasoning
    if turn.refusal:
        message["refusal"] = turn.refusal
    if turn.calls and shape.legacy_function_call:
        message["function_call"] = {"name": turn.calls[0].name, "arguments": turn.calls[0].arguments}
    elif turn.calls:
        message["tool_calls"] = [whole_call(call, shape) for call in turn.calls]
    finish = shape.finishes(turn)
    choice: Json = {"index": 0, "message": message, "logprobs": None}
    if finish:
        choice["finish_reason"] = finish[-1]
    head: Json = {
        "id": envelope.id,
        "object": "chat.completion",
        "created": envelope.created,
        "model": envelope.model,
    }
    usage = {} if shape.usage == "none" else {"usage": envelope.usage}
    return head | {"choices": [choice]} | usage


def whole_call(call: ToolCall, shape: StreamShape) -> Json:
    arguments = shape.plain_arguments(call.arguments)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


# deltas ----------------------------------------------------------------------------------------------


def argument_pieces(arguments: str) -> list[str]:
    """Fragments of eight characters, so that every argument text of interest arrives in several."""
    return [arguments[at : at + 8] for at in range(0, len(arguments), 8)]


def call_start(n: int, call: ToolCall, arguments: object = "") -> Json:
    function = {"name": call.name, "arguments": arguments}
    return {"index": n, "id": call.id, "type": "function", "function": function}


def call_rest(n: int, arguments: object) -> Json:
    return {"index": n, "function": {"arguments": arguments}}


def tool_delta(*fragments: Json) -> Json:
    return {"tool_calls": list(fragments)}


def calls_in_turn(turn: Turn) -> Iterator[Delta]:
    for n, call in enumerate(turn.calls):
        yield tool_delta(call_start(n, call))
        for piece in argument_pieces(call.arguments):
            yield tool_delta(call_rest(n, piece))


def speech(turn: Turn, reasoning_field: str = "reasoning_content") -> Iterator[Delta]:
    for piece in pieces(turn.reasoning):
        yield {reasoning_field: piece}
    for piece in pieces(turn.refusal):
        yield {"refusal": piece}
    for piece in pieces(turn.text):
        yield {"content": piece}


def regular(turn: Turn) -> Iterator[Delta]:
    yield {"role": "assistant", "content": ""}
    yield from speech(turn)
    yield from calls_in_turn(turn)


Deltas = Callable[[Turn], Iterator[Delta]]
Framing = Callable[[list[bytes]], Steps]


def in_order(frames: list[bytes]) -> Steps:
    yield from frames


def one_reason(turn: Turn) -> tuple[str, ...]:
    return (turn.finish_reason,)


def arguments_as_text(arguments: str) -> object:
    return arguments


@dataclass(frozen=True, slots=True)
class StreamShape:
    """How a vendor says a Turn. The defaults are the regular shape; each deviation overrides one of them."""

    deltas: Deltas = regular
    finishes: Callable[[Turn], tuple[str, ...]] = one_reason
    usage: str = "last"  # last | every | finish | none | after-empty
    done: bool = True
    framing: Framing = in_order
    reasoning_field: str | None = "reasoning_content"
    think_tags: str | None = None  # closing tag (may be empty) when reasoning travels inside the content
    legacy_function_call: bool = False
    plain_arguments: Callable[[str], object] = arguments_as_text

    def tagged(self, turn: Turn) -> str:
        return (
            turn.text if self.think_tags is None else f"<think>{turn.reasoning}{self.think_tags}{turn.text}"
        )


def stream_answer(turn: Turn, envelope: Envelope, shape: StreamShape) -> Steps:
    frames = [frame(chunk) for chunk in chunks(turn, envelope, shape)]
    if shape.done:
        frames.append(b"data: [DONE]\n\n")
    return shape.framing(frames)


def chunks(turn: Turn, envelope: Envelope, shape: StreamShape) -> Iterator[Json]:
    every = envelope.usage if shape.usage == "every" else None
    for delta in shape.deltas(turn):
        yield envelope.chunk([choice(delta)], every)
    finishes = shape.finishes(turn)
    at_finish = every or (envelope.usage if shape.usage == "finish" else None)
    for reason in finishes:
        yield envelope.chunk([choice({}, reason)], at_finish)
    if shape.usage == "after-empty":
        yield envelope.chunk([])
        yield envelope.chunk([], envelope.usage)
    elif envelope.include_usage and shape.usage == "last":
        yield envelope.chunk([], envelope.usage)


def choice(delta: Delta, finish_reason: str | None = None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def frame(value: object) -> bytes:
    return b"data: " + dumps(value) + b"\n\n"


def data_frames(values: Iterable[object]) -> list[bytes]:
    return [frame(value) for value in values]
