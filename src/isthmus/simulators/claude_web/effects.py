"""How a fault strikes: in place of the answer, in its body, in what the model says, or in the middle of a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from isthmus.simulators.claude_web.answers import Break, Item, Malformed, Pause, Whole
from isthmus.simulators.claude_web.refusals import Json, error_body
from isthmus.simulators.claude_web.reply import Reply, Text, spoken


@dataclass(frozen=True, slots=True)
class Moment:
    """When it strikes."""

    now_s: float
    request_id: str


@dataclass(frozen=True, slots=True)
class Instead:
    """This answer, and nothing is done."""

    make: Callable[[Moment], Whole]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The answer's own JSON, changed."""

    change: Callable[[Any, Moment], Any]


@dataclass(frozen=True, slots=True)
class Restated:
    """The model says something else."""

    change: Callable[[Reply], None]


@dataclass(frozen=True, slots=True)
class Streamed:
    """The stream, changed after it was made."""

    change: Callable[[list[Item]], list[Item]]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No headers ever."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """The answer brings a cookie with a new session key; the old one is good until the new one is used."""


Effect = Instead | Rewritten | Restated | Streamed | Unanswered | NewKey

STRANGE_EVENT: Final[Json] = {"type": "lantern_status", "colour": "green"}
_STRANGE_DELTA: Final[Json] = {"type": "lantern_delta", "colour": "green"}
_REFUSAL: Final = "I cannot help with that."


# streams ---------------------------------------------------------------------------------------------


def error_before_text(items: list[Item]) -> list[Item]:
    return [*items[:1], _error("overloaded_error", "Overloaded")]


def error_after_text(items: list[Item]) -> list[Item]:
    return [
        *items[: _middle(items)],
        _error("rate_limit_error", "This request would exceed your rate limit."),
    ]


def ended_after_text(items: list[Item]) -> list[Item]:
    return [*items[: _middle(items)], Break()]


def reset_after_text(items: list[Item]) -> list[Item]:
    return [*items[: _middle(items)], Break(reset=True)]


def malformed_midway(items: list[Item]) -> list[Item]:
    at = _middle(items)
    return [*items[:at], Malformed(), *items[at:]]


def strange_event(items: list[Item]) -> list[Item]:
    at = _middle(items)
    return [*items[:at], STRANGE_EVENT, *items[at:]]


def strange_delta(items: list[Item]) -> list[Item]:
    at = _middle(items)
    open_block = _index_before(items, at)
    return [*items[:at], _delta(open_block, _STRANGE_DELTA), *items[at:]]


def strange_block(items: list[Item]) -> list[Item]:
    """A whole block of a type nobody knows, after all others."""
    end = next((at for at, item in enumerate(items) if _type(item) == "message_delta"), len(items))
    index = _index_before(items, end) + 1
    block = {"type": "lantern", "colour": "green"}
    strange: list[Item] = [
        {"type": "content_block_start", "index": index, "content_block": block},
        _delta(index, _STRANGE_DELTA),
        {"type": "content_block_stop", "index": index},
    ]
    return [*items[:end], *strange, *items[end:]]


def paused(seconds: float) -> Callable[[list[Item]], list[Item]]:
    """Headers, then silence, then all of it."""
    return lambda items: [Pause(seconds), *items]


def slowed(seconds: float) -> Callable[[list[Item]], list[Item]]:
    return lambda items: [each for item in items for each in (Pause(seconds), item)]


def _error(kind: str, message: str) -> Json:
    body = error_body(kind, message, "")
    return {"type": "error", "error": body["error"]}


def _delta(index: int, delta: Json) -> Json:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def _type(item: Item) -> str:
    return str(item.get("type", "completion")) if isinstance(item, dict) else ""


def _speaks(item: Item) -> bool:
    if _type(item) == "completion":
        return True
    return isinstance(item, dict) and (item.get("delta") or {}).get("type") == "text_delta"


def _middle(items: list[Item]) -> int:
    """Behind half of the text, and behind some of it in any case; at the end when nothing is said."""
    said = [at for at, item in enumerate(items) if _speaks(item)]
    return said[len(said) // 2] + (len(said) == 1) if said else len(items)


def _index_before(items: list[Item], at: int) -> int:
    return max((item.get("index", -1) for item in items[:at] if isinstance(item, dict)), default=-1)


# what the model says -------------------------------------------------------------------------------------


def refuses(reply: Reply) -> None:
    reply.blocks, reply.stop_reason = [Text(_REFUSAL)], "refusal"


def runs_out(reply: Reply) -> None:
    """Half of what it had to say, for want of tokens."""
    words = sum(len(spoken(block.text)) for block in reply.blocks if isinstance(block, Text))
    reply.limited_to(max(1, words // 2))
    reply.stop_reason = "max_tokens"


def is_full(reply: Reply) -> None:
    """The conversation has no room left: not a word."""
    reply.blocks, reply.stop_reason = [], "max_conversation_length"
