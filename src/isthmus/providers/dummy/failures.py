"""The ways a real upstream fails, on order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from isthmus.core.commands import Exchange
from isthmus.core.conversation import Conversation, Text, ToolCall, ToolResult
from isthmus.core.errors import Kind, Next, UpstreamError, UpstreamProtocolError
from isthmus.providers.dummy.scene import Scene
from isthmus.providers.dummy.speech import Speech

CHARACTERS_PER_TOKEN: Final = 4
DEFAULT_RETRY_AFTER_S: Final = 5.0
WINDOW_TOKENS: Final = 20_000
HALF_A_SENTENCE: Final = "This answer is about to break off in the middle of a"
ENDED_EARLY: Final = "upstream stream ended early"

Script = Callable[[Scene], Exchange]


def fails_with(error: Callable[[Scene], UpstreamError]) -> Script:
    """Nothing is said: the client gets the failure with its status."""

    def script(scene: Scene) -> Exchange:
        yield from ()
        raise error(scene)

    return script


def rate_limited(scene: Scene) -> UpstreamError:
    wait_s = scene.numbers[0] if scene.numbers else DEFAULT_RETRY_AFTER_S
    return UpstreamError(
        f"the dummy model is rate limited for {wait_s:g} s, as its name asks",
        kind=Kind.RATE_LIMIT,
        status=429,
        next=Next.OTHER_ACCOUNT,
        retry_after_s=wait_s,
        cooldown_s=wait_s,
    )


def overloaded(_: Scene) -> UpstreamError:
    message = "the dummy model is overloaded, as its name asks"
    return UpstreamError(message, kind=Kind.OVERLOADED, status=529, next=Next.SAME)


def broken(_: Scene) -> UpstreamError:
    return UpstreamError("the dummy model is broken, as its name asks", status=500)


def unauthorised(_: Scene) -> UpstreamError:
    message = "the gateway's credential for the dummy model was refused (401), as the model's name asks"
    return UpstreamError(message, status=401, next=Next.OTHER_ACCOUNT)


def garbled(_: Scene) -> UpstreamError:
    return UpstreamProtocolError(
        "the dummy model answered with something that is no answer, as its name asks"
    )


def overflow(scene: Scene) -> UpstreamError:
    """Whatever the length of the prompt, it is one token too long."""
    tokens = max(2, measured_tokens(scene.conversation))
    return _too_long(tokens, tokens - 1)


def overflow_above(scene: Scene) -> UpstreamError | None:
    """The prompt is too long for the window, unless it asks for the summary that makes it shorter."""
    window = int(scene.numbers[0]) if scene.numbers else WINDOW_TOKENS
    tokens = measured_tokens(scene.conversation)
    if tokens <= window or "summary" in scene.request.lower():
        return None
    return _too_long(tokens, window)


def measured_tokens(conversation: Conversation) -> int:
    """The words of the turns, four characters to a token; system text and tools, which no compaction removes, are free."""
    characters = sum(_length(block) for turn in conversation.turns for block in turn.blocks)
    return 1 + characters // CHARACTERS_PER_TOKEN


def cut_text(scene: Scene) -> Exchange:
    speech = Speech(scene)
    yield from speech.text(HALF_A_SENTENCE)
    yield from speech.fail(UpstreamProtocolError(ENDED_EARLY))


def cut_tool(scene: Scene) -> Exchange:
    speech = Speech(scene)
    yield from speech.text("I shall look that up. ")
    name = scene.tools[0].name if scene.tools else "get_weather"
    yield from speech.call(name, '{"location":"Par', complete=False)
    yield from speech.fail(UpstreamProtocolError(ENDED_EARLY))


def _length(block: object) -> int:
    match block:
        case Text(text):
            return len(text)
        case ToolCall(_, name, arguments):
            return len(name) + len(arguments)
        case ToolResult(_, parts):
            return sum(map(_length, parts))
        case _:
            return 0


def _too_long(tokens: int, window: int) -> UpstreamError:
    return UpstreamError(
        f"prompt is too long: {tokens} tokens > {window} maximum",
        kind=Kind.CONTEXT_OVERFLOW,
        status=400,
        next=Next.NOTHING,
        tokens=tokens,
        limit=window,
    )
