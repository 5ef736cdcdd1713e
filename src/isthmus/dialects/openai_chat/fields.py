"""Reading one field of a request, or saying what is wrong with it and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec
from msgspec.json import Decoder

from isthmus.core.conversation import CacheMark
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Action, Loss
from isthmus.dialects.openai_chat.schema import CacheBreakpoint
from isthmus.wire.json_text import starts_with
from isthmus.wire.json_text import unfit as find_unfit

T = TypeVar("T")

_WORDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "array": "a list",
    "object": "an object",
}
_LONG_TTLS: Final = frozenset(("1h", "12h", "24h"))
"""What is asked to live for hours, in the words of either vendor."""


@dataclass(slots=True)
class Reading:
    """What is noted while one request is read."""

    cache_ttl: str | None = None
    """`prompt_cache_options.ttl`: what a breakpoint without a lifetime of its own inherits."""
    losses: list[Loss] = field(default_factory=list)

    def lost(self, where: str, action: Action, detail: str = "") -> None:
        self.losses.append(Loss(where, action, detail))

    def cache_mark(
        self, breakpoint: CacheBreakpoint | None, control: CacheBreakpoint | None
    ) -> CacheMark | None:
        """The mark on a part, in OpenAI's words or else in Anthropic's."""
        if breakpoint is not None:
            return mark_of(breakpoint.ttl or self.cache_ttl)
        return None if control is None else mark_of(control.ttl)


def top_level(body: bytes, decoder: Decoder[dict[str, msgspec.Raw]]) -> dict[str, msgspec.Raw]:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise BadRequest("The request body must be a JSON object") from None


def read(raw: msgspec.Raw, decoder: Decoder[T], path: str) -> T:
    """The decoded field; raises `BadRequest` with the full dotted path of what does not fit."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise unfit(error, path) from None


def unfit(error: msgspec.ValidationError, path: str) -> BadRequest:
    found = find_unfit(error, path)
    if found.missing is not None:
        return missing(join(found.path, found.missing))
    if found.expected:
        return invalid(found.path, f"must be {_alternatives(found.expected)}")
    return invalid(found.path, found.said)


def invalid(path: str, message: str) -> BadRequest:
    path = path.strip(".")
    return BadRequest(f"'{path}' {message}", field=path)


def missing(path: str) -> BadRequest:
    path = path.strip(".")
    return BadRequest(f"Missing required parameter: '{path}'", field=path)


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def require(value: T | None, path: str) -> T:
    if value is None:
        raise missing(path)
    return value


def string_or_none(raw: msgspec.Raw) -> str | None:
    """The string an extension field holds; anything else is not for us."""
    return msgspec.json.decode(raw, type=str) if starts_with(raw, b'"') else None


def mark_of(ttl: str | None) -> CacheMark:
    """Short where it does not say how long."""
    return CacheMark.LONG if ttl in _LONG_TTLS else CacheMark.SHORT


def _alternatives(expected: tuple[str, ...]) -> str:
    return " or ".join(_WORDS.get(each, each) for each in expected if each != "null")
