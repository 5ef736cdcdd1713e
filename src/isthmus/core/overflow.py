"""Recognises "your prompt is too long" in the words of many vendors.

Clients act on it: Claude Code compacts the conversation and goes on, but only if the error reaches it in words it knows.
The phrases are those Claude Code 2.1.330 itself recognises, plus the wording of vendors seen in public issue trackers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ANY_STATUS = ("prompt is too long", "input is too long for requested model")
REFUSALS = (
    "maximum context length",
    "context_length_exceeded",
    "exceeds the context window",
    "contextwindowexceedederror",
    "longer than the maximum model length",
    "longer than the model's context length",
    "exceeds the available context size",
    "exceeds the maximum number of tokens allowed",
    "exceeded model token limit",
    "input token length too long",
    "input tokens exceed the configured limit",
    "maximum context limit",
    "maximum prompt length",
    "prompt exceeds max length",
    "tokens in request more than max tokens allowed",
    "range of input length should be",
    "context window exceeds limit",
    "but model only supports up to",
    "reduce the length of the messages",
    "`inputs` tokens + `max_new_tokens` must be",
    "context exceeds your deployment",
    "content_length_exceeds_threshold",
    "too many tokens in prompt",
)
_NOT_IF = (
    "policy_blocked",
    "dlp_request_denied",
    "string too long. expected a string with maximum length",
    "expected maxlength",
)

_NUMBER = r"(\d[\d,]*)"
_CEILING = r"(?:limit|maximum|supports up to|context size|context length|context window)"
_TOKENS_THEN_LIMIT = (
    re.compile(rf"prompt is too long[^0-9]*{_NUMBER}\s*tokens?\s*>\s*{_NUMBER}", re.IGNORECASE),
    re.compile(
        rf"input token count[^0-9]*{_NUMBER}[^0-9]*maximum number of tokens allowed[^0-9]*{_NUMBER}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_NUMBER}\s*(?:input )?tokens?[^0-9]{{1,60}}(?:maximum|max|limit|context)[^0-9]{{1,60}}{_NUMBER}",
        re.IGNORECASE,
    ),
)
_LIMIT_THEN_TOKENS = (
    re.compile(
        rf"maximum context length (?:is|of)?\s*{_NUMBER} tokens"
        rf"[^0-9]*(?:resulted in|requested|is|has)[^0-9]*{_NUMBER}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_CEILING}[^0-9]{{1,40}}{_NUMBER}[^0-9]{{1,80}}{_NUMBER}",
        re.IGNORECASE,
    ),
)
_LIMIT_ONLY = re.compile(
    rf"(?:{_CEILING}|range of input length)[^0-9\[]{{1,40}}(?:\[\d+,\s*)?{_NUMBER}", re.IGNORECASE
)
_OUTPUT_ALLOWANCE = (
    re.compile(
        rf"input length and `?max_tokens`? exceed context limit:\s*{_NUMBER}\s*\+\s*{_NUMBER}\s*>\s*{_NUMBER}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"maximum context length is {_NUMBER} tokens\. However, you requested {_NUMBER} tokens "
        rf"\({_NUMBER} in the messages, {_NUMBER} in the completion\)",
        re.IGNORECASE,
    ),
)
_MAX_TOKENS = (
    re.compile(rf"max_tokens:?\s*{_NUMBER}\s*>\s*{_NUMBER}", re.IGNORECASE),
    re.compile(
        rf"max(?:_completion)?_tokens[`'\"]? is too large:?\s*{_NUMBER}[^0-9]*(?:at most|maximum|supports)[^0-9]*{_NUMBER}",
        re.IGNORECASE,
    ),
)


@dataclass(frozen=True, slots=True)
class Overflow:
    """The prompt did not fit. Figures are None where the upstream gave none."""

    tokens: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class OutputTooLarge:
    """The prompt fits, but not together with the output asked for. `allowed` output tokens would have fitted."""

    allowed: int


def recognise(message: str, status: int = 400) -> Overflow | None:
    """Whether a refusal means that the prompt is too long. `status` is 0 for an error inside a stream."""
    low = message.lower()
    if any(phrase in low for phrase in ANY_STATUS) or low.strip() == "input is too long.":
        return _figures(message)
    if status == 413 and "context window" in low:
        return _figures(message)
    if any(phrase in low for phrase in REFUSALS) and not any(phrase in low for phrase in _NOT_IF):
        return _figures(message)
    return None


def recognise_output(message: str) -> OutputTooLarge | None:
    """Whether lowering the output allowance alone would have made the request acceptable, and to how much."""
    if found := _OUTPUT_ALLOWANCE[0].search(message):
        prompt, _, limit = map(_int, found.groups())
        return _allowed(limit - prompt)
    if found := _OUTPUT_ALLOWANCE[1].search(message):
        limit, _, prompt, _ = map(_int, found.groups())
        return _allowed(limit - prompt)
    for pattern in _MAX_TOKENS:
        if found := pattern.search(message):
            return _allowed(_int(found[2]))
    return None


def _allowed(tokens: int) -> OutputTooLarge | None:
    return OutputTooLarge(tokens) if tokens > 0 else None


def _figures(message: str) -> Overflow:
    for pattern in _TOKENS_THEN_LIMIT:
        if found := pattern.search(message):
            return _ordered(_int(found[1]), _int(found[2]))
    for pattern in _LIMIT_THEN_TOKENS:
        if found := pattern.search(message):
            return _ordered(_int(found[2]), _int(found[1]))
    if found := _LIMIT_ONLY.search(message):
        return Overflow(None, _int(found[1]))
    return Overflow()


def _ordered(tokens: int, limit: int) -> Overflow:
    """Figures that do not show an overflow were not what they seemed."""
    return Overflow(tokens, limit) if tokens > limit else Overflow()


def _int(digits: str) -> int:
    return int(digits.replace(",", ""))
